//! The sandbox's settings: the integrator's configuration file (contract section 2) and eight loopback ports.
//!
//! The file is written on the first start. Later starts take it as it stands, edits included; only a port that has been
//! taken by somebody else is exchanged in it, and sections that an older sandbox did not have are added.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use super::keys::{self, Owner, URL_FILE, URL_KEY_ID, write_new};
use super::{SandboxError, bookings, invoicing};
use crate::config::OutlookMode;
use crate::crypto::Scheme;

/// The accounts, one for each scheme.
pub(super) const ACCOUNTS: [(&str, Scheme); 2] = [("ExamplePay_PGP", Scheme::Pgp), ("ExamplePay_JOSE", Scheme::Jose)];

/// One issuer of the sandbox.
pub(super) struct IssuerSpec {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    logo: &'static str,
    currencies: &'static [&'static str],
    min_amount_micros: i64,
    max_amount_micros: i64,
}

const ALL: &[&str] = &["INR", "EUR", "USD", "JPY"];
const ONE: i64 = 1_000_000;

const fn issuer(id: &'static str, name: &'static str, logo: &'static str, min: i64, max: i64) -> IssuerSpec {
    IssuerSpec { id, name, logo, currencies: ALL, min_amount_micros: min, max_amount_micros: max }
}

/// All issuers. Bank Cedar takes small amounts only, Bank Edelweiss euros only.
pub(super) const ISSUERS: [IssuerSpec; 12] = [
    issuer("BANK_A", "Bank Aurora", "bank-a.svg", 10_000, 200_000 * ONE),
    issuer("BANK_B", "Bank Borealis", "bank-b.svg", ONE, 500_000 * ONE),
    issuer("BANK_C", "Bank Cedar", "bank-c.svg", 10_000, 50 * ONE),
    issuer("BANK_D", "Bank Delta", "bank-d.svg", ONE, 1_000_000 * ONE),
    IssuerSpec { currencies: &["EUR"], ..issuer("BANK_E", "Bank Edelweiss", "bank-e.svg", ONE, 100_000 * ONE) },
    issuer("BANK_F", "Bank Fjord", "bank-f.svg", 10_000, 250_000 * ONE),
    issuer("BANK_G", "Bank Granite", "bank-g.svg", 10 * ONE, 2_000_000 * ONE),
    issuer("BANK_H", "Bank Harbour", "bank-h.svg", ONE, 150_000 * ONE),
    issuer("BANK_I", "Bank Iris", "bank-i.svg", 10_000, 300_000 * ONE),
    issuer("BANK_J", "Bank Juniper", "bank-j.svg", ONE, 400_000 * ONE),
    issuer("WALLET_K", "Kite Wallet", "wallet-k.svg", 10_000, 20_000 * ONE),
    issuer("WALLET_L", "Lotus Wallet", "wallet-l.svg", 10_000, 10_000 * ONE),
];

/// The eight ports of the sandbox, on loopback. 0 stands for any free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Payers, Google, issuers.
    pub server: u16,
    /// Console and metrics.
    pub admin: u16,
    /// The stand-in for Google.
    pub google: u16,
    /// The stand-in for issuers.
    pub issuer: u16,
    /// The stand-in for Google's Actions Center.
    pub actions_center: u16,
    /// The stand-in for the card processor.
    pub processor: u16,
    /// The stand-in for Outlook.
    pub outlook: u16,
    /// Where it takes mail.
    pub smtp: u16,
}

impl Ports {
    /// The ports of a first start, unless they are taken.
    pub const USUAL: Self = Self::of([8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087]);
    /// Any free ones: for tests, many at a time.
    pub const ANY: Self = Self::of([0; 8]);

    const fn each(self) -> [u16; 8] {
        let Self { server, admin, google, issuer, actions_center, processor, outlook, smtp } = self;
        [server, admin, google, issuer, actions_center, processor, outlook, smtp]
    }

    const fn of([server, admin, google, issuer, actions_center, processor, outlook, smtp]: [u16; 8]) -> Self {
        Self { server, admin, google, issuer, actions_center, processor, outlook, smtp }
    }
}

/// The sandbox's ports, bound.
pub struct Listeners {
    /// Payers, Google, issuers.
    pub server: TcpListener,
    /// Console and metrics.
    pub admin: TcpListener,
    /// The stand-in for Google.
    pub google: TcpListener,
    /// The stand-in for issuers.
    pub issuer: TcpListener,
    /// The stand-in for Google's Actions Center.
    pub actions_center: TcpListener,
    /// The stand-in for the card processor.
    pub processor: TcpListener,
    /// The stand-in for Outlook.
    pub outlook: TcpListener,
    /// Where it takes mail.
    pub smtp: TcpListener,
}

/// What a start asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The ports of a first start.
    pub ports: Ports,
    /// Which product the stand-in for Outlook plays; without it the configuration's.
    pub outlook: Option<OutlookMode>,
}

impl From<Ports> for Wanted {
    fn from(ports: Ports) -> Self {
        Self { ports, outlook: None }
    }
}

/// The integrator's configuration and what it says.
pub struct Settings {
    /// The configuration file.
    pub file: PathBuf,
    /// The ports in it.
    pub ports: Ports,
    /// The same ports, bound.
    pub listeners: Listeners,
}

/// Binds the ports of the configuration under `dir`, or (on the first start) the `wanted` ones, and writes the
/// configuration if it is missing or a port had to change.
pub fn prepare(dir: &Path, wanted: impl Into<Wanted>) -> Result<Settings, SandboxError> {
    let Wanted { ports: wanted, outlook } = wanted.into();
    let file = dir.join("roundtrip.toml");
    let known = match std::fs::read_to_string(&file) {
        Ok(text) => Some((ports_of(&text, wanted).ok_or_else(|| unreadable(&file))?, text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(source) => return Err(SandboxError::File { path: file, source }),
    };
    let before = known.as_ref().map_or(wanted, |(ports, _)| *ports);
    let (listeners, ports) = bind(before)?;
    let in_mode = |text: String| outlook.map_or(text.clone(), |mode| invoicing::with_mode(&text, mode));
    match known {
        None => write_new(&file, in_mode(toml(ports)).as_bytes())?,
        Some((_, text)) => {
            if ports != before {
                tracing::warn!(?before, ?ports, "ports are taken; payments under way keep their old addresses");
            }
            let completed = in_mode(completed(exchanged(&text, before, ports), ports));
            if completed != text {
                write_new(&file, completed.as_bytes())?;
            }
        }
    }
    Ok(Settings { file, ports, listeners })
}

/// Nothing real moves here: a password is enough.
const CONSOLE: &str = r#"
[console]
# Without this everybody has to set up an authenticator app at the first sign-in.
second_factor = "optional"
"#;

/// The text with the sections of the booking server, of invoices and of the console, which sandboxes once did not have.
fn completed(mut text: String, ports: Ports) -> String {
    let table = text.parse::<toml::Table>().unwrap_or_default();
    let has = |sections: &[&str]| sections.iter().any(|section| table.contains_key(*section));
    if !has(&["booking", "processor"]) {
        text += &bookings::sections(ports);
    }
    if !has(&["smtp", "invoices", "outlook"]) {
        text += &invoicing::sections(ports);
    }
    if !has(&["console"]) {
        text += CONSOLE;
    }
    text
}

fn unreadable(file: &Path) -> SandboxError {
    let reason = "the addresses of the server and of the stand-ins cannot be read from it".to_owned();
    SandboxError::Unreadable { path: file.to_owned(), reason }
}

fn bind(wanted: Ports) -> Result<(Listeners, Ports), SandboxError> {
    let [server, admin, google, issuer, actions_center, processor, outlook, smtp] = wanted.each().map(|port| {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        bound.or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).map_err(SandboxError::Listen)
    });
    let listeners = Listeners {
        server: server?,
        admin: admin?,
        google: google?,
        issuer: issuer?,
        actions_center: actions_center?,
        processor: processor?,
        outlook: outlook?,
        smtp: smtp?,
    };
    let port =
        |listener: &TcpListener| listener.local_addr().map(|address| address.port()).map_err(SandboxError::Listen);
    let ports = Ports::of([
        port(&listeners.server)?,
        port(&listeners.admin)?,
        port(&listeners.google)?,
        port(&listeners.issuer)?,
        port(&listeners.actions_center)?,
        port(&listeners.processor)?,
        port(&listeners.outlook)?,
        port(&listeners.smtp)?,
    ]);
    Ok((listeners, ports))
}

/// The ports in a configuration; those of sections that it does not have are the `wanted` ones.
fn ports_of(text: &str, wanted: Ports) -> Option<Ports> {
    let table: toml::Table = text.parse().ok()?;
    let port = |value: Option<&toml::Value>| {
        let text = value?.as_str()?;
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest).strip_prefix("127.0.0.1:")?;
        rest.split('/').next()?.parse::<u16>().ok()
    };
    let in_section = |section: &str, key: &str| port(table.get(section).and_then(|section| section.get(key)));
    let (server, google) = (table.get("server")?, table.get("google")?);
    let stripe = table.get("processor").and_then(|processor| processor.get("stripe"));
    Some(Ports {
        server: port(server.get("listen"))?,
        admin: port(server.get("admin_listen"))?,
        google: port(google.get("endpoint"))?,
        issuer: port(table.get("issuers")?.as_array()?.first()?.get("authorize_url"))?,
        actions_center: in_section("booking", "rtu_endpoint").unwrap_or(wanted.actions_center),
        processor: port(stripe.and_then(|stripe| stripe.get("endpoint"))).unwrap_or(wanted.processor),
        outlook: in_section("outlook", "openid_configuration").unwrap_or(wanted.outlook),
        smtp: in_section("smtp", "url").unwrap_or(wanted.smtp),
    })
}

/// Exchanges addresses in the text, so that edits and comments stay.
fn exchanged(text: &str, before: Ports, after: Ports) -> String {
    let address = |port: u16| format!("127.0.0.1:{port}");
    let pairs: Vec<(String, String)> =
        before.each().into_iter().zip(after.each()).map(|(old, new)| (address(old), address(new))).collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("127.0.0.1:") {
        let (ahead, found) = rest.split_at(at);
        out.push_str(ahead);
        let end = found.char_indices().skip("127.0.0.1:".len()).find(|(_, c)| !c.is_ascii_digit());
        let (old, behind) = found.split_at(end.map_or(found.len(), |(at, _)| at));
        let new = pairs.iter().find(|(known, _)| known == old).map_or(old, |(_, new)| new.as_str());
        out.push_str(new);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The configuration of a first start (contract section 2); paths are relative to it.
pub fn toml(ports: Ports) -> String {
    let [server, admin, google, issuer, ..] = ports.each().map(|port| format!("127.0.0.1:{port}"));
    let mut text = format!(
        r#"# Made by `roundtrip sandbox`. Edits are kept.

[server]
listen = "{server}"
admin_listen = "{admin}"
public_url = "http://{server}"

[database]
url = "sqlite://roundtrip.db"
migrate_on_start = true

[signing]
keys = [{{ id = "{URL_KEY_ID}", secret_file = "{URL_FILE}" }}]

[google]
endpoint = "http://{google}/gsp"
callback_hosts = ["{google}"]
"#
    );
    for (piaid, scheme) in ACCOUNTS {
        let issuers: Vec<String> = ISSUERS.iter().map(|issuer| format!("{:?}", issuer.id)).collect();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            r#"
[[google.accounts]]
piaid = "{piaid}"
scheme = "{}"
own_keys = ["{}"]
peer_keys = ["{}"]
issuers = [{}]
# What the stand-in for Google states as fees, unless a statement is asked for with others.
fee = {{ percent = "2" }}
"#,
            scheme.as_str(),
            keys::private_file(Owner::Integrator, scheme),
            keys::public_file(Owner::Google, scheme),
            issuers.join(", "),
        );
    }
    for spec in &ISSUERS {
        let currencies: Vec<String> = spec.currencies.iter().map(|code| format!("{code:?}")).collect();
        let _ = write!(
            text,
            r#"
[[issuers]]
id = "{id}"
name = "{name}"
logo = "logos/{logo}"
connector = "signed-redirect"
authorize_url = "http://{issuer}/{id}/authorize"
status_url = "http://{issuer}/{id}/status"
refund_url = "http://{issuer}/{id}/refund"
keys = [{{ id = "{URL_KEY_ID}", secret_file = "{secret}" }}]
currencies = [{currencies}]
min_amount_micros = {min}
max_amount_micros = {max}
payment_timeout_s = 1800
"#,
            id = spec.id,
            name = spec.name,
            logo = spec.logo,
            secret = keys::issuer_file(spec.id),
            currencies = currencies.join(", "),
            min = spec.min_amount_micros,
            max = spec.max_amount_micros,
        );
    }
    text + &bookings::sections(ports) + &invoicing::sections(ports) + CONSOLE
}

/// What the stand-ins have to know of a configuration that may have been edited.
pub(super) struct Edited {
    pub(super) public_url: String,
    pub(super) base_path: String,
    pub(super) begin_path: String,
    pub(super) booking: EditedBooking,
    pub(super) outlook: EditedOutlook,
}

/// `[booking]`, likewise.
pub(super) struct EditedBooking {
    pub(super) path: String,
    pub(super) partner_id: String,
    pub(super) feeds: Vec<String>,
}

/// `[outlook]`, likewise.
#[derive(Clone)]
pub(super) struct EditedOutlook {
    pub(super) mode: OutlookMode,
    pub(super) originator: String,
    pub(super) merchant_id: String,
    pub(super) audience: String,
    /// The file of the key that signs mail, relative to the configuration.
    pub(super) signing_key: Option<String>,
}

/// Reads back what edits may have changed.
pub(super) fn edited(file: &Path) -> Result<Edited, SandboxError> {
    let text = std::fs::read_to_string(file).map_err(|source| SandboxError::File { path: file.to_owned(), source })?;
    let table: toml::Table = text.parse().map_err(|_| unreadable(file))?;
    let text = |section: &str, key: &str| {
        table.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_str).map(str::to_owned)
    };
    let feeds = table.get("booking").and_then(|booking| booking.get("feeds")?.as_array().cloned()).unwrap_or_default();
    Ok(Edited {
        public_url: text("server", "public_url").ok_or_else(|| unreadable(file))?,
        base_path: text("google", "base_path").unwrap_or_default(),
        begin_path: text("google", "begin_path").unwrap_or_else(|| "/begin".to_owned()),
        booking: EditedBooking {
            path: text("booking", "path").unwrap_or_else(|| "/v3".to_owned()),
            partner_id: text("booking", "partner_id").unwrap_or_else(|| bookings::PARTNER_ID.to_owned()),
            feeds: feeds.iter().filter_map(|file| Some(file.as_str()?.to_owned())).collect(),
        },
        outlook: EditedOutlook {
            // Without it the server takes today's tokens.
            mode: match text("outlook", "mode").as_deref() {
                Some("legacy") => OutlookMode::Legacy,
                _ => OutlookMode::Entra,
            },
            originator: text("outlook", "originator").unwrap_or_default(),
            merchant_id: text("outlook", "merchant_id").unwrap_or_default(),
            audience: text("outlook", "audience").unwrap_or_default(),
            signing_key: text("outlook", "signing_key_file"),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn the_configuration_is_toml_and_says_its_ports() {
        let eight = Ports::of([1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(ports_of(&toml(eight), Ports::ANY), Some(eight));
        let table: toml::Table = toml(eight).parse().unwrap();
        assert_eq!(table["issuers"].as_array().unwrap().len(), 12);
        assert_eq!(table["google"]["accounts"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn edits_survive_an_exchange_of_ports() {
        let before = Ports::of([80, 81, 82, 83, 84, 85, 86, 87]);
        let edited = format!("{}\n# 127.0.0.1:8 is nobody's, 127.0.0.1:80", toml(before));
        let after = Ports::of([81, 80, 82, 9083, 85, 84, 86, 9087]);
        let text = exchanged(&edited, before, after);
        assert_eq!(ports_of(&text, Ports::ANY), Some(after));
        assert!(text.ends_with("# 127.0.0.1:8 is nobody's, 127.0.0.1:81"));
        assert_eq!(text, toml(after) + "\n# 127.0.0.1:8 is nobody's, 127.0.0.1:81");
    }

    #[test]
    fn a_sandbox_from_before_bookings_and_invoices_gets_their_sections() {
        let dir = tempfile::tempdir().unwrap();
        let Settings { file, ports, listeners } = prepare(dir.path(), Ports::ANY).unwrap();
        drop(listeners);
        let whole = toml(ports);
        let added = bookings::sections(ports) + &invoicing::sections(ports) + CONSOLE;
        let old = whole.strip_suffix(&added).unwrap();
        std::fs::write(&file, format!("{old}# mine\n")).unwrap();
        let Settings { ports: again, .. } = prepare(dir.path(), ports).unwrap();
        assert_eq!(again, ports);
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, format!("{old}# mine\n{added}"));
    }

    #[test]
    fn a_restart_takes_the_same_ports_and_a_taken_one_is_exchanged() {
        let dir = tempfile::tempdir().unwrap();
        let Settings { file, ports, listeners } = prepare(dir.path(), Ports::ANY).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        drop(listeners);
        let Settings { ports: again, listeners, .. } = prepare(dir.path(), Ports::USUAL).unwrap();
        assert_eq!(again, ports);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        // Now all are taken: by the ones that stand above.
        let moved = prepare(dir.path(), Ports::USUAL).unwrap();
        assert!(moved.ports.each().iter().all(|port| !ports.each().contains(port)), "{:?}", moved.ports);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), toml(moved.ports));
        drop(listeners);
    }

    #[test]
    fn the_server_reads_the_configuration_without_a_warning() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| write_new(&dir.path().join(name), content).unwrap();
        for (_, scheme) in ACCOUNTS {
            // The reader of settings takes keys as bytes.
            file(&keys::private_file(Owner::Integrator, scheme), b"private");
            file(&keys::public_file(Owner::Google, scheme), b"public");
        }
        file(URL_FILE, crate::crypto::generate_url_key().as_bytes());
        for spec in &ISSUERS {
            file(&keys::issuer_file(spec.id), crate::crypto::generate_url_key().as_bytes());
            file(&format!("logos/{}", spec.logo), b"<svg/>");
        }
        let settings = prepare(dir.path(), Ports::ANY).unwrap();
        bookings::make_missing(dir.path(), settings.ports, Timestamp::from_secs(1_800_000_000)).unwrap();
        invoicing::make_missing(dir.path()).unwrap();
        let config = crate::config::Config::load(&settings.file).unwrap();
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
        assert_eq!(config.issuers.len(), ISSUERS.len());
        assert!(config.stripe.is_some_and(|stripe| stripe.webhook_secret.is_some()));
        assert_eq!(config.booking.unwrap().feeds.len(), 3);
        assert_eq!(config.outlook.unwrap().mode, OutlookMode::Legacy);
        let outlook = Wanted { ports: settings.ports, outlook: Some(OutlookMode::Entra) };
        drop(settings.listeners);
        let again = prepare(dir.path(), outlook).unwrap();
        assert_eq!(edited(&again.file).unwrap().outlook.mode, OutlookMode::Entra);
        assert_eq!(crate::config::Config::load(&again.file).unwrap().outlook.unwrap().mode, OutlookMode::Entra);
    }
}
