//! Judging keys (flows-security sections 3.2 to 3.4 and 11).

use super::KeyDescription;
use crate::crypto::wire::Scheme;
use crate::domain::Timestamp;

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Two years, with a day of grace for leap years and time zones.
const LONGEST_LIFE_MS: i64 = 731 * DAY_MS;
/// A key that ends sooner than this is to be replaced (flows-security section 3.4), in milliseconds.
pub const KEY_ENDS_SOON_MS: i64 = 30 * DAY_MS;
const SMALLEST_RSA_BITS: u32 = 2048;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Act soon.
    Warning,
    /// The key must not be used like this.
    Failure,
}

/// One thing that is wrong with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The requirement (flows-security section 11): `PGP-6`, `JOSE-5` or `KEY-1`.
    pub id: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Which key, what is wrong, what to do.
    pub message: String,
}

/// Judges one account's keys: size, life, expiry, missing encryption subkey, key material shared by both sides.
pub fn lint_keys(own: &[KeyDescription], peers: &[KeyDescription], now: Timestamp) -> Vec<Finding> {
    let mut findings: Vec<Finding> = own.iter().flat_map(|key| lint_own(key, now)).collect();
    findings.extend(peers.iter().flat_map(|key| lint_peer(key, now)));
    for (one, other) in shared(own, peers) {
        findings.push(failure(
            "KEY-1",
            format!(
                "own key {} and peer key {} are the same key; ask the peer for its own public key",
                one.id, other.id
            ),
        ));
    }
    findings
}

/// KEY-1: finds key material that stands in both of two environments.
pub fn lint_disjoint(sandbox: &[KeyDescription], production: &[KeyDescription]) -> Vec<Finding> {
    shared(sandbox, production)
        .map(|(one, other)| {
            failure(
                "KEY-1",
                format!("key {} of the sandbox is key {} of production; make separate keys for each", one.id, other.id),
            )
        })
        .collect()
}

fn rule(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Pgp => "PGP-6",
        Scheme::Jose => "JOSE-5",
    }
}

fn failure(id: &'static str, message: String) -> Finding {
    Finding { id, severity: Severity::Failure, message }
}

fn warning(id: &'static str, message: String) -> Finding {
    Finding { id, severity: Severity::Warning, message }
}

fn lint_own(key: &KeyDescription, now: Timestamp) -> Vec<Finding> {
    let id = rule(key.scheme);
    let mut findings = Vec::new();
    if !key.private {
        findings.push(failure(id, format!("own key {} is only its public part; name the private key file", key.id)));
    }
    if key.algorithm != "RSA" {
        let text = format!("own key {} is {}; Google asks for RSA", key.id, key.algorithm);
        findings.push(warning(id, text));
    }
    if key.scheme == Scheme::Pgp && !key.subkeys.iter().any(|subkey| subkey.encrypts && !subkey.revoked) {
        findings.push(failure(
            id,
            format!("own key {} has no encryption subkey; make a new key with `roundtrip keys generate`", key.id),
        ));
    }
    for part in std::iter::once(key).chain(&key.subkeys) {
        findings.extend(lint_size(part, "own"));
        findings.extend(lint_life(part));
        findings.extend(lint_expiry(part, "own", now));
    }
    findings
}

fn lint_peer(key: &KeyDescription, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    if key.private {
        let text = format!("peer key {} is a private key; keep only its public part", key.id);
        findings.push(failure(rule(key.scheme), text));
    }
    for part in std::iter::once(key).chain(&key.subkeys) {
        findings.extend(lint_size(part, "peer"));
        findings.extend(lint_expiry(part, "peer", now));
    }
    findings
}

fn lint_size(key: &KeyDescription, side: &str) -> Option<Finding> {
    (key.algorithm == "RSA" && key.bits < SMALLEST_RSA_BITS).then(|| {
        let text = format!("{side} key {} has {} bits, fewer than 2048; replace it", key.id, key.bits);
        failure(rule(key.scheme), text)
    })
}

fn lint_life(key: &KeyDescription) -> Option<Finding> {
    let id = rule(key.scheme);
    let Some(expires) = key.expires else {
        if key.scheme == Scheme::Jose {
            // RFC 7517 has no member for it: other tools' keys do not say, and then we cannot tell.
            let text =
                format!("own key {} does not say when it ends; see to it that it is replaced within two years", key.id);
            return Some(warning(id, text));
        }
        return Some(failure(id, format!("own key {} never ends; keys live two years at most", key.id)));
    };
    let Some(created) = key.created else {
        return Some(warning(id, format!("own key {} does not say when it was made", key.id)));
    };
    (expires.millis_since(created) > LONGEST_LIFE_MS).then(|| {
        failure(id, format!("own key {} lives for more than two years; replace it by a shorter-lived one", key.id))
    })
}

fn lint_expiry(key: &KeyDescription, side: &str, now: Timestamp) -> Option<Finding> {
    let id = rule(key.scheme);
    if key.revoked {
        return Some(failure(id, format!("{side} key {} is revoked; replace it", key.id)));
    }
    let left = key.expires?.millis_since(now);
    if left <= 0 {
        Some(failure(id, format!("{side} key {} has ended; rotate it now", key.id)))
    } else if left <= KEY_ENDS_SOON_MS {
        Some(warning(id, format!("{side} key {} ends in {} days; rotate it before", key.id, left / DAY_MS)))
    } else {
        None
    }
}

/// Pairs of keys (subkeys included) with the same material.
fn shared<'a>(
    ones: &'a [KeyDescription],
    others: &'a [KeyDescription],
) -> impl Iterator<Item = (&'a KeyDescription, &'a KeyDescription)> {
    let with_subkeys =
        |keys: &'a [KeyDescription]| keys.iter().flat_map(|key| std::iter::once(key).chain(&key.subkeys));
    with_subkeys(ones)
        .flat_map(move |one| with_subkeys(others).map(move |other| (one, other)))
        .filter(|(one, other)| one.material == other.material)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{
        JwkKind, NewJwk, NewOpenPgpKey, describe_keys, export_public, generate_jwk, generate_openpgp, load_own_keys,
        load_peer_keys,
    };

    const MADE: Timestamp = Timestamp::from_secs(1_790_000_000);

    fn after(days: i64) -> Timestamp {
        MADE.plus_millis(days * DAY_MS)
    }

    fn openpgp(valid_days: u16) -> Vec<KeyDescription> {
        let wanted = NewOpenPgpKey { user_id: "A <a@example.com>", bits: 2048, valid_days, created: MADE };
        describe_keys(Scheme::Pgp, generate_openpgp(&wanted).unwrap().private.as_bytes()).unwrap()
    }

    fn ids(findings: &[Finding]) -> Vec<(&'static str, Severity)> {
        findings.iter().map(|finding| (finding.id, finding.severity)).collect()
    }

    #[test]
    fn pgp_6_a_generated_key_has_what_google_asks_for() {
        let keys = openpgp(730);
        let [key] = keys.as_slice() else { panic!("one key") };
        assert!(key.private && key.signs && !key.encrypts && key.bits == 2048 && key.algorithm == "RSA");
        assert_eq!(key.user_ids, ["A <a@example.com>"]);
        let [subkey] = key.subkeys.as_slice() else { panic!("one subkey") };
        assert!(subkey.encrypts && !subkey.signs && subkey.bits == 2048);
        for part in [key, subkey] {
            assert_eq!((part.created, part.expires), (Some(MADE), Some(after(730))));
        }
        assert_eq!(lint_keys(&keys, &[], after(1)), []);
    }

    #[test]
    fn pgp_6_jose_5_expiry_is_announced_thirty_days_ahead() {
        let rule = ("PGP-6", Severity::Warning);
        let keys = openpgp(365);
        assert_eq!(ids(&lint_keys(&keys, &[], after(334))), []);
        assert_eq!(ids(&lint_keys(&keys, &[], after(335))), [rule, rule], "primary key and subkey");
        let rule = ("PGP-6", Severity::Failure);
        assert_eq!(ids(&lint_keys(&keys, &[], after(365))), [rule, rule]);
        let wanted = NewJwk { kind: JwkKind::Rsa { bits: 2048 }, kid: "k1", valid_days: 365, created: MADE };
        let file = generate_jwk(&wanted).unwrap();
        let keys = describe_keys(Scheme::Jose, file.private.as_bytes()).unwrap();
        assert_eq!(ids(&lint_keys(&keys, &[], after(334))), []);
        assert_eq!(ids(&lint_keys(&keys, &[], after(335))), [("JOSE-5", Severity::Warning)]);
        assert_eq!(ids(&lint_keys(&keys, &[], after(365))), [("JOSE-5", Severity::Failure)]);
    }

    #[test]
    fn jose_5_a_jwk_that_does_not_say_when_it_ends_is_a_warning() {
        let wanted = NewJwk { kind: JwkKind::Rsa { bits: 2048 }, kid: "k1", valid_days: 365, created: MADE };
        let file = generate_jwk(&wanted).unwrap();
        let made = describe_keys(Scheme::Jose, file.private.as_bytes()).unwrap().remove(0);
        let endless = KeyDescription { expires: None, ..made };
        assert_eq!(ids(&lint_keys(&[endless], &[], after(1))), [("JOSE-5", Severity::Warning)]);
    }

    #[test]
    fn pgp_6_jose_5_too_small_too_long_endless_and_subkeyless_keys_fail() {
        let good = openpgp(730).remove(0);
        let failing = |key: KeyDescription| ids(&lint_keys(&[key], &[], after(1)));
        let fail = [("PGP-6", Severity::Failure)];
        assert_eq!(failing(KeyDescription { bits: 1024, ..good.clone() }), fail);
        assert_eq!(failing(KeyDescription { expires: None, ..good.clone() }), fail);
        assert_eq!(failing(KeyDescription { expires: Some(after(732)), ..good.clone() }), fail);
        assert_eq!(failing(KeyDescription { subkeys: vec![], ..good.clone() }), fail);
        assert_eq!(failing(KeyDescription { private: false, ..good.clone() }), fail);
        assert_eq!(failing(KeyDescription { revoked: true, ..good }), fail);
    }

    #[test]
    fn key_1_the_same_material_is_found_in_any_dress() {
        let wanted = NewOpenPgpKey { user_id: "A <a@example.com>", bits: 2048, valid_days: 365, created: MADE };
        let private = generate_openpgp(&wanted).unwrap().private;
        let public = export_public(Scheme::Pgp, private.as_bytes()).unwrap();
        let own = describe_keys(Scheme::Pgp, private.as_bytes()).unwrap();
        let peers = describe_keys(Scheme::Pgp, public.as_bytes()).unwrap();
        let rule = ("KEY-1", Severity::Failure);
        assert_eq!(ids(&lint_keys(&own, &peers, after(1))), [rule, rule], "primary key and subkey");
        assert_eq!(ids(&lint_disjoint(&own, &peers)), [rule, rule]);
        assert_eq!(lint_disjoint(&own, &openpgp(365)), []);
    }

    #[test]
    fn exported_keys_are_public_and_sides_are_not_mixed_up() {
        let wanted = NewOpenPgpKey { user_id: "A <a@example.com>", bits: 2048, valid_days: 365, created: MADE };
        let openpgp = generate_openpgp(&wanted).unwrap();
        let wanted = NewJwk { kind: JwkKind::EcP256, kid: "k1", valid_days: 365, created: MADE };
        let jwk = generate_jwk(&wanted).unwrap();
        for (scheme, key) in [(Scheme::Pgp, openpgp), (Scheme::Jose, jwk)] {
            let public = export_public(scheme, key.private.as_bytes()).unwrap();
            assert_eq!(public, key.public);
            assert_eq!(load_peer_keys(scheme, public.as_bytes()).unwrap()[0].id(), key.id);
            assert_eq!(load_own_keys(scheme, key.private.as_bytes()).unwrap()[0].id(), key.id);
            assert!(load_peer_keys(scheme, key.private.as_bytes()).is_err());
            assert!(load_own_keys(scheme, public.as_bytes()).is_err());
        }
    }

    #[test]
    fn impossible_wishes_are_refused_with_a_reason() {
        let wanted = NewOpenPgpKey { user_id: "A <a@example.com>", bits: 2048, valid_days: 365, created: MADE };
        for bad in [
            NewOpenPgpKey { bits: 1024, ..wanted },
            NewOpenPgpKey { valid_days: 731, ..wanted },
            NewOpenPgpKey { valid_days: 0, ..wanted },
            NewOpenPgpKey { user_id: " ", ..wanted },
        ] {
            assert!(!generate_openpgp(&bad).unwrap_err().to_string().is_empty());
        }
    }

    #[test]
    fn unreadable_key_files_are_named_as_such() {
        for (scheme, file) in [
            (Scheme::Pgp, &b""[..]),
            (Scheme::Pgp, b"hello"),
            (Scheme::Pgp, b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----\n"),
            (Scheme::Pgp, b"\xff\xff\xff"),
            (Scheme::Jose, b"{"),
            (Scheme::Jose, b"{\"keys\":[]}"),
            (Scheme::Jose, b"{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AAAA\"}"),
            (Scheme::Jose, b"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"d\":\"AQAB\"}"),
        ] {
            assert!(load_own_keys(scheme, file).is_err(), "{file:?}");
        }
    }
}
