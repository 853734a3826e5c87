//! Whatever comes in, nothing falls over: never a 5xx, never a hang, nothing stored.

use proptest::prelude::*;
use roundtrip::crypto::Carrier;
use serde_json::{Value, json};

use crate::harness::account::{begin_url, callback_of, method_path};
use crate::harness::{Page, Setup, Word, World, su1};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// `open_answers` bounds the uniform delay of refusals: many at once, each as long as one.
async fn all(world: &World, requests: Vec<(String, Option<Vec<u8>>)>) -> Vec<Page> {
    let sent = requests.into_iter().map(async |(url, body)| match body {
        Some(body) => world.browser.post(url, &[], body).await,
        None => world.get(url).await,
    });
    futures_util::future::join_all(sent).await
}

#[test]
fn arbitrary_bodies_are_refused() {
    let runtime = runtime();
    let world = runtime.block_on(Setup::pgp().start());
    let before = runtime.block_on(world.rows());
    let good = world.peer().seal(&world.peer().generate_request("rq-0001", None), Carrier::Body);
    let damaged = (any::<prop::sample::Index>(), any::<u8>()).prop_map(move |(at, byte)| {
        let mut bytes = good.clone().into_bytes();
        let at = at.index(bytes.len());
        // Within the alphabet, so that it decodes; certainly another character.
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let new = alphabet[usize::from(byte) % 64];
        bytes[at] = if bytes[at] == new { alphabet[(usize::from(byte) + 1) % 64] } else { new };
        bytes
    });
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..2_000),
        "[A-Za-z0-9_=-]{0,2000}".prop_map(String::into_bytes),
        "ey[A-Za-z0-9_-]{0,300}(\\.[A-Za-z0-9_-]{0,300}){4}".prop_map(String::into_bytes),
        "-----BEGIN PGP MESSAGE-----\\PC{0,300}".prop_map(String::into_bytes),
        damaged,
    ];
    let paths = [
        method_path("echo"),
        method_path("generateRedirectPaymentUrl"),
        method_path("getRedirectPaymentStatus"),
        "/issuers/BANK_A/events".to_owned(),
    ];
    proptest!(config(), |(bodies in prop::collection::vec(body, 8))| {
        let requests = bodies.iter().enumerate().map(|(number, body)| {
            (format!("{}{}", world.origin, paths[number % paths.len()]), Some(body.clone()))
        });
        let pages = runtime.block_on(all(&world, requests.collect()));
        for page in pages {
            prop_assert!((400..500).contains(&page.status), "{} {}", page.status, page.text());
        }
    });
    assert_eq!(runtime.block_on(world.rows()), before, "nothing may be stored");
}

#[test]
fn arbitrary_queries_are_refused() {
    let runtime = runtime();
    let world = runtime.block_on(Setup::pgp().start());
    let (address, visit) =
        runtime.block_on(async { (world.choice("rq-0001").await.0, world.at_bank("rq-0002").await) });
    let before = runtime.block_on(world.rows());
    let good_return = world.bank().return_url(&visit, &Word::DECLINED);
    let query = prop_oneof![
        "[!-~&&[^#]]{0,400}",
        "(exp|kid|sig|outcome|transactionId|callbackUrl|redirectRequest)=[A-Za-z0-9%._~-]{0,60}(&(exp|kid|sig|outcome)=[A-Za-z0-9%._~-]{0,60}){0,6}",
        "(%[0-9A-Fa-f]{2}){0,100}",
        Just(good_return.query().unwrap().to_owned()),
    ];
    let issuer = good_return.query().unwrap().to_owned();
    proptest!(config(), |(queries in prop::collection::vec((query, 0..6_usize), 8))| {
        let requests = queries.iter().filter(|(query, at)| !(*query == issuer && *at == 2)).map(|(query, at)| {
            let path = [
                "/begin".to_owned(),
                address.path().to_owned(),
                "/return/BANK_A".to_owned(),
                "/return/BANK_B".to_owned(),
                "/pay/x".to_owned(),
                "/static/x".to_owned(),
            ][*at].clone();
            (format!("{}{path}?{query}", world.origin), None)
        });
        let pages = runtime.block_on(all(&world, requests.collect()));
        for page in pages {
            prop_assert!((400..500).contains(&page.status), "{} {}", page.status, page.text());
            prop_assert!(!page.has_location());
        }
    });
    assert_eq!(runtime.block_on(world.rows()), before, "nothing may be stored");
}

/// JSON of any shape.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z]{0,12}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn signed_nonsense_is_an_error_response() {
    let runtime = runtime();
    let world = runtime.block_on(Setup::jose().start());
    let methods = ["echo", "generateRedirectPaymentUrl", "getRedirectPaymentStatus"];
    let pointers = prop::sample::select(vec![
        "/requestHeader",
        "/requestHeader/requestId",
        "/requestHeader/requestTimestamp",
        "/requestHeader/requestTimestamp/epochMillis",
        "/requestHeader/protocolVersion",
        "/requestHeader/protocolVersion/major",
        "/requestHeader/paymentIntegratorAccountId",
        "/transactionAmount",
        "/transactionAmount/amountMicros",
        "/transactionAmount/currencyCode",
        "/transactionDescription",
        "/formOfPayment",
        "/formOfPayment/issuerId",
        "/formOfPayment/issuerId/value",
        "/callbackUrl",
        "",
    ]);
    let number = std::cell::Cell::new(0_u32);
    proptest!(config(), |(pointer in pointers, value in any_json(), method in prop::sample::select(methods.to_vec()))| {
        number.set(number.get() + 1);
        let id = format!("rq-{}", number.get());
        let mut request = world.peer().generate_request(&id, Some("BANK_A"));
        request["clientMessage"] = json!("hello");
        request["redirectRequestId"] = json!("rq-nobody");
        *request.pointer_mut(pointer).unwrap() = value;
        let (called, page) = runtime.block_on(async {
            let begin = begin_url(&world.origin, &callback_of(&id), &world.peer().seal(&request, Carrier::UrlParameter));
            (world.call(method, &request).await, world.get(begin).await)
        });
        prop_assert!(called.status() == 200 || (400..500).contains(&called.status()), "{} {}", called.status(), called.page.text());
        prop_assert!(called.clear.is_some(), "an authenticated caller gets a sealed answer: {}", called.page.text());
        prop_assert!((300..500).contains(&page.status), "{}", page.status);
    });
}

#[test]
fn signed_returns_of_nonsense_decide_nothing() {
    let runtime = runtime();
    let world = runtime.block_on(Setup::jose().start());
    let visit = runtime.block_on(world.at_bank("rq-0001"));
    let names = prop::sample::select(vec![
        "transactionId",
        "outcome",
        "issuerReference",
        "amountMicros",
        "currency",
        "reason",
        "rawCode",
        "x",
    ]);
    let exp_s = world.peer().now().as_secs() + 60;
    proptest!(config(), |(fields in prop::collection::hash_map(names, "\\PC{0,30}", 0..6))| {
        let borrowed: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = su1::signed_url((&world.bank().kid, &world.bank().secret), "issuer-return", &visit.return_url, &borrowed, exp_s);
        let page = runtime.block_on(world.get(&url));
        prop_assert!((400..500).contains(&page.status) && !page.has_location(), "{}", page.status);
    });
    assert_eq!(runtime.block_on(world.ask("rq-0001")), json!({"pending": {}}));
}
