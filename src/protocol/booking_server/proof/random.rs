//! Whatever arrives, nothing panics; whatever is written is read back by the second reader.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::super::*;
use super::strict;
use crate::domain::booking::{BookingStatus, PrepaymentStatus};
use crate::domain::catalog::{Deposit, NoShowFee, PaymentOptionId, PriceType};
use crate::domain::{Currency, Money};

const NAMES: &[&str] = &[
    "slot",
    "merchant_id",
    "service_id",
    "start_sec",
    "startSec",
    "duration_sec",
    "resources",
    "resource_ids",
    "staff_id",
    "party_size",
    "confirmation_mode",
    "user_information",
    "userInformation",
    "user_id",
    "given_name",
    "family_name",
    "telephone",
    "email",
    "address",
    "payment_information",
    "price",
    "price_micros",
    "currency_code",
    "deposit",
    "no_show_fee",
    "fee",
    "payment_processing_parameters",
    "unparsed_payment_method_token",
    "idempotency_token",
    "booking",
    "booking_id",
    "status",
    "slot_time",
    "user_to_receive_marketing",
    "other",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[-+0-9.eE]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["CANCELED", "USD", "CONFIRMATION_MODE_SYNCHRONOUS"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 10, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(NAMES), inner, 0..12).prop_map(|members| {
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
            }),
        ]
    })
}

fn read_all(body: &[u8]) {
    let _ = read_create_booking(body).map_err(|wrong| wrong.answer());
    let _ = read_update_booking(body);
    let _ = read_availability_lookup(body);
    let _ = read_check_availability(body);
    let _ = read_booking_status(body);
    let _ = read_list_bookings(body);
    let _ = read_marketing_preference(body);
}

prop_compose! {
    fn any_money()(micros in any::<i64>(), code in prop::sample::select(vec!["USD", "JPY", "KWD"])) -> Money {
        Money::new(micros, Currency::parse(code).unwrap())
    }
}

fn any_price_type() -> impl Strategy<Value = PriceType> {
    prop_oneof![Just(PriceType::Fixed), Just(PriceType::PerPerson)]
}

prop_compose! {
    fn any_deposit()(amount in any_money(), refund_before_s in any::<i64>(), price_type in any_price_type()) -> Deposit {
        Deposit { amount, refund_before_s, price_type }
    }
}

prop_compose! {
    fn any_provided()(
        status in prop::sample::select(PrepaymentStatus::ALL),
        transaction_id in prop::option::of(any::<String>()),
        price in prop::option::of(any_money()),
        tax in prop::option::of(any_money()),
        deposit in prop::option::of(any_deposit()),
        fee in prop::option::of((any_money(), any_price_type())),
        option in prop::option::of(("[a-z]{1,9}", any::<bool>())),
    ) -> ProvidedPayment {
        let (bought, owned) = match option {
            Some((id, true)) => (Some(PaymentOptionId::parse(&id).unwrap()), None),
            Some((id, false)) => (None, Some(id)),
            None => (None, None),
        };
        ProvidedPayment {
            status, transaction_id, price, tax, deposit,
            no_show_fee: fee.map(|(amount, price_type)| NoShowFee { amount, price_type }),
            payment_option_id: bought, user_payment_option_id: owned, stated: Echo::default(),
        }
    }
}

prop_compose! {
    fn any_view()(
        booking_id in "[A-Za-z0-9_-]{1,64}",
        user_id in any::<String>(),
        status in prop::sample::select(BookingStatus::ALL),
        slot in prop::sample::select(vec!["a-on-arrival-request", "b-prepayment-request", "cd-both-request"]),
        provided in prop::option::of(any_provided()),
    ) -> BookingView {
        let request = read_create_booking(super::golden_text(slot).as_bytes()).unwrap();
        let payment = match provided {
            Some(provided) => PaymentView::Provided(Box::new(provided)),
            None => PaymentView::Echoed(request.payment_echo),
        };
        BookingView { booking_id, slot: request.slot.echo, user_id, status, payment }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn money(value: &Value) -> Option<Money> {
    let micros = value["price_micros"].as_str()?.parse().unwrap();
    Some(Money::new(micros, Currency::parse(value["currency_code"].as_str()?).unwrap()))
}

fn price_type(value: &Value) -> PriceType {
    if value == "PER_PERSON" { PriceType::PerPerson } else { PriceType::Fixed }
}

fn read_payment(value: &Value) -> PaymentView {
    if value["prepayment_status"] == "PREPAYMENT_NOT_PROVIDED" && value["payment_transaction_id"].is_null() {
        return PaymentView::Echoed(Echo::restore(&value.to_string()).unwrap());
    }
    let (deposit, fee) = (&value["deposit"], &value["no_show_fee"]);
    PaymentView::Provided(Box::new(ProvidedPayment {
        status: PrepaymentStatus::parse(value["prepayment_status"].as_str().unwrap()).unwrap(),
        transaction_id: text(&value["payment_transaction_id"]),
        price: money(&value["price"]),
        tax: money(&value["tax_amount"]),
        deposit: money(&deposit["deposit"]).map(|amount| Deposit {
            amount,
            refund_before_s: deposit["min_advance_cancellation_sec"].as_str().unwrap().parse().unwrap(),
            price_type: price_type(&deposit["deposit_type"]),
        }),
        no_show_fee: money(&fee["fee"]).map(|amount| NoShowFee { amount, price_type: price_type(&fee["fee_type"]) }),
        payment_option_id: text(&value["payment_option_id"]).map(|id| PaymentOptionId::parse(&id).unwrap()),
        user_payment_option_id: text(&value["user_payment_option_id"]),
        stated: Echo::default(),
    }))
}

fn read_view(booking: &Value) -> BookingView {
    BookingView {
        booking_id: text(&booking["booking_id"]).unwrap(),
        slot: Echo::restore(&booking["slot"].to_string()).unwrap(),
        user_id: text(&booking["user_information"]["user_id"]).unwrap(),
        status: BookingStatus::parse(booking["status"].as_str().unwrap()).unwrap(),
        payment: read_payment(&booking["payment_information"]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bk_2_3_no_json_and_no_bytes_panic(value in any_json(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        read_all(value.to_string().as_bytes());
        read_all(&bytes);
    }

    #[test]
    fn bk_2_3_no_member_of_a_good_request_panics(
        pointer in prop::sample::select(vec![
            "/slot", "/slot/start_sec", "/slot/resources", "/slot/resources/party_size", "/user_information/given_name",
            "/payment_information/price", "/payment_information/deposit", "/payment_information/deposit/deposit",
            "/payment_information/no_show_fee/fee", "/payment_processing_parameters",
        ]),
        value in any_json(),
    ) {
        let mut body = super::golden("cd-both-request");
        *body.pointer_mut(pointer).unwrap() = value;
        let known = |field: &str| field.starts_with(&pointer[1..].replace('/', "."));
        match read_create_booking(body.to_string().as_bytes()) {
            Ok(request) => prop_assert!(Echo::restore(&request.slot.echo.text()).is_ok()),
            // A number that JSON cannot hold is the only other complaint.
            Err(wrong) => prop_assert!(known(&wrong.field) || matches!(wrong.fault, Fault::Json { .. }), "{}", wrong),
        }
    }

    #[test]
    fn bk_2_3_any_booking_written_is_read_back(view in any_view()) {
        let told_apart = match &view.payment {
            PaymentView::Echoed(_) => true,
            PaymentView::Provided(paid) => {
                paid.status != PrepaymentStatus::NotProvided || paid.transaction_id.is_some()
            }
        };
        prop_assume!(told_apart);
        let answer = strict::read("BookingResponse", &booking_answer(&view, None));
        prop_assert_eq!(read_view(&answer["booking"]), view.clone());
        let list = strict::read("ListResponse", &list_answer([&view, &view]));
        prop_assert_eq!(&list["bookings"][1], &answer["booking"]);
    }
}
