//! Several nodes, one database: a token that arrives at all of them is one charge and one booking (google-booking-server
//! section 5.1).

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use roundtrip::sandbox::stripe::Fault;
use serde_json::json;

use super::spa::{Spa, Wanted, feeds};
use crate::harness::settings::Engine;
use crate::harness::{SECOND, until};

#[actix_web::test]
async fn bk_5_1_rule_5_one_token_at_every_node_at_once_is_one_charge_and_one_booking() {
    let spa = Spa::on(Engine::Postgres, 3).await;
    for (service, charges) in [("arrival", 0), ("full", 1), ("fee", 1), ("both", 2)] {
        for number in 0..2 {
            let card = format!("tok_visa_{service}_{number}");
            let wanted = match service {
                "arrival" => Wanted::of(&card, service, number),
                _ => Wanted::paid(&card, service, number, &card),
            };
            let body = wanted.body();
            let began = Instant::now();
            let pages = join_all((0..6).map(|call| spa.call_node(call % 3, "CreateBooking", &body))).await;
            for page in &pages {
                assert_eq!(page.status, 200, "{service}: {}", page.text());
                assert_eq!(page.body, pages[0].body, "{service}");
            }
            // A node that did not pay itself looks, and does not wait for the end of Google's patience.
            assert!(began.elapsed() < Duration::from_secs(3), "{service}: {:?}", began.elapsed());
            assert_eq!(spa.open_spots(service, number).await, 1, "{service}");
        }
        assert_eq!(spa.processor.owner.charges().len(), charges * 2, "{service}");
        // The fee keeps a card and charges nothing.
        if service == "fee" {
            assert_eq!(spa.processor.owner.kept_cards().len(), 2);
        }
    }
}

#[actix_web::test]
async fn bk_6_9_a_retry_at_another_node_resolves_what_the_first_could_not() {
    let mut spa = Spa::on(Engine::Postgres, 2).await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1");
    spa.processor.owner.fail("POST /v1/payment_intents", Fault::DropAfter, 1);
    assert_eq!(spa.call("CreateBooking", &wanted.body()).await.status, 504);
    spa.pass(4 * SECOND);
    let page = spa.call_node(1, "CreateBooking", &wanted.body()).await;
    assert_eq!(page.status, 200, "{}", page.text());
    // The first node dies before it knows of a charge: the other takes over, with the retry's own token.
    let wanted = Wanted::paid("t-2", "full", 1, "tok_visa_2");
    spa.processor.owner.fail("POST /v1/payment_intents", Fault::DropBefore, 1);
    assert_eq!(spa.call("CreateBooking", &wanted.body()).await.status, 504);
    let first = spa.nodes.remove(0);
    first.stop(false).await;
    spa.pass(6 * SECOND);
    let booked = until("the other node books", async || {
        let page = spa.call("CreateBooking", &wanted.body()).await;
        (page.status == 200).then(|| page.text())
    })
    .await;
    assert!(booked.contains("CONFIRMED"), "{booked}");
    assert_eq!(spa.processor.owner.charges().len(), 2);
}

/// Whoever hears that a request failed may charge elsewhere: while an attempt can still become a booking, nobody says so.
#[actix_web::test]
async fn bk_5_1_an_attempt_under_way_is_not_called_failed_when_newer_feeds_drop_its_slot() {
    let spa = Spa::open().await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1").body();
    spa.processor.owner.fail("POST /v1/payment_intents", Fault::Held, 1);
    let dropped = async {
        until("the charge is under way", async || {
            (!spa.processor.owner.requests("POST /v1/payment_intents").is_empty()).then_some(())
        })
        .await;
        let (merchants, services, mut availability) = feeds(2);
        let slots = availability["service_availability"][0]["availability"].as_array_mut().unwrap();
        slots.retain(|slot| slot["service_id"] != "full");
        let page = spa.decide("booking/feeds", &json!({"feeds": [merchants, services, availability]})).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let again = spa.call("CreateBooking", &wanted).await;
        spa.processor.owner.release();
        again
    };
    let (_, again) = join(spa.call("CreateBooking", &wanted), dropped).await;
    assert!(matches!(again.status, 200 | 409 | 504), "{} {}", again.status, again.text());
    let booked = until("it is booked after all", async || {
        let page = spa.call("CreateBooking", &wanted).await;
        (page.status == 200).then(|| page.text())
    })
    .await;
    assert!(booked.contains("CONFIRMED"), "{booked}");
    assert_eq!(spa.processor.owner.charges().len(), 1);
}
