//! Tokens that jwcrypto made, and signatures that it verifies.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use roundtrip::crypto::{
    BearerClaims, BearerKeys, BearerProfile, BearerRefused, CardSigner, EntraProfile, LegacyProfile, UnverifiedBearer,
    generate_card_key,
};
use serde_json::{Value, json};

use super::{AUDIENCE, NOW, claims};

/// Mints tokens with a key of its own, or verifies one with numbers or a key file.
const PEER: &str = r#"
import json, sys
from jwcrypto import jwk, jws, jwt
job = json.load(sys.stdin)
if job["do"] == "mint":
    key = jwk.JWK.generate(kty="RSA", size=2048, kid=job["header"].get("kid", "k1"))
    tokens = []
    for header, claims in zip(job["headers"], job["claims"]):
        signer = jwk.JWK(kty="oct", k=job["secret"]) if header["alg"] == "HS256" else key
        token = jwt.JWT(header=header, claims=claims)
        token.make_signed_token(signer)
        tokens.append(token.serialize())
    print(json.dumps({"tokens": tokens, "jwk": dict(json.loads(key.export_public()), use="sig")}))
else:
    key = jwk.JWK.from_pem(job["pem"].encode()) if "pem" in job else jwk.JWK(kty="RSA", n=job["n"], e=job["e"])
    token = jws.JWS()
    token.allowed_algs = ["RS256"]
    token.deserialize(job["jws"], key=key)
    print(json.dumps({"header": token.jose_header, "payload": token.payload.decode()}))
"#;

pub(crate) fn peer(job: &Value) -> Value {
    let mut child = Command::new("/usr/bin/python3")
        .args(["-c", PEER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Tokens of one foreign issuer, and its keys.
fn minted(discovered: &str, headers: &[Value], claims: &[Value]) -> (Vec<String>, BearerKeys) {
    let secret = URL_SAFE_NO_PAD.encode("no key of anybody's, but long enough");
    let answer = peer(&json!({
        "do": "mint", "header": {"kid": "k1"}, "headers": headers, "claims": claims, "secret": secret,
    }));
    let jwks = json!({ "keys": [answer["jwk"]] }).to_string();
    let tokens = answer["tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap().to_owned()).collect();
    (tokens, BearerKeys::parse(discovered, jwks.as_bytes()).unwrap())
}

fn judge(profile: &BearerProfile, keys: &BearerKeys, token: &str) -> Result<BearerClaims, BearerRefused> {
    profile.verify(&UnverifiedBearer::parse(token)?, keys, NOW)
}

#[test]
fn s1_a_foreign_issuer_s_external_access_tokens_are_judged() {
    let rs256 = json!({"alg": "RS256", "typ": "JWT", "kid": "k1"});
    let mut expired = claims();
    expired["exp"] = json!(NOW.as_secs() - 400);
    let headers = [
        rs256.clone(),
        rs256.clone(),
        json!({"alg": "RS384", "typ": "JWT", "kid": "k1"}),
        json!({"alg": "HS256", "typ": "JWT", "kid": "k1"}),
        json!({"alg": "RS256", "typ": "JWT", "kid": "k9"}),
        json!({"alg": "RS256", "typ": "JWT"}),
    ];
    let payloads = [claims(), expired, claims(), claims(), claims(), claims()];
    let (tokens, keys) = minted("https://substrate.office.com/sts", &headers, &payloads);
    let profile = BearerProfile::Legacy(LegacyProfile::new(AUDIENCE));
    let judged: Vec<_> = tokens.iter().map(|token| judge(&profile, &keys, token)).collect();
    let genuine = BearerClaims::Legacy {
        subject: Some("dana@fabrikat.example".to_owned()),
        sender: Some("billing@nordlicht.example".to_owned()),
    };
    assert_eq!(
        judged,
        [
            Ok(genuine),
            Err(BearerRefused::Expired),
            Err(BearerRefused::Algorithm),
            Err(BearerRefused::Algorithm),
            Err(BearerRefused::UnknownKey),
            Err(BearerRefused::UnknownKey),
        ]
    );
}

#[test]
fn s7_a_foreign_issuer_s_entra_tokens_are_judged() {
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let entra = json!({
        "iss": format!("https://login.microsoftonline.com/{tenant}/v2.0"), "aud": "app-1", "tid": tenant, "oid": "u-1",
        "azp": "48af08dc-f6d2-435f-b2a7-069abd99c086", "exp": NOW.as_secs() + 60, "nbf": NOW.as_secs(),
    });
    let headers = [json!({"alg": "RS256", "typ": "JWT", "kid": "k1"})];
    let (tokens, keys) = minted("https://login.microsoftonline.com/{tenantid}/v2.0", &headers, &[entra]);
    let claims = judge(&BearerProfile::Entra(EntraProfile::new("app-1")), &keys, &tokens[0]);
    assert_eq!(claims, Ok(BearerClaims::Entra { tenant: Some(tenant.to_owned()), object: Some("u-1".to_owned()) }));
}

#[test]
fn m4_a_foreign_reader_verifies_what_goes_by_mail_with_the_dashboard_s_key() {
    let signer = CardSigner::from_pem(generate_card_key().unwrap().as_bytes()).unwrap();
    let payload = r#"{"originator":"o","iat":1800000000,"adaptiveCardSerialized":"{\"text\":\"für 5 €\"}"}"#;
    let xml = signer.public_xml().unwrap();
    let number = |name: &str| {
        let (_, from) = xml.split_once(&format!("<{name}>")).unwrap();
        let (text, _) = from.split_once(&format!("</{name}>")).unwrap();
        URL_SAFE_NO_PAD.encode(STANDARD.decode(text).unwrap())
    };
    let job = json!({
        "do": "verify", "jws": signer.sign(payload).unwrap(), "n": number("Modulus"), "e": number("Exponent"),
    });
    let answer = peer(&job);
    assert_eq!(answer["payload"], payload);
    assert_eq!(answer["header"], json!({"alg": "RS256", "typ": "JWT"}));
}
