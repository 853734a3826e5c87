//! remittanceStatementDetails, acceptRemittanceStatement and acceptRemittanceStatementWithModifications (API sections 6.5
//! to 6.7).

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::super::Shop;
use super::super::book::{Accepted, Book, Misbehaviour, Record};
use super::super::exchange::Hosted;
use super::super::messages::{text, union_key};
use super::super::statements::{Acceptance, Call, MOST_EVENTS, StatementCase};
use super::{Asked, Before, Refusal, VIOLATION, Verdict, answer};

/// A ratio of one: all fees are VAT.
const WHOLE_MICROS: i64 = 1_000_000;
/// `FeeToVATModification` (API section 6.6).
const FEE_TO_VAT: &str = "feeToVatModification";
/// What an accept may bring beside header and statement.
const MODIFICATIONS: [&str; 3] =
    [FEE_TO_VAT, "settlementExchangeRateModification", "feeToVatAndSettlementExchangeRateModification"];

/// `POST /gsp/redirect-fop-v1/remittanceStatementDetails/{piaid}`.
pub(crate) async fn details(shop: web::Data<Shop>, piaid: web::Path<String>, body: web::Bytes) -> HttpResponse {
    answer(&shop, (&piaid, &body), |asked, book| judge(asked, book, Hosted::Details))
}

/// `POST /gsp/redirect-fop-v1/acceptRemittanceStatement/{piaid}`.
pub(crate) async fn accept(shop: web::Data<Shop>, piaid: web::Path<String>, body: web::Bytes) -> HttpResponse {
    answer(&shop, (&piaid, &body), |asked, book| judge(asked, book, Hosted::Accept))
}

/// `POST /gsp/redirect-fop-v1/acceptRemittanceStatementWithModifications/{piaid}`.
pub(crate) async fn accept_with_modifications(
    shop: web::Data<Shop>,
    piaid: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    answer(&shop, (&piaid, &body), |asked, book| judge(asked, book, Hosted::AcceptWithModifications))
}

/// A request whose fields are as they should be.
enum Wish {
    Details { offset: usize, count: usize },
    Accept { vat_to_fee_ratio_micros: Option<i64> },
}

/// What is written and answered when nothing fails on purpose.
struct Taken {
    answer: Value,
    accepted: Option<Accepted>,
    acceptance: Option<Acceptance>,
    problem: Option<&'static str>,
}

fn judge(asked: &Asked<'_>, book: &Book, method: Hosted) -> (Vec<Record>, Verdict) {
    let Some(id) = text(asked.request, "/statementId") else {
        let refusal = Refusal::new(400, "missingRequiredField", "statementId is required");
        return (vec![], Verdict::Refused(refusal));
    };
    let known = book.statements.get(id).filter(|case| case.statement.piaid == asked.account.piaid);
    let misbehaviour = known.and_then(|_| book.misbehaviour(id));
    let mut records: Vec<Record> =
        misbehaviour.iter().map(|(whose, _)| Record::Misbehaved { order: whose.clone() }).collect();
    let how = misbehaviour.map(|(_, how)| how);
    let asked_for = |taken: Taken, status: u16| Record::StatementAsked {
        statement: id.to_owned(),
        call: Call {
            method,
            at_ms: asked.now.as_millis(),
            request_id: asked.request_id().to_owned(),
            clear: asked.clear.to_owned(),
            status,
            problem: taken.problem.map(str::to_owned),
        },
        accepted: taken.accepted,
        acceptance: taken.acceptance,
    };
    let nothing = |why| Taken { answer: Value::Null, accepted: None, acceptance: None, problem: Some(why) };
    if let Some(how @ (Misbehaviour::Unavailable | Misbehaviour::Plain | Misbehaviour::Empty)) = how {
        records.push(asked_for(nothing("answered with a failure on purpose"), how.status()));
        return (records, Verdict::Misbehave(how));
    }
    let verdict = match take(asked, (book, known), method) {
        Ok(mut taken) => {
            let verdict = how.map_or_else(|| Verdict::Answer(taken.answer.take()), Verdict::Misbehave);
            records.push(asked_for(taken, how.map_or(200, Misbehaviour::status)));
            verdict
        }
        Err(refusal) => {
            if known.is_some() {
                records.push(asked_for(nothing(refusal.why), refusal.status));
            }
            Verdict::Refused(refusal)
        }
    };
    (records, verdict)
}

fn take(asked: &Asked<'_>, (book, known): (&Book, Option<&StatementCase>), method: Hosted) -> Result<Taken, Refusal> {
    let wish = wish(asked.request, method)?;
    let (accepted, problem) = match asked.before(book, method) {
        Before::New(accepted) => (Some(accepted), None),
        Before::Repeated => (None, Some("a repeated request, answered as before")),
        Before::Violated => return Err(VIOLATION),
    };
    let case = known.ok_or(Refusal::new(404, "invalidIdentifier", "statementId is not known"))?;
    match wish {
        // A statement never changes, so a repeated request finds the same page.
        Wish::Details { offset, count } => {
            let page = case.statement.page(offset, count);
            let behind = Refusal::new(400, "invalidFieldValue", "eventOffset lies behind the last event");
            Ok(Taken { answer: page.ok_or(behind)?, accepted, acceptance: None, problem })
        }
        Wish::Accept { vat_to_fee_ratio_micros } => {
            let same = |first: &Acceptance| first.vat_to_fee_ratio_micros == vat_to_fee_ratio_micros;
            if !case.acceptance.as_ref().is_none_or(same) {
                let why = "the statement was accepted before, with other terms";
                return Err(Refusal::new(400, "preconditionViolation", why));
            }
            let acceptance = accepted.as_ref().map(|accepted| Acceptance {
                request_id: accepted.request_id.clone(),
                at_ms: asked.now.as_millis(),
                vat_to_fee_ratio_micros,
            });
            Ok(Taken { answer: json!({"result": {"success": {}}}), accepted, acceptance, problem })
        }
    }
}

fn wish(request: &Value, method: Hosted) -> Result<Wish, Refusal> {
    match method {
        Hosted::Details => {
            let number = |name: &str, wrong: Refusal| match request.get(name) {
                None => Ok(None),
                Some(value) => value.as_u64().and_then(|number| usize::try_from(number).ok()).map(Some).ok_or(wrong),
            };
            let wrong = Refusal::new(400, "invalidFieldValue", "numberOfEvents must be a number from 1 to 1000");
            let count = number("numberOfEvents", wrong)?.unwrap_or(MOST_EVENTS);
            if !(1..=MOST_EVENTS).contains(&count) {
                return Err(wrong);
            }
            let wrong = Refusal::new(400, "invalidFieldValue", "eventOffset must be a number from 0");
            Ok(Wish::Details { offset: number("eventOffset", wrong)?.unwrap_or(0), count })
        }
        Hosted::AcceptWithModifications => modification(request),
        Hosted::PaymentComplete | Hosted::RefundResult | Hosted::Accept => {
            if MODIFICATIONS.iter().any(|name| request.get(name).is_some()) {
                let why = "acceptRemittanceStatement takes no modification";
                return Err(Refusal::new(400, "invalidFieldValue", why));
            }
            Ok(Wish::Accept { vat_to_fee_ratio_micros: None })
        }
    }
}

fn modification(request: &Value) -> Result<Wish, Refusal> {
    let mut present = MODIFICATIONS.iter().filter(|name| request.get(name).is_some());
    match (present.next(), present.next()) {
        (Some(&FEE_TO_VAT), None) => {}
        (None, _) => return Err(Refusal::new(400, "missingRequiredField", "a modification is required")),
        (Some(_), Some(_)) => return Err(Refusal::new(400, "invalidFieldValue", "one modification only")),
        (Some(_), None) => {
            let why = "the sandbox knows no exchange rates: feeToVatModification only";
            return Err(Refusal::new(400, "invalidFieldValue", why));
        }
    }
    let members = request.get(FEE_TO_VAT).unwrap_or(&Value::Null);
    if union_key(members) != Some("vatToFeeRatioInMicros") {
        return Err(Refusal::new(400, "missingRequiredField", "vatToFeeRatioInMicros is required"));
    }
    // 64-bit integers are decimal strings (API section 3).
    let ratio = text(members, "/vatToFeeRatioInMicros").and_then(|digits| digits.parse::<i64>().ok());
    let ratio = ratio.filter(|ratio| (0..=WHOLE_MICROS).contains(ratio));
    let wrong = Refusal::new(400, "invalidFieldValue", "vatToFeeRatioInMicros must be a string from 0 to 1000000");
    Ok(Wish::Accept { vat_to_fee_ratio_micros: Some(ratio.ok_or(wrong)?) })
}
