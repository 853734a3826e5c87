//! What invoices need in the sandbox: the key that signs mail, the sections of the configuration, and the registration with
//! the stand-in for Outlook.
//!
//! ```text
//! keys/integrator/outlook.pem   signs payment requests and cards in mail
//! keys/biller                   the token of the form that makes invoices, for the admin API
//! ```

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use url::Url;

use super::SandboxError;
use super::keys::write_new;
use super::outlook::{OutlookOptions, Registered};
use super::settings::{EditedOutlook, Ports};
use crate::config::OutlookMode;
use crate::crypto::{CardSigner, generate_card_key};
use crate::ports::Clock;

const SIGNING_FILE: &str = "keys/integrator/outlook.pem";
/// The token of the form that makes invoices, relative to the sandbox's directory.
pub(super) const BILLER_FILE: &str = "keys/biller";
/// Ids as in the specification's examples (outlook-payments section 3.5).
const ORIGINATOR: &str = "b7a1e6f0-2f0f-4a55-8c1c-6f1d0c0e9a42";
const MERCHANT: &str = "3f6c1d52-0c3e-4b55-9a0e-8a0f5f7f6a11";
const DISPLAY: &str = "d2b4c7aa-9f40-4a3f-b7c0-1f6a2e7d5c90";

/// How a mode stands in the configuration.
pub(super) const fn word(mode: OutlookMode) -> &'static str {
    match mode {
        OutlookMode::Entra => "entra",
        OutlookMode::Legacy => "legacy",
    }
}

/// The sections of the integrator's configuration; paths are relative to it.
pub(super) fn sections(ports: Ports) -> String {
    let Ports { outlook, smtp, .. } = ports;
    format!(
        r#"
[smtp]
url = "smtp://127.0.0.1:{smtp}"
from = "Nordlicht Werkzeug <billing@nordlicht.example>"

[invoices]
name = "Nordlicht Werkzeug"

[outlook]
# "legacy": the payment pane that Outlook had until 2020; "entra": cards, as they work today.
mode = "{mode}"
originator = "{ORIGINATOR}"
merchant_id = "{MERCHANT}"
display_id = "{DISPLAY}"
openid_configuration = "http://127.0.0.1:{outlook}/.well-known/openid-configuration"
# Here the application of "entra" goes by the same id, so that the mode is all that has to change.
audience = "{MERCHANT}"
signing_key_file = "{SIGNING_FILE}"
"#,
        mode = word(OutlookMode::Legacy),
    )
}

/// The text with another mode in `[outlook]`; as it stands if none is said there.
pub(super) fn with_mode(text: &str, mode: OutlookMode) -> String {
    let mut inside = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let said = line.trim();
        if said.starts_with('[') {
            inside = said == "[outlook]";
        }
        let names_it = said.split_once('=').is_some_and(|(key, _)| key.trim() == "mode");
        if inside && names_it { format!("mode = \"{}\"\n", word(mode)) } else { line.to_owned() }
    });
    lines.collect()
}

/// Makes the key that signs mail, if it is missing under `dir`.
pub(super) fn make_missing(dir: &Path) -> Result<(), SandboxError> {
    let path = dir.join(SIGNING_FILE);
    if path.exists() {
        return Ok(());
    }
    let unmade = || SandboxError::Unreadable { path: path.clone(), reason: "no key can be made for it".to_owned() };
    write_new(&path, generate_card_key().ok_or_else(unmade)?.as_bytes())
}

/// For the stand-in, without the form that makes invoices: its token is the server's to give.
pub(super) fn options(
    dir: &Path,
    (listen, smtp): (TcpListener, TcpListener),
    (edited, webhooks): (&EditedOutlook, Url),
    clock: Arc<dyn Clock>,
) -> Result<OutlookOptions, SandboxError> {
    let EditedOutlook { mode, originator, merchant_id, audience, signing_key } = edited.clone();
    let verifier = signing_key.map(|file| {
        let path = dir.join(file);
        let pem = std::fs::read(&path).map_err(|source| SandboxError::File { path: path.clone(), source })?;
        let signer = CardSigner::from_pem(&pem);
        // What is handed over to Microsoft is the public half.
        signer
            .map(|signer| signer.verifier())
            .map_err(|error| SandboxError::Unreadable { path, reason: error.to_string() })
    });
    let registered = Registered { mode, originator, merchant_id, audience, verifier: verifier.transpose()?, webhooks };
    Ok(OutlookOptions { listen, smtp, registered, admin: None, clock })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_changed_in_its_section_alone() {
        let text = "[jose]\nmode = \"x\"\n[outlook]\n# mode = 1\n mode=\"legacy\" # so\nother = 1\n[last]\nmode = 2\n";
        let expected = text.replace(" mode=\"legacy\" # so\n", "mode = \"entra\"\n");
        assert_eq!(with_mode(text, OutlookMode::Entra), expected);
        assert_eq!(with_mode("mode = 1\n", OutlookMode::Entra), "mode = 1\n");
        let whole = sections(Ports::ANY);
        assert_eq!(with_mode(&with_mode(&whole, OutlookMode::Entra), OutlookMode::Legacy), whole);
    }
}
