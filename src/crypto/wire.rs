//! How a sealed message travels: the wrapping matrix of flows-security section 3.1 and its tolerant decoder.

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

/// Which of Google's two schemes an account uses (flows-security section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// OpenPGP, sign and encrypt.
    Pgp,
    /// A compact JWS inside a compact JWE.
    Jose,
}

impl Scheme {
    /// `Content-Type` of requests and responses alike (flows-security section 2.3). On receipt compare the media type
    /// only: senders may leave the charset out.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Pgp => "application/octet-stream; charset=utf-8",
            Self::Jose => "application/jose; charset=utf-8",
        }
    }

    /// Reads the configuration's `scheme`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pgp" => Some(Self::Pgp),
            "jose" => Some(Self::Jose),
            _ => None,
        }
    }

    /// The configuration's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pgp => "pgp",
            Self::Jose => "jose",
        }
    }
}

/// What carries a sealed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// The body of an HTTP request or response.
    Body,
    /// `redirectRequest` or `redirectResponse` in a URL.
    UrlParameter,
}

/// Wraps a sealed OpenPGP message. Padded in bodies (as Google's Java sample), unpadded in URLs.
pub(super) fn wrap_pgp(message: &[u8], carrier: Carrier) -> String {
    match carrier {
        Carrier::Body => URL_SAFE.encode(message),
        Carrier::UrlParameter => URL_SAFE_NO_PAD.encode(message),
    }
}

/// Wraps a compact JWE: as it is in bodies, base64url once more in URLs.
pub(super) fn wrap_jose(compact: String, carrier: Carrier) -> String {
    match carrier {
        Carrier::Body => compact,
        Carrier::UrlParameter => URL_SAFE_NO_PAD.encode(compact),
    }
}

/// A message taken out of its carrier; not trusted in any way.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum UnverifiedMessage {
    /// An OpenPGP message, binary or armoured.
    Pgp(Vec<u8>),
    /// Five dot-separated parts.
    Jose(String),
}

/// Takes a message out of its carrier. Both carriers are read alike: padding may stand or not, also as `%3D`; `+`, `/`
/// and a space (a `+` that was decoded as a form) are read as their URL-safe fellows (flows-security sections 2.3, 3.1).
pub(super) fn unwrap(wire: &[u8]) -> Option<UnverifiedMessage> {
    let text = std::str::from_utf8(wire).ok()?.trim_matches(['\r', '\n', '\t', ' ']);
    if looks_like_jwe(text) {
        return Some(UnverifiedMessage::Jose(text.to_owned()));
    }
    let bytes = decode_tolerantly(text)?;
    if bytes.starts_with(b"ey")
        && let Ok(inner) = std::str::from_utf8(&bytes)
    {
        let inner = inner.trim();
        return looks_like_jwe(inner).then(|| UnverifiedMessage::Jose(inner.to_owned()));
    }
    (!bytes.is_empty()).then_some(UnverifiedMessage::Pgp(bytes))
}

fn looks_like_jwe(text: &str) -> bool {
    text.starts_with("ey") && text.bytes().filter(|&b| b == b'.').count() == 4
}

fn decode_tolerantly(text: &str) -> Option<Vec<u8>> {
    let mut rest = text;
    while let Some(shorter) =
        rest.strip_suffix('=').or_else(|| rest.strip_suffix("%3D")).or_else(|| rest.strip_suffix("%3d"))
    {
        rest = shorter;
    }
    if let Ok(bytes) = URL_SAFE_NO_PAD.decode(rest) {
        return Some(bytes);
    }
    let safe: Vec<u8> = rest
        .bytes()
        .map(|b| match b {
            b'+' | b' ' => b'-',
            b'/' => b'_',
            other => other,
        })
        .collect();
    URL_SAFE_NO_PAD.decode(safe).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 7] = [0xc1, 0xfb, 0xff, 0xfb, 0xef, 0xbe, 0x01];

    #[test]
    fn ct_4_reads_padded_unpadded_and_mangled_base64() {
        let padded = URL_SAFE.encode(BYTES);
        assert!(padded.ends_with("==") && padded.contains('-') && padded.contains('_'));
        let variants = [
            padded.clone(),
            padded.replace('=', ""),
            padded.replace('=', "%3D"),
            padded.replace('-', "+").replace('_', "/"),
            padded.replace('-', " "),
            format!(" {padded}\r\n"),
        ];
        for variant in variants {
            assert_eq!(unwrap(variant.as_bytes()), Some(UnverifiedMessage::Pgp(BYTES.to_vec())), "{variant}");
        }
    }

    #[test]
    fn ct_4_finds_a_compact_jwe_bare_or_wrapped() {
        let jwe = "eyJ0.a.b.c.d";
        let wrapped = URL_SAFE_NO_PAD.encode(jwe);
        for variant in [jwe.to_owned(), format!("{jwe}\n"), wrapped.clone(), format!("{wrapped}=")] {
            assert_eq!(unwrap(variant.as_bytes()), Some(UnverifiedMessage::Jose(jwe.to_owned())), "{variant}");
        }
    }

    #[test]
    fn rubbish_is_not_a_message() {
        for rubbish in [&b""[..], b"!", b"\xff\xfe", b"{\"a\":1}", b"====", b"ey.a.b"] {
            assert_eq!(unwrap(rubbish), None, "{rubbish:?}");
        }
    }

    #[test]
    fn ct_1_pgp_bodies_are_octet_streams() {
        assert_eq!(Scheme::Pgp.content_type(), "application/octet-stream; charset=utf-8");
        assert_eq!(Scheme::parse(Scheme::Pgp.as_str()), Some(Scheme::Pgp));
    }

    #[test]
    fn ct_2_jose_bodies_are_the_compact_form_itself() {
        assert_eq!(Scheme::Jose.content_type(), "application/jose; charset=utf-8");
        assert_eq!(Scheme::parse(Scheme::Jose.as_str()), Some(Scheme::Jose));
        assert_eq!(wrap_jose("eyJ0.a.b.c.d".to_owned(), Carrier::Body), "eyJ0.a.b.c.d");
    }

    #[test]
    fn ct_3_url_parameters_are_base64url_without_padding_or_dots() {
        assert_eq!(wrap_pgp(&[0xfb], Carrier::UrlParameter), "-w");
        assert_eq!(wrap_pgp(&[0xfb], Carrier::Body), "-w==");
        let parameter = wrap_jose("eyJ0.a.b.c.d".to_owned(), Carrier::UrlParameter);
        assert!(!parameter.contains(['.', '=']));
    }
}
