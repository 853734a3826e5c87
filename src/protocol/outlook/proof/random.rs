//! Whatever arrives, nothing panics; whatever is answered is JSON.

use proptest::prelude::*;

use super::*;
use crate::domain::invoice::quote;

const NAMES: &[&str] = &[
    "methodData",
    "supportedMethods",
    "data",
    "event",
    "productContext",
    "ref",
    "nonce",
    "id",
    "details",
    "amount",
    "currency",
    "value",
    "paymentToken",
    "requestId",
    "RequestId",
    "methodName",
    "shippingAddress",
    "country",
    "addressLine",
    "shippingOption",
    "payerName",
    "t",
    "other",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[-+0-9.eE]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![METHOD, "loadentity", "INV-1", "USD", "a.b.c"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 10, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())),
        ]
    })
}

fn unsealed(body: &[u8]) {
    let _request = PaymentRequest::unseal(body);
    let _complete = PaymentComplete::unseal(body);
    let _token = unseal_action(body);
}

/// One member of a good request, somewhere, becomes something else.
fn replace(at: &mut Value, path: &[usize], by: Value) {
    let Some((step, rest)) = path.split_first() else {
        *at = by;
        return;
    };
    match at {
        Value::Object(members) if !members.is_empty() => {
            let index = step % members.len();
            replace(members.values_mut().nth(index).unwrap(), rest, by);
        }
        Value::Array(items) if !items.is_empty() => {
            let index = step % items.len();
            replace(&mut items[index], rest, by);
        }
        other => *other = by,
    }
}

proptest! {
    #[test]
    fn r2_arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        unsealed(&bytes);
    }

    #[test]
    fn r2_arbitrary_json_never_panics(json in any_json()) {
        unsealed(json.to_string().as_bytes());
    }

    #[test]
    fn c1_damaged_requests_never_panic(path in prop::collection::vec(0_usize..12, 1..6), by in any_json(), which in 0..3) {
        let good = match which {
            0 => golden!("option-request"),
            1 => golden!("complete-request"),
            _ => golden!("address-request"),
        };
        let mut body = value(good);
        replace(&mut body, &path, by);
        let body = body.to_string();
        unsealed(body.as_bytes());
        // What can be read can be answered.
        if let Ok(request) = PaymentRequest::unseal(body.as_bytes()) {
            let (content, account, page) = (content(), account(), page());
            let shown = ShownInvoice { account: &account, content: &content, page: &page };
            let priced = quote(&content, request.address.as_ref().map(|a| &a.address), request.way.as_deref());
            let answer = PaneAnswer::Payable { session: "chk_1", quote: &priced, overdue: false, under_way: false };
            let answer: Value = serde_json::from_str(&answer.seal(&request, &shown)).unwrap();
            prop_assert!(answer["details"]["total"]["amount"]["value"].is_string());
        }
    }

    #[test]
    fn c5_arbitrary_token_headers_never_panic(header in any_json(), expiry in "\\PC{0,30}") {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let mut header = if header.is_object() { header } else { serde_json::json!({}) };
        header["Expiry"] = Value::from(expiry);
        let mut body = value(golden!("complete-request"));
        body["details"]["paymentToken"] = format!("{}.dG9r.x", URL_SAFE_NO_PAD.encode(header.to_string())).into();
        let complete = PaymentComplete::unseal(body.to_string().as_bytes()).unwrap();
        let total = Money::new(119_200_000, Currency::parse("USD").unwrap());
        let expected = Expected { total, merchant_id: "m", request_id: "r", test: true, now: NOW };
        prop_assert!(complete.check(&expected).is_err());
    }
}
