//! The payer's way: authorize, decide, return (contract section 5).

use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use url::Url;

use super::Desk;
use super::book::{Key, Payment, Record, RefundPolicy, payment_event};
use super::words::{Choice, DecisionForm, EventTiming, Return, reason};
use super::{courier, pages};
use crate::crypto::{ExpiryCheck, Purpose, SignedUrlError, random_token};
use crate::domain::{Currency, Timestamp, TransactionId};
use crate::sandbox::page::see_other;

/// How long the payer may take to follow a signed return, in milliseconds.
const RETURN_LIFE_MS: i64 = 3_600_000;
/// How long an event waits for the browser to arrive first.
const AFTER_RETURN: Duration = Duration::from_millis(1_500);

/// `GET /{issuerId}/authorize`: shows what is to be paid, or what was decided already.
pub(super) async fn authorize(desk: web::Data<Desk>, path: web::Path<String>, request: HttpRequest) -> HttpResponse {
    let issuer_id = path.into_inner();
    let Some(issuer) = desk.issuers.get(&issuer_id) else { return not_found().await };
    let now = desk.clock.now();
    let called = format!("{}{}", desk.origin, request.path());
    let query = request.query_string();
    let parameters = match issuer.keys.verify(Purpose::IssuerAuthorize, &called, query, ExpiryCheck::within_a_week(now))
    {
        Ok(parameters) => parameters.into_iter().collect::<HashMap<_, _>>(),
        Err(SignedUrlError::Expired) => {
            return pages::refusal(StatusCode::GONE, "This link has expired", "Start the payment again at the shop.");
        }
        Err(SignedUrlError::Refused(why)) => {
            return pages::refusal(StatusCode::FORBIDDEN, "This link cannot be verified", why);
        }
    };
    let Some(payment) = requested(&issuer_id, &parameters, expiry(query), now) else {
        return pages::refusal(
            StatusCode::BAD_REQUEST,
            "This link is not complete",
            "It is signed, but a parameter of contract section 5 is missing or malformed.",
        );
    };
    let seen = desk.journal.decide(|book| match book.payments.get(&payment.key) {
        Some(known) => (vec![], known.clone()),
        None => (vec![Record::Seen(payment.clone())], payment.clone()),
    });
    match seen {
        Ok(known) if known.amount_micros != payment.amount_micros || known.currency != payment.currency => {
            pages::refusal(
                StatusCode::CONFLICT,
                "This payment is known with another amount",
                "The same transactionId was sent here before with a different amount or currency.",
            )
        }
        Ok(known) => show(&desk, &known),
        Err(error) => failed(&error),
    }
}

fn expiry(query: &str) -> Option<i64> {
    let exp = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "exp")?.1;
    exp.parse::<i64>().ok().map(|secs| Timestamp::from_secs(secs).as_millis())
}

/// The payment that a verified link asks for.
fn requested(
    issuer: &str,
    parameters: &HashMap<String, String>,
    expires_ms: Option<i64>,
    now: Timestamp,
) -> Option<Payment> {
    let value = |name: &str| parameters.get(name).cloned();
    let amount_micros = value("amountMicros")?.parse::<i64>().ok().filter(|micros| *micros > 0)?;
    let return_url = value("returnUrl")?;
    Url::parse(&return_url).ok()?;
    Some(Payment {
        key: Key {
            issuer: issuer.to_owned(),
            transaction_id: TransactionId::parse(&value("transactionId")?).ok()?.to_string(),
        },
        reference: format!("{issuer}-{}", random_token().get(..12)?),
        amount_micros,
        currency: Currency::parse(&value("currency")?).ok()?.code().to_owned(),
        description: value("description")?,
        return_url,
        seen_ms: now.as_millis(),
        expires_ms: expires_ms?,
        word: None,
        later: None,
    })
}

/// The page that fits a payment: the choice while nothing final was said, afterwards the result and the way back.
fn show(desk: &Desk, payment: &Payment) -> HttpResponse {
    let name = desk.issuers.get(&payment.key.issuer).map_or(payment.key.issuer.as_str(), |issuer| &issuer.name);
    pages::payment(name, payment, &return_url(desk, payment))
}

/// `GET /{issuerId}/payments/{transactionId}`: the same page, without a signature to verify.
pub(super) async fn payment(desk: web::Data<Desk>, path: web::Path<(String, String)>) -> HttpResponse {
    match find(&desk, path.into_inner()) {
        Some(payment) => show(&desk, &payment),
        None => not_found().await,
    }
}

fn find(desk: &Desk, (issuer, transaction_id): (String, String)) -> Option<Payment> {
    let key = Key { issuer, transaction_id };
    desk.journal.read(|book| book.payments.get(&key).cloned())
}

/// `POST /{issuerId}/payments/{transactionId}`: the payer, or the tester behind the payer, decides.
pub(super) async fn decide(
    desk: web::Data<Desk>,
    path: web::Path<(String, String)>,
    form: web::Form<DecisionForm>,
) -> HttpResponse {
    let desk = desk.into_inner();
    if let Err(error) = courier::settle_due(&desk) {
        return failed(&error);
    }
    let Some(payment) = find(&desk, path.into_inner()) else { return not_found().await };
    if payment.is_final() {
        return show(&desk, &payment);
    }
    let minor_unit_micros = Currency::parse(&payment.currency).map_or(1, |currency| currency.minor_unit_micros());
    let Some(choice) = form.choice(payment.amount_micros, minor_unit_micros) else {
        return pages::refusal(StatusCode::BAD_REQUEST, "This form is not complete", "Choose one of the buttons.");
    };
    let now = desk.clock.now();
    let decided = Payment {
        word: Some(choice.word.clone()),
        later: choice
            .later
            .clone()
            .map(|(millis, then)| super::book::Later { due_ms: now.plus_millis(millis).as_millis(), then }),
        ..payment.clone()
    };
    let event = (choice.event != EventTiming::None).then(|| payment_event(&decided, now));
    if let Some(event) = &event {
        // Before it is recorded, so that the courier never sees it without its delay.
        let after = choice.event == EventTiming::After && choice.back != Return::Never;
        desk.courier.hold(&event.id, if after { AFTER_RETURN } else { Duration::from_secs(10) });
    }
    let written = desk.journal.decide(|book| match book.payments.get(&payment.key) {
        Some(known) if known.is_final() => (vec![], false),
        _ => {
            let record = Record::Decided {
                key: payment.key.clone(),
                word: choice.word.clone(),
                later: decided.later.clone(),
                event: event.clone(),
            };
            (vec![record], true)
        }
    });
    match written {
        Ok(true) => {}
        Ok(false) => return show(&desk, &find_again(&desk, &payment)),
        Err(error) => return failed(&error),
    }
    if let Some(event) = event
        && (choice.event == EventTiming::Before || choice.back == Return::Never)
    {
        courier::deliver(&desk, event).await;
    }
    send_back(&desk, &decided, &choice).await
}

fn find_again(desk: &Desk, payment: &Payment) -> Payment {
    desk.journal.read(|book| book.payments.get(&payment.key).cloned()).unwrap_or_else(|| payment.clone())
}

async fn send_back(desk: &Desk, payment: &Payment, choice: &Choice) -> HttpResponse {
    match choice.back {
        Return::Never => {
            return see_other(&format!("/{}/payments/{}", payment.key.issuer, payment.key.transaction_id));
        }
        Return::Twice => {
            // The first of the two: a browser whose answer got lost. What it answers does not matter here.
            if let Err(error) = desk.http.get(return_url(desk, payment)).send().await {
                tracing::warn!(error = %error.without_url(), "the first return did not arrive");
            }
        }
        Return::Once => {}
    }
    see_other(&return_url(desk, payment))
}

/// The signed return for what the issuer says now.
pub(super) fn return_url(desk: &Desk, payment: &Payment) -> String {
    let (Some(issuer), Ok(mut url)) = (desk.issuers.get(&payment.key.issuer), Url::parse(&payment.return_url)) else {
        return "/".to_owned();
    };
    let word = payment.word();
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("transactionId", &payment.key.transaction_id)
            .append_pair("outcome", word.outcome.as_str())
            .append_pair("issuerReference", &payment.reference)
            .append_pair("amountMicros", &word.amount_micros.to_string())
            .append_pair("currency", &payment.currency);
        if let Some(reason) = &word.reason {
            query.append_pair("reason", reason);
        }
        if let Some(raw_code) = &word.raw_code {
            query.append_pair("rawCode", raw_code);
        }
    }
    let expires = desk.clock.now().plus_millis(RETURN_LIFE_MS);
    issuer.keys.sign(Purpose::IssuerReturn, url, expires).into()
}

/// `GET /`: all that the issuers know.
pub(super) async fn home(desk: web::Data<Desk>) -> HttpResponse {
    pages::home(&desk)
}

/// The form on the home page.
#[derive(Debug, Deserialize)]
pub(super) struct RefundPolicyForm {
    /// `by_amount`, `refunded`, `pending` or `refused:<reason>`.
    policy: String,
    /// For `pending`: seconds until it is refunded.
    #[serde(default)]
    delay: String,
}

/// `POST /refunds`: decides how coming refunds end.
pub(super) async fn refund_policy(desk: web::Data<Desk>, form: web::Form<RefundPolicyForm>) -> HttpResponse {
    let policy = match form.policy.as_str() {
        "by_amount" => Some(RefundPolicy::ByAmount),
        "refunded" => Some(RefundPolicy::Refunded),
        "pending" => form.delay.trim().parse::<u32>().ok().map(|secs| RefundPolicy::Pending(i64::from(secs) * 1000)),
        other => other.strip_prefix("refused:").and_then(reason).map(RefundPolicy::Refused),
    };
    let Some(policy) = policy else {
        return pages::refusal(StatusCode::BAD_REQUEST, "This form is not complete", "Choose one of the options.");
    };
    match desk.journal.record(Record::RefundPolicy(policy)) {
        Ok(()) => see_other("/"),
        Err(error) => failed(&error),
    }
}

/// Any other address.
pub(super) async fn not_found() -> HttpResponse {
    pages::refusal(StatusCode::NOT_FOUND, "Not found", "The issuers of the sandbox know nothing at this address.")
}

fn failed(error: &crate::sandbox::journal::JournalError) -> HttpResponse {
    tracing::error!(%error, "the issuer stand-in cannot write");
    pages::refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "Out of order",
        "The stand-in cannot write its memory; see the log.",
    )
}
