//! The matrix of section 9.2, and what section 7.3 refuses beside it.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::*;
use crate::domain::Timestamp;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const AUDIENCE: &str = "3f6c1d52-0c3e-4b55-9a0e-8a0f5f7f6a11";
const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const V2: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";

fn issuer(number: usize) -> &'static BearerIssuer {
    static ISSUERS: OnceLock<[BearerIssuer; 2]> = OnceLock::new();
    &ISSUERS.get_or_init(|| ["k1", "k2"].map(|kid| BearerIssuer::generate(kid).unwrap()))[number]
}

fn keys_of(issuer_name: &str, jwks: &[Value]) -> BearerKeys {
    BearerKeys::parse(issuer_name, json!({ "keys": jwks }).to_string().as_bytes()).unwrap()
}

fn published() -> BearerKeys {
    keys_of("https://substrate.office.com/sts", &[issuer(0).jwk(None).unwrap()])
}

fn legacy() -> BearerProfile {
    BearerProfile::Legacy(LegacyProfile::new(AUDIENCE))
}

fn legacy_claims() -> Value {
    json!({
        "iss": "https://substrate.office.com/sts/", "aud": AUDIENCE, "appid": OUTLOOK_CALLER.to_uppercase(),
        "sub": "dana@fabrikat.example", "sender": "billing@nordlicht.example", "ver": "STI.ExternalAccessToken.V1",
        "exp": NOW.as_secs() + 3600, "nbf": NOW.as_secs() - 60, "iat": NOW.as_secs() - 60,
    })
}

/// `claims` with one of them set, or taken away by null.
fn with(mut claims: Value, name: &str, value: Value) -> Value {
    let members = claims.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    claims
}

fn judge(profile: &BearerProfile, keys: &BearerKeys, text: &str) -> Result<BearerClaims, BearerRefused> {
    profile.verify(&UnverifiedBearer::parse(text)?, keys, NOW)
}

fn encoded(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

#[test]
fn s1_a_genuine_external_access_token_says_who_acts() {
    let token = issuer(0).token(&legacy_claims()).unwrap();
    let claims = judge(&legacy(), &published(), &token).unwrap();
    let expected = BearerClaims::Legacy {
        subject: Some("dana@fabrikat.example".to_owned()),
        sender: Some("billing@nordlicht.example".to_owned()),
    };
    assert_eq!(claims, expected);
    assert!(!format!("{claims:?}{:?}", UnverifiedBearer::parse(&token)).contains("dana"), "S5");
}

#[test]
fn s1_each_wrong_claim_is_refused_for_itself() {
    let secs = NOW.as_secs();
    for (name, value, refused) in [
        ("aud", json!("another"), BearerRefused::Audience),
        ("aud", json!(AUDIENCE.to_uppercase()), BearerRefused::Audience),
        ("aud", Value::Null, BearerRefused::Audience),
        // S4: the discovery document's own issuer lacks the slash.
        ("iss", json!("https://substrate.office.com/sts"), BearerRefused::Issuer),
        ("iss", json!("https://substrate.office.com/sts/."), BearerRefused::Issuer),
        ("iss", Value::Null, BearerRefused::Issuer),
        ("appid", json!("48af08dc-f6d2-435f-b2a7-069abd99c087"), BearerRefused::Caller),
        ("appid", Value::Null, BearerRefused::Caller),
        ("exp", json!(secs - 301), BearerRefused::Expired),
        ("exp", Value::Null, BearerRefused::Expired),
        ("exp", json!("1900000000"), BearerRefused::Malformed),
        ("nbf", json!(secs + 301), BearerRefused::NotYet),
        ("iat", json!(secs + 301), BearerRefused::NotYet),
    ] {
        let token = issuer(0).token(&with(legacy_claims(), name, value.clone())).unwrap();
        assert_eq!(judge(&legacy(), &published(), &token), Err(refused), "{name} = {value}");
    }
}

#[test]
fn s1_clocks_may_differ_by_five_minutes() {
    let secs = NOW.as_secs();
    for (name, value) in [("exp", secs - 299), ("nbf", secs + 299), ("iat", secs + 300), ("nbf", 0)] {
        let token = issuer(0).token(&with(legacy_claims(), name, json!(value))).unwrap();
        assert!(judge(&legacy(), &published(), &token).is_ok(), "{name}");
    }
    for name in ["nbf", "iat", "sub", "sender", "ver"] {
        let token = issuer(0).token(&with(legacy_claims(), name, Value::Null)).unwrap();
        assert!(judge(&legacy(), &published(), &token).is_ok(), "without {name}");
    }
}

#[test]
fn s1_only_rs256_under_a_published_key() {
    let claims = legacy_claims();
    let genuine = issuer(0).token(&claims).unwrap();
    let signature = genuine.rsplit('.').next().unwrap();
    for (header, refused) in [
        (json!({"alg": "none", "typ": "JWT", "kid": "k1"}), BearerRefused::Algorithm),
        (json!({"alg": "HS256", "typ": "JWT", "kid": "k1"}), BearerRefused::Algorithm),
        (json!({"alg": "PS256", "typ": "JWT", "kid": "k1"}), BearerRefused::Algorithm),
        (json!({"alg": "rs256", "typ": "JWT", "kid": "k1"}), BearerRefused::Algorithm),
        (json!({"alg": "RS256", "typ": "JWT", "kid": "k1", "jwk": issuer(1).jwk(None)}), BearerRefused::Algorithm),
        (json!({"alg": "RS256", "kid": "k1", "jku": "https://evil.example/keys"}), BearerRefused::Algorithm),
        (json!({"alg": "RS256", "kid": "k1", "x5c": ["MII"]}), BearerRefused::Algorithm),
        (json!({"alg": "RS256", "kid": "k1", "x5u": "https://evil.example/cert"}), BearerRefused::Algorithm),
        (json!({"alg": "RS256", "kid": "k1", "crit": ["b64"], "b64": false}), BearerRefused::Algorithm),
        (json!({"alg": "RS256", "typ": "JWE", "kid": "k1"}), BearerRefused::Algorithm),
        (json!({"alg": "RS256", "typ": "JWT"}), BearerRefused::UnknownKey),
        (json!({"alg": "RS256", "typ": "JWT", "kid": ""}), BearerRefused::UnknownKey),
        (json!({"alg": "RS256", "typ": "JWT", "kid": "k9"}), BearerRefused::UnknownKey),
        (json!({"typ": "JWT", "kid": "k1"}), BearerRefused::Malformed),
        (json!({"alg": "RS256", "typ": "JWT", "kid": "k1", "x5t": "abc"}), BearerRefused::Signature),
    ] {
        let text = format!("{}.{signature}", encoded(&header, &claims));
        assert_eq!(judge(&legacy(), &published(), &text), Err(refused), "{header}");
    }
    let unsigned = format!("{}.", encoded(&json!({"alg": "none", "kid": "k1"}), &claims));
    assert_eq!(judge(&legacy(), &published(), &unsigned), Err(BearerRefused::Algorithm));
}

#[test]
fn s1_a_mac_under_the_public_key_is_no_signature() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let input = encoded(&json!({"alg": "HS256", "typ": "JWT", "kid": "k1"}), &legacy_claims());
    let public = issuer(0).public_der().unwrap();
    let mac = Hmac::<sha2::Sha256>::new_from_slice(&public).unwrap().chain_update(input.as_bytes());
    let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    assert_eq!(judge(&legacy(), &published(), &token), Err(BearerRefused::Algorithm));
}

#[test]
fn s3_a_rotated_key_verifies_once_it_is_published() {
    let token = issuer(1).token(&legacy_claims()).unwrap();
    assert_eq!(judge(&legacy(), &published(), &token), Err(BearerRefused::UnknownKey));
    let both = keys_of("x", &[issuer(0).jwk(None).unwrap(), issuer(1).jwk(None).unwrap()]);
    assert!(judge(&legacy(), &both, &token).is_ok());
    // Another key under the same name.
    let mut renamed = issuer(0).jwk(None).unwrap();
    renamed["kid"] = json!("k2");
    assert_eq!(judge(&legacy(), &keys_of("x", &[renamed]), &token), Err(BearerRefused::Signature));
}

#[test]
fn s1_a_changed_word_does_not_verify() {
    let genuine = issuer(0).token(&legacy_claims()).unwrap();
    let parts: Vec<&str> = genuine.split('.').collect();
    let claims = with(legacy_claims(), "sub", json!("eve@fabrikat.example"));
    let forged = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2]);
    assert_eq!(judge(&legacy(), &published(), &forged), Err(BearerRefused::Signature));
    for bad in ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", &"x".repeat(20_000), &format!("{}.{}.", parts[0], parts[1])] {
        assert!(judge(&legacy(), &published(), bad).is_err(), "{bad}");
    }
}

fn entra_claims() -> Value {
    json!({
        "iss": V2.replace("{tenantid}", TENANT), "aud": "app-1", "azp": OUTLOOK_CALLER, "tid": TENANT, "oid": "user-1",
        "sub": "pairwise", "scp": "User.Read Invoice.Act", "ver": "2.0",
        "exp": NOW.as_secs() + 3600, "nbf": NOW.as_secs(), "iat": NOW.as_secs(),
    })
}

fn entra_keys(discovered: &str, of_key: Option<&str>) -> BearerKeys {
    keys_of(discovered, &[issuer(0).jwk(of_key).unwrap()])
}

#[test]
fn s7_tokens_of_entra_say_tenant_and_object_in_both_versions() {
    let profile = BearerProfile::Entra(EntraProfile::new("app-1"));
    let expected = BearerClaims::Entra { tenant: Some(TENANT.to_owned()), object: Some("user-1".to_owned()) };
    let token = issuer(0).token(&entra_claims()).unwrap();
    for of_key in [None, Some(V2), Some(entra_claims()["iss"].as_str().unwrap())] {
        assert_eq!(judge(&profile, &entra_keys(V2, of_key), &token), Ok(expected.clone()));
    }
    // One tenant's document names its issuer whole.
    let whole = entra_claims()["iss"].as_str().unwrap().to_owned();
    assert_eq!(judge(&profile, &entra_keys(&whole, None), &token), Ok(expected.clone()));
    let v1 = with(with(entra_claims(), "azp", Value::Null), "appid", json!(OUTLOOK_CALLER));
    let v1 = with(with(v1, "iss", json!(format!("https://sts.windows.net/{TENANT}/"))), "aud", json!("api://app-1"));
    let profile = BearerProfile::Entra(EntraProfile {
        audiences: vec!["app-1".into(), "api://app-1".into()],
        ..EntraProfile::new("")
    });
    let keys = entra_keys("https://sts.windows.net/{tenantid}/", None);
    assert_eq!(judge(&profile, &keys, &issuer(0).token(&v1).unwrap()), Ok(expected));
}

#[test]
fn s7_each_wrong_claim_of_entra_is_refused_for_itself() {
    let strict = BearerProfile::Entra(EntraProfile {
        scope: Some("Invoice.Act".to_owned()),
        tenants: vec![TENANT.to_uppercase()],
        ..EntraProfile::new("app-1")
    });
    let other_tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let elsewhere = with(entra_claims(), "tid", json!(other_tenant));
    let elsewhere = with(elsewhere, "iss", json!(V2.replace("{tenantid}", other_tenant)));
    let keys = entra_keys(V2, Some(V2));
    assert!(judge(&strict, &keys, &issuer(0).token(&entra_claims()).unwrap()).is_ok());
    for (claims, refused) in [
        (elsewhere.clone(), BearerRefused::Tenant),
        (with(entra_claims(), "tid", json!(other_tenant)), BearerRefused::Issuer),
        (with(entra_claims(), "tid", Value::Null), BearerRefused::Issuer),
        (with(entra_claims(), "iss", json!(V2)), BearerRefused::Issuer),
        (with(entra_claims(), "iss", json!(LEGACY_ISSUER)), BearerRefused::Issuer),
        (with(entra_claims(), "aud", json!("app-2")), BearerRefused::Audience),
        (with(entra_claims(), "azp", Value::Null), BearerRefused::Caller),
        (with(entra_claims(), "azp", json!("other")), BearerRefused::Caller),
        (with(entra_claims(), "appid", json!("other")), BearerRefused::Caller),
        (with(entra_claims(), "scp", Value::Null), BearerRefused::Scope),
        (with(entra_claims(), "scp", json!("Invoice.Act.All")), BearerRefused::Scope),
        (with(entra_claims(), "exp", json!(NOW.as_secs() - 301)), BearerRefused::Expired),
        (with(entra_claims(), "nbf", json!(NOW.as_secs() + 301)), BearerRefused::NotYet),
    ] {
        assert_eq!(judge(&strict, &keys, &issuer(0).token(&claims).unwrap()), Err(refused), "{claims}");
    }
    // A key of one tenant signs for that tenant alone.
    let any = BearerProfile::Entra(EntraProfile::new("app-1"));
    let of_other = V2.replace("{tenantid}", other_tenant);
    let keys = entra_keys(V2, Some(&of_other));
    assert!(judge(&any, &keys, &issuer(0).token(&elsewhere).unwrap()).is_ok());
    assert_eq!(judge(&any, &keys, &issuer(0).token(&entra_claims()).unwrap()), Err(BearerRefused::Issuer));
    // An external access token is none of Entra's, and the other way round.
    let token = issuer(0).token(&legacy_claims()).unwrap();
    assert!(judge(&any, &entra_keys(V2, None), &token).is_err());
    assert!(judge(&legacy(), &published(), &issuer(0).token(&entra_claims()).unwrap()).is_err());
}

#[test]
fn s1_there_is_exactly_one_bearer_token() {
    for good in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c "] {
        assert_eq!(bearer_of([good].into_iter()), Ok("a.b.c"));
    }
    for bad in ["", "Bearer", "Bearer ", "Basic a.b.c", "a.b.c", "Bearer a b", "Bearer a, Bearer b"] {
        assert_eq!(bearer_of([bad].into_iter()), Err(BearerRefused::Header), "{bad}");
    }
    assert_eq!(bearer_of([].into_iter()), Err(BearerRefused::Header));
    assert_eq!(bearer_of(["Bearer a", "Bearer a"].into_iter()), Err(BearerRefused::Header));
}

#[test]
fn s3_key_sets_yield_rsa_keys_that_sign_and_nothing_else() {
    let good = issuer(0).jwk(None).unwrap();
    for (name, value) in [
        ("kty", json!("EC")),
        ("use", json!("enc")),
        ("alg", json!("PS256")),
        ("kid", Value::Null),
        ("n", json!("AQAB")),
        ("n", json!("not base64 !")),
        ("e", Value::Null),
    ] {
        let bad = with(good.clone(), name, value);
        let alone = json!({ "keys": [bad] }).to_string();
        assert_eq!(BearerKeys::parse("x", alone.as_bytes()).err(), Some(InvalidKeys::Keys), "{alone}");
        let beside = json!({ "keys": [7, bad, good] }).to_string();
        assert!(BearerKeys::parse("x", beside.as_bytes()).unwrap().knows("k1"));
    }
    for bad in ["", "{}", "[]", r#"{"keys":[]}"#, r#"{"keys":{}}"#] {
        assert!(BearerKeys::parse("x", bad.as_bytes()).is_err());
    }
}

#[test]
fn s6_discovery_is_read_from_https_or_this_machine() {
    let parse = |jwks: &str| Discovery::parse(json!({"issuer": "i", "jwks_uri": jwks}).to_string().as_bytes());
    for good in ["https://keys.example/jwks", "http://127.0.0.1:9/jwks", "http://localhost:9/k", "http://[::1]/k"] {
        assert_eq!(parse(good).unwrap().issuer, "i");
    }
    for bad in ["http://keys.example/jwks", "file:///etc/passwd", "http://10.0.0.1/k"] {
        assert_eq!(parse(bad), Err(InvalidKeys::Address), "{bad}");
    }
    assert_eq!(parse("no address"), Err(InvalidKeys::Discovery));
    assert_eq!(Discovery::parse(b"{}"), Err(InvalidKeys::Discovery));
}

proptest::proptest! {
    #[test]
    fn s1_whatever_arrives_nothing_panics(text in "\\PC*", header in "\\PC{0,40}", claims in "\\PC{0,40}") {
        let keys = published();
        let _refused = judge(&legacy(), &keys, &text);
        let shaped = format!("{}.{}.AA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        proptest::prop_assert!(judge(&legacy(), &keys, &shaped).is_err());
    }
}
