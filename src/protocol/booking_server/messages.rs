//! The messages that Google sends, as far as we read or repeat them (google-booking-server sections 3 to 5). Enums are
//! numbered in the order of the specification; only those of sections 3.7 and 3.12 have numbers there, the others are
//! UNCONFIRMED.

use super::schema::{Field, Kind};

const fn text(name: &'static str) -> Field {
    Field::new(name, Kind::Text)
}

const fn int64(name: &'static str) -> Field {
    Field::new(name, Kind::Int64)
}

const fn int32(name: &'static str) -> Field {
    Field::new(name, Kind::Int32)
}

const fn one_of(name: &'static str, values: &'static [&'static str]) -> Field {
    Field::new(name, Kind::Enum(values))
}

const fn message(name: &'static str, fields: &'static [Field]) -> Field {
    Field::new(name, Kind::Message(fields))
}

/// Section 3.4.
const CONFIRMATION_MODES: &[&str] =
    &["CONFIRMATION_MODE_UNSPECIFIED", "CONFIRMATION_MODE_SYNCHRONOUS", "CONFIRMATION_MODE_ASYNCHRONOUS"];
/// Section 3.7.
const BOOKING_STATUSES: &[&str] = &[
    "BOOKING_STATUS_UNSPECIFIED",
    "CONFIRMED",
    "PENDING_MERCHANT_CONFIRMATION",
    "CANCELED",
    "NO_SHOW",
    "NO_SHOW_PENALIZED",
    "FAILED",
    "DECLINED_BY_MERCHANT",
];
/// Section 3.10.
const PRICE_TYPES: &[&str] = &["FIXED_RATE_DEFAULT", "PER_PERSON"];
/// Section 3.11.
const PREPAYMENT_STATUSES: &[&str] = &[
    "PREPAYMENT_STATUS_UNSPECIFIED",
    "PREPAYMENT_PROVIDED",
    "PREPAYMENT_NOT_PROVIDED",
    "PREPAYMENT_REFUNDED",
    "PREPAYMENT_CREDITED",
];
/// Section 3.11.
const PROCESSED_BY: &[&str] = &["PAYMENT_PROCESSED_BY_UNSPECIFIED", "PROCESSED_BY_GOOGLE", "PROCESSED_BY_PARTNER"];
/// Section 3.12.
const PROCESSORS: &[&str] = &["PAYMENT_PROCESSOR_UNSPECIFIED", "PROCESSOR_STRIPE", "PROCESSOR_BRAINTREE"];

/// Section 3.3.
const RESOURCE_IDS: &[Field] = &[text("staff_id"), text("room_id"), int32("party_size")];

/// Sections 3.1 and 3.2 name the same thing differently; both names are understood in both.
const fn resources(name: &'static str, alias: &'static str) -> Field {
    Field { name, alias: Some(alias), kind: Kind::Message(RESOURCE_IDS) }
}

/// Section 3.1.
const SLOT: &[Field] = &[
    text("merchant_id"),
    text("service_id"),
    int64("start_sec"),
    int64("duration_sec"),
    text("availability_tag"),
    resources("resources", "resource_ids"),
    one_of("confirmation_mode", CONFIRMATION_MODES),
];

/// Section 3.2.
const SLOT_TIME: &[Field] = &[
    text("service_id"),
    int64("start_sec"),
    int64("duration_sec"),
    text("availability_tag"),
    resources("resource_ids", "resources"),
    one_of("confirmation_mode", CONFIRMATION_MODES),
];

/// Section 3.5.
const USER_INFORMATION: &[Field] = &[
    text("user_id"),
    text("given_name"),
    text("family_name"),
    message(
        "address",
        &[text("country"), text("locality"), text("region"), text("postal_code"), text("street_address")],
    ),
    text("telephone"),
    text("email"),
    text("language_code"),
];

/// Section 3.8.
const PRICE: &[Field] = &[int64("price_micros"), text("currency_code"), text("pricing_option_tag")];

/// Section 3.11.
const PAYMENT_INFORMATION: &[Field] = &[
    one_of("prepayment_status", PREPAYMENT_STATUSES),
    text("payment_transaction_id"),
    message("price", PRICE),
    message("tax_amount", PRICE),
    message("fees", PRICE),
    message("fees_and_taxes", PRICE),
    message(
        "deposit",
        &[message("deposit", PRICE), int64("min_advance_cancellation_sec"), one_of("deposit_type", PRICE_TYPES)],
    ),
    message("no_show_fee", &[message("fee", PRICE), one_of("fee_type", PRICE_TYPES)]),
    one_of("payment_processed_by", PROCESSED_BY),
    text("payment_option_id"),
    text("user_payment_option_id"),
    text("fraud_signals"),
    text("pa_response"),
    text("md_merchant_data"),
];

/// Section 3.12.
const PAYMENT_PROCESSING_PARAMETERS: &[Field] = &[
    one_of("processor", PROCESSORS),
    text("payment_method_token"),
    text("unparsed_payment_method_token"),
    text("payment_processor"),
];

/// Section 5.1.
pub(super) const CREATE_BOOKING: &[Field] = &[
    message("slot", SLOT),
    message("user_information", USER_INFORMATION),
    message("payment_information", PAYMENT_INFORMATION),
    message("payment_processing_parameters", PAYMENT_PROCESSING_PARAMETERS),
    text("idempotency_token"),
    text("additional_request"),
    text("offer_id"),
];

/// Section 5.2. The other members of a booking are never updated by Google.
pub(super) const UPDATE_BOOKING: &[Field] =
    &[message("booking", &[text("booking_id"), message("slot", SLOT), one_of("status", BOOKING_STATUSES)])];

/// Section 4.2.
pub(super) const AVAILABILITY_LOOKUP: &[Field] = &[text("merchant_id"), Field::new("slot_time", Kind::List(SLOT_TIME))];

/// Section 4.3.
pub(super) const CHECK_AVAILABILITY: &[Field] = &[message("slot", SLOT)];

/// Section 5.3.
pub(super) const BOOKING_STATUS: &[Field] = &[text("booking_id")];

/// Section 5.4.
pub(super) const LIST_BOOKINGS: &[Field] = &[text("user_id")];

/// Section 5.5.
pub(super) const MARKETING_PREFERENCE: &[Field] =
    &[message("user_information", USER_INFORMATION), Field::new("user_to_receive_marketing", Kind::Bool)];
