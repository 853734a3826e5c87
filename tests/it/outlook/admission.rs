//! Who is let in, and in which order it is found out (outlook-payments sections 7, 8 and 13.6).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::office::{COMPLETE, MERCHANT, Office, PANE, SESSION, Settings, approval, bearer, draft, load, microsoft};
use crate::harness::{DAY, HOUR, MINUTE};
use crate::outlook_peers::foreign::peer;

const ACTION: &str = "/outlook/actions/refresh";
const PATHS: [&str; 3] = [PANE, COMPLETE, ACTION];

/// Every path refuses this, and says nothing else.
#[track_caller]
fn is_shut(office: &Office, authorization: &str, why: &str) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        for path in PATHS {
            let page = office.call(path, authorization, &json!({})).await;
            assert_eq!((page.status, page.body.len()), (401, 0), "{caller}: {why} at {path}: {}", page.text());
            assert_eq!(page.header("www-authenticate"), "Bearer", "{caller}: {why}");
        }
    }
}

/// A call with these claims gets past the token: the pane answers 200.
async fn is_open(office: &Office, context: &Value, authorization: &str, why: &str) {
    let page = office.call(PANE, authorization, &load(context)).await;
    assert_eq!(page.status, 200, "{why}: {}", page.text());
}

fn changed(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[actix_web::test]
async fn r1_only_post_is_answered() {
    let office = Office::open().await;
    for path in PATHS {
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
            let page = office.request(method, path).await;
            assert_eq!((page.status, page.header("allow")), (405, "POST"), "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn r1_without_its_section_outlook_is_absent() {
    let world = crate::harness::Setup::pgp().start().await;
    for path in PATHS {
        let page = world.browser.post(format!("{}{path}", world.origin), &[], "{}").await;
        assert_eq!(page.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn r1_the_token_is_judged_before_anything_of_the_body() {
    let office = Office::open().await;
    let genuine = office.genuine();
    for (authorization, refused) in [("Bearer a.b.c", true), ("", true), (genuine.as_str(), false)] {
        for path in PATHS {
            let headers = [("authorization", authorization), ("content-type", "text/plain")];
            let page = office.send(path, &headers, "not JSON").await;
            assert_eq!(page.status, if refused { 401 } else { 415 }, "{path} {authorization:?}");
        }
    }
    // A body that never comes is not waited for.
    let mut stream = TcpStream::connect(("127.0.0.1", office.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let head =
        format!("POST {PANE} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a.b.c\r\ncontent-length: 1000\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 401");
}

#[actix_web::test]
async fn r1_media_types_lengths_and_bodies_are_judged_in_this_order() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let genuine = office.genuine();
    let body = load(&context).to_string();
    for (media_type, status) in [
        ("application/json", 200),
        ("Application/JSON;charset=\"utf-8\"", 200),
        ("application/json; charset=iso-8859-1", 200),
        ("text/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonp", 415),
    ] {
        let headers = [("authorization", genuine.as_str()), ("content-type", media_type)];
        assert_eq!(office.send(PANE, &headers, body.clone()).await.status, status, "{media_type}");
    }
    let untyped = [("authorization", genuine.as_str())];
    assert_eq!(office.send(PANE, &untyped, body).await.status, 200, "a missing type is taken");
    let long = format!("{{\"methodData\":\"{}\"}}", "x".repeat(1024 * 1024));
    for path in PATHS {
        let page = office.send(path, &untyped, long.clone()).await;
        assert_eq!(page.status, 413, "{path}");
        for bad in ["", "{", "[]", "null", "\"x\"", "{}", "{\"methodData\":[]}", "{\"a\":1,\"a\":2}", "\u{feff}{}"] {
            let page = office.send(path, &untyped, bad).await;
            assert_eq!(page.status, 400, "{path} {bad:?}: {}", page.text());
            assert!(page.body.len() < 80, "{}", page.text());
        }
        assert_eq!(office.send(path, &untyped, vec![0xff; 10]).await.status, 400, "{path}: no UTF-8");
        assert_eq!(office.send(path, &untyped, "[".repeat(200_000)).await.status, 400, "{path}: deep");
    }
    assert_eq!(office.charges(), 0);
}

#[actix_web::test]
async fn s1_what_is_not_one_bearer_token_is_refused() {
    let office = Office::open().await;
    let token = microsoft(0).token(&office.claims()).unwrap();
    for (header, why) in [
        (String::new(), "empty"),
        ("Bearer".to_owned(), "no token"),
        ("Bearer ".to_owned(), "an empty token"),
        (format!("Basic {token}"), "another scheme"),
        (token.clone(), "no scheme"),
        (format!("Bearer {token}, Bearer {token}"), "two in one"),
        (format!("Bearer {}", "x".repeat(7_000)), "long"),
    ] {
        is_shut(&office, &header, why).await;
    }
    let genuine = format!("Bearer {token}");
    let twice = [("authorization", genuine.as_str()), ("authorization", genuine.as_str())];
    assert_eq!(office.send(PANE, &twice, "{}").await.status, 401, "two headers");
    assert_eq!(office.send(PANE, &[], "{}").await.status, 401, "none");
    let context = office.bill(&draft("INV-1", office.now())).await;
    is_open(&office, &context, &format!("bEaReR {token}"), "the scheme in any letter case").await;
}

#[actix_web::test]
async fn s1_tokens_with_other_claims_are_refused() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let (claims, now) = (office.claims(), office.now().as_secs());
    for (name, value) in [
        ("aud", json!("d2b4c7aa-9f40-4a3f-b7c0-1f6a2e7d5c90")),
        ("aud", Value::Null),
        ("iss", json!("https://substrate.office.com/STS/")),
        ("iss", json!("https://sts.windows.net/")),
        ("iss", Value::Null),
        ("appid", json!("48af08dc-f6d2-435f-b2a7-069abd99c087")),
        ("appid", Value::Null),
        ("exp", json!(now - 301)),
        ("exp", Value::Null),
        ("exp", json!("tomorrow")),
        ("nbf", json!(now + 301)),
        ("iat", json!(now + 301)),
    ] {
        let bearer = bearer(&changed(&claims, name, value.clone()));
        is_shut(&office, &bearer, &format!("{name} = {value}")).await;
    }
    for (name, value) in [
        ("aud", json!(["elsewhere", MERCHANT])),
        ("appid", json!("48AF08DC-F6D2-435F-B2A7-069ABD99C086")),
        ("exp", json!(now - 300)),
        ("nbf", json!(now + 300)),
        ("more", json!({"a": 1})),
    ] {
        let bearer = bearer(&changed(&claims, name, value.clone()));
        is_open(&office, &context, &bearer, &format!("{name} = {value}")).await;
    }
}

#[actix_web::test]
async fn s1_tokens_that_another_key_or_none_has_signed_are_refused() {
    let office = Office::open().await;
    let claims = office.claims();
    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let genuine = microsoft(0).token(&claims).unwrap();
    let (_, signature) = genuine.rsplit_once('.').unwrap();
    for header in [
        json!({"alg": "none", "typ": "JWT", "kid": "k1"}),
        json!({"alg": "None", "kid": "k1"}),
        json!({"alg": "HS256", "typ": "JWT", "kid": "k1"}),
        json!({"alg": "PS256", "typ": "JWT", "kid": "k1"}),
        json!({"alg": "RS256", "typ": "JWT", "kid": "k9"}),
        json!({"alg": "RS256", "typ": "JWT"}),
        json!({"alg": "RS256", "typ": "JWT", "kid": "k1", "jwk": microsoft(1).jwk(None).unwrap()}),
        json!({"alg": "RS256", "typ": "JWT", "kid": "k1", "more": 1}),
    ] {
        for signature in [signature, ""] {
            let forged = format!("Bearer {}.{}.{signature}", text(&header), text(&claims));
            is_shut(&office, &forged, &header.to_string()).await;
        }
    }
    // The genuine signature over other claims.
    let (head, _) = genuine.split_once('.').unwrap();
    let forged = format!("Bearer {head}.{}.{signature}", text(&changed(&claims, "sub", json!("eve@fabrikat.example"))));
    is_shut(&office, &forged, "other claims").await;
    // Somebody else's key under Microsoft's name.
    let theirs = roundtrip::crypto::BearerIssuer::generate("k1").unwrap().token(&claims).unwrap();
    is_shut(&office, &format!("Bearer {theirs}"), "another key").await;
}

#[actix_web::test]
async fn s1_tokens_of_a_foreign_library_are_honoured_and_its_forgeries_refused() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let header = |alg: &str| json!({"alg": alg, "typ": "JWT", "kid": "k7"});
    let minted = peer(&json!({
        "do": "mint", "header": {"kid": "k7"}, "headers": [header("RS256"), header("HS256"), header("RS384")],
        "claims": [office.claims(), office.claims(), office.claims()],
        "secret": URL_SAFE_NO_PAD.encode("no key of anybody's, but long enough"),
    }));
    office.keys.change(|script| script.jwks = vec![minted["jwk"].clone()]);
    let bearer = |place: usize| format!("Bearer {}", minted["tokens"][place].as_str().unwrap());
    is_open(&office, &context, &bearer(0), "jwcrypto's RS256").await;
    is_shut(&office, &bearer(1), "jwcrypto's HS256").await;
    is_shut(&office, &bearer(2), "jwcrypto's RS384").await;
}

#[actix_web::test]
async fn s2_only_the_recipient_acts_from_our_own_mail() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let claims = office.claims();
    let approval = approval(&context, "tok_visa", "112.30");
    for (name, value) in [
        ("sub", json!("eve@fabrikat.example")),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sender", json!("billing@elsewhere.example")),
        ("sender", Value::Null),
    ] {
        let bearer = bearer(&changed(&claims, name, value.clone()));
        for (path, body) in [(PANE, load(&context)), (COMPLETE, approval.clone())] {
            let page = office.call(path, &bearer, &body).await;
            assert_eq!(page.status, 403, "{name} = {value}: {}", page.text());
            assert!(!page.text().contains("INV-1") && !page.text().contains('@'), "{}", page.text());
        }
    }
    assert_eq!((office.charges(), office.events("INV-1").await), (0, 1));
    let mut shouted = claims;
    shouted["sub"] = json!("Dana.LINDQVIST@Fabrikat.example");
    shouted["sender"] = json!("BILLING@nordlicht.example");
    is_open(&office, &context, &bearer(&shouted), "letter case").await;
}

#[actix_web::test]
async fn s2_a_policy_may_let_others_pay_but_never_another_sender() {
    let warn = Settings::legacy().with(|settings| settings.outlook.push_str("user_check = \"warn\"\n"));
    let office = Office::of(warn).await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let other = changed(&office.claims(), "sub", json!("treasurer@fabrikat.example"));
    is_open(&office, &context, &bearer(&other), "another user").await;
    let elsewhere = changed(&office.claims(), "sender", json!("billing@elsewhere.example"));
    assert_eq!(office.call(PANE, &bearer(&elsewhere), &load(&context)).await.status, 403);
}

#[actix_web::test]
async fn s3_a_rotated_key_is_fetched_and_a_key_server_that_is_down_survived() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    let bearer = |number: usize| format!("Bearer {}", microsoft(number).token(&office.claims()).unwrap());
    is_open(&office, &context, &bearer(0), "the first key").await;
    is_shut(&office, &bearer(1), "a key that is not published").await;
    let fetched = office.keys.fetches();
    is_shut(&office, &bearer(1), "a moment later").await;
    assert_eq!(office.keys.fetches(), fetched, "who makes up keys does not have them fetched again and again");
    office.keys.publish(&[microsoft(0), microsoft(1)]);
    office.pass(5 * MINUTE);
    is_open(&office, &context, &bearer(1), "a rotated key").await;
    office.keys.change(|script| script.down = true);
    office.pass(25 * HOUR);
    is_open(&office, &context, &bearer(0), "from what is kept").await;
    office.pass(6 * DAY);
    let page = office.call(PANE, &bearer(0), &load(&context)).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "1"), "too old to be believed: {}", page.text());
}

#[actix_web::test]
async fn s3_without_any_keys_nobody_is_judged() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    office.keys.change(|script| script.down = true);
    let approval = approval(&context, "tok_visa", "112.30");
    for (path, body) in [(PANE, load(&context)), (COMPLETE, approval), (ACTION, json!({"t": "x"}))] {
        let page = office.call(path, &office.genuine(), &body).await;
        assert_eq!(page.status, 503, "{path}");
        assert!(page.body.len() < 40, "{}", page.text());
    }
    is_shut(&office, "Bearer a.b.c", "what cannot be a token is no matter of keys").await;
    assert_eq!(office.charges(), 0);
    office.keys.change(|script| script.down = false);
    office.pass(MINUTE);
    is_open(&office, &context, &office.genuine(), "keys again").await;
}

#[actix_web::test]
async fn s4_the_issuer_is_a_constant_whatever_the_discovery_document_says() {
    let office = Office::open().await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    // Its document lacks the final slash; tokens have it (section 7.2).
    is_open(&office, &context, &office.genuine(), "with the slash").await;
    let without = changed(&office.claims(), "iss", json!("https://substrate.office.com/sts"));
    is_shut(&office, &bearer(&without), "as the document spells it").await;
    let elsewhere = Office::open().await;
    elsewhere.keys.change(|script| script.issuer = Some("https://sts.elsewhere.example/"));
    let theirs = changed(&elsewhere.claims(), "iss", json!("https://sts.elsewhere.example/"));
    is_shut(&elsewhere, &bearer(&theirs), "the document's own issuer").await;
}

#[actix_web::test]
async fn s6_discovery_issuer_and_clock_are_the_test_s() {
    let ours =
        Settings::legacy().with(|settings| settings.outlook.push_str("issuer = \"https://sts.test.example/\"\n"));
    let office = Office::of(ours).await;
    let context = office.bill(&draft("INV-1", office.now())).await;
    is_shut(&office, &office.genuine(), "Microsoft's own issuer").await;
    let bearer = bearer(&changed(&office.claims(), "iss", json!("https://sts.test.example/")));
    is_open(&office, &context, &bearer, "the configured issuer").await;
    assert!(office.keys.fetches() > 0, "the configured discovery document");
    office.pass(2 * HOUR);
    is_shut(&office, &bearer, "by the moved clock it has expired").await;
}

#[actix_web::test]
async fn s7_today_s_tokens_are_the_default_and_the_old_ones_are_off() {
    let today = Office::of(Settings::today()).await;
    let context = today.bill(&draft("INV-1", today.now())).await;
    is_open(&today, &context, &today.genuine(), "Entra").await;
    is_shut(&today, &bearer(&today.claims()), "an external access token").await;
    for (name, value) in [
        ("aud", json!("app-2")),
        ("iss", json!("https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/v2.0")),
        ("azp", json!("11111111-1111-4111-8111-111111111111")),
        ("exp", json!(today.now().as_secs() - 301)),
        ("tid", json!("11111111-1111-4111-8111-111111111111")),
    ] {
        let bearer = bearer(&changed(&today.entra_claims(), name, value.clone()));
        is_shut(&today, &bearer, &format!("{name} = {value}")).await;
    }
    // Both halves are built: the mode says whose tokens they take.
    let paid = today.complete(&approval(&context, "tok_visa", "112.30")).await;
    assert_eq!((&paid["result"], &paid["requestId"]), (&json!("success"), &json!(SESSION)));
    let legacy = Office::open().await;
    is_shut(&legacy, &bearer(&legacy.entra_claims()), "Entra where the old tokens are configured").await;
}
