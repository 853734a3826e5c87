//! redirectPaymentCompleteNotification: channel C2 (API section 6.3).

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::super::Shop;
use super::super::book::{Arrival, Book, Case, Misbehaviour, Record};
use super::super::channels::Word;
use super::super::exchange::Hosted;
use super::super::messages::text;
use super::{Asked, Before, Refusal, VIOLATION, Verdict, answer};

/// `POST /gsp/redirect-fop-v1/redirectPaymentCompleteNotification/{piaid}`: channel C2.
pub(crate) async fn payment_complete(
    shop: web::Data<Shop>,
    piaid: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    answer(&shop, (&piaid, &body), |asked, book| {
        let Some(order) = text(asked.request, "/redirectRequestId") else {
            let refusal = Refusal::new(400, "missingRequiredField", "redirectRequestId is required");
            return (vec![], Verdict::Refused(refusal));
        };
        Notification { order, asked }.judge(book)
    })
}

struct Notification<'a> {
    order: &'a str,
    asked: &'a Asked<'a>,
}

impl Notification<'_> {
    fn judge(&self, book: &Book) -> (Vec<Record>, Verdict) {
        let known = book.cases.get(self.order).filter(|case| case.order.piaid == self.asked.account.piaid);
        let Some(case) = known else {
            let refusal = Refusal::new(404, "invalidIdentifier", "redirectRequestId is not known");
            return (vec![], Verdict::Refused(refusal));
        };
        let misbehaviour = book.misbehaviour(self.order);
        let mut records: Vec<Record> =
            misbehaviour.iter().map(|(whose, _)| Record::Misbehaved { order: whose.clone() }).collect();
        let verdict = match misbehaviour.map(|(_, how)| how) {
            Some(how @ (Misbehaviour::Unavailable | Misbehaviour::Plain | Misbehaviour::Empty)) => {
                records.push(self.refused(how.status(), "answered with a failure on purpose"));
                Verdict::Misbehave(how)
            }
            lost @ (Some(Misbehaviour::Lost) | None) => {
                let (record, verdict) = self.take(book, case, lost);
                records.push(record);
                verdict
            }
        };
        (records, verdict)
    }

    fn take(&self, book: &Book, case: &Case, lost: Option<Misbehaviour>) -> (Record, Verdict) {
        let good = || lost.map_or_else(|| Verdict::Answer(json!({"result": {"accepted": {}}})), Verdict::Misbehave);
        let status = lost.map_or(200, Misbehaviour::status);
        let refuse = |refusal: Refusal| (self.refused(refusal.status, refusal.why), Verdict::Refused(refusal));
        let accepted = match self.asked.before(book, Hosted::PaymentComplete) {
            Before::New(accepted) => accepted,
            Before::Repeated => {
                return (self.refused(status, "a repeated notification, answered as before"), good());
            }
            Before::Violated => return refuse(VIOLATION),
        };
        let word = match Word::read(self.asked.request) {
            Ok(word) if word.is_final() => word,
            Ok(_) => return refuse(Refusal::new(400, "invalidFieldValue", "result must be final in a notification")),
            Err(_) => {
                let why = "result and formOfPayment must each hold exactly one member";
                return refuse(Refusal::new(400, "missingRequiredField", why));
            }
        };
        if case.notified().iter().any(|before| **before != word) {
            return refuse(Refusal::new(400, "preconditionViolation", "another outcome was notified before"));
        }
        let record = Record::Notified {
            order: self.order.to_owned(),
            arrival: Arrival { word: Some(word), ..self.arrival(status, None) },
            accepted: Some(accepted),
        };
        (record, good())
    }

    /// An arrival that does not count, with the reason.
    fn refused(&self, status: u16, why: &str) -> Record {
        Record::Notified { order: self.order.to_owned(), arrival: self.arrival(status, Some(why)), accepted: None }
    }

    fn arrival(&self, status: u16, problem: Option<&str>) -> Arrival {
        Arrival {
            at_ms: self.asked.now.as_millis(),
            request_id: Some(self.asked.request_id().to_owned()),
            clear: self.asked.clear.to_owned(),
            word: None,
            problem: problem.map(str::to_owned),
            status: Some(status),
        }
    }
}
