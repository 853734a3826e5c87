//! HTTP Basic (google-booking-server section 2.2).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::crypto::{content_hash, secrets_equal};

/// Clients that leave out the padding are understood.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The pairs that Google may present. Two are valid while they are rotated, which is due every six months.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// SHA-256 of `user:password`: no password is kept, and all comparisons are of one length.
    digests: Vec<[u8; 32]>,
}

impl Credentials {
    /// From the configured pairs of user and password. A user holds no colon.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let digest =
            |(user, password): (&str, &str)| content_hash(Zeroizing::new(format!("{user}:{password}")).as_bytes());
        Self { digests: pairs.into_iter().map(digest).collect() }
    }

    /// Whether this `Authorization` header admits. Otherwise: 401 with `WWW-Authenticate: Basic realm="booking"`, before
    /// anything else of the request is looked at. Every pair is compared, whichever fits.
    pub fn admit(&self, unverified: Option<&str>) -> bool {
        let presented = unverified.and_then(presented);
        let digest = content_hash(presented.as_ref().map_or(&[], |pair| pair.as_slice()));
        let fits = self.digests.iter().fold(false, |fits, known| fits | secrets_equal(known, &digest));
        fits & presented.is_some()
    }
}

/// `user:password` of a header.
fn presented(header: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    LENIENT.decode(encoded.trim()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(pair: &str) -> String {
        format!("Basic {}", LENIENT.encode(pair))
    }

    #[test]
    fn bk_2_2_both_pairs_admit_while_they_are_rotated() {
        let credentials = Credentials::new([("google", "old:one"), ("google2", "näw")]);
        for good in ["google:old:one", "google2:näw"] {
            assert!(credentials.admit(Some(&basic(good))), "{good}");
            assert!(credentials.admit(Some(&basic(good).replacen("Basic", "bASIC ", 1))), "{good}");
            assert!(credentials.admit(Some(basic(good).trim_end_matches('='))), "{good}");
        }
        for bad in ["google:näw", "google2:old:one", "google:old:on", "google:old:one ", "Google:old:one", ":", ""] {
            assert!(!credentials.admit(Some(&basic(bad))), "{bad}");
        }
    }

    #[test]
    fn bk_2_2_what_is_not_http_basic_does_not_admit() {
        let credentials = Credentials::new([("google", "one")]);
        assert!(!credentials.admit(None));
        for bad in ["", "Basic", "Basic ", "Bearer Z29vZ2xlOm9uZQ==", "Z29vZ2xlOm9uZQ==", "Basic google:one", "Basic ä"]
        {
            assert!(!credentials.admit(Some(bad)), "{bad}");
        }
        assert!(!Credentials::new([]).admit(Some("Basic ")), "no pair admits nobody");
    }
}
