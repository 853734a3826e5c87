use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roundtrip::crypto::{
    Carrier, GeneratedKey, JoseAlgorithms, JwkKind, Keyring, NewJwk, OpenError, Opened, Opener, Scheme, SealError, Zip,
    generate_jwk, load_own_keys, load_peer_keys,
};
use roundtrip::domain::Timestamp;

use super::{BODY, DAY_MS, now, open_with, ring};

fn new_key(kid: &str, kind: JwkKind) -> GeneratedKey {
    generate_jwk(&NewJwk { kind, kid, valid_days: 365, created: now().plus_millis(-60_000) }).expect("a key")
}

fn key(cell: &'static OnceLock<GeneratedKey>, kid: &str, kind: JwkKind) -> &'static GeneratedKey {
    cell.get_or_init(|| new_key(kid, kind))
}

const RSA: JwkKind = JwkKind::Rsa { bits: 2048 };

pub fn ours() -> &'static GeneratedKey {
    static KEY: OnceLock<GeneratedKey> = OnceLock::new();
    key(&KEY, "ours-2026", RSA)
}

fn ours_ec() -> &'static GeneratedKey {
    static KEY: OnceLock<GeneratedKey> = OnceLock::new();
    key(&KEY, "ours-ec", JwkKind::EcP256)
}

fn peers() -> &'static GeneratedKey {
    static KEY: OnceLock<GeneratedKey> = OnceLock::new();
    key(&KEY, "google-2026", RSA)
}

fn peers_ec() -> &'static GeneratedKey {
    static KEY: OnceLock<GeneratedKey> = OnceLock::new();
    key(&KEY, "google-ec", JwkKind::EcP256)
}

fn our_ring() -> Keyring {
    ring(Scheme::Jose, &[ours().private.as_bytes()], &[peers().public.as_bytes()])
}

fn ring_with(own: &GeneratedKey, peer: &GeneratedKey, algorithms: JoseAlgorithms) -> Keyring {
    let own = load_own_keys(Scheme::Jose, own.private.as_bytes()).expect("own key");
    let peer = load_peer_keys(Scheme::Jose, peer.public.as_bytes()).expect("peer key");
    Keyring::new(Scheme::Jose, own, peer, algorithms).expect("a ring")
}

/// Python's jwcrypto as a foreign peer: seals standard input, or opens it.
const PEER: &str = r#"
import base64, json, sys
from jwcrypto import jwk, jws, jwe
job = json.load(sys.stdin)
def load(text):
    key = json.loads(text)
    key = key["keys"][0] if "keys" in key else key
    return jwk.JWK(**{k: v for k, v in key.items() if k not in ("iat", "nbf", "exp")})
if job["do"] == "seal":
    if job["jws"] is None:
        inner = job["body"]
    else:
        s = jws.JWS(job["body"].encode())
        s.add_signature(load(job["own"]), job["jws"]["alg"], json.dumps(job["jws"]), None)
        inner = s.serialize(compact=True)
    e = jwe.JWE(inner.encode(), protected=json.dumps(job["jwe"]), algs=[job["jwe"]["alg"], job["jwe"]["enc"]])
    e.add_recipient(load(job["peer"]))
    print(json.dumps({"wire": e.serialize(compact=True)}))
else:
    d = jwe.JWE(algs=job["algs"])
    d.deserialize(job["wire"], key=load(job["own"]))
    v = jws.JWS()
    v.allowed_algs = job["algs"]
    v.deserialize(d.payload.decode())
    v.verify(load(job["peer"]))
    print(json.dumps({"body": v.payload.decode(), "jwe": json.loads(d.objects["protected"]), "jws": v.jose_header}))
"#;

fn peer(job: &serde_json::Value) -> serde_json::Value {
    let mut child = Command::new("/usr/bin/python3")
        .args(["-c", PEER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python runs");
    child.stdin.take().expect("a pipe").write_all(job.to_string().as_bytes()).expect("written");
    let output = child.wait_with_output().expect("python ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("json")
}

fn peer_seals(
    signer: &GeneratedKey,
    recipient: &GeneratedKey,
    jws: serde_json::Value,
    jwe: serde_json::Value,
) -> String {
    let body = std::str::from_utf8(BODY).expect("text");
    let answer = peer(&serde_json::json!({
        "do": "seal", "body": body, "own": *signer.private, "peer": recipient.public, "jws": jws, "jwe": jwe,
    }));
    answer["wire"].as_str().expect("wire").to_owned()
}

fn peer_opens(wire: &str, own: &GeneratedKey, signer: &GeneratedKey) -> serde_json::Value {
    let algs = [
        "RSA-OAEP",
        "RSA-OAEP-256",
        "ECDH-ES",
        "ECDH-ES+A256KW",
        "A256GCM",
        "A128GCM",
        "A256CBC-HS512",
        "A128CBC-HS256",
        "RS256",
        "RS384",
        "PS256",
        "PS384",
        "ES256",
    ];
    peer(&serde_json::json!({"do": "open", "wire": wire, "own": *own.private, "peer": signer.public, "algs": algs}))
}

fn assert_opened(result: Result<Opened, OpenError>) {
    let opened = result.expect("opens");
    assert_eq!(opened.plaintext.as_slice(), BODY);
    assert_eq!((opened.scheme, opened.trusted_by), (Scheme::Jose, vec![0]));
}

#[test]
fn jose_1_opens_what_jwcrypto_seals_with_every_algorithm() {
    for jws in ["RS256", "RS384", "PS256", "PS384"] {
        let wire = peer_seals(
            peers(),
            ours(),
            serde_json::json!({"alg": jws, "kid": peers().id}),
            serde_json::json!({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": ours().id, "cty": "JWS"}),
        );
        assert_opened(open_with(our_ring(), &wire));
    }
    for (alg, enc, zip) in
        [("RSA-OAEP-256", "A128GCM", true), ("RSA-OAEP", "A256CBC-HS512", true), ("RSA-OAEP", "A128CBC-HS256", false)]
    {
        let mut jwe = serde_json::json!({"alg": alg, "enc": enc, "kid": ours().id});
        if zip {
            jwe["zip"] = "DEF".into();
        }
        let wire = peer_seals(peers(), ours(), serde_json::json!({"alg": "RS256", "kid": peers().id}), jwe);
        assert_opened(open_with(our_ring(), &wire));
        assert_opened(open_with(our_ring(), &URL_SAFE_NO_PAD.encode(wire)));
    }
    for (alg, enc) in [("ECDH-ES", "A256GCM"), ("ECDH-ES", "A256CBC-HS512"), ("ECDH-ES+A256KW", "A128GCM")] {
        let wire = peer_seals(
            peers_ec(),
            ours_ec(),
            serde_json::json!({"alg": "ES256", "kid": peers_ec().id}),
            serde_json::json!({"alg": alg, "enc": enc, "kid": ours_ec().id}),
        );
        assert_opened(open_with(ring_with(ours_ec(), peers_ec(), JoseAlgorithms::default()), &wire));
    }
}

#[test]
fn jose_1_jwcrypto_opens_what_we_seal_with_every_algorithm() {
    let default = JoseAlgorithms::default();
    let parse = |jws, jwe, enc, zip| JoseAlgorithms::parse(jws, jwe, enc, zip).expect("known words");
    for (algorithms, expected) in [
        (default, ["RS256", "RSA-OAEP-256", "A256GCM"]),
        (parse(Some("PS256"), Some("RSA-OAEP"), Some("A128GCM"), Some("always")), ["PS256", "RSA-OAEP", "A128GCM"]),
        (parse(Some("RS384"), None, Some("A256CBC-HS512"), Some("auto")), ["RS384", "RSA-OAEP-256", "A256CBC-HS512"]),
        (parse(Some("PS384"), None, Some("A128CBC-HS256"), Some("never")), ["PS384", "RSA-OAEP-256", "A128CBC-HS256"]),
    ] {
        let wire = ring_with(ours(), peers(), algorithms).seal(BODY, Carrier::Body, now()).expect("seals");
        assert_eq!(wire.matches('.').count(), 4, "ct_2: a body is the compact form itself");
        let answer = peer_opens(&wire, peers(), ours());
        assert_eq!(answer["body"].as_str().expect("text").as_bytes(), BODY);
        let seen = [&answer["jws"]["alg"], &answer["jwe"]["alg"], &answer["jwe"]["enc"]];
        assert_eq!(seen.map(|v| v.as_str().expect("text")), expected);
        assert_eq!(
            (&answer["jws"]["kid"], &answer["jwe"]["kid"]),
            (&ours().id.clone().into(), &peers().id.clone().into())
        );
        assert_eq!(answer["jwe"]["cty"], "JWS");
        assert_eq!(answer["jwe"].get("zip").is_some(), algorithms.zip == Zip::Always);
    }
    for jwe_alg in [None, Some("ECDH-ES+A256KW")] {
        let ring = ring_with(ours_ec(), peers_ec(), parse(None, jwe_alg, None, None));
        let wire = ring.seal(BODY, Carrier::Body, now()).expect("seals");
        let answer = peer_opens(&wire, peers_ec(), ours_ec());
        assert_eq!(answer["body"].as_str().expect("text").as_bytes(), BODY);
        assert_eq!(answer["jws"]["alg"], "ES256");
    }
}

#[test]
fn ct_3_a_url_parameter_is_compressed_and_wrapped_once_more() {
    let wire = our_ring().seal(BODY, Carrier::UrlParameter, now()).expect("seals");
    assert!(!wire.contains(['.', '=']), "{wire}");
    let compact = String::from_utf8(URL_SAFE_NO_PAD.decode(wire).expect("base64url")).expect("text");
    let answer = peer_opens(&compact, peers(), ours());
    assert_eq!(answer["jwe"]["zip"], "DEF");
    assert_eq!(answer["body"].as_str().expect("text").as_bytes(), BODY);
}

#[test]
fn jose_2_chooses_keys_by_kid_and_tries_all_without_one() {
    let second = new_key("ours-2027", RSA);
    let next = new_key("google-2027", RSA);
    let both = || {
        ring(
            Scheme::Jose,
            &[ours().private.as_bytes(), second.private.as_bytes()],
            &[peers().public.as_bytes(), next.public.as_bytes()],
        )
    };
    let oaep = |kid: Option<&str>| {
        let mut header = serde_json::json!({"alg": "RSA-OAEP-256", "enc": "A256GCM"});
        if let Some(kid) = kid {
            header["kid"] = kid.into();
        }
        header
    };
    for (own, signer) in [(ours(), &next), (&second, peers())] {
        let named = serde_json::json!({"alg": "RS256", "kid": signer.id});
        assert_opened(open_with(both(), &peer_seals(signer, own, named, oaep(Some(&own.id)))));
        let nameless = serde_json::json!({"alg": "RS256"});
        assert_opened(open_with(both(), &peer_seals(signer, own, nameless, oaep(None))));
    }
    let misnamed = peer_seals(peers(), &second, serde_json::json!({"alg": "RS256"}), oaep(Some(&ours().id)));
    let result = open_with(both(), &misnamed);
    assert_eq!(result.err(), Some(OpenError::Undecryptable { recipient: Some(0) }));
    let stranger = peer_seals(peers(), ours(), serde_json::json!({"alg": "RS256"}), oaep(Some("nobody")));
    assert_eq!(open_with(both(), &stranger).err(), Some(OpenError::Undecryptable { recipient: None }));
    let forged = serde_json::json!({"alg": "RS256", "kid": next.id});
    let forged = peer_seals(peers(), ours(), forged, oaep(Some(&ours().id)));
    assert_eq!(open_with(both(), &forged).err(), Some(OpenError::Unverified { recipient: Some(0) }));
}

/// A JWE for us around any text, sealed by the foreign peer.
pub fn around(inner: &str) -> String {
    let answer = peer(&serde_json::json!({
        "do": "seal", "body": inner, "own": null, "peer": ours().public, "jws": null,
        "jwe": {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": ours().id},
    }));
    answer["wire"].as_str().expect("wire").to_owned()
}

#[test]
fn jose_3_refuses_unsigned_and_symmetric_inner_signatures() {
    let payload = URL_SAFE_NO_PAD.encode(BODY);
    let inner = |header: &str, signature: &str| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header));
    for inner in [
        inner(r#"{"alg":"none"}"#, ""),
        inner(r#"{"alg":"none","kid":"google-2026"}"#, ""),
        inner(r#"{"alg":"HS256","kid":"google-2026"}"#, "AAAA"),
        inner(r#"{"alg":"RS256","kid":"google-2026"}"#, ""),
        inner(r#"{"alg":"RS256","kid":"google-2026","crit":["exp"],"exp":1}"#, "AAAA"),
        inner(r#"{"alg":"ES256","kid":"google-2026"}"#, &URL_SAFE_NO_PAD.encode([1; 64])),
    ] {
        let result = open_with(our_ring(), &around(&inner));
        assert_eq!(result.err(), Some(OpenError::Unverified { recipient: Some(0) }), "{inner}");
    }
}

#[test]
fn jose_3_refuses_algorithms_off_the_list_before_any_key_operation() {
    let wire = around("x");
    let rest = wire.split_once('.').expect("parts").1;
    for header in [
        r#"{"alg":"RSA1_5","enc":"A256GCM","kid":"ours-2026"}"#,
        r#"{"alg":"dir","enc":"A256GCM","kid":"ours-2026"}"#,
        r#"{"alg":"A256KW","enc":"A256GCM","kid":"ours-2026"}"#,
        r#"{"alg":"RSA-OAEP-256","enc":"A192GCM","kid":"ours-2026"}"#,
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"ours-2026","zip":"GZ"}"#,
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"ours-2026","crit":["x"],"x":1}"#,
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"ours-2026","alg":"RSA-OAEP"}"#,
    ] {
        let crafted = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
        let result = open_with(our_ring(), &crafted);
        assert!(matches!(result, Err(OpenError::Undecryptable { .. })), "{header}: {result:?}");
    }
}

#[test]
fn jose_3_rsa1_5_opens_only_behind_its_flag() {
    let wire = peer_seals(
        peers(),
        ours(),
        serde_json::json!({"alg": "RS256", "kid": peers().id}),
        serde_json::json!({"alg": "RSA1_5", "enc": "A128CBC-HS256", "kid": ours().id}),
    );
    let result = open_with(our_ring(), &wire);
    assert_eq!(result.err(), Some(OpenError::Undecryptable { recipient: Some(0) }));
    let allowing = JoseAlgorithms { allow_rsa1_5: true, ..JoseAlgorithms::default() };
    assert_opened(open_with(ring_with(ours(), peers(), allowing), &wire));
}

#[test]
fn jose_4_refuses_an_encrypted_message_without_a_signature() {
    let result = open_with(our_ring(), &around(std::str::from_utf8(BODY).expect("text")));
    assert_eq!(result.err(), Some(OpenError::Unverified { recipient: Some(0) }));
}

#[test]
fn jose_4_refuses_an_untrusted_signer() {
    let stranger = new_key("stranger", RSA);
    for kid in ["stranger", "google-2026"] {
        let wire = peer_seals(
            &stranger,
            ours(),
            serde_json::json!({"alg": "RS256", "kid": kid}),
            serde_json::json!({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": ours().id}),
        );
        assert_eq!(open_with(our_ring(), &wire).err(), Some(OpenError::Unverified { recipient: Some(0) }), "{kid}");
    }
}

#[test]
fn a_changed_message_gives_the_one_answer_wherever_it_was_changed() {
    let wire = peer_seals(
        peers(),
        ours(),
        serde_json::json!({"alg": "RS256", "kid": peers().id}),
        serde_json::json!({"alg": "RSA-OAEP-256", "enc": "A256CBC-HS512", "kid": ours().id}),
    );
    for part in 1..5 {
        let mut parts: Vec<Vec<u8>> =
            wire.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url")).collect();
        parts[part][3] ^= 1;
        let changed: Vec<String> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
        let result = open_with(our_ring(), &changed.join("."));
        assert_eq!(result.err(), Some(OpenError::Undecryptable { recipient: Some(0) }), "part {part}");
    }
}

#[test]
fn a_message_that_inflates_beyond_the_limit_is_refused() {
    let bomb = "a".repeat(3_000_000);
    let answer = peer(&serde_json::json!({
        "do": "seal", "body": bomb, "own": *peers().private, "peer": ours().public,
        "jws": {"alg": "RS256", "kid": peers().id},
        "jwe": {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": ours().id, "zip": "DEF"},
    }));
    let wire = answer["wire"].as_str().expect("wire");
    assert!(wire.len() < 100_000);
    assert!(open_with(our_ring(), wire).is_err());
    let roomy = Opener::new(vec![Arc::new(our_ring())]).max_inflated(4_000_000);
    assert_eq!(roomy.open(wire.as_bytes(), Carrier::Body, now()).expect("opens").plaintext.len(), bomb.len());
}

#[test]
fn jose_5_key_2_keys_count_only_within_their_life_and_the_newest_peer_key_is_encrypted_to() {
    let at = |days: i64| now().plus_millis(days * DAY_MS);
    let make = |kid: &str, from: Timestamp, days: u16| {
        generate_jwk(&NewJwk { kind: JwkKind::EcP256, kid, valid_days: days, created: from }).expect("a key")
    };
    let own = make("own", at(-1), 600);
    let (old, new) = (make("old", at(-1), 100), make("new", at(50), 400));
    let ring = ring(Scheme::Jose, &[own.private.as_bytes()], &[old.public.as_bytes(), new.public.as_bytes()]);
    let recipient = |day: i64| {
        ring.seal(BODY, Carrier::Body, at(day)).map(|wire| {
            let header = wire.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).expect("a header");
            let header: serde_json::Value = serde_json::from_slice(&header).expect("json");
            header["kid"].as_str().expect("kid").to_owned()
        })
    };
    assert_eq!(recipient(1).as_deref(), Ok("old"));
    assert_eq!(recipient(60).as_deref(), Ok("new"));
    assert_eq!(recipient(500), Err(SealError::NoEncryptionKey));
    assert_eq!(recipient(700), Err(SealError::NoSigningKey));
}

#[test]
fn keys_and_settings_that_do_not_fit_are_refused_at_the_start() {
    let load = |own: &GeneratedKey, peer: &GeneratedKey, algorithms| {
        Keyring::new(
            Scheme::Jose,
            load_own_keys(Scheme::Jose, own.private.as_bytes()).expect("own"),
            load_peer_keys(Scheme::Jose, peer.public.as_bytes()).expect("peer"),
            algorithms,
        )
        .map(|_| ())
    };
    let parse = |jws, jwe| JoseAlgorithms::parse(jws, jwe, None, None).expect("known words");
    assert!(load(ours(), peers(), parse(Some("ES256"), None)).is_err());
    assert!(load(ours(), peers(), parse(None, Some("ECDH-ES"))).is_err());
    assert!(load(ours(), peers(), parse(None, Some("RSA1_5"))).is_err());
    assert!(load(ours(), peers_ec(), parse(Some("PS256"), Some("ECDH-ES"))).is_ok());
    assert!(JoseAlgorithms::parse(Some("HS256"), None, None, None).is_err());
    assert!(JoseAlgorithms::parse(Some("none"), None, None, None).is_err());
}
