//! The golden requests as they are read, and the golden answers as they are written.

use serde_json::{Value, json};

use super::super::*;
use super::{golden, golden_text, strict, usd};
use crate::domain::booking::{BookingStatus, FailureCause, PrepaymentStatus};
use crate::domain::catalog::{
    CardNetwork, ConfirmationMode, Deposit, MerchantId, NoShowFee, OptionKind, PaymentOptionId, PriceType, ServiceId,
    SlotId,
};

#[track_caller]
fn compare(name: &str, message: &str, answer: &str) {
    assert_eq!(strict::read(message, answer), golden(name), "{name}");
}

#[track_caller]
fn created(name: &str) -> CreateBooking {
    read_create_booking(golden_text(&format!("{name}-request")).as_bytes()).unwrap()
}

fn booked(request: &CreateBooking, booking_id: &str, payment: PaymentView) -> BookingView {
    BookingView {
        booking_id: booking_id.to_owned(),
        slot: request.slot.echo.clone(),
        user_id: request.user.user_id.clone(),
        status: BookingStatus::Confirmed,
        payment,
    }
}

fn provided(transaction_id: &str) -> ProvidedPayment {
    ProvidedPayment {
        status: PrepaymentStatus::Provided,
        transaction_id: Some(transaction_id.to_owned()),
        price: Some(usd(200_000_000)),
        tax: None,
        deposit: None,
        no_show_fee: None,
        payment_option_id: None,
        user_payment_option_id: None,
        stated: Echo::default(),
    }
}

fn pay(provided: ProvidedPayment) -> PaymentView {
    PaymentView::Provided(Box::new(provided))
}

fn haircut() -> SlotId {
    SlotId {
        merchant: MerchantId::parse("salon-7").unwrap(),
        service: ServiceId::parse("cut").unwrap(),
        start_s: 1_790_000_000,
        duration_s: 2_700,
        staff: Some("s3".into()),
        room: Some("r1".into()),
        party_size: Some(2),
    }
}

const TOKEN: &str = r#"{"id":"tok_abc","object":"token"}"#;

#[test]
fn bk_4_1_health_is_told_in_grpc_s_words() {
    compare("health", "Health", &health_answer(true));
    assert!(health_answer(false).contains("NOT_SERVING"));
}

#[test]
fn bk_4_2_every_entry_of_a_lookup_is_answered_in_order() {
    let lookup = read_availability_lookup(golden_text("lookup-request").as_bytes()).unwrap();
    assert_eq!(lookup.merchant.as_str(), "salon-7");
    let [entry] = &lookup.slot_times[..] else { panic!("one entry") };
    assert_eq!((entry.service.as_str(), entry.start_s, entry.duration_s), ("cut", 1_790_000_000, Some(2_700)));
    assert_eq!(entry.resources, Resources { staff: Some("s3".into()), ..Resources::default() });
    compare("lookup", "LookupResponse", &lookup_answer([(entry, true)]));
    let twice = strict::read("LookupResponse", &lookup_answer([(entry, true), (entry, false)]));
    assert_eq!(twice["slot_time_availability"][1]["available"], Value::Bool(false), "said, not left out");
}

#[test]
fn bk_4_3_a_slot_is_checked_and_repeated() {
    let slot = read_check_availability(golden_text("check-request").as_bytes()).unwrap();
    assert_eq!(slot.id, haircut());
    assert_eq!((slot.tag.as_deref(), slot.confirmation), (Some("t-9"), Some(ConfirmationMode::Synchronous)));
    compare("check", "CheckResponse", &check_answer(&slot.echo, 3, Some(1_789_913_600)));
    assert!(check_answer(&slot.echo, 0, None).contains(r#""count_available":0"#), "said, not left out");
}

#[test]
fn bk_6_3_paying_on_arrival_repeats_the_request_s_payment() {
    let request = created("a-on-arrival");
    assert_eq!(request.slot.id, haircut());
    assert_eq!(request.idempotency_token, "13490670332760737439");
    assert_eq!(request.additional_request.as_ref().unwrap().expose(), "A seat at the window, please.");
    assert_eq!((&request.token, &request.offer_id), (&None, &None));
    assert_eq!(request.payment.as_ref().unwrap().status, Some(PrepaymentStatus::NotProvided));
    assert_eq!((request.user.given_name.as_str(), request.user.email.as_str()), ("Ada", "ada@example.com"));
    let echo = Echo::restore(&request.payment_echo.text()).unwrap();
    let view = booked(&request, "bk_01", PaymentView::Echoed(echo));
    compare("a-on-arrival", "BookingResponse", &booking_answer(&view, None));
    compare("list", "ListResponse", &list_answer([&view]));
    compare("list-empty", "ListResponse", &list_answer([]));
    assert_eq!(read_list_bookings(golden_text("list-request").as_bytes()).unwrap(), "u-55");
}

#[test]
fn bk_6_4_a_prepayment_is_answered_with_its_transaction() {
    let request = created("b-prepayment");
    let stated = request.payment.as_ref().unwrap();
    assert_eq!((stated.price, stated.tax), (Some(usd(200_000_000)), Some(usd(13_500_000))));
    let token = request.token.as_ref().unwrap();
    assert_eq!((token.token.expose(), token.processor.as_deref()), (TOKEN, Some("stripe")));
    let tax = ProvidedPayment { tax: stated.tax, ..provided("ch_5001") };
    let view = booked(&request, "bk_77", pay(tax));
    compare("b-prepayment", "BookingResponse", &booking_answer(&view, None));
}

fn fee(price_type: PriceType) -> NoShowFee {
    NoShowFee { amount: usd(25_000_000), price_type }
}

fn deposit(price_type: PriceType) -> Deposit {
    Deposit { amount: usd(25_000_000), refund_before_s: 14_400, price_type }
}

#[test]
fn bk_6_5_a_no_show_fee_is_agreed_and_answered() {
    let request = created("c-no-show-fee");
    assert_eq!(request.payment.as_ref().unwrap().no_show_fee, Some(usd(25_000_000)));
    let agreed = ProvidedPayment { no_show_fee: Some(fee(PriceType::Fixed)), ..provided("seti_31") };
    compare("c-no-show-fee", "BookingResponse", &booking_answer(&booked(&request, "bk_31", pay(agreed)), None));
}

#[test]
fn bk_6_6_a_deposit_says_until_when_it_is_given_back_beside_its_price() {
    let request = created("d-deposit");
    assert_eq!(request.payment.as_ref().unwrap().deposit, Some(usd(25_000_000)));
    let agreed = ProvidedPayment { deposit: Some(deposit(PriceType::Fixed)), ..provided("ch_88") };
    compare("d-deposit", "BookingResponse", &booking_answer(&booked(&request, "bk_88", pay(agreed)), None));
    let request = created("cd-both");
    assert_eq!(request.slot.id.party_size, Some(3));
    let (deposit, no_show_fee) = (Some(deposit(PriceType::PerPerson)), Some(fee(PriceType::PerPerson)));
    let agreed = ProvidedPayment { deposit, no_show_fee, ..provided("ch_89") };
    compare("cd-both", "BookingResponse", &booking_answer(&booked(&request, "bk_89", pay(agreed)), None));
}

#[test]
fn bk_6_7_a_required_card_is_answered_as_no_payment() {
    let request = created("e-card-required");
    let token = request.token.as_ref().unwrap();
    assert_eq!((token.token.expose(), token.processor.as_deref()), ("tok_abc", Some("stripe")), "the deprecated form");
    let view = booked(&request, "bk_90", PaymentView::Echoed(request.payment_echo.clone()));
    compare("e-card-required", "BookingResponse", &booking_answer(&view, None));
}

#[test]
fn bk_3_14_packs_are_bought_and_used() {
    let pack = UserPaymentOption {
        id: "upo-1".to_owned(),
        valid_start_s: Some(1_789_000_000),
        valid_end_s: Some(1_821_000_000),
        kind: OptionKind::MultiUse { sessions: 5 },
        original_count: 5,
        current_count: 4,
        payment_option_id: PaymentOptionId::parse("pack-5").unwrap(),
    };
    let request = created("f-option-bought");
    let payment_option_id = request.payment.as_ref().unwrap().payment_option_id.clone();
    let bought = ProvidedPayment { price: Some(usd(90_000_000)), payment_option_id, ..provided("ch_91") };
    let view = booked(&request, "bk_91", pay(bought));
    compare("f-option-bought", "BookingResponse", &booking_answer(&view, Some(&pack)));
    let request = created("f-option-used");
    let user_payment_option_id = request.payment.as_ref().unwrap().user_payment_option_id.clone();
    let used = ProvidedPayment { price: None, transaction_id: None, user_payment_option_id, ..provided("") };
    let view = booked(&request, "bk_92", pay(used));
    let left = UserPaymentOption { current_count: 3, ..pack.clone() };
    compare("f-option-used", "BookingResponse", &booking_answer(&view, Some(&left)));
    for kind in [OptionKind::SingleUse, OptionKind::Unlimited] {
        let option = UserPaymentOption { kind, valid_start_s: None, valid_end_s: None, ..pack.clone() };
        strict::read("BookingResponse", &booking_answer(&view, Some(&option)));
    }
}

#[test]
fn bk_3_15_failures_say_what_their_cause_requires() {
    let compare = |name, failure| compare(name, "BookingResponse", &failure_answer(&failure));
    compare("slot-unavailable", FailureCause::SlotUnavailable.into());
    let rejected_card = Some(CardNetwork::AmericanExpress);
    compare("card-type-rejected", Failure { rejected_card, ..FailureCause::CardTypeRejected.into() });
    let description = Some("amount mismatch".into());
    compare("amount-mismatch", Failure { rejected_card, description, ..FailureCause::PaymentError.into() });
    for cause in FailureCause::ALL {
        strict::read("BookingResponse", &failure_answer(&(*cause).into()));
    }
}

#[test]
fn bk_6_8_a_challenge_is_handed_out_and_its_answer_comes_back() {
    let threeds1 = Threeds1 {
        acs_url: "https://acs.example.com/challenge".to_owned(),
        pa_req: "eJxVUtt…".to_owned(),
        transaction_id: "3ds_441".to_owned(),
        md_merchant_data: Some("bk-try-91".to_owned()),
    };
    let cause = FailureCause::PaymentRequires3ds1;
    let challenge = Failure { description: Some("step-up required".into()), threeds1: Some(threeds1), ..cause.into() };
    compare("3ds1", "BookingResponse", &failure_answer(&challenge));
    let request = created("3ds1-retry");
    let stated = request.payment.as_ref().unwrap();
    assert_eq!(stated.pa_response.as_ref().unwrap().expose(), "eJzVWFmzo0iyfu9f");
    assert_eq!(stated.md_merchant_data.as_deref(), Some("bk-try-91"));
    assert_eq!(stated.fraud_signals.as_ref().unwrap().expose(), "opaque-1");
    let echo = request.payment_echo.text();
    for secret in ["pa_response", "md_merchant_data", "fraud_signals", "eJzVW", "bk-try", "opaque-1", "tok_abc"] {
        assert!(!echo.contains(secret), "{secret} in {echo}");
    }
    let shown = format!("{request:?}");
    for secret in ["eJzVW", "opaque-1", "tok_abc", "Ada", "Okoro", "+1415", "ada@", "u-55"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn bk_5_2_a_booking_is_cancelled_or_moved() {
    let request = read_update_booking(golden_text("cancel-request").as_bytes()).unwrap();
    assert_eq!(request, UpdateBooking { booking_id: "bk_01".to_owned(), change: Change::Cancel });
    let booked_before = created("b-prepayment");
    let refunded = ProvidedPayment { status: PrepaymentStatus::Refunded, price: None, ..provided("ch_9") };
    let view = BookingView { status: BookingStatus::Canceled, ..booked(&booked_before, "bk_01", pay(refunded)) };
    compare("cancel", "BookingResponse", &booking_answer(&view, None));

    let request = read_update_booking(golden_text("move-request").as_bytes()).unwrap();
    let Change::Move(to) = request.change else { panic!("a move") };
    assert_eq!(to.complete(), None);
    let held = &booked_before.slot;
    assert_eq!(to.merged(&held.id), SlotId { start_s: 1_790_090_000, ..held.id.clone() });
    let kept = ProvidedPayment { tax: Some(usd(13_500_000)), ..provided("ch_5001") };
    let view = BookingView { slot: to.merged_echo(&held.echo), ..booked(&booked_before, "bk_77", pay(kept)) };
    compare("move", "BookingResponse", &booking_answer(&view, None));
}

#[test]
fn bk_5_3_the_status_of_a_booking_is_told() {
    let id = read_booking_status(golden_text("status-request").as_bytes()).unwrap();
    let answer = status_answer(&id, BookingStatus::Confirmed, PrepaymentStatus::Provided);
    compare("status", "StatusResponse", &answer);
}

#[test]
fn bk_5_5_a_marketing_wish_is_repeated() {
    let wish = read_marketing_preference(golden_text("marketing-request").as_bytes()).unwrap();
    assert_eq!((wish.user_id.as_str(), wish.wanted), ("u-55", true));
    compare("marketing", "MarketingResponse", &marketing_answer(&wish));
    assert!(!format!("{wish:?}").contains("Ada"));
    let unsaid = read_marketing_preference(br#"{"userInformation":{"userId":"u"}}"#).unwrap();
    assert!(!unsaid.wanted, "proto3 leaves out a false");
}

#[test]
fn bk_3_8_the_tags_of_the_request_s_prices_are_repeated_its_amounts_are_not() {
    let mut asked: Value = serde_json::from_str(&golden_text("b-prepayment-request")).unwrap();
    let price =
        |micros: &str, tag: &str| json!({"price_micros": micros, "currency_code": "USD", "pricingOptionTag": tag});
    asked["payment_information"]["price"] = price("1", "adult");
    asked["payment_information"]["tax_amount"] = price("1", "");
    asked["payment_information"]["deposit"] = json!({"deposit": price("1", "d")});
    asked["payment_information"]["no_show_fee"] = json!({"fee": price("1", "f")});
    let request = read_create_booking(asked.to_string().as_bytes()).unwrap();
    let answered = ProvidedPayment {
        tax: Some(usd(13_500_000)),
        deposit: Some(deposit(PriceType::Fixed)),
        no_show_fee: Some(fee(PriceType::Fixed)),
        stated: request.payment_echo.clone(),
        ..provided("ch_1")
    };
    let answer: Value = serde_json::from_str(&booking_answer(&booked(&request, "bk_1", pay(answered)), None)).unwrap();
    let payment = &answer["booking"]["payment_information"];
    for (pointer, micros, tag) in [
        ("/price", "200000000", json!("adult")),
        ("/tax_amount", "13500000", Value::Null),
        ("/deposit/deposit", "25000000", json!("d")),
        ("/no_show_fee/fee", "25000000", json!("f")),
    ] {
        let price = payment.pointer(pointer).unwrap();
        assert_eq!((&price["price_micros"], &price["pricing_option_tag"]), (&json!(micros), &tag), "{pointer}");
    }
}
