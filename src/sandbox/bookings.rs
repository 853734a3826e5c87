//! What bookings need in the sandbox: example feeds, the secrets that are shared with Google and with the card processor,
//! and Google's service account.
//!
//! ```text
//! feeds/            merchants.json services.json availability.json
//! keys/google/      booking-password service-account.json
//! keys/processor/   secret events
//! keys/merchant     the token of the merchant's buttons, for the admin API
//! ```

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use super::SandboxError;
use super::actions_center::{ActionsCenterOptions, ExampleFeeds, write_example_feeds};
use super::keys::write_new;
use super::settings::{Edited, Ports};
use super::stripe::{EventsTo, StripeOptions};
use crate::crypto::{ServiceAccount, StripeEventKey, generate_service_account, random_token};
use crate::domain::Timestamp;
use crate::ports::Clock;

/// Who Google is at the booking server.
const USER: &str = "google";
const PASSWORD_FILE: &str = "keys/google/booking-password";
const SERVICE_ACCOUNT_FILE: &str = "keys/google/service-account.json";
const SERVICE_ACCOUNT: &str = "roundtrip@sandbox.iam.invalid";
const PROCESSOR_FILE: &str = "keys/processor/secret";
const EVENTS_FILE: &str = "keys/processor/events";
/// The token of the merchant's buttons, relative to the sandbox's directory.
pub(super) const MERCHANT_FILE: &str = "keys/merchant";
/// As in section 2.1's examples.
pub(super) const PARTNER_ID: &str = "12345678";
/// The examples reach 30 days ahead; so old they are made anew, while there is still a week of them.
const RENEWED_AFTER_S: i64 = 23 * 86_400;

/// The sections of the integrator's configuration; paths are relative to it.
pub(super) fn sections(ports: Ports) -> String {
    let Ports { actions_center, processor, .. } = ports;
    format!(
        r#"
[processor.stripe]
endpoint = "http://127.0.0.1:{processor}"
secret_key_file = "{PROCESSOR_FILE}"
webhook_secret_file = "{EVENTS_FILE}"

[booking]
feeds = ["feeds/merchants.json", "feeds/services.json", "feeds/availability.json"]
credentials = [{{ user = "{USER}", password_file = "{PASSWORD_FILE}" }}]
service_account_file = "{SERVICE_ACCOUNT_FILE}"
rtu_endpoint = "http://127.0.0.1:{actions_center}"
partner_id = "{PARTNER_ID}"
"#
    )
}

/// Makes what is missing under `dir`: secrets, the service account, the feeds.
pub(super) fn make_missing(dir: &Path, ports: Ports, now: Timestamp) -> Result<(), SandboxError> {
    let secrets = [(PASSWORD_FILE, ""), (PROCESSOR_FILE, "sk_test_"), (EVENTS_FILE, "whsec_")];
    for (file, prefix) in secrets {
        let path = dir.join(file);
        if !path.exists() {
            write_new(&path, format!("{prefix}{}", random_token()).as_bytes())?;
        }
    }
    service_account(dir, ports)?;
    renew_feeds(&dir.join("feeds"), now)
}

/// Google's key file names the address where tokens are asked for: it follows the port.
fn service_account(dir: &Path, ports: Ports) -> Result<(), SandboxError> {
    let path = dir.join(SERVICE_ACCOUNT_FILE);
    let unusable = |reason: &str| SandboxError::Unreadable { path: path.clone(), reason: reason.to_owned() };
    let text = format!("http://127.0.0.1:{}/token", ports.actions_center);
    let token_uri = Url::parse(&text).map_err(|_| unusable("its token_uri is no address"))?;
    if !path.exists() {
        let made = generate_service_account(SERVICE_ACCOUNT, &token_uri).ok_or_else(|| unusable("no key was made"))?;
        return write_new(&path, made.as_bytes());
    }
    let mut known: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&read(&path)?).map_err(|_| unusable("it is no JSON"))?;
    if known.get("token_uri").and_then(|known| known.as_str()) == Some(token_uri.as_str()) {
        return Ok(());
    }
    known.insert("token_uri".to_owned(), token_uri.as_str().into());
    write_new(&path, serde_json::Value::Object(known).to_string().as_bytes())
}

/// Feeds of a newer generation say nothing of what is booked (as a merchant's own do), so the old ones stay while they last.
fn renew_feeds(dir: &Path, now: Timestamp) -> Result<(), SandboxError> {
    let files = ["merchants.json", "services.json", "availability.json"].map(|name| dir.join(name));
    let last = match files.iter().find(|file| !file.exists()) {
        None => generated_s(&files[2])?.unwrap_or(i64::MAX),
        Some(_) => i64::MIN,
    };
    if now.as_secs().saturating_sub(last) <= RENEWED_AFTER_S {
        return Ok(());
    }
    write_example_feeds(dir, now).map(|ExampleFeeds { .. }| ())
}

/// `generation_timestamp` of a feed; none for what is no feed, of which the server will say what is wrong.
fn generated_s(file: &Path) -> Result<Option<i64>, SandboxError> {
    let feed: Option<serde_json::Value> = serde_json::from_slice(&read(file)?).ok();
    Ok(feed.and_then(|feed| feed["metadata"]["generation_timestamp"].as_i64()))
}

fn read(path: &Path) -> Result<Vec<u8>, SandboxError> {
    std::fs::read(path).map_err(|source| SandboxError::File { path: path.to_owned(), source })
}

fn secret(dir: &Path, file: &str) -> Result<String, SandboxError> {
    let path = dir.join(file);
    let unusable = || SandboxError::Unreadable { path: path.clone(), reason: "it is no text".to_owned() };
    Ok(String::from_utf8(read(&path)?).map_err(|_| unusable())?.trim().to_owned())
}

/// What both stand-ins need to know of the sandbox.
pub(super) struct Known<'a> {
    pub(super) dir: &'a Path,
    pub(super) settings: &'a Path,
    pub(super) edited: &'a Edited,
    pub(super) clock: Arc<dyn Clock>,
}

impl Known<'_> {
    /// An address below the integrator's public one.
    fn address(&self, path: &str) -> Result<Url, SandboxError> {
        let text = format!("{}{path}", self.edited.public_url.trim_end_matches('/'));
        let reason = |error| format!("public_url: {error}");
        Url::parse(&text)
            .map_err(|error| SandboxError::Unreadable { path: self.settings.to_owned(), reason: reason(error) })
    }

    /// For the Actions Center's stand-in, without the merchant's buttons: their token is the server's to give.
    pub(super) fn actions_center(&self, listen: TcpListener) -> Result<ActionsCenterOptions, SandboxError> {
        let path = self.dir.join(SERVICE_ACCOUNT_FILE);
        let account = ServiceAccount::parse(&read(&path)?)
            .map_err(|error| SandboxError::Unreadable { path, reason: error.to_string() })?;
        let booking = &self.edited.booking;
        // What follows it is Google's own: /v3 and the method (section 2.1).
        let before = booking.path.strip_suffix("/v3").unwrap_or_default();
        Ok(ActionsCenterOptions {
            listen,
            dir: self.dir.to_owned(),
            booking_server: self.address(before)?,
            credentials: (USER.to_owned(), SecretString::from(secret(self.dir, PASSWORD_FILE)?)),
            admin: None,
            partner_id: booking.partner_id.clone(),
            verifier: Some(account.verifier()),
            feeds: booking.feeds.iter().map(|file| self.dir.join(file)).collect::<Vec<PathBuf>>(),
            clock: Arc::clone(&self.clock),
        })
    }

    /// For the card processor's stand-in.
    pub(super) fn processor(&self, listen: TcpListener) -> Result<StripeOptions, SandboxError> {
        let key = StripeEventKey::new(&secret(self.dir, EVENTS_FILE)?)?;
        Ok(StripeOptions {
            listen,
            dir: self.dir.to_owned(),
            secret_key: secret(self.dir, PROCESSOR_FILE)?,
            events: Some(EventsTo { url: self.address("/processor/stripe/events")?, key }),
            clock: Arc::clone(&self.clock),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: Ports = Ports { actions_center: 84, ..Ports::ANY };
    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    #[test]
    fn feeds_stay_while_they_last_and_are_renewed_before_they_run_out() {
        let dir = tempfile::tempdir().unwrap();
        let generated = |days: i64| {
            make_missing(dir.path(), PORTS, START.plus_millis(days * 86_400_000)).unwrap();
            generated_s(&dir.path().join("feeds/availability.json")).unwrap().unwrap() - START.as_secs()
        };
        assert_eq!([0, 1, 23].map(generated), [0, 0, 0]);
        assert_eq!([24, 40].map(generated), [24 * 86_400, 24 * 86_400]);
        std::fs::remove_file(dir.path().join("feeds/services.json")).unwrap();
        assert_eq!(generated(41), 41 * 86_400);
        // Somebody is at work on it: the server says what is wrong.
        std::fs::write(dir.path().join("feeds/availability.json"), "{").unwrap();
        make_missing(dir.path(), PORTS, START.plus_millis(99 * 86_400_000)).unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join("feeds/availability.json")).unwrap(), "{");
    }

    #[test]
    fn the_service_account_keeps_its_key_and_follows_its_port() {
        let dir = tempfile::tempdir().unwrap();
        let account = |port: u16| {
            service_account(dir.path(), Ports { actions_center: port, ..PORTS }).unwrap();
            let text = read(&dir.path().join(SERVICE_ACCOUNT_FILE)).unwrap();
            assert_eq!(
                ServiceAccount::parse(&text).unwrap().token_uri().as_str(),
                format!("http://127.0.0.1:{port}/token")
            );
            let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
            (file["private_key_id"].clone(), file["private_key"].clone())
        };
        assert_eq!(account(84), account(9084));
    }
}
