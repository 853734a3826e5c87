//! Remittance, both directions: the notification that a statement exists (API section 5.5), its details and its acceptance
//! (API sections 6.5 to 6.7). What the specification marks UNCONFIRMED is read tolerantly: a row that cannot be read keeps
//! its place, and says so.

use serde_json::{Map, Value, json};

use super::client::{CallFailed, GoogleClient, acknowledged, header};
use super::error::Refusal;
use super::read::Object;
use super::unseal::Accounts;
use crate::domain::remittance::{Modification, Page, PageProblem, StatedEvent};
use crate::domain::{Currency, Money, Piaid, RemittableKind, RequestId, Timestamp};

/// The most events of one page, and the default (API section 6.7).
const EVENTS_AT_ONCE: u64 = 1_000;
/// A page with more is none: ten times what was asked for.
const MOST_EVENTS: usize = 10_000;
/// Somebody else's text in a row is kept up to so many characters.
const LONGEST_TEXT: usize = 255;
/// What we do not know of a row is kept up to so many characters.
const LONGEST_NOTE: usize = 2_000;

/// RemittanceStatementSummary. Whether its members are required is not readable: all but the total are optional.
#[derive(Debug, Clone)]
pub struct StatementSummary {
    /// `statementDate`
    pub statement_date: Option<Timestamp>,
    /// `billingPeriod`
    pub period: (Option<Timestamp>, Option<Timestamp>),
    /// `dateDue`
    pub due: Option<Timestamp>,
    /// `totalDueByIntegrator`
    pub total: Money,
    /// `totalFeesAmount`
    pub total_fees: Option<Money>,
    /// `totalEvents`
    pub total_events: Option<u64>,
    /// `remittanceInstructions.memoLineId`
    pub memo_line: Option<String>,
}

/// `remittanceStatementNotification`
pub(super) fn read_summary(root: &Object<'_>) -> Result<StatementSummary, Refusal> {
    root.require(&["remittanceStatementSummary"])?;
    let summary = root.object("remittanceStatementSummary")?;
    summary.require(&["totalDueByIntegrator"])?;
    let total = summary.amount("totalDueByIntegrator")?;
    let time = |object: &Object<'_>, field: &str| {
        if object.has(field) { object.timestamp(field).map(Some) } else { Ok(None) }
    };
    let period = if summary.has("billingPeriod") {
        let period = summary.object("billingPeriod")?;
        (time(&period, "startDate")?, time(&period, "endDate")?)
    } else {
        (None, None)
    };
    if let (Some(start), Some(end)) = period
        && end < start
    {
        return Err(Refusal::invalid(
            "remittanceStatementSummary.billingPeriod",
            "an endDate that is not before startDate",
        ));
    }
    let total_fees = if summary.has("totalFeesAmount") { Some(summary.amount("totalFeesAmount")?) } else { None };
    if total_fees.is_some_and(|fees| fees.currency() != total.currency()) {
        let field = "remittanceStatementSummary.totalFeesAmount.currencyCode";
        return Err(Refusal::invalid(field, "the currency of totalDueByIntegrator"));
    }
    let total_events = if summary.has("totalEvents") {
        let events = summary.int64("totalEvents")?;
        let negative = || Refusal::invalid("remittanceStatementSummary.totalEvents", "zero or more");
        Some(u64::try_from(events).map_err(|_| negative())?)
    } else {
        None
    };
    Ok(StatementSummary {
        statement_date: time(&summary, "statementDate")?,
        period,
        due: time(&summary, "dateDue")?,
        total,
        total_fees,
        total_events,
        memo_line: memo_line(&summary)?,
    })
}

fn memo_line(summary: &Object<'_>) -> Result<Option<String>, Refusal> {
    if !summary.has("remittanceInstructions") {
        return Ok(None);
    }
    let instructions = summary.object("remittanceInstructions")?;
    // proto3 JSON does not tell an empty string from an unset one.
    let Ok(text) = instructions.text("memoLineId") else { return Ok(None) };
    if text.chars().count() > LONGEST_TEXT || text.chars().any(char::is_control) {
        let field = "remittanceStatementSummary.remittanceInstructions.memoLineId";
        return Err(Refusal::invalid(field, "at most 255 characters, no control characters"));
    }
    Ok(Some(text.to_owned()))
}

/// Which statement a call is about.
#[derive(Debug, Clone, Copy)]
pub struct StatementCall<'a> {
    /// The stable id of this call.
    pub request_id: &'a str,
    /// The account.
    pub piaid: &'a Piaid,
    /// `statementId`
    pub statement_id: &'a RequestId,
}

impl GoogleClient {
    /// `remittanceStatementDetails` (API section 6.7): the page at `offset`, or the first. The first page is asked for
    /// without an offset, because where counting begins is UNCONFIRMED.
    pub async fn statement_details(
        &self,
        accounts: &Accounts,
        call: StatementCall<'_>,
        offset: Option<u64>,
        now: Timestamp,
    ) -> Result<Result<Page, PageProblem>, CallFailed> {
        let (method, body) = call.details(offset, now);
        match self.call(accounts, (method, call.piaid), &body, now).await {
            Ok(answer) => Ok(read_page(&answer, offset)),
            Err(failed) if failed.malformed => Ok(Err(PageProblem::Unreadable)),
            Err(failed) => Err(failed),
        }
    }

    /// `acceptRemittanceStatement`, or with modifications (API sections 6.5 and 6.6). Answers
    /// `modifiedTotalDueByIntegrator`, if there is one. Every attempt has the same request id, so one that was accepted before
    /// is answered like the first (flows-security section 5.5).
    pub async fn accept_statement(
        &self,
        accounts: &Accounts,
        call: StatementCall<'_>,
        modification: &Modification,
        now: Timestamp,
    ) -> Result<Option<Money>, CallFailed> {
        let (method, body) = call.acceptance(modification, now)?;
        let answer = self.call(accounts, (method, call.piaid), &body, now).await?;
        acknowledged(&answer)?;
        Ok(modified_total(&answer))
    }
}

impl StatementCall<'_> {
    /// The method and, in the clear, the message that asks for the page at `offset`, or the first.
    pub fn details(&self, offset: Option<u64>, now: Timestamp) -> (&'static str, Value) {
        let mut body = json!({
            "requestHeader": header(self.request_id, self.piaid, now),
            "statementId": self.statement_id.as_str(),
            "numberOfEvents": EVENTS_AT_ONCE,
        });
        if let (Some(offset), Some(members)) = (offset, body.as_object_mut()) {
            members.insert("eventOffset".to_owned(), json!(offset));
        }
        ("remittanceStatementDetails", body)
    }

    /// The method and, in the clear, the message that accepts.
    ///
    /// # Errors
    /// The stored modification of the exchange rate is not JSON.
    pub fn acceptance(&self, modification: &Modification, now: Timestamp) -> Result<(&'static str, Value), CallFailed> {
        let mut body = json!({
            "requestHeader": header(self.request_id, self.piaid, now),
            "statementId": self.statement_id.as_str(),
        });
        let ratio = modification.vat_to_fee_millionths;
        let rate = modification.exchange_rate.as_deref().map(serde_json::from_str::<Value>).transpose();
        let rate = rate.map_err(|_| CallFailed::answer("the exchange rate modification is not JSON"))?;
        let vat = ratio.map(|ratio| json!({"vatToFeeRatioInMicros": ratio.to_string()}));
        let member = match (vat, rate) {
            (None, None) => None,
            (Some(vat), None) => Some(("feeToVatModification", vat)),
            (None, Some(rate)) => Some(("settlementExchangeRateModification", rate)),
            (Some(vat), Some(rate)) => Some((
                "feeToVatAndSettlementExchangeRateModification",
                json!({"feeToVatModification": vat, "settlementExchangeRateModification": rate}),
            )),
        };
        let method =
            if member.is_some() { "acceptRemittanceStatementWithModifications" } else { "acceptRemittanceStatement" };
        if let (Some((name, value)), Some(members)) = (member, body.as_object_mut()) {
            members.insert(name.to_owned(), value);
        }
        Ok((method, body))
    }
}

/// Its place is UNCONFIRMED: at the top or inside `success` (API section 6.6).
fn modified_total(answer: &Value) -> Option<Money> {
    let name = "modifiedTotalDueByIntegrator";
    let places = [answer.get(name), answer.pointer("/result/success").and_then(|success| success.get(name))];
    places.into_iter().flatten().find_map(|value| amount(value).ok())
}

fn read_page(answer: &Value, offset: Option<u64>) -> Result<Page, PageProblem> {
    let integer = |value: &Value| match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let read = |value: Option<&Value>| match value.filter(|value| !value.is_null()) {
        Some(value) => integer(value).map(Some).ok_or(PageProblem::Unreadable),
        None => Ok(None),
    };
    let next_offset = read(answer.get("nextEventOffset"))?;
    if let Some(next) = next_offset
        && next <= offset.unwrap_or(0)
    {
        return Err(PageProblem::DoesNotGoOn);
    }
    let in_summary = answer.pointer("/remittanceStatementSummary/totalEvents");
    let total_events = read(answer.get("totalEvents").or(in_summary))?;
    let lists = ["captureEvents", "refundEvents"].into_iter().filter_map(|list| answer.get(list)?.as_array());
    if lists.map(Vec::len).sum::<usize>() > MOST_EVENTS {
        return Err(PageProblem::Unreadable);
    }
    let mut events = Vec::new();
    for (list, kind) in [("captureEvents", RemittableKind::Capture), ("refundEvents", RemittableKind::Refund)] {
        match answer.get(list) {
            Some(Value::Array(rows)) => events.extend(rows.iter().map(|row| stated_event(kind, row))),
            Some(Value::Null) | None => {}
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                return Err(PageProblem::Unreadable);
            }
        }
    }
    if events.is_empty() && next_offset.is_some() {
        return Err(PageProblem::Empty);
    }
    Ok(Page { offset, events, next_offset, total_events })
}

/// The members of an event that we read.
const KNOWN: [&str; 6] = ["eventRequestId", "paymentIntegratorEventId", "eventAmount", "amount", "feeAmount", "fees"];

/// One event; whatever is wrong with it is said in its note.
fn stated_event(kind: RemittableKind, row: &Value) -> StatedEvent {
    let nothing = Map::new();
    let members = row.as_object().unwrap_or(&nothing);
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(|text| cut(text, LONGEST_TEXT));
    let mut notes = Vec::new();
    let mut read = |names: [&str; 2]| {
        let given: Vec<&Value> = names.iter().filter_map(|name| members.get(*name)).filter(|v| !v.is_null()).collect();
        let mut amounts = given.iter().map(|value| amount(value));
        match (amounts.next(), amounts.next()) {
            (None, _) => None,
            (Some(Ok(one)), None) => Some(one),
            (Some(Ok(one)), Some(Ok(other))) if one == other => Some(one),
            (Some(Err(why)), _) | (_, Some(Err(why))) => {
                notes.push(format!("{}: {why}", names[0]));
                None
            }
            (Some(Ok(_)), Some(Ok(_))) => {
                notes.push(format!("{} and {} differ", names[0], names[1]));
                None
            }
        }
    };
    let stated = read(["eventAmount", "amount"]);
    let fee = read(["feeAmount", "fees"]);
    if fee.zip(stated).is_some_and(|(fee, stated)| stated.currency() != fee.currency()) {
        notes.push("feeAmount is in another currency".to_owned());
    }
    // An event whose fee cannot be read cannot be added up, whatever its amount.
    let stated = stated.filter(|_| notes.is_empty());
    let unknown: Map<String, Value> = members
        .iter()
        .filter(|(name, _)| !KNOWN.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    if !unknown.is_empty() {
        notes.push(Value::Object(unknown).to_string());
    }
    let amount_micros = stated.map(|stated| match kind {
        RemittableKind::Capture => stated.micros(),
        // A refund is what we are owed back, however it was written.
        RemittableKind::Refund => stated.micros().saturating_abs().saturating_neg(),
    });
    StatedEvent {
        kind,
        request_id: text("eventRequestId").unwrap_or_default(),
        our_id: text("paymentIntegratorEventId").filter(|id| !id.is_empty()),
        currency: stated.map(|stated| stated.currency()),
        amount_micros,
        fee_micros: fee.map(|fee| fee.micros()),
        note: (!notes.is_empty()).then(|| cut(&notes.join("; "), LONGEST_NOTE)),
    }
}

/// Neither database takes a NUL in every text.
fn cut(text: &str, longest: usize) -> String {
    text.chars().filter(|character| *character != '\0').take(longest).collect()
}

fn amount(value: &Value) -> Result<Money, &'static str> {
    let micros = match value.get("amountMicros") {
        Some(Value::String(text)) => text.parse::<i64>().ok(),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
    };
    // The smallest integer has no opposite.
    let micros = micros.filter(|micros| *micros != i64::MIN).ok_or("amountMicros is not a 64-bit integer")?;
    let code = value.get("currencyCode").and_then(Value::as_str).unwrap_or_default();
    let currency = Currency::parse(code).map_err(|_| "currencyCode is not an ISO 4217 code")?;
    Ok(Money::new(micros, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &Value) -> StatedEvent {
        stated_event(RemittableKind::Capture, json)
    }

    #[test]
    fn an_event_is_read_by_either_name_and_what_is_unknown_is_kept() {
        let inr = |micros: &str| json!({"amountMicros": micros, "currencyCode": "INR"});
        for (amount, fee) in [("eventAmount", "feeAmount"), ("amount", "fees")] {
            let event = row(&json!({"eventRequestId": "rq-1", amount: inr("5000000"), fee: inr("10000"), "tax": 1}));
            assert_eq!((event.amount_micros, event.fee_micros), (Some(5_000_000), Some(10_000)));
            assert_eq!(event.note.as_deref(), Some(r#"{"tax":1}"#));
        }
        let both = row(&json!({"eventRequestId": "rq-1", "amount": inr("1"), "eventAmount": inr("2")}));
        assert_eq!(both.amount_micros, None);
        let huge = row(&json!({"eventRequestId": "rq-1", "amount": inr("99999999999999999999")}));
        assert_eq!((huge.amount_micros, huge.note.is_some()), (None, true));
        assert_eq!(row(&json!("nonsense")).request_id, "");
    }

    #[test]
    fn refunds_count_against_us_however_their_sign_was_written() {
        for micros in ["7000000", "-7000000"] {
            let json = json!({"eventRequestId": "rf", "amount": {"amountMicros": micros, "currencyCode": "INR"}});
            assert_eq!(stated_event(RemittableKind::Refund, &json).amount_micros, Some(-7_000_000));
        }
    }

    #[test]
    fn a_page_that_does_not_go_on_is_refused() {
        let events = json!([{"eventRequestId": "rq-1"}]);
        let page = |next: Value| json!({"captureEvents": events, "nextEventOffset": next, "totalEvents": 5});
        assert_eq!(read_page(&page(json!(6)), Some(5)).map(|page| page.next_offset), Ok(Some(6)));
        for bad in [json!(5), json!(4), json!("x"), json!(-1)] {
            assert!(read_page(&page(bad.clone()), Some(5)).is_err(), "{bad}");
        }
        assert!(read_page(&json!({"nextEventOffset": 9}), None).is_err());
        assert_eq!(read_page(&json!({}), None).map(|page| page.events.len()), Ok(0));
    }
}
