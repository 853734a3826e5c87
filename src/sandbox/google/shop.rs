//! The shop: buying, coming back (C1), and the tester's buttons.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::book::{Arrival, Case, Flow, Misbehaving, Misbehaviour, Order, Record};
use super::channels::Word;
use super::exchange::{Answer, Exchange, Method};
use super::messages::{self, text};
use super::{Shop, pages, strict};
use crate::crypto::{Carrier, random_token};
use crate::domain::{Currency, Money};
use crate::sandbox::journal::JournalError;
use crate::sandbox::page::see_other;

/// The form on the home page.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct OrderForm {
    /// Goes out as `transactionDescription`.
    pub(super) product: String,
    /// Decimal, in major units: `120.00`.
    pub(super) amount: String,
    pub(super) currency: String,
    pub(super) flow: Flow,
    /// The account, and with it the scheme.
    pub(super) piaid: String,
    /// Empty: the payer chooses at the integrator.
    #[serde(default)]
    pub(super) issuer: String,
}

/// `GET /`.
pub(super) async fn home(shop: web::Data<Shop>) -> HttpResponse {
    pages::home(&shop, None)
}

/// `POST /orders`: makes an order and sends the browser to the integrator.
pub(super) async fn buy(shop: web::Data<Shop>, form: web::Form<OrderForm>) -> HttpResponse {
    let order = match ordered(&shop, &form) {
        Ok(order) => order,
        Err(why) => return pages::home(&shop, Some(&why)),
    };
    let clear = messages::start(&order, shop.clock.now());
    if let Err(error) = shop.journal.record(Record::Ordered(order.clone())) {
        return failed(&error);
    }
    let (exchange, target) = match order.flow {
        Flow::Begin => match shop.begin_url(&order, &clear) {
            Ok(url) => (begun(&order, &clear, Answer::Browser), Some(url)),
            Err(why) => (begun(&order, &clear, Answer::Failed { why }), None),
        },
        Flow::Generate => {
            let exchange = shop.exchange(&order, Method::Generate, &clear).await;
            let target = generated_url(&exchange);
            (exchange, target)
        }
    };
    match shop.journal.record(Record::Exchanged { order: order.id.clone(), exchange }) {
        Ok(()) => see_other(&target.unwrap_or_else(|| format!("/orders/{}", order.id))),
        Err(error) => failed(&error),
    }
}

fn begun(order: &Order, clear: &Value, answer: Answer) -> Exchange {
    Exchange {
        method: Method::Begin,
        request_id: order.id.clone(),
        at_ms: order.at_ms,
        sent: clear.to_string(),
        status: None,
        answer,
        word: None,
    }
}

fn generated_url(exchange: &Exchange) -> Option<String> {
    let message = exchange.answer.message().filter(|_| exchange.status == Some(200))?;
    text(&message, "/result/success/redirectDetails/getMethod/url").map(str::to_owned)
}

fn ordered(shop: &Shop, form: &OrderForm) -> Result<Order, String> {
    let currency = Currency::parse(&form.currency).map_err(|error| error.to_string())?;
    let micros = micros(&form.amount).ok_or("The amount is a decimal number such as 120.00.")?;
    let amount = Money::payable(micros, currency).map_err(|error| error.to_string())?;
    shop.account(&form.piaid).ok_or("There is no such account.")?;
    let id = fresh_id("rq");
    let callback_url = match form.flow {
        // In Begin Redirect the callback already names the payment (flows-security section 4.1).
        Flow::Begin => format!("{}/return/url?redirectRequestId={id}", shop.origin),
        Flow::Generate => format!("{}/return/url", shop.origin),
    };
    Ok(Order {
        id,
        piaid: form.piaid.clone(),
        flow: form.flow,
        product: form.product.clone(),
        amount_micros: amount.micros(),
        currency: currency.code().to_owned(),
        issuer: (!form.issuer.is_empty()).then(|| form.issuer.clone()),
        callback_url,
        at_ms: shop.clock.now().as_millis(),
    })
}

/// Reads a decimal number of major units, at most six digits behind the point.
pub(super) fn micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction = format!("{fraction:0<6}").parse::<i64>().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction)
}

/// `GET /return/url`: channel C1 (flows-security section 4.2).
pub(super) async fn returned(shop: web::Data<Shop>, request: HttpRequest) -> HttpResponse {
    let parameters: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let value = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let id = value("redirectRequestId").unwrap_or_default();
    let Some(case) = shop.journal.read(|book| book.cases.get(id).cloned()) else {
        return pages::notice(StatusCode::NOT_FOUND, "Unknown order", "The return names no order of this shop.");
    };
    let mut arrival = Arrival {
        at_ms: shop.clock.now().as_millis(),
        request_id: None,
        clear: String::new(),
        word: None,
        problem: None,
        status: None,
    };
    match verified_return(&shop, &case.order, &parameters) {
        Ok(clear) => {
            let said = said(&case.order, &clear);
            arrival.clear = clear;
            match said {
                Ok(word) => arrival.word = Some(word),
                Err(problem) => arrival.problem = Some(problem),
            }
        }
        Err(problem) => arrival.problem = Some(problem),
    }
    match shop.journal.record(Record::Returned { order: case.order.id.clone(), arrival }) {
        Ok(()) => see_other(&format!("/orders/{}", case.order.id)),
        Err(error) => failed(&error),
    }
}

fn verified_return(shop: &Shop, order: &Order, parameters: &[(String, String)]) -> Result<String, String> {
    let [id, piaid, response] = ["redirectRequestId", "paymentIntegratorAccountId", "redirectResponse"].map(|name| {
        let mut values = parameters.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(format!("{name} is missing")),
            (Some(_), Some(_)) => Err(format!("{name} stands twice")),
        }
    });
    if id? != order.id {
        return Err("redirectRequestId is not the order's".to_owned());
    }
    if piaid? != order.piaid {
        return Err("paymentIntegratorAccountId is not the order's".to_owned());
    }
    let (at, _) = shop.account(&order.piaid).ok_or("the order's account is gone")?;
    let clear = shop.open(at, response?.as_bytes(), Carrier::UrlParameter)?;
    String::from_utf8(clear).map_err(|_| "redirectResponse is not UTF-8".to_owned())
}

/// What a verified return says; the id inside must be the one outside (checklist CMP-1).
fn said(order: &Order, clear: &str) -> Result<Word, String> {
    let message = strict::parse(clear.as_bytes())?;
    if text(&message, "/redirectRequestId") != Some(&order.id) {
        return Err("redirectRequestId inside is not the one outside".to_owned());
    }
    Word::read(&message)
}

pub(super) fn find(shop: &Shop, id: &str) -> Option<Case> {
    shop.journal.read(|book| book.cases.get(id).cloned())
}

/// `GET /orders/{id}`.
pub(super) async fn order(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    match find(&shop, &id) {
        Some(case) => pages::order(&case),
        None => not_found().await,
    }
}

/// `GET /orders/{id}/json`: all that is known of an order, for programs.
pub(super) async fn order_json(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    match find(&shop, &id) {
        Some(case) => HttpResponse::Ok()
            .insert_header(("cache-control", "no-store"))
            .json(json!({"case": case, "latest": case.latest(), "agreement": case.agreement(),
                "refunds": case.refunds_json(), "restMicros": case.rest_micros().to_string()})),
        None => HttpResponse::NotFound().finish(),
    }
}

/// A `requestId` that nobody can guess (API section 3.3).
pub(super) fn fresh_id(prefix: &str) -> String {
    format!("{prefix}-{}", random_token().chars().take(20).collect::<String>())
}

/// `POST /orders/{id}/poll`: channel C3, with a `requestId` of its own each time.
pub(super) async fn poll(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    let Some(case) = find(&shop, &id) else { return not_found().await };
    let clear = messages::status(&fresh_id("st"), &case.order, shop.clock.now());
    let exchange = shop.exchange(&case.order, Method::Status, &clear).await;
    exchanged(&shop, &case.order, exchange)
}

/// `POST /orders/{id}/echo`: the integrator's echo, with the order's account.
pub(super) async fn echo(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    let Some(case) = find(&shop, &id) else { return not_found().await };
    let clear = messages::echo(&fresh_id("echo"), &case.order.piaid, "hello from the sandbox", shop.clock.now());
    let exchange = shop.exchange(&case.order, Method::Echo, &clear).await;
    exchanged(&shop, &case.order, exchange)
}

/// `POST /orders/{id}/replay`: the last request again: same `requestId`, fresh timestamp, sealed anew.
pub(super) async fn replay(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    let Some(case) = find(&shop, &id) else { return not_found().await };
    let Some(last) = case.exchanges.last() else { return not_found().await };
    again(&shop, &case.order, last, |_| {}).await
}

/// `POST /orders/{id}/changed`: the request that started the payment, with the same `requestId` and one minor unit more.
pub(super) async fn changed(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    let Some(case) = find(&shop, &id) else { return not_found().await };
    let Some(first) = case.exchanges.first() else { return not_found().await };
    let unit = Currency::parse(&case.order.currency).map_or(1, |currency| currency.minor_unit_micros());
    let altered = case.order.amount_micros.saturating_add(unit).to_string();
    again(&shop, &case.order, first, |clear| {
        messages::set(clear, &["transactionAmount", "amountMicros"], json!(altered));
    })
    .await
}

pub(super) async fn again(
    shop: &Shop,
    order: &Order,
    before: &Exchange,
    change: impl FnOnce(&mut Value),
) -> HttpResponse {
    let Ok(mut clear) = strict::parse(before.sent.as_bytes()) else { return not_found().await };
    messages::refresh(&mut clear, shop.clock.now());
    change(&mut clear);
    let mut exchange = shop.exchange(order, before.method, &clear).await;
    // A repeated poll repeats an answer of the past: it says nothing about now.
    exchange.word = None;
    exchanged(shop, order, exchange)
}

pub(super) fn exchanged(shop: &Shop, order: &Order, exchange: Exchange) -> HttpResponse {
    match shop.journal.record(Record::Exchanged { order: order.id.clone(), exchange }) {
        Ok(()) => see_other(&format!("/orders/{}", order.id)),
        Err(error) => failed(&error),
    }
}

/// `POST /orders/{id}/reopen`: the payer enters the payment once more, as with the browser's back button.
pub(super) async fn reopen(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    let Some(case) = find(&shop, &id) else { return not_found().await };
    let target = match case.order.flow {
        Flow::Begin => shop.begin_url(&case.order, &messages::start(&case.order, shop.clock.now())),
        Flow::Generate => {
            case.exchanges.iter().find_map(generated_url).ok_or_else(|| "no address was generated".to_owned())
        }
    };
    match target {
        Ok(url) => see_other(&url),
        Err(why) => pages::notice(StatusCode::CONFLICT, "Cannot be opened", &why),
    }
}

/// The form that makes coming notifications fail.
#[derive(Debug, Deserialize)]
pub(super) struct MisbehaveForm {
    /// An order or a statement. Empty: all.
    #[serde(default)]
    order: String,
    how: Misbehaviour,
    times: u32,
}

/// `POST /misbehave`.
pub(super) async fn misbehave(shop: web::Data<Shop>, form: web::Form<MisbehaveForm>) -> HttpResponse {
    let order = (!form.order.is_empty()).then(|| form.order.clone());
    let is_statement = |id: &str| shop.journal.read(|book| book.statements.contains_key(id));
    let back = match &order {
        None => "/".to_owned(),
        Some(id) if is_statement(id) => format!("/statements/{id}"),
        Some(id) => format!("/orders/{id}"),
    };
    let misbehaving = Misbehaving { how: form.how, times: form.times };
    match shop.journal.record(Record::Misbehave { order, misbehaving }) {
        Ok(()) => see_other(&back),
        Err(error) => failed(&error),
    }
}

/// Any other address.
pub(super) async fn not_found() -> HttpResponse {
    pages::notice(StatusCode::NOT_FOUND, "Not found", "The shop has nothing at this address.")
}

pub(super) fn failed(error: &JournalError) -> HttpResponse {
    tracing::error!(%error, "the Google stand-in cannot write");
    pages::notice(StatusCode::SERVICE_UNAVAILABLE, "Out of order", "The shop cannot write its memory; see the log.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_without_floating_point() {
        for (text, expected) in [
            ("120.00", Some(120_000_000)),
            (" 0.01 ", Some(10_000)),
            ("5", Some(5_000_000)),
            ("1.234567", Some(1_234_567)),
            ("1.2345678", None),
            ("", None),
            (".5", None),
            ("-1", None),
            ("1e3", None),
            ("99999999999999", None),
        ] {
            assert_eq!(micros(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_id_inside_must_be_the_one_outside() {
        let order = Order {
            id: "rq-1".to_owned(),
            piaid: "A".to_owned(),
            flow: Flow::Begin,
            product: "x".to_owned(),
            amount_micros: 1,
            currency: "EUR".to_owned(),
            issuer: None,
            callback_url: String::new(),
            at_ms: 0,
        };
        let good = r#"{"redirectRequestId":"rq-1","result":{"success":{}},"formOfPayment":{"noneChosen":{}}}"#;
        assert_eq!(said(&order, good).unwrap().key, "success");
        assert!(said(&order, &good.replace("rq-1", "rq-2")).is_err());
    }
}
