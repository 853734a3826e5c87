//! The steps that pay (google-booking-server sections 6 and 10.3): each case of section 6.2 that the feeds have is booked
//! without a token, with a card that is declined, and with one that works, and cancelled again.

use std::collections::HashSet;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::feed::Slot;
use super::findings::{Finding, Findings};
use super::messages::{BOOKING_RESPONSE, difference};
use super::steps::{Booked, Trial, part};
use super::terms::{Case, Terms};

/// Payment tokens to book with, as Google Pay hands them over (section 3.12).
pub struct PaymentTokens {
    /// Of cards that work: one for each case, the last one again where they are too few.
    pub works: Vec<SecretString>,
    /// Of a card that is declined.
    pub declined: Option<SecretString>,
}

impl PaymentTokens {
    /// Stripe's own test tokens, for a server whose processor is Stripe in test mode. They work any number of times.
    pub fn of_stripe_tests() -> Self {
        Self { works: vec!["tok_visa".into()], declined: Some("tok_chargeDeclined".into()) }
    }
}

/// What a card that has not been asked, or is kept, may be called after its booking was cancelled.
const AFTERWARDS: &[&str] = &["PREPAYMENT_PROVIDED", "PREPAYMENT_REFUNDED", "PREPAYMENT_CREDITED"];

impl Trial {
    /// Every case that the feeds have.
    pub(super) async fn payments(
        &self,
        paid: &[(Slot, Terms)],
        tokens: Option<&PaymentTokens>,
        findings: &mut Findings<'_>,
    ) {
        let Some(tokens) = tokens else { return findings.skipped("Payments", "no payment token is given") };
        if tokens.declined.is_none() {
            findings.skipped("DeclinedCard", "no token of a card that is declined is given");
        }
        let mut transactions = HashSet::new();
        for (number, case) in Case::PAID.into_iter().enumerate() {
            let Some((slot, terms)) = paid.iter().find(|(_, terms)| terms.case == case) else {
                findings.skipped(case.name(), "the feeds have no such slot");
                continue;
            };
            let works = tokens.works.get(number).or(tokens.works.last());
            let cards = Cards { works, declined: tokens.declined.as_ref() };
            let errors = self.pay(slot, terms, cards, &mut transactions).await;
            findings.whole(case.name(), &errors);
        }
    }

    async fn pay(
        &self,
        slot: &Slot,
        terms: &Terms,
        cards: Cards<'_>,
        transactions: &mut HashSet<String>,
    ) -> Vec<Finding> {
        let about = |what: String| Finding::of("CreateBooking", slot, what);
        let before = match self.count_available(slot).await {
            Ok(count) if count > 0 => count,
            Ok(count) => return vec![Finding::of("CheckAvailability", slot, format!("count_available is {count}"))],
            Err(why) => return vec![Finding::of("CheckAvailability", slot, why)],
        };
        let mut errors = Vec::new();
        let refusals = [(None, "without a token", "PAYMENT_ERROR")];
        let declined = cards.declined.map(|card| (Some(card), "with a declined card", "PAYMENT_ERROR_CARD_DECLINED"));
        for (card, how, cause) in refusals.into_iter().chain(declined) {
            let wrong = self.is_refused(slot, terms, (card, cause)).await;
            errors.extend(wrong.map(|why| about(format!("{how}: {why}"))));
        }
        // Section 5.1: who was refused holds no spot.
        match self.count_available(slot).await {
            Ok(after) if after == before => {}
            Ok(after) => {
                let what = format!("count_available was {before}, is {after} after a booking was refused");
                errors.push(Finding::of("CheckAvailability", slot, what));
            }
            Err(why) => errors.push(Finding::of("CheckAvailability", slot, why)),
        }
        let request = self.paid_request(slot, terms, cards.works);
        let answer = match self.server.call("CreateBooking", &request, &BOOKING_RESPONSE).await {
            Ok(answer) => answer,
            Err(why) => {
                errors.push(about(why));
                return errors;
            }
        };
        let made = match self.judge_parts(slot, &request, &answer, &["/slot", "/status", "/user_information/user_id"]) {
            Ok(made) => made,
            Err((why, made)) => {
                errors.push(about(why));
                let Some(made) = made else { return errors };
                made
            }
        };
        let payment = part(&answer, "/booking/payment_information");
        errors.extend(unpaid(terms, payment, transactions).map(about));
        // Idempotency, rule 1: the same request, the same response, and so the same payment.
        let again = self.server.call("CreateBooking", &request, &BOOKING_RESPONSE).await;
        let differs = again.map_or_else(Some, |again| difference("", &again, &answer));
        errors.extend(differs.map(|why| about(format!("the same request again: {why}"))));
        let standing: &[&str] = if terms.case == Case::CreditCard { UNPAID } else { &["PREPAYMENT_PROVIDED"] };
        let wrong = self.stands_with(&made.id, made.status, standing).await;
        errors.extend(wrong.map(|why| Finding::of("GetBookingStatus", slot, why)));
        errors.extend(self.cancel_paid(&made, terms).await);
        errors
    }

    /// What is wrong with how a booking is refused that cannot be paid.
    async fn is_refused(
        &self,
        slot: &Slot,
        terms: &Terms,
        (card, cause): (Option<&SecretString>, &str),
    ) -> Option<String> {
        let request = self.paid_request(slot, terms, card);
        let answer = match self.server.call("CreateBooking", &request, &BOOKING_RESPONSE).await {
            Ok(answer) => answer,
            Err(why) => return Some(why),
        };
        match (part(&answer, "/booking_failure/cause").as_str(), part(&answer, "/booking/booking_id").as_str()) {
            (Some(given), None) if given == cause => None,
            (Some(given), _) => Some(format!("the cause is {given}, expected {cause}")),
            (None, Some(id)) => {
                let made = Booked { slot: slot.clone(), id: id.to_owned(), status: "CONFIRMED" };
                // What is booked has to be cancelled.
                self.cancel(&made).await;
                Some(format!("it is booked as {id}, expected {cause}"))
            }
            (None, None) => Some("neither booking nor booking_failure".to_owned()),
        }
    }

    /// CreateBooking for a slot that takes payment, as Google sends it (section 6).
    fn paid_request(&self, slot: &Slot, terms: &Terms, card: Option<&SecretString>) -> Value {
        let mut request = self.booking_request(slot);
        if terms.case != Case::CreditCard {
            let mut payment = terms.stated.clone();
            payment.insert("prepayment_status".to_owned(), json!("PREPAYMENT_PROVIDED"));
            payment.insert("payment_processed_by".to_owned(), json!("PROCESSED_BY_PARTNER"));
            request["payment_information"] = Value::Object(payment);
        }
        if let Some(card) = card {
            request["payment_processing_parameters"] =
                json!({"payment_processor": "stripe", "unparsed_payment_method_token": card.expose_secret()});
        }
        request
    }

    /// Cancels it, in time (section 9). A refund may be under way, and told later.
    async fn cancel_paid(&self, made: &Booked, terms: &Terms) -> Vec<Finding> {
        let about = |method, why: String| Finding::of(method, &made.slot, why);
        let request = json!({"booking": {"booking_id": made.id, "status": "CANCELED"}});
        let answer = match self.server.call("UpdateBooking", &request, &BOOKING_RESPONSE).await {
            Ok(answer) => answer,
            Err(why) => return vec![about("UpdateBooking", why)],
        };
        let failure = part(&answer, "/booking_failure/cause");
        if !failure.is_null() {
            return vec![about("UpdateBooking", format!("booking_failure: {failure}"))];
        }
        let mut errors = Vec::new();
        let status = part(&answer, "/booking/status");
        errors.extend(difference("status", status, &json!("CANCELED")).map(|why| about("UpdateBooking", why)));
        let allowed = if terms.case == Case::CreditCard { UNPAID } else { AFTERWARDS };
        let paid = part(&answer, "/booking/payment_information/prepayment_status");
        let said = paid.as_str().filter(|paid| !allowed.contains(paid));
        let wrong = said.map(|said| format!("prepayment_status is {said}, expected {}", allowed.join(" or ")));
        errors.extend(wrong.map(|why| about("UpdateBooking", why)));
        let wrong = self.stands_with(&made.id, "CANCELED", allowed).await;
        errors.extend(wrong.map(|why| about("GetBookingStatus", format!("afterwards: {why}"))));
        errors
    }
}

/// The cards of one case.
#[derive(Clone, Copy)]
struct Cards<'t> {
    works: Option<&'t SecretString>,
    declined: Option<&'t SecretString>,
}

/// How a booking stands of which nothing is paid.
pub(super) const UNPAID: &[&str] = &["PREPAYMENT_NOT_PROVIDED"];

/// What is wrong with the payment of a confirmed booking (section 6.2).
fn unpaid(terms: &Terms, payment: &Value, transactions: &mut HashSet<String>) -> Option<String> {
    let is = |name: &str, expected: &str| {
        difference(&format!("payment_information.{name}"), part(payment, &format!("/{name}")), &json!(expected))
    };
    if terms.case == Case::CreditCard {
        return is("prepayment_status", "PREPAYMENT_NOT_PROVIDED");
    }
    let transaction = || match part(payment, "/payment_transaction_id").as_str() {
        None => Some("payment_information.payment_transaction_id is absent: nothing shows that it was paid".to_owned()),
        Some(id) if !transactions.insert(id.to_owned()) => {
            Some(format!("payment_information.payment_transaction_id {id} is an earlier booking's"))
        }
        Some(_) => None,
    };
    is("prepayment_status", "PREPAYMENT_PROVIDED")
        .or_else(|| is("payment_processed_by", "PROCESSED_BY_PARTNER"))
        .or_else(transaction)
        .or_else(|| {
            let names = ["price", "tax_amount", "deposit", "no_show_fee"].into_iter();
            names.filter(|name| terms.tax_known || *name != "tax_amount").find_map(|name| {
                let expected = terms.stated.get(name).map(untagged).unwrap_or_default();
                difference(
                    &format!("payment_information.{name}"),
                    &untagged(part(payment, &format!("/{name}"))),
                    &expected,
                )
            })
        })
}

/// Without the opaque tags of prices, which a server need not know.
fn untagged(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| *name != "pricing_option_tag");
            Value::Object(kept.map(|(name, value)| (name.clone(), untagged(value))).collect::<Map<_, _>>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => value.clone(),
    }
}
