//! `roundtrip sandbox`: the whole system on loopback, with nothing to configure.

use std::path::Path;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use anyhow::Context as _;
use secrecy::SecretString;
use url::Url;

use super::actions_center::AdminAccess;
use super::bookings::MERCHANT_FILE;
use super::invoicing::BILLER_FILE;
use super::keys::write_new;
use super::outlook::{self, Sink};
use super::settings::{Ports, Wanted};
use super::{Prepared, actions_center, google, issuer, prepare, stripe};
use crate::app::{self, Running, Surroundings};
use crate::config::{Config, OutlookMode};
use crate::crypto;
use crate::domain::{Role, Timestamp, UserName};
use crate::web::pages::assets;

/// A sandbox that runs.
pub struct Standing {
    /// Where everything listens.
    pub ports: Ports,
    running: Running,
    stand_ins: [ServerHandle; 5],
    mail: Sink,
}

impl Standing {
    /// Ends the stand-ins, then the server as [`Running::stop`] does.
    pub async fn stop(self) {
        for stand_in in &self.stand_ins {
            stand_in.stop(false).await;
        }
        self.mail.stop().await;
        self.running.stop(true).await;
    }
}

/// Starts the server and its stand-ins under `dir`. `wanted` counts for the first start. Must be called within an actix
/// system.
pub async fn start(dir: &Path, wanted: impl Into<Wanted>, around: Surroundings) -> anyhow::Result<Standing> {
    app::install_crypto_provider();
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make the folder {}", dir.display()))?;
    let prepared = prepare(dir, wanted, around.clock.clone()).context("cannot prepare the sandbox")?;
    let Prepared { settings, ports, server, admin, google, issuer, mut actions_center, processor, mut outlook } =
        prepared;
    write_logos(dir)?;
    let config = Config::load(&settings)?;
    // Held until now so that nobody else took them; the server binds them next.
    drop((server, admin));
    let now = around.clock.now();
    let running = app::start(&config, around).await?;
    let url = Url::parse(&format!("http://127.0.0.1:{}", ports.admin))?;
    let merchant = token(&running, dir, &MERCHANT, now).await?;
    actions_center.admin = Some(AdminAccess { url: url.clone(), token: merchant });
    outlook.admin = Some(AdminAccess { url, token: token(&running, dir, &BILLER, now).await? });
    people(&running, dir, now).await?;
    let (processor, _owner) = stripe::server(processor).context("cannot start the card processor's stand-in")?;
    let (outlook, mail) = outlook::server(outlook).context("cannot start Outlook's stand-in")?;
    let servers = [
        google::server(google).context("cannot start Google's stand-in")?,
        issuer::server(issuer).context("cannot start the issuers' stand-in")?,
        actions_center::server(actions_center).context("cannot start the Actions Center's stand-in")?,
        processor,
        outlook,
    ];
    let stand_ins = servers.each_ref().map(Server::handle);
    for server in servers {
        actix_rt::spawn(server);
    }
    Ok(Standing { ports, running, stand_ins, mail })
}

/// `roundtrip sandbox`: runs until SIGTERM or SIGINT. `outlook` is which product the stand-in for Outlook plays, if it is to
/// change. Must be called within an actix system.
pub async fn run(dir: &Path, outlook: Option<OutlookMode>) -> anyhow::Result<()> {
    let standing = start(dir, Wanted { ports: Ports::USUAL, outlook }, Surroundings::system()).await?;
    println!("{}", welcome(standing.ports, dir));
    app::until_stopped().await?;
    tokio::select! {
        _ = tokio::time::timeout(Duration::from_millis(2_500), standing.stop()) => {}
        _ = app::until_stopped() => {}
    }
    Ok(())
}

/// The issuers' logos, where their configuration names them; edited ones stay.
fn write_logos(dir: &Path) -> anyhow::Result<()> {
    for name in assets::names_under("logos/") {
        let file = dir.join(name);
        let Some(found) = assets::path_of(name).and_then(|path| assets::find(&path)) else { continue };
        if let (false, Some(folder)) = (file.exists(), file.parent()) {
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&file, found.bytes))
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
    }
    Ok(())
}

/// A token of the admin API that a stand-in has.
struct Access {
    /// Relative to the sandbox's directory.
    file: &'static str,
    name: &'static str,
    scopes: &'static str,
}

const MERCHANT: Access = Access {
    file: MERCHANT_FILE,
    name: "the merchant's buttons in the sandbox",
    scopes: "bookings:read,bookings:write",
};
const BILLER: Access =
    Access { file: BILLER_FILE, name: "the sandbox's form for invoices", scopes: "invoices:read,invoices:write" };

/// The bearer token of a stand-in. The server has to know it; one that it does not know any more (its database began afresh,
/// or somebody revoked the token) is replaced.
async fn token(running: &Running, dir: &Path, access: &Access, now: Timestamp) -> anyhow::Result<SecretString> {
    let path = dir.join(access.file);
    if let Ok(known) = std::fs::read_to_string(&path)
        && running.store.find_token(&crypto::content_hash(known.as_bytes())).await?.is_some()
    {
        return Ok(SecretString::from(known));
    }
    let token = running.issue_token(access.name, access.scopes, now).await?;
    write_new(&path, token.as_bytes())?;
    Ok(SecretString::from(token))
}

/// The file that holds the password of the sandbox's people, relative to its directory.
const PASSWORD_FILE: &str = "keys/console";

/// One person for each role, named like it, with one password that is drawn at the first start. Who was changed since stays
/// so.
async fn people(running: &Running, dir: &Path, now: Timestamp) -> anyhow::Result<()> {
    let path = dir.join(PASSWORD_FILE);
    if !path.exists() {
        write_new(&path, crypto::random_token().get(..20).unwrap_or_default().as_bytes())?;
    }
    let password = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let password = SecretString::from(password);
    for role in Role::ALL {
        let name = UserName::parse(role.as_str())?;
        running.welcome(&name, role, (&password, now)).await?;
    }
    Ok(())
}

fn welcome(ports: Ports, dir: &Path) -> String {
    let Ports { server, admin, google, issuer, actions_center, processor, outlook, smtp } = ports;
    format!(
        "
Roundtrip's sandbox runs. Nothing here moves real money.

  Open this and pay            http://127.0.0.1:{google}/     a shop, standing in for Google
  Or book an appointment       http://127.0.0.1:{actions_center}/     standing in for Google's Actions Center
  Or get an invoice by mail    http://127.0.0.1:{outlook}/     standing in for Outlook; takes mail on port {smtp}
  Payer pages and partner API  http://127.0.0.1:{server}/     Roundtrip itself
  Banks and wallets            http://127.0.0.1:{issuer}/     standing in for the issuers
  Card processor               http://127.0.0.1:{processor}/     standing in for Stripe
  The finance console          http://127.0.0.1:{admin}/console/
                               sign in as viewer, finance, operator or admin; the password is in {}
  Metrics                      http://127.0.0.1:{admin}/metrics

Keys, configuration, payments, bookings and invoices are in {} and survive a restart; remove it to begin afresh.
Stop with Ctrl-C.
",
        dir.join(PASSWORD_FILE).display(),
        dir.display()
    )
}
