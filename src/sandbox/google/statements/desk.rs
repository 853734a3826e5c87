//! The pages' forms: issuing, repeating and revising statements.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::book::Record;
use super::super::exchange::Method;
use super::super::messages;
use super::super::shop::{failed, fresh_id, micros, not_found};
use super::super::{Shop, strict};
use super::camt::Booked;
use super::fees::FeeRule;
use super::issue::{self, Stamp, Wish};
use super::kinds::Kind;
use super::{MOST_EVENTS, Statement, StatementCase, pages};
use crate::crypto::random_token;
use crate::domain::Currency;
use crate::sandbox::page::see_other;

/// The form that issues a statement.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::sandbox::google) struct IssueForm {
    piaid: String,
    kind: Kind,
    /// Empty: the one of the oldest event that is due.
    #[serde(default)]
    currency: String,
    /// Of each capture, decimal: `2`.
    #[serde(default)]
    percent: String,
    /// For each capture, decimal, in major units: `0.30`.
    #[serde(default)]
    fixed: String,
    /// Most events on a page. Empty: as many as are asked for.
    #[serde(default)]
    page_size: String,
}

/// `GET /statements`.
pub(in crate::sandbox::google) async fn list(shop: web::Data<Shop>) -> HttpResponse {
    pages::list(&shop, None)
}

/// `POST /statements`: issues a statement and notifies the integrator.
pub(in crate::sandbox::google) async fn issue(shop: web::Data<Shop>, form: web::Form<IssueForm>) -> HttpResponse {
    match wish(&shop, &form) {
        Ok(wish) => issued(&shop, &wish, None).await,
        Err(why) => pages::list(&shop, Some(&why)),
    }
}

fn wish(shop: &Shop, form: &IssueForm) -> Result<Wish, String> {
    shop.account(&form.piaid).ok_or("There is no such account.")?;
    let number = |text: &str, usual: &str| micros(if text.trim().is_empty() { usual } else { text });
    let currency = match form.currency.as_str() {
        "" => None,
        code => Some(Currency::parse(code).map_err(|error| error.to_string())?),
    };
    let percent_micros = number(&form.percent, "2").filter(|percent| *percent <= 100_000_000);
    let page_size = match form.page_size.trim() {
        "" => None,
        digits => {
            let size = digits.parse().ok().filter(|size| (1..=MOST_EVENTS).contains(size));
            Some(size.ok_or("A page has 1 to 1000 events.")?)
        }
    };
    Ok(Wish {
        piaid: form.piaid.clone(),
        currency,
        kind: form.kind,
        fees: FeeRule {
            percent_micros: percent_micros.ok_or("The percentage is a decimal number such as 2 or 1.25.")?,
            fixed_micros: number(&form.fixed, "0").ok_or("The fixed fee is a decimal number such as 0.30.")?,
        },
        page_size,
    })
}

/// Makes the statement under the journal's lock, then tells the integrator.
async fn issued(shop: &Shop, wish: &Wish, revises: Option<&Statement>) -> HttpResponse {
    let stamp = Stamp { id: fresh_id("stmt"), memo_line_id: memo_line_id(), now: shop.clock.now(), revises };
    let made = shop.journal.decide(|book| match issue::statement(book, wish, stamp) {
        Ok(statement) => (vec![Record::Issued(Box::new(statement.clone()))], Ok(statement)),
        Err(why) => (vec![], Err(why)),
    });
    match made {
        Ok(Ok(statement)) => {
            let clear = messages::statement(&statement, shop.clock.now());
            sent(shop, &statement, &clear).await
        }
        Ok(Err(why)) => pages::list(shop, Some(&why)),
        Err(error) => failed(&error),
    }
}

/// What a bank carries unchanged: capital letters and digits.
fn memo_line_id() -> String {
    let random = random_token().to_ascii_uppercase();
    format!("STMT-{}", random.chars().filter(char::is_ascii_alphanumeric).take(12).collect::<String>())
}

async fn sent(shop: &Shop, statement: &Statement, clear: &Value) -> HttpResponse {
    let exchange = shop.post(&statement.piaid, Method::Statement, clear).await;
    match shop.journal.record(Record::StatementSent { statement: statement.id.clone(), exchange }) {
        Ok(()) => see_other(&format!("/statements/{}", statement.id)),
        Err(error) => failed(&error),
    }
}

fn find(shop: &Shop, id: &str) -> Option<StatementCase> {
    shop.journal.read(|book| book.statements.get(id).cloned())
}

/// `GET /statements/{id}`.
pub(in crate::sandbox::google) async fn show(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    match find(&shop, &id) {
        Some(case) => pages::statement(&case),
        None => not_found().await,
    }
}

/// `GET /statements/{id}/json`: all that is known of a statement, for programs.
pub(in crate::sandbox::google) async fn show_json(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    match find(&shop, &id) {
        Some(case) => HttpResponse::Ok()
            .insert_header(("cache-control", "no-store"))
            .json(json!({"case": case, "summary": case.statement.summary(), "vatMicros": case.vat_micros()})),
        None => HttpResponse::NotFound().finish(),
    }
}

/// `POST /statements/{id}/replay`: the notification again: same `requestId`, fresh timestamp, sealed anew.
pub(in crate::sandbox::google) async fn replay(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    again(&shop, &id, |_, _| {}).await
}

/// `POST /statements/{id}/changed`: the notification with the same `requestId` and one minor unit more due.
pub(in crate::sandbox::google) async fn changed(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    again(&shop, &id, |statement, clear| {
        let altered = statement.total_due_micros.saturating_add(statement.unit_micros());
        let path = ["remittanceStatementSummary", "totalDueByIntegrator", "amountMicros"];
        messages::set(clear, &path, json!(altered.to_string()));
    })
    .await
}

async fn again(shop: &Shop, id: &str, change: impl FnOnce(&Statement, &mut Value)) -> HttpResponse {
    let Some(case) = find(shop, id) else { return not_found().await };
    let first = case.exchanges.first().and_then(|exchange| strict::parse(exchange.sent.as_bytes()).ok());
    // Killed between the statement and its notification, the stand-in never said it.
    let mut clear = first.unwrap_or_else(|| messages::statement(&case.statement, shop.clock.now()));
    messages::refresh(&mut clear, shop.clock.now());
    change(&case.statement, &mut clear);
    sent(shop, &case.statement, &clear).await
}

/// `POST /statements/{id}/revise`: a right statement for the same billing period, under an id of its own.
pub(in crate::sandbox::google) async fn revise(shop: web::Data<Shop>, id: web::Path<String>) -> HttpResponse {
    let Some(case) = find(&shop, &id) else { return not_found().await };
    let revised = &case.statement;
    let wish = Wish {
        piaid: revised.piaid.clone(),
        currency: Currency::parse(&revised.currency).ok(),
        kind: Kind::Correct,
        fees: revised.fees,
        page_size: revised.page_size,
    };
    issued(&shop, &wish, Some(revised)).await
}

/// What the bank is to book.
#[derive(Debug, Deserialize)]
pub(in crate::sandbox::google) struct BookedQuery {
    /// Decimal, in major units, paid to Google. Absent: what is due.
    amount: Option<String>,
}

/// `GET /statements/{id}/camt053.xml`: the transfer as the integrator's bank would book it.
pub(in crate::sandbox::google) async fn booked(
    shop: web::Data<Shop>,
    id: web::Path<String>,
    query: web::Query<BookedQuery>,
) -> HttpResponse {
    let Some(case) = find(&shop, &id) else { return not_found().await };
    let statement = &case.statement;
    let amount = query.amount.as_deref().map_or(Some(statement.total_due_micros), micros);
    let Some(micros) = amount else {
        let why = "The amount is a decimal number such as 120.00.";
        return super::super::pages::notice(StatusCode::BAD_REQUEST, "Cannot be booked", why);
    };
    let file = format!("attachment; filename=\"camt053-{}.xml\"", statement.memo_line_id);
    HttpResponse::Ok()
        .content_type("application/xml; charset=utf-8")
        .insert_header(("content-disposition", file))
        .insert_header(("cache-control", "no-store"))
        .body(Booked { statement, micros, at: shop.clock.now() }.xml())
}
