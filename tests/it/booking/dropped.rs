//! What a newer feed has dropped, while Google still shows an older one (google-booking-server sections 2.4, 4 and 5).

use serde_json::{Value, json};

use super::spa::{Spa, Wanted, feeds, slot, start_s};

/// Loads newer feeds, without the slots and the services for which `gone` is true.
async fn drop_from_feeds(spa: &Spa, generation: i64, gone: impl Fn(&Value) -> bool) {
    let (merchants, mut services, mut availability) = feeds(generation);
    services["service"].as_array_mut().unwrap().retain(|service| !gone(service));
    let slots = availability["service_availability"][0]["availability"].as_array_mut().unwrap();
    slots.retain(|slot| !gone(slot));
    let page = spa.decide("booking/feeds", &json!({"feeds": [merchants, services, availability]})).await;
    assert_eq!(page.status, 200, "{}", page.text());
}

#[actix_web::test]
async fn bk_2_4_a_slot_that_a_newer_feed_drops_is_unavailable_and_no_bad_request() {
    let spa = Spa::open().await;
    let booked = spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    let held = spa.book(&Wanted::of("t-2", "arrival", 2)).await;
    drop_from_feeds(&spa, 2, |slot| slot["service_id"] == "arrival" && slot["start_sec"] == start_s(0)).await;

    assert_eq!(spa.cause(&Wanted::of("t-3", "arrival", 0)).await, "SLOT_UNAVAILABLE");
    let checked = spa.ok("CheckAvailability", &json!({"slot": slot("arrival", 0)})).await;
    assert_eq!(checked, json!({"slot": slot("arrival", 0), "count_available": 0}));
    let to = json!({"booking": {"booking_id": held["booking_id"], "slot": slot("arrival", 0)}});
    assert_eq!(spa.ok("UpdateBooking", &to).await["booking_failure"]["cause"], "SLOT_UNAVAILABLE");
    let to = json!({"booking": {"booking_id": held["booking_id"], "slot": {"start_sec": start_s(0).to_string()}}});
    assert_eq!(spa.ok("UpdateBooking", &to).await["booking_failure"]["cause"], "SLOT_UNAVAILABLE");
    let again = spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    assert_eq!(again, booked, "what was booked of it stays booked");

    let mut tagged = Wanted::of("t-4", "arrival", 1);
    tagged.slot["availability_tag"] = json!("of an older feed");
    assert_eq!(spa.cause(&tagged).await, "SLOT_UNAVAILABLE");
    // What no feed could hold was never published, and who was never heard of is nobody.
    for (name, value) in [
        ("duration_sec", json!("0")),
        ("duration_sec", json!("-60")),
        ("start_sec", json!("-1")),
        ("start_sec", json!("9000000000000000")),
        ("service_id", json!("nothing")),
        ("merchant_id", json!("nobody")),
    ] {
        let mut wanted = Wanted::of("t-5", "arrival", 0);
        wanted.slot[name] = value.clone();
        assert_eq!(spa.call("CreateBooking", &wanted.body()).await.status, 400, "{name} {value}");
    }
}

#[actix_web::test]
async fn bk_2_4_a_service_that_a_newer_feed_drops_is_remembered_by_what_was_booked_of_it() {
    let spa = Spa::open().await;
    let booked = spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    crate::harness::until("Google is told of the slot", async || {
        (!spa.google().availability().is_empty()).then_some(())
    })
    .await;
    drop_from_feeds(&spa, 2, |of| of["service_id"] == "arrival" || of["service_id"] == "async").await;
    assert_eq!(spa.cause(&Wanted::of("t-2", "arrival", 1)).await, "SLOT_UNAVAILABLE");
    let checked = spa.ok("CheckAvailability", &json!({"slot": slot("arrival", 1)})).await;
    assert_eq!(checked["count_available"], 0);
    let to = json!({"booking": {"booking_id": booked["booking_id"], "slot": slot("arrival", 1)}});
    assert_eq!(spa.ok("UpdateBooking", &to).await["booking_failure"]["cause"], "SLOT_UNAVAILABLE");
    assert_eq!(spa.call("CreateBooking", &Wanted::of("t-3", "async", 1).body()).await.status, 400);

    let (mut merchants, mut services, mut availability) = feeds(3);
    let renamed = |list: &mut Value| {
        for one in list.as_array_mut().unwrap() {
            one["merchant_id"] = json!("spa-2");
        }
    };
    renamed(&mut merchants["merchant"]);
    renamed(&mut services["service"]);
    renamed(&mut availability["service_availability"][0]["availability"]);
    let page = spa.decide("booking/feeds", &json!({"feeds": [merchants, services, availability]})).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let entry = json!({"service_id": "arrival", "start_sec": start_s(1).to_string(), "duration_sec": "3600"});
    let lookup = |merchant: &str| json!({"merchant_id": merchant, "slot_time": [entry, entry]});
    let answer = spa.ok("BatchAvailabilityLookup", &lookup("spa-1")).await;
    let one = json!({"available": false, "slot_time": entry});
    assert_eq!(answer["slot_time_availability"], json!([one, one]), "the merchant was known");
    assert_eq!(spa.call("BatchAvailabilityLookup", &lookup("spa-3")).await.status, 400);
    assert_eq!(spa.cause(&Wanted::of("t-2", "arrival", 1)).await, "SLOT_UNAVAILABLE");
}

#[actix_web::test]
async fn bk_4_2_entries_without_a_duration_find_every_slot_that_begins_then() {
    let spa = Spa::open().await;
    let (merchants, services, mut availability) = feeds(2);
    let slots = availability["service_availability"][0]["availability"].as_array_mut().unwrap();
    let beside = |more: Value| {
        let mut slot = json!({"merchant_id": "spa-1", "service_id": "arrival", "start_sec": start_s(0) + 60,
                              "duration_sec": 600, "spots_total": 1, "spots_open": 1});
        for (name, value) in more.as_object().unwrap() {
            slot[name] = value.clone();
        }
        slot
    };
    slots.push(beside(json!({})));
    slots.push(beside(
        json!({"duration_sec": 900, "spots_open": 0, "resources": {"staff_id": "s1", "staff_name": "A"}}),
    ));
    let page = spa.decide("booking/feeds", &json!({"feeds": [merchants, services, availability]})).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let entry = |service: &str, start: i64, more: Value| {
        let mut entry = json!({"service_id": service, "start_sec": start.to_string()});
        for (name, value) in more.as_object().unwrap() {
            entry[name] = value.clone();
        }
        entry
    };
    let mut entries = vec![
        (entry("arrival", start_s(0), json!({})), true),
        (entry("arrival", start_s(0) + 60, json!({})), true),
        (entry("arrival", start_s(0) + 60, json!({"resource_ids": {"staff_id": "s1"}})), false),
        (entry("arrival", start_s(0) + 60, json!({"duration_sec": "600"})), true),
        (entry("arrival", start_s(0) + 60, json!({"duration_sec": "900"})), false),
        (entry("arrival", start_s(0) + 61, json!({})), false),
        (entry("full", start_s(3), json!({})), true),
        (entry("full", start_s(0), json!({"availability_tag": "x"})), false),
        (entry("nothing", start_s(0), json!({})), false),
        (entry("arrival", start_s(0), json!({})), true),
    ];
    // More than one statement takes.
    entries.extend((0..150).map(|at| (entry("full", start_s(0) + 100 + at, json!({})), false)));
    let asked: Vec<_> = entries.iter().map(|(entry, _)| entry).collect();
    let request = json!({"merchant_id": "spa-1", "slot_time": asked});
    let answer = spa.ok("BatchAvailabilityLookup", &request).await;
    let answers = answer["slot_time_availability"].as_array().unwrap();
    assert_eq!(answers.len(), entries.len());
    for ((entry, open), answer) in entries.iter().zip(answers) {
        assert_eq!((&answer["slot_time"], answer["available"].as_bool()), (entry, Some(*open)));
    }
}
