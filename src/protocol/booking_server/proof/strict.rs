//! A reader of answers that knows the messages on its own account: a member that is not in a message, or not of its exact
//! kind, fails (google-booking-server section 2.3).

use serde_json::Value;

use crate::protocol::parse_strict;

/// Members and kinds, one message a line.
const MESSAGES: &str = "
    Health status:string
    LookupResponse slot_time_availability:*SlotTimeAvailability
    SlotTimeAvailability slot_time:SlotTime available:bool
    SlotTime service_id:string start_sec:int64 duration_sec:int64 availability_tag:string resource_ids:ResourceIds confirmation_mode:CONFIRMATION_MODE
    CheckResponse slot:Slot count_available:int32 last_online_cancellable_sec:int64
    Slot merchant_id:string service_id:string start_sec:int64 duration_sec:int64 availability_tag:string resources:ResourceIds confirmation_mode:CONFIRMATION_MODE
    ResourceIds staff_id:string room_id:string party_size:int32
    BookingResponse booking:Booking user_payment_option:UserPaymentOption booking_failure:BookingFailure
    Booking booking_id:string slot:Slot user_information:User status:STATUS payment_information:Payment
    User user_id:string given_name:string family_name:string address:Address telephone:string email:string language_code:string
    Address country:string locality:string region:string postal_code:string street_address:string
    Payment prepayment_status:PREPAYMENT payment_transaction_id:string price:Price tax_amount:Price fees:Price fees_and_taxes:Price deposit:Deposit no_show_fee:NoShowFee payment_processed_by:PROCESSED payment_option_id:string user_payment_option_id:string
    Price price_micros:int64 currency_code:string pricing_option_tag:string
    Deposit deposit:Price min_advance_cancellation_sec:int64 deposit_type:PRICE_TYPE
    NoShowFee fee:Price fee_type:PRICE_TYPE
    UserPaymentOption user_payment_option_id:string valid_start_time_sec:int64 valid_end_time_sec:int64 type:OPTION_TYPE original_count:int32 current_count:int32 payment_option_id:string
    BookingFailure cause:CAUSE rejected_card_type:CARD description:string payment_failure:PaymentFailure
    PaymentFailure threeds1_parameters:Threeds1
    Threeds1 acs_url:string pa_req:string transaction_id:string md_merchant_data:string
    StatusResponse booking_id:string booking_status:STATUS prepayment_status:PREPAYMENT
    ListResponse bookings:*Booking
    MarketingResponse user_information:User user_to_receive_marketing:bool
";

/// Enums and their names.
const ENUMS: &str = "
    CONFIRMATION_MODE CONFIRMATION_MODE_UNSPECIFIED CONFIRMATION_MODE_SYNCHRONOUS CONFIRMATION_MODE_ASYNCHRONOUS
    STATUS CONFIRMED PENDING_MERCHANT_CONFIRMATION CANCELED NO_SHOW NO_SHOW_PENALIZED FAILED DECLINED_BY_MERCHANT
    PREPAYMENT PREPAYMENT_PROVIDED PREPAYMENT_NOT_PROVIDED PREPAYMENT_REFUNDED
    PROCESSED PAYMENT_PROCESSED_BY_UNSPECIFIED PROCESSED_BY_GOOGLE PROCESSED_BY_PARTNER
    PRICE_TYPE FIXED_RATE_DEFAULT PER_PERSON
    OPTION_TYPE PAYMENT_OPTION_SINGLE_USE PAYMENT_OPTION_MULTI_USE PAYMENT_OPTION_UNLIMITED_USE
    CARD VISA MASTERCARD AMERICAN_EXPRESS DISCOVER JCB
    CAUSE SLOT_UNAVAILABLE SLOT_ALREADY_BOOKED_BY_USER OUTSIDE_CANCELLATION_WINDOW PAYMENT_ERROR_CARD_TYPE_REJECTED PAYMENT_ERROR_CARD_DECLINED PAYMENT_OPTION_NOT_VALID PAYMENT_ERROR USER_CANNOT_USE_PAYMENT_OPTION BOOKING_ALREADY_CANCELLED BOOKING_NOT_CANCELLABLE OVERLAPPING_RESERVATION PAYMENT_REQUIRES_3DS1
";

/// What a line of a table says behind its name.
fn line(table: &'static str, name: &str) -> Option<Vec<&'static str>> {
    table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find_map(|words| {
        let (first, rest) = words.split_first()?;
        (*first == name).then(|| rest.to_vec())
    })
}

/// An answer, if a strict parser of this message takes it.
#[track_caller]
pub(super) fn read(message: &str, answer: &str) -> Value {
    let value = parse_strict(answer.as_bytes()).unwrap();
    if let Err(wrong) = check(message, &value) {
        panic!("{wrong}\nin {answer}");
    }
    value
}

/// Why `value` is not of `kind`.
fn check(kind: &str, value: &Value) -> Result<(), String> {
    let not = || format!("{value} is not {kind}");
    let fits = |fits: bool| if fits { Ok(()) } else { Err(not()) };
    match kind {
        "string" => fits(value.is_string()),
        "bool" => fits(value.is_boolean()),
        "int32" => fits(value.as_i64().is_some_and(|number| i32::try_from(number).is_ok())),
        "int64" => {
            let number = value.as_str().and_then(|text| text.parse::<i64>().ok().map(|number| (text, number)));
            fits(number.is_some_and(|(text, number)| number.to_string() == text))
        }
        name => match (name.strip_prefix('*'), line(ENUMS, name), line(MESSAGES, name)) {
            (Some(each), _, _) => value.as_array().ok_or_else(not)?.iter().try_for_each(|item| check(each, item)),
            (None, Some(names), _) => fits(value.as_str().is_some_and(|value| names.contains(&value))),
            (None, None, Some(members)) => value.as_object().ok_or_else(not)?.iter().try_for_each(|(member, value)| {
                let kind = members.iter().find_map(|entry| entry.strip_prefix(member.as_str())?.strip_prefix(':'));
                check(kind.ok_or_else(|| format!("{name} has no {member}"))?, value)
            }),
            (None, None, None) => Err(format!("no message {name}")),
        },
    }
}

#[test]
fn the_second_reader_refuses_what_a_strict_parser_refuses() {
    for (message, bad) in [
        ("StatusResponse", r#"{"booking_id":"1","new":1}"#),
        ("StatusResponse", r#"{"bookingId":"1"}"#),
        ("StatusResponse", r#"{"booking_status":"BOOKED"}"#),
        ("CheckResponse", r#"{"count_available":"1"}"#),
        ("CheckResponse", r#"{"last_online_cancellable_sec":1}"#),
        ("BookingResponse", r#"{"booking":{"slot":{"resource_ids":{}}}}"#),
        ("BookingResponse", r#"{"booking":{"payment_information":{"pa_response":"x"}}}"#),
        ("ListResponse", r#"{"bookings":{}}"#),
    ] {
        assert!(check(message, &parse_strict(bad.as_bytes()).unwrap()).is_err(), "{bad}");
    }
}
