//! Google hears of a booking within five minutes of being there again (google-booking-server sections 2.5 and 8.1).

use entity::outbox;
use roundtrip::ports::Clock as _;
use sea_orm::{ColumnTrait as _, ConnectOptions, Database, DatabaseConnection, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::spa::{Spa, Wanted};
use crate::harness::until;

/// As long as any call waits for its next attempt while Google is away, in ms.
const LONGEST_WAIT_MS: i64 = 60_000;
const FIVE_MINUTES_MS: i64 = 300_000;

async fn database(spa: &Spa) -> DatabaseConnection {
    Database::connect(ConnectOptions::new(spa.database())).await.unwrap()
}

/// Waits until the one call of this kind of transaction to Google has failed so often, and answers when it is due again.
async fn failed(db: &DatabaseConnection, kind: &str, attempts: i32) -> i64 {
    until(&format!("attempt {attempts} of a {kind} has failed"), async || {
        let select = outbox::Entity::find().filter(outbox::Column::Kind.eq(kind));
        let rows = select.filter(outbox::Column::Lane.eq("google")).all(db).await.unwrap();
        let row = rows.into_iter().next()?;
        (row.attempts >= attempts && row.lease_node.is_none()).then_some(row.due_ms)
    })
    .await
}

#[actix_web::test]
async fn bk_8_1_google_hears_within_five_minutes_of_being_there_again_whatever_it_answered_before() {
    let spa = Spa::open().await;
    let id = spa.book(&Wanted::of("t-1", "arrival", 0)).await["booking_id"].as_str().unwrap().to_owned();
    until("the slots are told", async || (!spa.google().availability().is_empty()).then_some(())).await;
    let told_before = spa.google().availability().len();
    let db = database(&spa).await;
    // Away for a quarter of an hour and more: unreachable, throttling, and refusing what it will take later.
    let answers = [503, 500, 404, 429, 403, 503, 404, 503, 503, 400, 503, 503, 500, 404];
    spa.google().script(&answers.map(|status| [status; 2]).concat());
    let began = spa.clock.now();
    let page = spa.decide(&format!("bookings/{id}/cancel"), &json!({"by": "merchant"})).await;
    assert_eq!(page.status, 202, "{}", page.text());
    for attempts in (1..).take(answers.len()) {
        for kind in ["booking", "availability"] {
            let wait = failed(&db, kind, attempts).await - spa.clock.now().as_millis();
            assert!(wait <= LONGEST_WAIT_MS, "{kind} waits {wait} ms after attempt {attempts}");
        }
        if attempts < answers.len() as i32 {
            spa.pass(LONGEST_WAIT_MS);
        }
    }
    assert!(spa.clock.now().millis_since(began) > 2 * FIVE_MINUTES_MS);
    // Google is there again.
    assert!(spa.google().bookings().is_empty());
    spa.pass(FIVE_MINUTES_MS);
    assert_eq!(spa.told(1).await[0]["body"]["status"], "CANCELED");
    let open = until("the slots are told again", async || {
        let told = spa.google().availability();
        (told.len() > told_before).then(|| told.last().cloned())?
    })
    .await;
    let slots: &Value = &open["body"]["serviceAvailability"]["availability"];
    assert_eq!(slots[0]["spotsOpen"], "2");
}
