//! What Microsoft's service says to the merchant: PaymentRequest and PaymentComplete (outlook-payments sections 5 and 6).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::amounts;
use crate::crypto::{random_bytes, random_token};
use crate::domain::Timestamp;

/// `supportedMethods` and `methodName`.
pub(super) const METHOD: &str = "https://pay.microsoft.com/microsoftpay";
/// How long a payment token lasts, in milliseconds.
const TOKEN_MS: i64 = 3_600_000;

/// A card of the payer's (sections 6.3 and 9.1). The tokens are the processor's own for tests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Card {
    /// In the form.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    token: &'static str,
}

/// Every card of the form.
pub(super) const CARDS: [Card; 5] = [
    Card { name: "good", title: "Visa Success ••4242", token: "tok_visa" },
    Card { name: "declined", title: "MasterCard Declined ••0002", token: "tok_chargeDeclined" },
    Card { name: "expired", title: "Visa Expired ••0069", token: "tok_chargeDeclinedExpiredCard" },
    Card { name: "poor", title: "Visa Without Money ••9995", token: "tok_chargeDeclinedInsufficientFunds" },
    Card { name: "amex", title: "American Express ••8431", token: "tok_amex" },
];

/// Where the payer can have it sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// In the form.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    country: &'static str,
    lines: &'static [&'static str],
    region: &'static str,
    city: &'static str,
    postal_code: &'static str,
}

/// Every address of the form: the last one is where hardly anybody delivers to.
pub(super) const PLACES: [Place; 3] = [
    Place {
        name: "portland",
        title: "Portland, Oregon",
        country: "US",
        lines: &["1412 Alder Street", "Unit 9"],
        region: "OR",
        city: "Portland",
        postal_code: "97205",
    },
    Place {
        name: "hamburg",
        title: "Hamburg, Germany",
        country: "DE",
        lines: &["Hafenweg 5"],
        region: "HH",
        city: "Hamburg",
        postal_code: "20457",
    },
    Place {
        name: "bouvet",
        title: "Bouvet Island",
        country: "BV",
        lines: &["Nyrøysa 1"],
        region: "",
        city: "Nyrøysa",
        postal_code: "0000",
    },
];

impl Place {
    /// As the documentation's examples spell it (section 4.4).
    pub(super) fn address(&self, recipient: &str) -> Value {
        json!({
            "country": self.country, "addressLine": self.lines, "region": self.region, "city": self.city,
            "dependantLocality": null, "postalCode": self.postal_code, "sortingCode": "", "languageCode": "",
            "organization": "", "recipient": recipient, "phone": "5035550148",
        })
    }
}

/// `loadentity` (section 5.4).
pub(super) fn load(context: &Value) -> Value {
    json!({"methodData": [{
        "supportedMethods": METHOD, "data": {"productContext": context, "event": "loadentity"},
    }]})
}

/// What of a change the payer chose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    /// `event`.
    pub(super) event: &'a str,
    pub(super) address: &'a Value,
    pub(super) option: Option<&'a str>,
}

/// `shippingaddresschange` and `shippingoptionchange`: the merchant's last answer, with what the service writes out, and the
/// change (sections 5.5 and 5.6).
pub(super) fn changed(last: &Value, change: &Change<'_>) -> Value {
    let mut message = written_out(last.clone());
    message["id"] = last["details"]["id"].clone();
    if let Some(data) = message.pointer_mut("/methodData/0/data") {
        data["event"] = json!(change.event);
    }
    message["shippingAddress"] = change.address.clone();
    if let Some(members) = message.as_object_mut() {
        members.remove("shippingOption");
    }
    if let Some(option) = change.option {
        message["shippingOption"] = json!(option);
    }
    message
}

/// The service echoes `currencySystem: null`, and `pending` and `selected` explicitly (sections 4.1 to 4.3).
fn written_out(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(written_out).collect(),
        Value::Object(members) => {
            let mut members: Map<String, Value> =
                members.into_iter().map(|(name, value)| (name, written_out(value))).collect();
            let has = |name: &str| members.contains_key(name);
            let missing = match (has("currency") && has("value"), has("label") && has("amount"), has("id")) {
                (true, ..) => Some(("currencySystem", Value::Null)),
                (_, true, true) => Some(("selected", json!(false))),
                (_, true, false) => Some(("pending", json!(false))),
                (_, false, _) => None,
            };
            if let Some((name, value)) = missing {
                members.entry(name).or_insert(value);
            }
            Value::Object(members)
        }
        other => other,
    }
}

/// What the payer does differently than they should, for testers (section 9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Proper,
    /// Approves one cent less.
    OtherAmount,
    /// The token is of the other mode.
    OtherMode,
    /// The token has expired.
    OldToken,
    /// `RequestId` instead of `requestId`.
    PascalCase,
}

impl Manner {
    /// All, with what the form calls them.
    pub(super) const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Proper, "proper", "as it should be"),
        (Self::OtherAmount, "amount", "with an amount of one cent less"),
        (Self::OtherMode, "mode", "with a live token in test mode"),
        (Self::OldToken, "old", "with a token that has expired"),
        (Self::PascalCase, "case", "with RequestId for requestId"),
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known, _)| *known == name).map(|(manner, ..)| manner)
    }
}

/// An approval.
pub(super) struct Approval<'a> {
    /// The merchant's last answer that could be paid.
    pub(super) last: &'a Value,
    pub(super) card: Card,
    pub(super) merchant_id: &'a str,
    pub(super) address: Option<&'a Value>,
    pub(super) option: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: &'a str,
    pub(super) manner: Manner,
    pub(super) now: Timestamp,
}

/// PaymentComplete (section 6.1), with a token of its own.
pub(super) fn complete(approval: &Approval<'_>) -> Value {
    let (last, options) = (approval.last, &approval.last["options"]);
    let request_id = last["details"]["id"].clone();
    let data = &last["methodData"][0]["data"];
    let mut amount = last["details"]["total"]["amount"].clone();
    if approval.manner == Manner::OtherAmount {
        amount["value"] = json!(amounts::one_less(amount["value"].as_str().unwrap_or_default()));
    }
    let token = payment_token(approval, &amount, &request_id, data["mode"] == "TEST");
    amount["currencySystem"] = Value::Null;
    let mut message = json!({
        "methodName": METHOD,
        "details": {"productContext": data["productContext"], "paymentToken": token, "amount": amount},
    });
    message[if approval.manner == Manner::PascalCase { "RequestId" } else { "requestId" }] = request_id;
    let asked = |name: &str| options[name] == json!(true);
    if let Some(address) = approval.address.filter(|_| asked("requestShipping")) {
        message["shippingAddress"] = address.clone();
    }
    if let Some(option) = approval.option.filter(|_| asked("requestShipping")) {
        message["shippingOption"] = json!(option);
    }
    for (wanted, member, value) in [
        ("requestPayerName", "payerName", approval.name),
        ("requestPayerEmail", "payerEmail", approval.email),
        ("requestPayerPhone", "payerPhone", approval.phone),
    ] {
        if asked(wanted) {
            message[member] = json!(value);
        }
    }
    message
}

/// Looks like a JWS; the payload is the processor's token, bare (section 6.3). The signature was never specified: it makes
/// each token another one.
fn payment_token(approval: &Approval<'_>, amount: &Value, request_id: &Value, test: bool) -> String {
    let until = match approval.manner {
        Manner::OldToken => approval.now.plus_millis(-TOKEN_MS),
        Manner::Proper | Manner::OtherAmount | Manner::OtherMode | Manner::PascalCase => {
            approval.now.plus_millis(TOKEN_MS)
        }
    };
    let header = json!({
        "Version": 1, "Format": "Stripe", "TestMode": test != (approval.manner == Manner::OtherMode),
        "MerchantId": approval.merchant_id, "PaymentRequestId": request_id,
        "Amount": {"currency": amount["currency"], "value": amount["value"]},
        "TimeStamp": approval.now.to_utc(), "Expiry": until.to_utc(),
    });
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signature: [u8; 32] = random_bytes();
    format!("{}.{}.{}", part(header.to_string().as_bytes()), part(approval.card.token.as_bytes()), part(&signature))
}

/// Names a pane.
pub(super) fn new_pane() -> String {
    random_token().chars().filter(char::is_ascii_alphanumeric).take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Value {
        json!({
            "methodData": [{"supportedMethods": METHOD, "data": {
                "event": "loadentity", "productContext": {"ref": "R"}, "mode": "TEST",
            }}],
            "options": {"requestPayerName": true, "requestShipping": true},
            "details": {
                "id": "chk_1",
                "total": {"label": "Total", "amount": {"currency": "USD", "value": "10.00"}, "pending": true},
                "displayItems": [{"label": "A", "amount": {"currency": "USD", "value": "10.00"}}],
                "shippingOptions": [{"id": "g", "label": "G", "amount": {"currency": "USD", "value": "0.00"}}],
            },
            "shippingOption": "g",
        })
    }

    #[test]
    fn the_last_answer_is_echoed_and_written_out() {
        let address = PLACES[0].address("Dana");
        let change = Change { event: "shippingaddresschange", address: &address, option: None };
        let message = changed(&answer(), &change);
        assert_eq!(message["id"], "chk_1");
        assert_eq!(message["methodData"][0]["data"]["event"], "shippingaddresschange");
        assert_eq!(message["shippingAddress"]["recipient"], "Dana");
        assert!(message.get("shippingOption").is_none());
        let money = json!({"currency": "USD", "value": "10.00", "currencySystem": null});
        assert_eq!(message["details"]["displayItems"], json!([{"label": "A", "amount": money, "pending": false}]));
        assert_eq!(message["details"]["total"]["pending"], true);
        assert_eq!(message["details"]["shippingOptions"][0]["selected"], false);
        assert!(message["details"]["shippingOptions"][0].get("pending").is_none());
    }

    #[test]
    fn an_approval_holds_what_was_asked_for_and_a_token_of_its_own() {
        let last = answer();
        let approval = |manner| Approval {
            last: &last,
            card: CARDS[0],
            merchant_id: "m-1",
            address: None,
            option: Some("g"),
            name: "Dana",
            email: "dana@x.example",
            phone: "1",
            manner,
            now: Timestamp::from_secs(1_800_000_000),
        };
        let message = complete(&approval(Manner::Proper));
        assert_eq!(message["requestId"], "chk_1");
        assert_eq!((&message["payerName"], message.get("payerEmail")), (&json!("Dana"), None));
        assert_eq!(message["shippingOption"], "g");
        let token = message["details"]["paymentToken"].as_str().unwrap().to_owned();
        let parts: Vec<Vec<u8>> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let header: Value = serde_json::from_slice(&parts[0]).unwrap();
        assert_eq!((&header["TestMode"], &header["Format"]), (&json!(true), &json!("Stripe")));
        assert_eq!(header["Amount"], json!({"currency": "USD", "value": "10.00"}));
        assert_eq!(parts[1], b"tok_visa");
        assert_ne!(complete(&approval(Manner::Proper))["details"]["paymentToken"], json!(token));
        assert_eq!(complete(&approval(Manner::OtherAmount))["details"]["amount"]["value"], "9.99");
        assert_eq!(complete(&approval(Manner::PascalCase))["RequestId"], "chk_1");
    }
}
