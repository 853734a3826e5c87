//! The keys of all sides, fresh for one run, and the configuration of the server under test.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::scratch::Scratch;
use crate::crypto::{
    GeneratedKey, JoseAlgorithms, JwkKind, Keyring, NewJwk, NewOpenPgpKey, Opener, Scheme, UrlKey, UrlKeys,
    generate_jwk, generate_openpgp, generate_url_key, load_own_keys, load_peer_keys,
};
use crate::domain::Timestamp;

/// The one account.
pub(super) const PIAID: &str = "BenchPay_INR";
/// The one issuer.
pub(super) const ISSUER: &str = "BANK_A";
/// Where the issuer would be; only the payer's browser would go there.
pub(super) const AUTHORIZE_URL: &str = "https://issuer.invalid/authorize";
/// What every payment amounts to.
pub(super) const AMOUNT_MICROS: i64 = 109_900_000;
/// Its currency.
pub(super) const CURRENCY: &str = "INR";
/// From sending the payer to asking the issuer: longer than any run.
pub(super) const PAYMENT_TIMEOUT_S: i64 = 7 * 24 * 3600;

/// The keys of Google, the server and the issuer.
pub(super) struct Parties {
    /// Google's side: signs as Google, encrypts to the server.
    pub(super) google: Arc<Keyring>,
    /// Opens what the server sends to Google.
    pub(super) google_opener: Opener,
    /// The server's side, for the bare cryptography.
    pub(super) server: Arc<Keyring>,
    /// Opens what Google sends to the server.
    pub(super) server_opener: Opener,
    /// Shared with the issuer.
    pub(super) issuer: UrlKeys,
    /// The server's own links.
    pub(super) links: UrlKeys,
}

impl Parties {
    /// Makes all keys and writes those that the server needs into `scratch`.
    pub(super) fn make(scratch: &Scratch, scheme: Scheme, now: Timestamp) -> anyhow::Result<Self> {
        // A signature must not be older than its key, whatever a clock's last second says.
        let created = now.plus_millis(-3_600_000);
        let (google, server) = (generate(scheme, "google", created)?, generate(scheme, "server", created)?);
        scratch.write("own.key", server.private.as_bytes())?;
        scratch.write("google.pub", google.public.as_bytes())?;
        let ring = |own: &GeneratedKey, peer: &GeneratedKey| -> anyhow::Result<Arc<Keyring>> {
            let own = load_own_keys(scheme, own.private.as_bytes())?;
            let peer = load_peer_keys(scheme, peer.public.as_bytes())?;
            Ok(Arc::new(Keyring::new(scheme, own, peer, JoseAlgorithms::default())?))
        };
        let (google, server) = (ring(&google, &server)?, ring(&server, &google)?);
        let url_keys = |name: &str| -> anyhow::Result<UrlKeys> {
            let secret = generate_url_key();
            scratch.write(name, secret.as_bytes())?;
            Ok(UrlKeys::new(vec![UrlKey::from_file("b1", secret.as_bytes())?])?)
        };
        Ok(Self {
            google_opener: Opener::new(vec![google.clone()]),
            server_opener: Opener::new(vec![server.clone()]),
            google,
            server,
            issuer: url_keys("issuer.secret")?,
            links: url_keys("links.secret")?,
        })
    }
}

/// RSA of 2048 bits for either scheme: what Google asks for at least.
fn generate(scheme: Scheme, name: &str, created: Timestamp) -> anyhow::Result<GeneratedKey> {
    let key = match scheme {
        Scheme::Pgp => generate_openpgp(&NewOpenPgpKey {
            user_id: &format!("Roundtrip bench {name} <{name}@bench.invalid>"),
            bits: 2048,
            valid_days: 30,
            created,
        }),
        Scheme::Jose => generate_jwk(&NewJwk { kind: JwkKind::Rsa { bits: 2048 }, kid: name, valid_days: 30, created }),
    };
    key.with_context(|| format!("cannot make a key for {name}"))
}

/// What a configuration of the server differs in.
pub(super) struct Wanted<'a> {
    /// The file's name.
    pub(super) name: &'a str,
    /// `database.url`
    pub(super) database: &'a str,
    /// Google.
    pub(super) google: SocketAddr,
    /// Which keys.
    pub(super) scheme: Scheme,
    /// How long actors stay in memory.
    pub(super) idle_s: u32,
    /// Further lines of the account.
    pub(super) account: &'a str,
}

/// Where a configured server will listen.
#[derive(Debug, Clone)]
pub(super) struct Configured {
    /// The configuration file.
    pub(super) file: PathBuf,
    /// The public listener.
    pub(super) public: SocketAddr,
    /// The admin listener.
    pub(super) admin: SocketAddr,
}

impl Configured {
    /// Writes a configuration. Limits per address are out of the way: all payers come from one.
    pub(super) fn write(scratch: &Scratch, wanted: &Wanted<'_>) -> anyhow::Result<Self> {
        let [public, admin] = free_addresses()?;
        let database = toml::Value::String(wanted.database.to_owned());
        let (google, scheme, idle_s) = (wanted.google, wanted.scheme.as_str(), wanted.idle_s);
        let account = wanted.account;
        let text = format!(
            r#"[server]
listen = "{public}"
admin_listen = "{admin}"
public_url = "http://{public}"

[database]
url = {database}

[log]
level = "warn"

[signing]
keys = [{{ id = "b1", secret_file = "links.secret" }}]

[console]
second_factor = "optional"

[limits]
requests_per_minute = 1000000000
parallel = 100000

[actors]
idle_s = {idle_s}

[google]
endpoint = "http://{google}/gsp"
# Requests are sealed ahead of the time in which they are sent.
clock_tolerance_ms = 86400000

[[google.accounts]]
piaid = "{PIAID}"
scheme = "{scheme}"
own_keys = ["own.key"]
peer_keys = ["google.pub"]
issuers = ["{ISSUER}"]
{account}

[[issuers]]
id = "{ISSUER}"
name = "Bank A"
connector = "signed-redirect"
authorize_url = "{AUTHORIZE_URL}"
status_url = "https://issuer.invalid/status"
refund_url = "https://issuer.invalid/refund"
keys = [{{ id = "b1", secret_file = "issuer.secret" }}]
currencies = ["{CURRENCY}"]
payment_timeout_s = {PAYMENT_TIMEOUT_S}
"#
        );
        Ok(Self { file: scratch.write(wanted.name, text.as_bytes())?, public, admin })
    }
}

/// Two addresses that nobody listens on now. Both are held until both are known, so they differ.
pub(super) fn free_addresses() -> anyhow::Result<[SocketAddr; 2]> {
    let bind = || TcpListener::bind(("127.0.0.1", 0)).context("cannot listen on loopback");
    let (one, other) = (bind()?, bind()?);
    Ok([one.local_addr()?, other.local_addr()?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::ports::{Clock, SystemClock};

    #[test]
    fn the_server_understands_its_configuration() {
        let scratch = Scratch::make(None, "configuration").unwrap();
        for scheme in [Scheme::Pgp, Scheme::Jose] {
            Parties::make(&scratch, scheme, SystemClock.now()).unwrap();
            let database = scratch.database("x.db");
            let google = "127.0.0.1:9".parse().unwrap();
            let wanted = Wanted { name: "bench.toml", database: &database, google, scheme, idle_s: 60, account: "" };
            let configured = Configured::write(&scratch, &wanted).unwrap();
            let text = std::fs::read_to_string(&configured.file).unwrap();
            let config = Config::from_toml_str(&text, configured.file.parent().unwrap()).unwrap();
            assert_eq!(config.server.listen, configured.public);
            assert_eq!(config.warnings, Vec::<String>::new());
        }
    }
}
