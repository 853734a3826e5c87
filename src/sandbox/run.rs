//! `roundtrip sandbox`: the whole system on loopback, with nothing to configure.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::settings::Ports;
use super::{Prepared, google, issuer, prepare};
use crate::app::{self, Surroundings};
use crate::config::Config;
use crate::web::pages::assets;

/// Runs the server and its stand-ins under `dir` until SIGTERM or SIGINT. Must be called within an actix system.
pub async fn run(dir: &Path) -> anyhow::Result<()> {
    app::install_crypto_provider();
    let around = Surroundings::system();
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make the folder {}", dir.display()))?;
    let Prepared { settings, ports, server, admin, google, issuer } =
        prepare(dir, Ports::USUAL, around.clock.clone()).context("cannot prepare the sandbox")?;
    write_logos(dir)?;
    let config = Config::load(&settings)?;
    // Held until now so that nobody else took them; the server binds them next.
    drop((server, admin));
    let running = app::start(&config, around).await?;
    let google = google::server(google).context("cannot start Google's stand-in")?;
    let issuer = issuer::server(issuer).context("cannot start the issuers' stand-in")?;
    let stand_ins = [google.handle(), issuer.handle()];
    actix_rt::spawn(google);
    actix_rt::spawn(issuer);
    println!("{}", welcome(ports, dir));
    app::until_stopped().await?;
    let stopping = async {
        for stand_in in &stand_ins {
            stand_in.stop(false).await;
        }
        running.stop(true).await;
    };
    tokio::select! {
        _ = tokio::time::timeout(Duration::from_millis(2_500), stopping) => {}
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

fn welcome(ports: Ports, dir: &Path) -> String {
    let Ports { server, admin, google, issuer } = ports;
    format!(
        "
Roundtrip's sandbox runs. Nothing here moves real money.

  Open this and pay            http://127.0.0.1:{google}/     a shop, standing in for Google
  Payer pages and partner API  http://127.0.0.1:{server}/     Roundtrip itself
  Banks and wallets            http://127.0.0.1:{issuer}/     standing in for the issuers
  Metrics and admin API        http://127.0.0.1:{admin}/metrics

Keys, configuration and payments are in {} and survive a restart; remove it to begin afresh.
Stop with Ctrl-C.
",
        dir.display()
    )
}
