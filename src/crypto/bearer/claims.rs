//! What a token says: as it is read, and as it is believed.

use std::fmt;

use serde::Deserialize;

/// `aud`: one name, or several (RFC 7519 section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(super) fn names(&self, wanted: &str) -> bool {
        match self {
            Self::One(name) => name == wanted,
            Self::Several(names) => names.iter().any(|name| name == wanted),
        }
    }
}

/// The claims that are looked at. Times are whole seconds: another form is no token.
#[derive(Deserialize)]
pub(super) struct UnverifiedClaims {
    pub iss: Option<String>,
    pub aud: Option<Audience>,
    pub appid: Option<String>,
    pub azp: Option<String>,
    pub exp: Option<i64>,
    pub nbf: Option<i64>,
    pub iat: Option<i64>,
    pub sub: Option<String>,
    pub sender: Option<String>,
    pub scp: Option<String>,
    pub tid: Option<String>,
    pub oid: Option<String>,
}

/// What a verified token says of who acts. Personal: not in logs.
#[derive(Clone, PartialEq, Eq)]
pub enum BearerClaims {
    /// An external access token (section 7.2).
    Legacy {
        /// `sub`: the acting user's mail address, sometimes a hash of it.
        subject: Option<String>,
        /// `sender`: the address that the request was mailed from.
        sender: Option<String>,
    },
    /// A token of Microsoft Entra (section 13.6): who acts is `tid` and `oid`; no address is in it.
    Entra {
        /// `tid`: the tenant.
        tenant: Option<String>,
        /// `oid`: the user within the tenant.
        object: Option<String>,
    },
}

impl fmt::Debug for BearerClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Legacy { .. } => "Legacy([redacted])",
            Self::Entra { .. } => "Entra([redacted])",
        })
    }
}
