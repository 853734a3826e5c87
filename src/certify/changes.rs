//! The steps that change bookings (google-booking-server section 10.3, steps 7 and 8, and section 10.4).

use serde_json::{Value, json};

use super::feed::Slot;
use super::findings::{Finding, Findings};
use super::messages::{BOOKING, BOOKING_RESPONSE, difference};
use super::steps::{Booked, Trial, part};

/// Causes by which a server may refuse a second booking of one slot by one user (section 3.15).
const DUPLICATE: &[&str] =
    &["OVERLAPPING_RESERVATION", "SLOT_ALREADY_BOOKED_BY_USER", "SLOT_UNAVAILABLE", "USER_OVER_BOOKING_LIMIT"];

/// A request that was refused as a duplicate, to be tried again.
pub(super) struct Duplicate {
    slot: Slot,
    request: Value,
}

impl Trial {
    /// Idempotency, rules 2 and 3 (section 5.1): another token asks for another booking, which is made or refused; the
    /// earlier one is never the answer.
    pub(super) async fn duplicate(&self, booked: &[Booked], findings: &mut Findings<'_>) -> Option<Duplicate> {
        let Some(first) = booked.first() else {
            findings.skipped("Duplicates", "there is no booking");
            return None;
        };
        let request = self.booking_request(&first.slot);
        let finding = |what: String| Finding::of("CreateBooking", &first.slot, format!("with another token: {what}"));
        let answer = match self.server.call("CreateBooking", &request, &BOOKING_RESPONSE).await {
            Ok(answer) => answer,
            Err(why) => {
                findings.whole("Duplicates", &[finding(why)]);
                return None;
            }
        };
        let cause = part(&answer, "/booking_failure/cause").as_str();
        let id = part(&answer, "/booking/booking_id").as_str();
        let wrong = match (cause, id) {
            (Some(cause), None) if DUPLICATE.contains(&cause) => None,
            (Some(cause), _) => Some(finding(format!("the cause is {cause}"))),
            (None, Some(id)) if booked.iter().any(|one| one.id == id) => {
                Some(finding(format!("the answer is the earlier booking {id}")))
            }
            (None, Some(id)) => {
                let made = Booked { id: id.to_owned(), ..first.clone() };
                self.cancel(&made).await.map(|why| Finding::of("UpdateBooking", &made.slot, why))
            }
            (None, None) => Some(finding("neither booking nor booking_failure".to_owned())),
        };
        let refused = wrong.is_none() && cause.is_some();
        findings.whole("Duplicates", wrong.as_slice());
        refused.then(|| Duplicate { slot: first.slot.clone(), request })
    }

    /// Step 8.
    pub(super) async fn cancel_all(&self, booked: &[Booked], findings: &mut Findings<'_>) {
        let mut errors = Vec::new();
        for (at, one) in booked.iter().enumerate() {
            let mut wrong = self.cancel(one).await;
            if wrong.is_none() {
                wrong = self.stands(&one.id, "CANCELED").await.map(|why| format!("GetBookingStatus afterwards: {why}"));
            }
            // Section 5.2: the same change twice is harmless.
            if wrong.is_none() && at == 0 {
                wrong = self.cancel_again(one).await.map(|why| format!("the same again: {why}"));
            }
            errors.extend(wrong.map(|why| Finding::of("UpdateBooking", &one.slot, why)));
        }
        findings.counted("CancelBooking", booked.len(), &errors);
    }

    /// Cancels a booking; what is wrong with the answer.
    pub(super) async fn cancel(&self, booked: &Booked) -> Option<String> {
        let request = json!({"booking": {"booking_id": booked.id, "status": "CANCELED"}});
        match self.server.call("UpdateBooking", &request, &BOOKING_RESPONSE).await {
            Ok(answer) => updated(&answer, &json!({"booking_id": booked.id, "status": "CANCELED"})),
            Err(why) => Some(why),
        }
    }

    async fn cancel_again(&self, booked: &Booked) -> Option<String> {
        let request = json!({"booking": {"booking_id": booked.id, "status": "CANCELED"}});
        match self.server.call("UpdateBooking", &request, &BOOKING_RESPONSE).await {
            Ok(answer) if part(&answer, "/booking_failure/cause") == "BOOKING_ALREADY_CANCELLED" => None,
            Ok(answer) => updated(&answer, &json!({"booking_id": booked.id, "status": "CANCELED"})),
            Err(why) => Some(why),
        }
    }

    /// Idempotency, rule 4 (section 5.1): a failure is not sticky. What was refused while the user held the slot is tried
    /// again by the same request, now that nobody holds it.
    pub(super) async fn retry(&self, duplicate: Option<Duplicate>, findings: &mut Findings<'_>) {
        let Some(Duplicate { slot, request }) = duplicate else {
            findings.skipped("Retry", "no request was refused before");
            return;
        };
        let finding = |what: String| Finding::of("CreateBooking", &slot, format!("after it had failed: {what}"));
        let judged = match self.server.call("CreateBooking", &request, &BOOKING_RESPONSE).await {
            Ok(answer) => self.judge_booking(&slot, &request, &answer),
            Err(why) => Err((why, None)),
        };
        let (wrong, made) = match judged {
            Ok(made) => (None, Some(made)),
            Err((why, made)) => (Some(finding(why)), made),
        };
        let mut errors: Vec<_> = wrong.into_iter().collect();
        if let Some(made) = made {
            errors.extend(self.cancel(&made).await.map(|why| Finding::of("UpdateBooking", &slot, why)));
        }
        findings.whole("Retry", &errors);
    }

    /// Step 7. Done last, because it may need the slots that the other steps booked.
    pub(super) async fn reschedule(&self, slots: &[Slot], findings: &mut Findings<'_>) {
        let pair = slots.iter().enumerate().find_map(|(at, from)| {
            let later = slots.get(at + 1..).unwrap_or_default();
            let to = later.iter().find(|to| from.is_of_the_same_service(to) && from != *to)?;
            Some((from, to))
        });
        let Some((from, to)) = pair else {
            findings.skipped("Rescheduling", "the feeds have no two slots of one service");
            return;
        };
        let mut errors = Vec::new();
        let request = self.booking_request(from);
        match self.server.call("CreateBooking", &request, &BOOKING_RESPONSE).await {
            Ok(answer) => match self.judge_booking(from, &request, &answer) {
                Ok(made) => errors.extend(self.move_and_cancel(&made, to).await),
                Err((why, made)) => {
                    errors.push(Finding::of("CreateBooking", from, why));
                    if let Some(made) = made {
                        self.cancel(&made).await;
                    }
                }
            },
            Err(why) => errors.push(Finding::of("CreateBooking", from, why)),
        }
        findings.whole("Rescheduling", &errors);
    }

    async fn move_and_cancel(&self, made: &Booked, to: &Slot) -> Vec<Finding> {
        let request = json!({"booking": {"booking_id": made.id, "slot": to.message()}});
        let expected = json!({"booking_id": made.id, "status": made.status, "slot": to.message()});
        let mut errors = Vec::new();
        // Section 5.2: the same change twice is harmless.
        for attempt in ["", "the same again: "] {
            let wrong = match self.server.call("UpdateBooking", &request, &BOOKING_RESPONSE).await {
                Ok(answer) => updated(&answer, &expected),
                Err(why) => Some(why),
            };
            if let Some(why) = wrong {
                errors.push(Finding::of("UpdateBooking", to, format!("{attempt}{why}")));
                break;
            }
        }
        if errors.is_empty() {
            let wrong = self.stands(&made.id, made.status).await;
            errors.extend(wrong.map(|why| Finding::of("GetBookingStatus", to, why)));
        }
        errors.extend(self.cancel(made).await.map(|why| Finding::of("UpdateBooking", to, why)));
        errors
    }
}

/// What is wrong with an UpdateBooking answer whose booking must have the members of `expected`.
fn updated(answer: &Value, expected: &Value) -> Option<String> {
    let failure = part(answer, "/booking_failure");
    if !failure.is_null() {
        return Some(format!("booking_failure: {}", part(failure, "/cause")));
    }
    let expected = match BOOKING.read(expected) {
        Ok(expected) => expected,
        Err(why) => return Some(why),
    };
    let members = expected.as_object()?;
    members.iter().find_map(|(name, value)| difference(name, part(answer, &format!("/booking/{name}")), value))
}
