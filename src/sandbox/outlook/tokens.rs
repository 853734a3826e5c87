//! The key server, and the bearer tokens of calls to the merchant (outlook-payments sections 7.2 and 13.6).

use serde_json::{Value, json};
use uuid::Builder;

use super::Registered;
use crate::config::OutlookMode;
use crate::crypto::{BearerIssuer, LEGACY_ISSUER, OUTLOOK_CALLER, content_hash, random_token};
use crate::domain::Timestamp;

/// The tenant of everybody whose mail comes here.
const TENANT: &str = "5b0f6a2e-41d7-4a52-9f0c-7d1f5a0b8c21";
/// How long a token lasts, in seconds.
const LASTS_S: i64 = 3_600;

/// What is wrong with a token, on purpose (section 9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forged {
    Expired,
    NotYet,
    Audience,
    Issuer,
    Caller,
    Key,
    Sender,
    User,
}

impl Forged {
    /// All, with what the form calls them.
    pub(super) const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Expired, "expired", "has expired"),
        (Self::NotYet, "not-yet", "is not valid yet"),
        (Self::Audience, "audience", "is for another merchant (aud)"),
        (Self::Issuer, "issuer", "is by another issuer (iss)"),
        (Self::Caller, "caller", "is of another application"),
        (Self::Key, "key", "is signed with an unknown key"),
        (Self::Sender, "sender", "names another sender"),
        (Self::User, "user", "names another user"),
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known, _)| *known == name).map(|(forged, ..)| forged)
    }

    pub(super) fn title(self) -> &'static str {
        Self::ALL.into_iter().find(|(forged, ..)| *forged == self).map_or("", |(.., title)| title)
    }
}

/// How many of the next calls carry a wrong token.
#[derive(Debug, Default)]
pub(super) struct Forging {
    pub(super) left: u32,
    pub(super) with: Option<Forged>,
}

impl Forging {
    /// For the next call.
    pub(super) fn take(&mut self) -> Option<Forged> {
        self.left = self.left.checked_sub(1)?;
        self.with
    }
}

/// Who acts, on which mail.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    /// The mail's recipient.
    pub(super) user: String,
    /// Its sender.
    pub(super) sender: String,
}

/// The key, and what tokens say.
pub(super) struct Tokens {
    key: BearerIssuer,
    origin: String,
    mode: OutlookMode,
    audience: String,
}

impl Tokens {
    /// With a key of its own; `origin` is scheme, host and port of this server.
    pub(super) fn new(origin: &str, registered: &Registered) -> Option<Self> {
        let key = BearerIssuer::generate(&random_token())?;
        Some(Self { key, origin: origin.to_owned(), mode: registered.mode, audience: registered.audience.clone() })
    }

    fn issuer(&self) -> String {
        match self.mode {
            OutlookMode::Legacy => LEGACY_ISSUER.to_owned(),
            OutlookMode::Entra => format!("{}/{TENANT}/v2.0", self.origin),
        }
    }

    /// The discovery document. The retired service's names its issuer without the final slash (section 7.2).
    pub(super) fn discovery(&self) -> Value {
        json!({
            "issuer": self.issuer().trim_end_matches('/'), "jwks_uri": format!("{}/keys", self.origin),
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    /// The key set.
    pub(super) fn keys(&self) -> Value {
        let issuer = match self.mode {
            OutlookMode::Legacy => None,
            OutlookMode::Entra => Some(self.issuer()),
        };
        json!({"keys": self.key.jwk(issuer.as_deref()).into_iter().collect::<Vec<_>>()})
    }

    /// A token for one call. Empty if the library does not sign: the merchant will refuse it.
    pub(super) fn mint(&self, actor: &Actor, now: Timestamp, forged: Option<Forged>) -> String {
        let now = now.as_secs();
        let shifted = match forged {
            Some(Forged::Expired) => now - 3 * LASTS_S,
            Some(Forged::NotYet) => now + 3 * LASTS_S,
            _ => now,
        };
        let (user, sender) = match forged {
            Some(Forged::User) => ("somebody.else@sandbox.invalid", actor.sender.as_str()),
            Some(Forged::Sender) => (actor.user.as_str(), "somebody.else@sandbox.invalid"),
            _ => (actor.user.as_str(), actor.sender.as_str()),
        };
        let mut claims = match self.mode {
            OutlookMode::Legacy => json!({
                "appid": OUTLOOK_CALLER, "sub": user, "sender": sender, "ver": "STI.ExternalAccessToken.V1",
                "appidacr": "2", "acr": "0",
            }),
            OutlookMode::Entra => {
                let object = object_id(user);
                json!({
                    "azp": OUTLOOK_CALLER, "azpacr": "2", "tid": TENANT, "oid": object, "sub": format!("pairwise-{object}"),
                    "preferred_username": user, "scp": "ActionableMessages", "ver": "2.0",
                })
            }
        };
        claims["iss"] = json!(self.issuer());
        claims["aud"] = json!(self.audience);
        claims["iat"] = json!(shifted);
        claims["nbf"] = json!(shifted);
        claims["exp"] = json!(shifted + LASTS_S);
        match forged {
            Some(Forged::Audience) => claims["aud"] = json!("00000000-0000-4000-8000-000000000000"),
            Some(Forged::Issuer) => claims["iss"] = json!("https://sts.sandbox.invalid/"),
            Some(Forged::Caller) => {
                let name = if claims.get("azp").is_some() { "azp" } else { "appid" };
                claims[name] = json!("00000000-0000-4000-8000-000000000000");
            }
            Some(Forged::Key) => {
                let stranger = BearerIssuer::generate(&random_token());
                return stranger.and_then(|key| key.token(&claims)).unwrap_or_default();
            }
            Some(Forged::Expired | Forged::NotYet | Forged::Sender | Forged::User) | None => {}
        }
        self.key.token(&claims).unwrap_or_default()
    }
}

/// The same user has the same id.
fn object_id(user: &str) -> String {
    let digest = content_hash(user.to_lowercase().as_bytes());
    let bytes: [u8; 16] = digest.first_chunk().copied().unwrap_or_default();
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}
