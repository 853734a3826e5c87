//! refundResultNotification (API section 6.4): the first result of a refund stands.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::super::Shop;
use super::super::book::{Accepted, Arrival, Book, Case, Misbehaviour, Record};
use super::super::exchange::Hosted;
use super::super::messages::text;
use super::super::refund::{Refund, RefundWord};
use super::{Asked, Before, Refusal, VIOLATION, Verdict, answer};

/// `POST /gsp/redirect-fop-v1/refundResultNotification/{piaid}`.
pub(crate) async fn refund_result(shop: web::Data<Shop>, piaid: web::Path<String>, body: web::Bytes) -> HttpResponse {
    answer(&shop, (&piaid, &body), judge)
}

/// What came of a notification that was not failed on purpose.
enum Taken {
    Good(RefundWord, Accepted),
    Repeated,
    Refused(Refusal),
}

fn judge(asked: &Asked<'_>, book: &Book) -> (Vec<Record>, Verdict) {
    let Some(id) = text(asked.request, "/refundRequestId") else {
        let refusal = Refusal::new(400, "missingRequiredField", "refundRequestId is required");
        return (vec![], Verdict::Refused(refusal));
    };
    let known = book.refund(id).filter(|(case, _)| case.order.piaid == asked.account.piaid);
    let misbehaviour = known.and_then(|(case, _): (&Case, &Refund)| book.misbehaviour(&case.order.id));
    let mut records: Vec<Record> =
        misbehaviour.iter().map(|(whose, _)| Record::Misbehaved { order: whose.clone() }).collect();
    let how = misbehaviour.map(|(_, how)| how);
    if let Some(how @ (Misbehaviour::Unavailable | Misbehaviour::Plain | Misbehaviour::Empty)) = how {
        records.push(arrived(asked, id, (how.status(), Some("answered with a failure on purpose"))));
        return (records, Verdict::Misbehave(how));
    }
    // What is left is the answer that gets lost, or none: the request is processed either way.
    let good = || how.map_or_else(|| Verdict::Answer(json!({"result": {"accepted": {}}})), Verdict::Misbehave);
    let status = how.map_or(200, Misbehaviour::status);
    let verdict = match take(asked, book, known.map(|(_, refund)| refund)) {
        Taken::Good(word, accepted) => {
            let arrival = Arrival { word: Some(word), ..arrival(asked, (status, None)) };
            records.push(Record::RefundResult { refund: id.to_owned(), arrival, accepted: Some(accepted) });
            good()
        }
        Taken::Repeated => {
            records.push(arrived(asked, id, (status, Some("a repeated notification, answered as before"))));
            good()
        }
        Taken::Refused(refusal) => {
            if known.is_some() {
                records.push(arrived(asked, id, (refusal.status, Some(refusal.why))));
            }
            Verdict::Refused(refusal)
        }
    };
    (records, verdict)
}

fn take(asked: &Asked<'_>, book: &Book, known: Option<&Refund>) -> Taken {
    let word = match RefundWord::read(asked.request) {
        Ok(word) => word,
        Err(refusal) => return Taken::Refused(refusal),
    };
    let accepted = match asked.before(book, Hosted::RefundResult) {
        Before::New(accepted) => accepted,
        Before::Repeated => return Taken::Repeated,
        Before::Violated => return Taken::Refused(VIOLATION),
    };
    let Some(refund) = known else {
        return Taken::Refused(Refusal::new(404, "invalidIdentifier", "refundRequestId is not known"));
    };
    match refund.word() {
        Some(first) if *first != word => {
            Taken::Refused(Refusal::new(400, "preconditionViolation", "another result of this refund was told before"))
        }
        Some(_) | None => Taken::Good(word, accepted),
    }
}

/// An arrival that does not count, with the reason.
fn arrived(asked: &Asked<'_>, refund: &str, fate: (u16, Option<&str>)) -> Record {
    Record::RefundResult { refund: refund.to_owned(), arrival: arrival(asked, fate), accepted: None }
}

fn arrival(asked: &Asked<'_>, (status, problem): (u16, Option<&str>)) -> Arrival<RefundWord> {
    Arrival {
        at_ms: asked.now.as_millis(),
        request_id: Some(asked.request_id().to_owned()),
        clear: asked.clear.to_owned(),
        word: None,
        problem: problem.map(str::to_owned),
        status: Some(status),
    }
}
