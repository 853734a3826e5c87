//! The merchant's answers, held to the tables of the specification (outlook-payments sections 4 to 6). Says everything that is
//! wrong, in the order of the tables.

use serde_json::Value;

use super::amounts::{amount, micros, price};
use super::calls::Call;
use super::messages::METHOD;
use crate::sandbox::google::strict;

const NETWORKS: [&str; 6] = ["visa", "mastercard", "amex", "discover", "diners", "jcb"];
const TYPES: [&str; 3] = ["credit", "debit", "prepaid"];
/// Section 3.4.
const STATUSES: [&str; 5] =
    ["PaymentAutomaticallyApplied", "PaymentComplete", "PaymentDeclined", "PaymentDue", "PaymentPastDue"];
/// Section 6.6.
const FAULTS: [&str; 10] = [
    "invalid_number",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_cvc",
    "incorrect_number",
    "expired_card",
    "incorrect_cvc",
    "incorrect_zip",
    "card_declined",
    "processing_error",
];

#[derive(Default)]
struct Check(Vec<String>);

impl Check {
    fn need(&mut self, fulfilled: bool, otherwise: impl Into<String>) {
        if !fulfilled {
            self.0.push(otherwise.into());
        }
    }

    /// Members that the tables do not have.
    fn only(&mut self, of: &Value, place: &str, known: &[&str]) {
        let strangers = of.as_object().into_iter().flatten().filter(|(name, _)| !known.contains(&name.as_str()));
        for (name, _) in strangers.collect::<Vec<_>>() {
            self.0.push(format!("{place} has a member {name} (section 4)"));
        }
    }

    fn text<'a>(&mut self, of: &'a Value, place: &str, name: &str) -> &'a str {
        let text = of.get(name).and_then(Value::as_str).unwrap_or_default();
        self.need(!text.is_empty(), format!("{place}.{name} is missing"));
        text
    }
}

/// Of the payment webhooks (section 8).
const PANE_TYPE: &str = "application/json; charset=utf-8";
/// Of cards (section 13.7).
const CARD_TYPE: &str = "application/json";

/// Status, media type and JSON. `None`: there is nothing more to look at.
fn opened(call: &Call, media_type: &str, check: &mut Check) -> Option<Value> {
    if call.status != Some(200) {
        check.need(false, "the answer is not 200");
        return None;
    }
    let said = call.header("content-type").unwrap_or_default().to_ascii_lowercase();
    check.need(said.starts_with(media_type), format!("the media type is not {media_type}"));
    match strict::parse(call.answer.as_bytes()) {
        Ok(answer) => Some(answer),
        Err(error) => {
            check.need(false, format!("the body is not JSON: {error}"));
            None
        }
    }
}

/// An answer of the PaymentRequest webhook.
pub(super) fn pane_answer(call: &Call) -> Vec<String> {
    let mut check = Check::default();
    let Some(answer) = opened(call, PANE_TYPE, &mut check) else { return check.0 };
    let asked = &call.sent;
    check.only(&answer, "the answer", &["id", "methodData", "options", "details", "shippingAddress", "shippingOption"]);
    let one = answer["methodData"].as_array().is_some_and(|methods| methods.len() == 1);
    check.need(one, "methodData is not an array of one (section 5.2)");
    let method = &answer["methodData"][0];
    check.only(method, "methodData[0]", &["supportedMethods", "data"]);
    check.need(method["supportedMethods"] == METHOD, "supportedMethods is not the constant text (section 5.3)");
    let data = &method["data"];
    let asked_data = &asked["methodData"][0]["data"];
    let members = ["productContext", "event", "supportedNetworks", "supportedTypes", "entity", "mode"];
    check.only(data, "data", &members);
    check.need(data["event"] == asked_data["event"], "event is not echoed (R4)");
    check.need(data["productContext"] == asked_data["productContext"], "productContext is not echoed (R4)");
    subset(&mut check, data, "supportedNetworks", &NETWORKS);
    subset(&mut check, data, "supportedTypes", &TYPES);
    let mode = data.get("mode");
    check.need(mode.is_none_or(|mode| mode == "TEST"), "mode is neither TEST nor absent (section 5.3)");
    let status = entity(&mut check, &data["entity"]);
    nulls(&mut check, &answer, "the answer");
    match status.as_str() {
        "PaymentComplete" | "PaymentAutomaticallyApplied" => {
            let bare = answer.get("options").is_none() && answer.get("details").is_none();
            check.need(bare, "what is paid has no options and no details (section 5.7)");
        }
        "PaymentDeclined" => {
            check.need(answer.get("options").is_none(), "what is not payable has no options (section 5.7)");
            check.text(&answer["details"], "details", "error");
        }
        _ => payable(&mut check, asked, &answer),
    }
    check.0
}

fn subset(check: &mut Check, data: &Value, name: &str, known: &[&str]) {
    let words = data[name].as_array().filter(|words| !words.is_empty());
    let fits =
        words.is_some_and(|words| words.iter().all(|word| word.as_str().is_some_and(|word| known.contains(&word))));
    check.need(fits, format!("{name} is not some of {} (section 5.3)", known.join(", ")));
}

/// The invoice of an answer (section 4.7): its status.
fn entity(check: &mut Check, entity: &Value) -> String {
    let members = [
        "@context",
        "@type",
        "identifier",
        "url",
        "broker",
        "paymentDueDate",
        "paymentStatus",
        "totalPaymentDue",
        "confirmationNumber",
    ];
    check.only(entity, "entity", &members);
    check.need(entity["@context"] == "http://schema.org", "entity.@context is not http://schema.org (section 4.7)");
    check.need(entity["@type"] == "Invoice", "entity.@type is not Invoice (section 4.7)");
    check.text(entity, "entity", "identifier");
    check.text(entity, "entity", "url");
    check.need(entity["broker"]["@type"] == "LocalBusiness", "broker.@type is not LocalBusiness (section 4.7)");
    check.text(&entity["broker"], "broker", "name");
    let due = check.text(entity, "entity", "paymentDueDate");
    check.need(is_day(due), "paymentDueDate is not YYYY-MM-DD (section 1.3)");
    let status = check.text(entity, "entity", "paymentStatus");
    check.need(STATUSES.contains(&status), "paymentStatus is none of schema.org's bare names (section 4.7)");
    let total = &entity["totalPaymentDue"];
    check.need(total["@type"] == "PriceSpecification", "totalPaymentDue.@type is not PriceSpecification");
    check.need(price(&total["price"]).is_some(), "totalPaymentDue.price is no number (section 4.7)");
    check.text(total, "totalPaymentDue", "priceCurrency");
    let ended = matches!(status, "PaymentComplete" | "PaymentAutomaticallyApplied" | "PaymentDeclined");
    check
        .need(!ended || price(&total["price"]) == Some(0), "nothing is due any more, and price is not 0 (section 5.7)");
    if status == "PaymentComplete" {
        check.text(entity, "entity", "confirmationNumber");
    }
    status.to_owned()
}

fn is_day(text: &str) -> bool {
    let digits = |at: &[usize]| at.iter().all(|at| text.as_bytes().get(*at).is_some_and(u8::is_ascii_digit));
    text.len() == 10 && digits(&[0, 1, 2, 3, 5, 6, 8, 9]) && text.split('-').count() == 3
}

/// Null stands for a rejection alone; an address is echoed as it came (section 8).
fn nulls(check: &mut Check, of: &Value, place: &str) {
    for (name, member) in of.as_object().into_iter().flatten() {
        let allowed = place == "the answer" && matches!(name.as_str(), "shippingAddress" | "shippingOption");
        check.need(allowed || !member.is_null(), format!("{place}.{name} is null instead of absent (section 8)"));
        if !allowed && name != "productContext" {
            nulls(check, member, name);
        }
    }
    for member in of.as_array().into_iter().flatten() {
        nulls(check, member, place);
    }
}

/// What can be paid (sections 4.5, 4.6, 5.5 to 5.7).
fn payable(check: &mut Check, asked: &Value, answer: &Value) {
    let options = &answer["options"];
    let flags = ["requestPayerName", "requestPayerEmail", "requestPayerPhone", "requestShipping"];
    check.only(options, "options", &[flags.as_slice(), &["shippingType"]].concat());
    check.need(options.is_object(), "options are missing (R4)");
    for flag in flags {
        check.need(
            options.get(flag).is_none_or(Value::is_boolean),
            format!("options.{flag} is no boolean (section 4.5)"),
        );
    }
    let kind = options.get("shippingType").map(|kind| kind.as_str().unwrap_or_default());
    let known = kind.is_none_or(|kind| ["shipping", "delivery", "pickup"].contains(&kind));
    check.need(known, "shippingType is none of shipping, delivery, pickup (section 4.5)");
    let details = &answer["details"];
    check.only(details, "details", &["id", "total", "displayItems", "shippingOptions", "error"]);
    let id = check.text(details, "details", "id");
    totals(check, answer);
    let ways = shipping_options(check, details);
    match asked.get("id") {
        None => check.need(answer.get("shippingAddress").is_none(), "shippingAddress answers nothing that was asked"),
        Some(asked_id) => {
            check.need(answer.get("id") == Some(asked_id), "id is not echoed (section 5.2)");
            check.need(asked_id == id, "details.id is another one (section 5.2)");
            echoes(check, asked, answer, &ways);
        }
    }
}

/// R5: one currency, and the items add up to the total, which is what is due.
fn totals(check: &mut Check, answer: &Value) {
    let details = &answer["details"];
    let total = item(check, &details["total"], "details.total");
    check.need(total.as_ref().is_none_or(|(micros, _)| *micros >= 0), "details.total is negative (section 4.6)");
    let items = details["displayItems"].as_array().cloned().unwrap_or_default();
    let mut sum = 0;
    for (at, one) in items.iter().enumerate() {
        let Some((micros, currency)) = item(check, one, &format!("displayItems[{at}]")) else { return };
        sum += micros;
        let same = total.as_ref().is_none_or(|(_, known)| *known == currency);
        check.need(same, format!("displayItems[{at}] is in another currency (R5)"));
    }
    let Some((total, currency)) = total else { return };
    check.need(items.is_empty() || sum == total, "displayItems do not add up to details.total (R5)");
    let due = &answer["methodData"][0]["data"]["entity"]["totalPaymentDue"];
    check.need(price(&due["price"]) == Some(total), "entity.totalPaymentDue is not details.total (section 5.6)");
    check.need(due["priceCurrency"] == currency.as_str(), "entity is in another currency (R5)");
}

/// A `PaymentItem` (section 4.2).
fn item(check: &mut Check, item: &Value, place: &str) -> Option<(i128, String)> {
    check.only(item, place, &["label", "amount", "pending"]);
    check.text(item, place, "label");
    check.need(item.get("pending").is_none_or(Value::is_boolean), format!("{place}.pending is no boolean"));
    money(check, &item["amount"], place)
}

/// A `PaymentCurrencyAmount` (section 4.1).
fn money(check: &mut Check, said: &Value, place: &str) -> Option<(i128, String)> {
    check.only(said, &format!("{place}.amount"), &["currency", "value"]);
    let found = amount(said);
    check.need(
        found.is_some(),
        format!("{place}.amount is no amount: value a decimal text, and a currency (section 4.1)"),
    );
    let places = said["value"].as_str().and_then(|value| value.split_once('.')).map_or(0, |(_, part)| part.len());
    check.need(said["currency"] != "USD" || places == 2, format!("{place}.amount has not two decimals (section 4.1)"));
    found.map(|(micros, currency)| (micros, currency.to_owned()))
}

/// Section 4.3: the ids.
fn shipping_options(check: &mut Check, details: &Value) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut selected = 0;
    for (at, option) in details["shippingOptions"].as_array().into_iter().flatten().enumerate() {
        let place = format!("shippingOptions[{at}]");
        check.only(option, &place, &["id", "label", "amount", "selected"]);
        check.text(option, &place, "label");
        money(check, &option["amount"], &place);
        let id = check.text(option, &place, "id").to_owned();
        check.need(!ids.contains(&id), format!("{place}.id stands twice (section 4.3)"));
        ids.push(id);
        selected += u32::from(option["selected"] == true);
    }
    check.need(selected <= 1, "more than one shipping option is selected (section 4.3)");
    ids
}

/// The answer to a change: both echoes, or a null with its reason (section 5.7).
fn echoes(check: &mut Check, asked: &Value, answer: &Value, ways: &[String]) {
    let mut rejected = false;
    for name in ["shippingAddress", "shippingOption"] {
        let Some(wanted) = asked.get(name) else { continue };
        let said = answer.get(name);
        if said.is_some_and(Value::is_null) {
            rejected = true;
        } else {
            check.need(said == Some(wanted), format!("{name} is not echoed (section 5.2)"));
        }
    }
    if rejected {
        check.text(&answer["details"], "details", "error");
    } else {
        check.need(answer["details"].get("error").is_none(), "details.error stands without a rejection (section 5.7)");
        check.need(!ways.is_empty(), "shippingOptions are missing after an address (section 5.5)");
        let pending = answer["details"]["total"]["pending"] == true;
        check.need(
            !pending || asked.get("shippingOption").is_none(),
            "the total is pending after an option (section 5.6)",
        );
        if let Some(option) = asked.get("shippingOption").and_then(Value::as_str) {
            let chosen = answer["details"]["shippingOptions"].as_array().into_iter().flatten();
            let marked = chosen.filter(|one| one["selected"] == true).any(|one| one["id"] == option);
            check.need(marked, "the chosen option is not selected (section 5.6)");
        }
    }
}

/// An answer of the PaymentComplete webhook (section 6.5).
pub(super) fn complete_answer(call: &Call) -> Vec<String> {
    let mut check = Check::default();
    let Some(answer) = opened(call, PANE_TYPE, &mut check) else { return check.0 };
    check.only(&answer, "the answer", &["requestId", "result", "details", "error", "entity"]);
    nulls(&mut check, &answer, "the answer");
    let asked = call.sent.get("requestId").or_else(|| call.sent.get("RequestId"));
    check.need(answer.get("requestId") == asked, "requestId is not echoed exactly (C2)");
    check.need(answer.get("details").is_none_or(Value::is_string), "details is no text (C2)");
    let status = answer.get("entity").map(|invoice| entity(&mut check, invoice));
    match answer["result"].as_str() {
        Some("success") => {
            check.need(answer.get("error").is_none(), "a success has an error (section 6.5)");
            check.need(status.as_deref() == Some("PaymentComplete"), "a success without PaymentComplete (C7)");
        }
        Some("fail") => fault(&mut check, &answer["error"], true),
        Some(_) | None => check.need(false, "result is neither success nor fail (C2)"),
    }
    check.0
}

/// `PaymentCompleteError` (section 6.6).
fn fault(check: &mut Check, error: &Value, top: bool) {
    let place = if top { "error" } else { "innererror" };
    check.only(error, place, &["code", "message", "target", "details", "innererror"]);
    check.text(error, place, "message");
    let code = check.text(error, place, "code");
    let known = if top { code == "card_error" } else { FAULTS.contains(&code) };
    check.need(known, format!("{place}.code is not one of the list (C6)"));
    if let Some(inner) = error.get("innererror") {
        fault(check, inner, false);
    }
}

/// An answer to an action of a card (section 13.7). `originator` is the card's.
pub(super) fn action_answer(call: &Call, originator: &Value) -> Vec<String> {
    let mut check = Check::default();
    if let Some(said) = call.header("card-action-status") {
        let one_line = !said.is_empty() && said.chars().all(|c| c.is_ascii() && !c.is_ascii_control());
        check.need(one_line, "CARD-ACTION-STATUS is not one line of ASCII (section 13.7)");
    }
    match call.status {
        Some(200) if replaces_card(call) => {
            let Some(card) = opened(call, CARD_TYPE, &mut check) else { return check.0 };
            check.need(card["type"] == "AdaptiveCard", "the new card is no AdaptiveCard (section 13.7)");
            check
                .need(card.get("originator") == Some(originator), "the new card has another originator (section 13.7)");
        }
        Some(200) => check.need(call.answer.is_empty(), "a body without CARD-UPDATE-IN-BODY (section 13.7)"),
        Some(401) => check.need(call.answer.is_empty(), "a 401 has no body (section 13.7)"),
        Some(400..500) => {
            check.need(call.answer.is_empty(), "a refusal has no body (section 13.7)");
            let why = call.header("card-action-status").is_some();
            check.need(why, "a refusal says why in CARD-ACTION-STATUS (section 13.7)");
        }
        Some(_) | None => check.need(false, "this status is not among those of section 13.7"),
    }
    check.0
}

/// Whether the body takes the drawn card's place.
pub(super) fn replaces_card(call: &Call) -> bool {
    call.status == Some(200) && call.header("card-update-in-body").is_some_and(|said| said.eq_ignore_ascii_case("true"))
}

/// Whether an answer says that the invoice can be paid; its total then.
pub(super) fn payable_total(answer: &Value) -> Option<&Value> {
    let total = &answer["details"]["total"]["amount"];
    let known = micros(total["value"].as_str()?).is_some() && answer.get("options").is_some();
    (known && answer["details"].get("error").is_none()).then_some(total)
}

#[cfg(test)]
mod tests;
