//! The answers, all of status 200 (google-booking-server sections 2.3, 4, 5 and 6).
//!
//! Names are `snake_case` and 64-bit integers strings; nothing is written that the messages do not have, because a strict
//! proto parser on the other side refuses the whole answer (section 2.3).

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::asks::{MarketingPreference, SlotTime};
use super::echo::Echo;
use crate::domain::Money;
use crate::domain::booking::{BookingStatus, FailureCause, PrepaymentStatus};
use crate::domain::catalog::{CardNetwork, Deposit, NoShowFee, OptionKind, PaymentOptionId};

/// Names the pricing option of a price.
const TAG: &str = "pricing_option_tag";

/// `Booking`, as answers show it (section 3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingView {
    /// `booking_id`.
    pub booking_id: String,
    /// `slot`, as the request stated it.
    pub slot: Echo,
    /// `user_information.user_id`: all that an answer needs of the user (section 3.5).
    pub user_id: String,
    /// `status`.
    pub status: BookingStatus,
    /// `payment_information`.
    pub payment: PaymentView,
}

/// `PaymentInformation`, as answers show it (section 6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentView {
    /// Nothing was paid or may be: what the request said of it
    /// ([`CreateBooking::payment_echo`](super::CreateBooking::payment_echo)).
    Echoed(Echo),
    /// A prepayment, a deposit, a fee that may be charged, or a payment option.
    Provided(Box<ProvidedPayment>),
}

/// `PaymentInformation` of a payment case (sections 6.4 to 6.6), always `PROCESSED_BY_PARTNER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidedPayment {
    /// `prepayment_status`.
    pub status: PrepaymentStatus,
    /// `payment_transaction_id`: required wherever something is charged or may be.
    pub transaction_id: Option<String>,
    /// `price`: the service's, not what was charged.
    pub price: Option<Money>,
    /// `tax_amount`.
    pub tax: Option<Money>,
    /// `deposit`, as agreed.
    pub deposit: Option<Deposit>,
    /// `no_show_fee`, as agreed.
    pub no_show_fee: Option<NoShowFee>,
    /// `payment_option_id`: what was bought. Not written beside a `user_payment_option_id` (section 3.11).
    pub payment_option_id: Option<PaymentOptionId>,
    /// `user_payment_option_id`: what was used.
    pub user_payment_option_id: Option<String>,
    /// What the request said of the payment: the tags of its prices are repeated, its amounts are not.
    pub stated: Echo,
}

/// `UserPaymentOption`: what the user owns, when it was bought or its balance changed (section 3.14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPaymentOption {
    /// `user_payment_option_id`.
    pub id: String,
    /// `valid_start_time_sec`, since the Unix epoch.
    pub valid_start_s: Option<i64>,
    /// `valid_end_time_sec`, since the Unix epoch.
    pub valid_end_s: Option<i64>,
    /// `type`. A membership is written as `PAYMENT_OPTION_UNLIMITED_USE`, as section 3.14 lists it; the RTU resource
    /// spells it otherwise.
    pub kind: OptionKind,
    /// `original_count`.
    pub original_count: u32,
    /// `current_count`.
    pub current_count: u32,
    /// `payment_option_id`: what it was bought as.
    pub payment_option_id: PaymentOptionId,
}

/// `BookingFailure` (section 3.15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `cause`.
    pub cause: FailureCause,
    /// `rejected_card_type`, of [`FailureCause::CardTypeRejected`] only.
    pub rejected_card: Option<CardNetwork>,
    /// `description`, for people who look for faults: no personal data, nothing of a card.
    pub description: Option<Arc<str>>,
    /// `payment_failure.threeds1_parameters`, of [`FailureCause::PaymentRequires3ds1`] only.
    pub threeds1: Option<Threeds1>,
}

/// Where the user's bank asks its questions (sections 3.15 and 6.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threeds1 {
    /// `acs_url`.
    pub acs_url: String,
    /// `pa_req`.
    pub pa_req: String,
    /// `transaction_id`, the access control server's.
    pub transaction_id: String,
    /// `md_merchant_data`: comes back with the answer.
    pub md_merchant_data: Option<String>,
}

impl From<FailureCause> for Failure {
    fn from(cause: FailureCause) -> Self {
        Self { cause, rejected_card: None, description: None, threeds1: None }
    }
}

/// `HealthCheck` (section 4.1): of status 200 when serving, else 503.
pub fn health_answer(serving: bool) -> String {
    json!({"status": if serving { "SERVING" } else { "NOT_SERVING" }}).to_string()
}

/// `BatchAvailabilityLookupResponse` (section 4.2): one for each entry of the request, in its order.
pub fn lookup_answer<'a>(entries: impl IntoIterator<Item = (&'a SlotTime, bool)>) -> String {
    let mut answer = String::from("{\"slot_time_availability\":[");
    for (number, (entry, available)) in entries.into_iter().enumerate() {
        // Entries are many and large: they are written as they stand, not copied into a value first.
        let comma = if number == 0 { "" } else { "," };
        let slot_time = entry.echo.json();
        let _a_string_takes_all = write!(answer, "{comma}{{\"available\":{available},\"slot_time\":{slot_time}}}");
    }
    answer.push_str("]}");
    answer
}

/// `CheckAvailabilityResponse` (section 4.3); `last_online_cancellable_s` is seconds since the Unix epoch.
pub fn check_answer(slot: &Echo, count_available: u32, last_online_cancellable_s: Option<i64>) -> String {
    let mut answer = object([("slot", slot.value()), ("count_available", count(count_available))]);
    put(&mut answer, "last_online_cancellable_sec", last_online_cancellable_s.map(int64));
    Value::Object(answer).to_string()
}

/// `CreateBookingResponse` and `UpdateBookingResponse` of a success (sections 5.1 and 5.2).
pub fn booking_answer(booking: &BookingView, bought_or_used: Option<&UserPaymentOption>) -> String {
    let mut answer = object([("booking", booking_json(booking))]);
    put(&mut answer, "user_payment_option", bought_or_used.map(user_payment_option));
    Value::Object(answer).to_string()
}

/// `CreateBookingResponse` and `UpdateBookingResponse` of a failure of business (section 3.15); `booking` is left out.
pub fn failure_answer(failure: &Failure) -> String {
    let mut answer = object([("cause", failure.cause.as_str().into())]);
    put(&mut answer, "description", failure.description.as_deref().map(Value::from));
    match failure.cause {
        FailureCause::CardTypeRejected => {
            put(&mut answer, "rejected_card_type", failure.rejected_card.map(|network| network.as_str().into()));
        }
        FailureCause::PaymentRequires3ds1 => {
            let parameters = failure.threeds1.as_ref().map(threeds1);
            put(&mut answer, "payment_failure", parameters.map(|found| json!({"threeds1_parameters": found})));
        }
        FailureCause::SlotUnavailable
        | FailureCause::SlotAlreadyBookedByUser
        | FailureCause::OutsideCancellationWindow
        | FailureCause::CardDeclined
        | FailureCause::PaymentOptionNotValid
        | FailureCause::PaymentError
        | FailureCause::UserCannotUsePaymentOption
        | FailureCause::BookingAlreadyCancelled
        | FailureCause::BookingNotCancellable
        | FailureCause::OverlappingReservation => {}
    }
    json!({"booking_failure": answer}).to_string()
}

/// `GetBookingStatusResponse` (section 5.3).
pub fn status_answer(booking_id: &str, status: BookingStatus, prepayment: PrepaymentStatus) -> String {
    json!({"booking_id": booking_id, "booking_status": status.as_str(), "prepayment_status": prepayment.as_str()})
        .to_string()
}

/// `ListBookingsResponse` (section 5.4).
pub fn list_answer<'a>(bookings: impl IntoIterator<Item = &'a BookingView>) -> String {
    json!({"bookings": bookings.into_iter().map(booking_json).collect::<Vec<_>>()}).to_string()
}

/// `SetMarketingPreferenceResponse` (section 5.5): the request, repeated.
pub fn marketing_answer(stated: &MarketingPreference) -> String {
    json!({"user_information": stated.user.value(), "user_to_receive_marketing": stated.wanted}).to_string()
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn put(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value);
    }
}

fn int64(value: i64) -> Value {
    value.to_string().into()
}

/// An `int32` that counts.
fn count(value: u32) -> Value {
    i32::try_from(value).unwrap_or(i32::MAX).into()
}

/// A price of ours, with the opaque tag that the request gave it (section 3.8).
fn price(amount: Money, stated: Option<&Value>) -> Value {
    let mut price =
        object([("price_micros", int64(amount.micros())), ("currency_code", amount.currency().code().into())]);
    let tag = stated.and_then(|stated| stated.get(TAG)).and_then(Value::as_str).filter(|tag| !tag.is_empty());
    put(&mut price, TAG, tag.map(Value::from));
    Value::Object(price)
}

fn booking_json(booking: &BookingView) -> Value {
    json!({
        "booking_id": booking.booking_id,
        "slot": booking.slot.value(),
        "user_information": {"user_id": booking.user_id},
        "status": booking.status.as_str(),
        "payment_information": match &booking.payment {
            PaymentView::Echoed(echo) => echo.value(),
            PaymentView::Provided(provided) => payment(provided),
        },
    })
}

fn payment(provided: &ProvidedPayment) -> Value {
    let mut payment = object([
        ("prepayment_status", provided.status.as_str().into()),
        ("payment_processed_by", "PROCESSED_BY_PARTNER".into()),
    ]);
    let stated = provided.stated.members();
    put(&mut payment, "payment_transaction_id", provided.transaction_id.as_deref().map(Value::from));
    put(&mut payment, "price", provided.price.map(|amount| price(amount, stated.get("price"))));
    put(&mut payment, "tax_amount", provided.tax.map(|amount| price(amount, stated.get("tax_amount"))));
    let inner = |outer: &str, name: &str| stated.get(outer).and_then(|outer| outer.get(name));
    let deposit = provided.deposit.map(|deposit| {
        json!({
            "deposit": price(deposit.amount, inner("deposit", "deposit")),
            "min_advance_cancellation_sec": int64(deposit.refund_before_s),
            "deposit_type": deposit.price_type.as_str(),
        })
    });
    put(&mut payment, "deposit", deposit);
    let fee = |fee: NoShowFee| json!({"fee": price(fee.amount, inner("no_show_fee", "fee")), "fee_type": fee.price_type.as_str()});
    put(&mut payment, "no_show_fee", provided.no_show_fee.map(fee));
    match (&provided.user_payment_option_id, &provided.payment_option_id) {
        (Some(owned), _) => put(&mut payment, "user_payment_option_id", Some(owned.as_str().into())),
        (None, bought) => put(&mut payment, "payment_option_id", bought.as_ref().map(|id| id.as_str().into())),
    }
    Value::Object(payment)
}

fn user_payment_option(option: &UserPaymentOption) -> Value {
    let kind = match option.kind {
        OptionKind::SingleUse => "PAYMENT_OPTION_SINGLE_USE",
        OptionKind::MultiUse { .. } => "PAYMENT_OPTION_MULTI_USE",
        OptionKind::Unlimited => "PAYMENT_OPTION_UNLIMITED_USE",
    };
    let mut members = object([
        ("user_payment_option_id", option.id.as_str().into()),
        ("type", kind.into()),
        ("original_count", count(option.original_count)),
        ("current_count", count(option.current_count)),
        ("payment_option_id", option.payment_option_id.as_str().into()),
    ]);
    put(&mut members, "valid_start_time_sec", option.valid_start_s.map(int64));
    put(&mut members, "valid_end_time_sec", option.valid_end_s.map(int64));
    Value::Object(members)
}

fn threeds1(challenge: &Threeds1) -> Value {
    let mut members = object([
        ("acs_url", challenge.acs_url.as_str().into()),
        ("pa_req", challenge.pa_req.as_str().into()),
        ("transaction_id", challenge.transaction_id.as_str().into()),
    ]);
    put(&mut members, "md_merchant_data", challenge.md_merchant_data.as_deref().map(Value::from));
    Value::Object(members)
}
