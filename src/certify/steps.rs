//! The steps that look and book (google-booking-server section 10.3, steps 1 to 6).

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::feed::Slot;
use super::findings::{Finding, Findings};
use super::messages::{
    BATCH_AVAILABILITY_LOOKUP_RESPONSE, BOOKING, BOOKING_RESPONSE, CHECK_AVAILABILITY_RESPONSE,
    GET_BOOKING_STATUS_RESPONSE, LIST_BOOKINGS_RESPONSE, SLOT_TIME, difference,
};
use super::payments::UNPAID;
use super::server::Server;
use crate::crypto::random_bytes;

/// One run: a server and a user whom it has never seen.
pub(super) struct Trial {
    pub(super) server: Server,
    user_id: String,
}

/// A slot that is open.
pub(super) struct Open {
    pub(super) slot: Slot,
    /// `count_available`.
    count: i64,
}

/// A booking that the server made.
#[derive(Debug, Clone)]
pub(super) struct Booked {
    pub(super) slot: Slot,
    pub(super) id: String,
    /// CONFIRMED, or pending for an asynchronous slot.
    pub(super) status: &'static str,
}

/// A part of a canonical message; null where it is absent.
pub(super) fn part<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

impl Trial {
    pub(super) fn new(server: Server) -> Self {
        Self { server, user_id: format!("certify-{}", u64::from_be_bytes(random_bytes())) }
    }

    /// Step 1, and that nobody else gets an answer (section 2.2).
    pub(super) async fn health(&self, findings: &mut Findings<'_>) {
        let finding = |expected: u16, got: Result<u16, String>| match got {
            Ok(status) if status == expected => None,
            Ok(status) => Some(Finding::general("HealthCheck", format!("HTTP {status}, expected {expected}"))),
            Err(why) => Some(Finding::general("HealthCheck", why)),
        };
        let healthy = finding(200, self.server.health(true).await);
        findings.whole("HealthCheck", healthy.as_slice());
        let refused = finding(401, self.server.health(false).await);
        findings.whole("Authentication", refused.as_slice());
    }

    /// Step 3. What fails is not tried any further.
    pub(super) async fn check_availability(&self, slots: &[Slot], findings: &mut Findings<'_>) -> Vec<Open> {
        let (mut open, mut errors) = (Vec::new(), Vec::new());
        for slot in slots {
            match self.count_available(slot).await {
                Ok(count) if count > 0 => open.push(Open { slot: slot.clone(), count }),
                Ok(count) => {
                    errors.push(Finding::of("CheckAvailability", slot, format!("count_available is {count}")));
                }
                Err(why) => errors.push(Finding::of("CheckAvailability", slot, why)),
            }
        }
        findings.counted("CheckAvailability", slots.len(), &errors);
        open
    }

    pub(super) async fn count_available(&self, slot: &Slot) -> Result<i64, String> {
        let request = json!({"slot": slot.message()});
        let answer = self.server.call("CheckAvailability", &request, &CHECK_AVAILABILITY_RESPONSE).await?;
        let asked = CHECK_AVAILABILITY_RESPONSE.read(&request)?;
        match difference("slot", part(&answer, "/slot"), part(&asked, "/slot")) {
            Some(difference) => Err(difference),
            None => Ok(part(&answer, "/count_available").as_i64().unwrap_or(0)),
        }
    }

    /// Section 4.2: one answer for each entry, in their order, a repeated one included.
    pub(super) async fn batch_availability(&self, open: &[Open], findings: &mut Findings<'_>) {
        let mut merchants: BTreeMap<&str, Vec<&Slot>> = BTreeMap::new();
        for one in open {
            merchants.entry(&one.slot.merchant).or_default().push(&one.slot);
        }
        let mut errors = Vec::new();
        for (merchant, mut slots) in merchants {
            slots.extend(slots.first().copied());
            match self.lookup(merchant, &slots).await {
                Ok(answers) => errors.extend(looked_up(&slots, &answers)),
                Err(why) => errors.push(Finding::general("BatchAvailabilityLookup", why)),
            }
        }
        findings.whole("BatchAvailabilityLookup", &errors);
    }

    async fn lookup(&self, merchant: &str, slots: &[&Slot]) -> Result<Vec<Value>, String> {
        let times: Vec<_> = slots.iter().map(|slot| slot.slot_time()).collect();
        let request = json!({"merchant_id": merchant, "slot_time": times});
        let answer = self.server.call("BatchAvailabilityLookup", &request, &BATCH_AVAILABILITY_LOOKUP_RESPONSE).await?;
        let answers = part(&answer, "/slot_time_availability").as_array().cloned().unwrap_or_default();
        if answers.len() == slots.len() {
            Ok(answers)
        } else {
            Err(format!("{} answers to {} entries, one of which stands twice", answers.len(), slots.len()))
        }
    }

    /// CreateBooking for `slot`, with a token of its own.
    pub(super) fn booking_request(&self, slot: &Slot) -> Value {
        json!({
            "slot": slot.message(),
            "user_information": {
                "user_id": self.user_id, "given_name": "Cert", "family_name": "Ification",
                "telephone": "+1 415-736-0000", "email": "certification@example.com",
            },
            "payment_information": {"prepayment_status": "PREPAYMENT_NOT_PROVIDED"},
            "idempotency_token": u64::from_be_bytes(random_bytes()).to_string(),
        })
    }

    /// Step 4.
    pub(super) async fn create_bookings(&self, open: &[Open], findings: &mut Findings<'_>) -> Vec<Booked> {
        let (mut booked, mut errors) = (Vec::new(), Vec::new());
        let mut ids = HashSet::new();
        for Open { slot, .. } in open {
            let request = self.booking_request(slot);
            let finding = |what: String| Finding::of("CreateBooking", slot, what);
            let answer = match self.server.call("CreateBooking", &request, &BOOKING_RESPONSE).await {
                Ok(answer) => answer,
                Err(why) => {
                    errors.push(finding(why));
                    continue;
                }
            };
            match self.judge_booking(slot, &request, &answer) {
                Ok(one) if !ids.insert(one.id.clone()) => {
                    errors.push(finding(format!("booking_id {} is an earlier booking's", one.id)));
                }
                Ok(one) => booked.push(one),
                Err((why, made)) => {
                    errors.push(finding(why));
                    // What is booked has to be cancelled, right or wrong.
                    booked.extend(made);
                }
            }
            // Idempotency, rule 1: the same request, the same response.
            let again = self.server.call("CreateBooking", &request, &BOOKING_RESPONSE).await;
            let differs = again.map_or_else(Some, |again| difference("", &again, &answer));
            errors.extend(differs.map(|why| finding(format!("the same request again: {why}"))));
        }
        findings.counted("CreateBooking", open.len(), &errors);
        booked
    }

    /// Whether the answer books what was asked for (section 5.1). A booking that is wrong otherwise comes with the error.
    pub(super) fn judge_booking(
        &self,
        slot: &Slot,
        request: &Value,
        answer: &Value,
    ) -> Result<Booked, (String, Option<Booked>)> {
        let parts = ["/slot", "/status", "/payment_information", "/user_information/user_id"];
        self.judge_parts(slot, request, answer, &parts)
    }

    /// The same, where only these parts of the booking are as they were asked for.
    pub(super) fn judge_parts(
        &self,
        slot: &Slot,
        request: &Value,
        answer: &Value,
        parts: &[&str],
    ) -> Result<Booked, (String, Option<Booked>)> {
        let failure = part(answer, "/booking_failure");
        if !failure.is_null() {
            return Err((format!("booking_failure: {}", part(failure, "/cause")), None));
        }
        let Some(id) = part(answer, "/booking/booking_id").as_str() else {
            return Err(("booking_id is absent".to_owned(), None));
        };
        let status = if slot.is_asynchronous() { "PENDING_MERCHANT_CONFIRMATION" } else { "CONFIRMED" };
        let booked = Booked { slot: slot.clone(), id: id.to_owned(), status };
        let asked = BOOKING.read(&json!({
            "slot": request["slot"], "status": status, "payment_information": request["payment_information"],
            "user_information": {"user_id": self.user_id},
        }));
        let wrong = asked.map_or_else(Some, |asked| {
            parts.iter().find_map(|pointer| {
                let name = pointer.trim_start_matches('/').replace('/', ".");
                difference(&name, part(answer, &format!("/booking{pointer}")), part(&asked, pointer))
            })
        });
        match wrong {
            Some(why) => Err((why, Some(booked))),
            None => Ok(booked),
        }
    }

    /// Section 10.4: slots fill. What was booked is no longer open.
    pub(super) async fn spots(&self, open: &[Open], booked: &[Booked], findings: &mut Findings<'_>) {
        let mut errors = Vec::new();
        for Open { slot, count } in open.iter().filter(|one| booked.iter().any(|made| made.slot == one.slot)) {
            match self.count_available(slot).await {
                Ok(now) if now < *count => {}
                Ok(now) => errors.push(Finding::of(
                    "CheckAvailability",
                    slot,
                    format!("count_available was {count}, is {now} with a booking more"),
                )),
                Err(why) => errors.push(Finding::of("CheckAvailability", slot, why)),
            }
        }
        findings.counted("Spots", booked.len(), &errors);
    }

    /// Step 5.
    pub(super) async fn list_bookings(&self, booked: &[Booked], findings: &mut Findings<'_>) {
        let request = json!({"user_id": self.user_id});
        let errors = match self.server.call("ListBookings", &request, &LIST_BOOKINGS_RESPONSE).await {
            Ok(answer) => self.judge_list(booked, part(&answer, "/bookings").as_array().map_or(&[][..], Vec::as_slice)),
            Err(why) => vec![Finding::general("ListBookings", why)],
        };
        findings.whole("ListBookings", &errors);
    }

    fn judge_list(&self, booked: &[Booked], listed: &[Value]) -> Vec<Finding> {
        let id = |booking: &Value| part(booking, "/booking_id").as_str().unwrap_or_default().to_owned();
        let mut errors = Vec::new();
        for one in booked {
            let times = listed.iter().filter(|booking| id(booking) == one.id).count();
            if times != 1 {
                errors.push(Finding::of("ListBookings", &one.slot, format!("{} is listed {times} times", one.id)));
            }
        }
        for booking in listed {
            let user = part(booking, "/user_information/user_id").as_str();
            let stranger = user.is_some_and(|user| user != self.user_id);
            if stranger || !booked.iter().any(|one| one.id == id(booking)) {
                errors.push(Finding::general("ListBookings", format!("{:?} is not this user's", id(booking))));
            }
        }
        errors
    }

    /// Step 6.
    pub(super) async fn booking_status(&self, booked: &[Booked], findings: &mut Findings<'_>) {
        let mut errors = Vec::new();
        for one in booked {
            let wrong = self.stands(&one.id, one.status).await;
            errors.extend(wrong.map(|why| Finding::of("GetBookingStatus", &one.slot, why)));
        }
        findings.counted("GetBookingStatus", booked.len(), &errors);
    }

    /// What is wrong with GetBookingStatus of a booking that is `status` and paid nothing.
    pub(super) async fn stands(&self, id: &str, status: &str) -> Option<String> {
        self.stands_with(id, status, UNPAID).await
    }

    /// The same, with one of these as its `prepayment_status`. That nothing was paid may go without saying.
    pub(super) async fn stands_with(&self, id: &str, status: &str, paid: &[&str]) -> Option<String> {
        let request = json!({"booking_id": id});
        let answer = match self.server.call("GetBookingStatus", &request, &GET_BOOKING_STATUS_RESPONSE).await {
            Ok(answer) => answer,
            Err(why) => return Some(why),
        };
        let given = part(&answer, "/prepayment_status");
        let fits = given.as_str().map_or(paid == UNPAID, |given| paid.contains(&given));
        let wrong = match (fits, paid == UNPAID) {
            (true, _) => None,
            (false, true) => Some(format!("prepayment_status is {given}, but nothing was paid")),
            (false, false) => Some(format!("prepayment_status is {given}, expected {}", paid.join(" or "))),
        };
        difference("booking_id", part(&answer, "/booking_id"), &json!(id))
            .or_else(|| difference("booking_status", part(&answer, "/booking_status"), &json!(status)))
            .or(wrong)
    }
}

/// What is wrong with the answers to `slots`, which all are open.
fn looked_up(slots: &[&Slot], answers: &[Value]) -> Vec<Finding> {
    let judge = |(slot, answer): (&&Slot, &Value)| {
        let asked = SLOT_TIME.read(&slot.slot_time()).unwrap_or_default();
        let mut got = part(answer, "/slot_time").clone();
        // The answer may add how the slot confirms.
        if let (Some(members), None) = (got.as_object_mut(), asked.get("confirmation_mode")) {
            members.remove("confirmation_mode");
        }
        let closed = part(answer, "/available") != &Value::Bool(true);
        let why = difference("slot_time", &got, &asked)
            .or_else(|| closed.then(|| "available is false, but CheckAvailability has open spots".to_owned()))?;
        Some(Finding::of("BatchAvailabilityLookup", slot, why))
    };
    slots.iter().zip(answers).filter_map(judge).collect()
}
