//! What is sent, word for word, and what is made of the answer.

use std::sync::Arc;

use roundtrip::domain::booking::{BookingStatus, FailureCause, PrepaymentStatus};
use roundtrip::domain::catalog::{
    CardRequirement, ConfirmationMode, Deposit, MerchantId, NoShowFee, Overrides, PaymentOptionId, PriceType,
    Published, ServiceId, SlotId, SlotOffer,
};
use roundtrip::domain::{Currency, Money};
use roundtrip::protocol::maps_booking::{BookingPatch, Moved, ServiceWindow, UpdateFailed};

use super::google::{Google, Script};
use super::{NOW, at, client, compare, penalised};

async fn sent(patch: &BookingPatch) -> serde_json::Value {
    let google = Google::start();
    client(&google, true).patch_booking(patch, NOW).await.unwrap();
    google.calls().remove(0)
}

#[tokio::test]
async fn bk_8_3_a_penalised_no_show_is_told_as_in_the_example() {
    compare("no-show-penalized", &sent(&penalised()).await);
}

#[tokio::test]
async fn bk_8_4_a_refund_is_told_with_both_paths_in_the_mask() {
    let patch = BookingPatch {
        booking_id: "bk_78".to_owned(),
        status: Some(BookingStatus::Canceled),
        prepayment: Some((PrepaymentStatus::Refunded, Some("ch_88".to_owned()))),
        ..penalised()
    };
    compare("refunded", &sent(&patch).await);
}

#[tokio::test]
async fn bk_8_2_a_moved_booking_tells_time_length_and_party() {
    let moved = Moved { start_s: 1_790_003_600, duration_s: 5_400, party_size: Some(4) };
    compare("moved", &sent(&BookingPatch { status: None, moved: Some(moved), ..penalised() }).await);
}

#[tokio::test]
async fn bk_8_2_a_failed_booking_tells_its_cause_in_the_query() {
    let patch =
        BookingPatch { status: Some(BookingStatus::Failed), failure: Some(FailureCause::CardDeclined), ..penalised() };
    compare("failed", &sent(&patch).await);
}

fn usd(micros: i64) -> Money {
    Money::new(micros, Currency::parse("USD").unwrap())
}

fn slot(start_s: i64, spots_open: u32) -> SlotOffer {
    SlotOffer {
        id: SlotId {
            merchant: MerchantId::parse("salon/7").unwrap(),
            service: ServiceId::parse("cut & dry").unwrap(),
            start_s,
            duration_s: 2_700,
            staff: None,
            room: None,
            party_size: None,
        },
        tag: None,
        spots_total: 2,
        spots_open,
        confirmation: ConfirmationMode::Synchronous,
        overrides: Overrides::default(),
    }
}

#[tokio::test]
async fn bk_8_5_the_slots_of_a_window_are_told_with_full_ones_and_what_they_override() {
    let mut rich = slot(1_790_003_600, 0);
    rich.id.staff = Some(Arc::from("s3"));
    rich.id.room = Some(Arc::from("r1"));
    rich.id.party_size = Some(3);
    rich.tag = Some(Arc::from("tag"));
    rich.overrides = Overrides {
        options: vec![PaymentOptionId::parse("tue-150").unwrap()],
        deposit: Some(Deposit { amount: usd(25_000_000), refund_before_s: 14_400, price_type: PriceType::PerPerson }),
        no_show_fee: Some(NoShowFee { amount: usd(30_000_000), price_type: PriceType::Fixed }),
        card: Some(CardRequirement::Always),
        first_bookable_s: Some(1),
        last_bookable_s: Some(2),
        last_online_cancellable_s: Some(1_789_996_400),
    };
    let plain = slot(1_790_000_000, 2);
    let window = ServiceWindow {
        merchant: plain.id.merchant.clone(),
        service: plain.id.service.clone(),
        start_s: 1_790_000_000,
        end_s: 1_790_003_601,
        slots: vec![
            Published { offer: plain, words: None },
            Published {
                offer: rich,
                words: Some(
                    "{\"resources\":{\"staff_name\":\"Kim\",\"room_name\":\"Garden\"},\"duration_requirement\":\"MUST_SHOW_DURATION\",\
                     \"ticket_type_id\":[\"adult\"],\"unheard_of\":1}"
                        .into(),
                ),
            },
        ],
    };
    let google = Google::start();
    let client = client(&google, true);
    client.replace_availability(&window, NOW).await.unwrap();
    compare("availability-replace", &google.calls()[0]);
    let empty = ServiceWindow { slots: Vec::new(), ..window };
    client.replace_availability(&empty, NOW).await.unwrap();
    compare("availability-replace-nothing", &google.calls()[1]);
}

#[tokio::test]
async fn bk_8_1_what_may_be_tried_again_is_told_from_what_may_not() {
    let google = Google::start();
    let client = client(&google, false);
    for (script, description, retry_after_ms, refused) in [
        (Script::Status(503), "HTTP 503", None, false),
        (Script::Status(500), "HTTP 500", None, false),
        (Script::RetryAfter(429, "7"), "HTTP 429", Some(7_000), false),
        (Script::RetryAfter(503, "Sun, 22 Nov 2026 09:00:00 GMT"), "HTTP 503", None, false),
        (Script::RetryAfter(503, "-1"), "HTTP 503", None, false),
        (Script::Status(404), "HTTP 404", None, true),
        (Script::Status(400), "HTTP 400", None, true),
        (Script::Status(401), "HTTP 401", None, true),
        (Script::Status(302), "HTTP 302", None, false),
        (Script::Drop, "the connection broke", None, false),
    ] {
        google.script([script]);
        let expected = UpdateFailed { description: description.to_owned(), retry_after_ms, refused };
        assert_eq!(client.patch_booking(&penalised(), NOW).await, Err(expected));
    }
    assert_eq!(google.calls().len(), 10, "one attempt each");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = url::Url::parse(&format!("http://{nobody}/")).unwrap();
    let gone = at(endpoint, None).patch_booking(&penalised(), NOW).await.unwrap_err();
    assert_eq!((gone.description.as_str(), gone.refused), ("no connection", false));
}
