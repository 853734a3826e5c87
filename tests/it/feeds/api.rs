//! Loads: at the start, and over the admin API.

use roundtrip::config::Config;
use roundtrip::ports::Clock as _;
use roundtrip::storage::NewApiToken;
use serde_json::{Value, json};

use super::{GENERATION, booking, gzip, set, written};
use crate::harness::browser::Page;
use crate::harness::{Setup, World};

async fn open(setup: Setup) -> World {
    let world = setup.start().await;
    for (token, scopes, id) in [("keeper", "bookings:write", 500), ("reader", "bookings:read", 501)] {
        let token = NewApiToken {
            id: uuid::Uuid::from_u128(id),
            name: String::new(),
            scopes: scopes.to_owned(),
            user_name: None,
            sha256: roundtrip::crypto::content_hash(token.as_bytes()),
            created_at: world.clock.now(),
        };
        world.nodes[0].store.create_token(token).await.unwrap();
    }
    world
}

async fn post(world: &World, token: &str, body: impl Into<Vec<u8>>) -> Page {
    let url = format!("{}/api/v1/booking/feeds", world.nodes[0].admin);
    let authorization = format!("Bearer {token}");
    world.browser.post(url, &[("authorization", authorization.as_str())], body).await
}

fn body(feeds: &[Value; 3]) -> String {
    json!({"feeds": feeds}).to_string()
}

fn answer(page: &Page) -> Value {
    serde_json::from_slice(&page.body).unwrap()
}

async fn slots(world: &World) -> u64 {
    world.nodes[0].store.slot_count().await.unwrap()
}

#[tokio::test]
async fn bk_7_9_feeds_that_are_good_are_in_force_and_others_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = open(booking(folder.path(), &[])).await;
    let page = post(&world, "keeper", body(&set(GENERATION, 3))).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let told = answer(&page);
    assert_eq!((&told["outcome"], &told["slots"]), (&json!("inForce"), &json!(3)), "{told}");
    assert_eq!((&told["merchants"], &told["services"]), (&json!(1), &json!(1)));
    let warnings = told["warnings"].as_array().unwrap();
    assert_eq!(warnings[0], "feeds[1]: service spa-1/full: scheduling_rules: is outdated: it is called rules");

    let mut broken = set(GENERATION + 1, 5);
    broken[2]["service_availability"][0]["availability"][4]["spots_open"] = json!(3);
    for body in [body(&broken).into_bytes(), gzip(body(&broken).as_bytes())] {
        let page = post(&world, "keeper", body).await;
        assert_eq!((page.status, page.header("content-type")), (422, "application/problem+json"), "{}", page.text());
        let problem = answer(&page);
        assert_eq!(problem["file"], "feeds[2]");
        assert_eq!(problem["feed"], "availability");
        assert_eq!(problem["entity"], "slot spa-1/full at 1790018000");
        assert_eq!(problem["field"], "spots_open");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("feeds[2] (availability feed)") && detail.contains("spots_open: expected"), "{detail}");
        assert_eq!(slots(&world).await, 3);
    }
    // Wrong feeds of a generation that would not be taken are refused all the same.
    broken[0]["metadata"]["generation_timestamp"] = json!(1);
    broken[1]["metadata"]["generation_timestamp"] = json!(1);
    broken[2]["metadata"]["generation_timestamp"] = json!(1);
    assert_eq!(post(&world, "keeper", body(&broken)).await.status, 422);

    let told = answer(&post(&world, "keeper", body(&set(GENERATION, 5))).await);
    assert_eq!((&told["outcome"], &told["slots"]), (&json!("alreadyInForce"), &json!(5)));
    assert_eq!(slots(&world).await, 3);
    let told = answer(&post(&world, "keeper", body(&set(GENERATION - 1, 5))).await);
    assert_eq!(told["outcome"], "ignored");
    assert!(told["warnings"][0].as_str().unwrap().contains("in force, and newer"), "{told}");
    assert_eq!(slots(&world).await, 3);
    let page = post(&world, "keeper", gzip(body(&set(GENERATION + 2, 5)).as_bytes())).await;
    assert_eq!((answer(&page)["outcome"].as_str(), slots(&world).await), (Some("inForce"), 5));
}

#[tokio::test]
async fn feeds_are_loaded_by_whoever_may() {
    let folder = tempfile::tempdir().unwrap();
    let world = open(booking(folder.path(), &[])).await;
    for (token, status) in [("nobody", 401), ("reader", 403)] {
        assert_eq!(post(&world, token, body(&set(GENERATION, 1))).await.status, status);
    }
    for garbage in ["", "{", "[]", "{}", "{\"feeds\":[]}", "{\"feeds\":[{}]}"] {
        let page = post(&world, "keeper", garbage).await;
        assert_eq!(page.status, 422, "{garbage}: {}", page.text());
    }
    let public = format!("{}/api/v1/booking/feeds", world.public_url());
    assert_eq!(world.browser.post(public, &[("authorization", "Bearer keeper")], "{}").await.status, 404);
    assert_eq!(slots(&world).await, 0);
    let world = open(Setup::pgp()).await;
    assert_eq!(post(&world, "keeper", body(&set(GENERATION, 1))).await.status, 404, "without [booking]");
}

#[tokio::test]
async fn bk_7_2_feeds_of_the_configuration_are_loaded_at_the_start_and_not_again() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), &set(GENERATION, 4));
    let mut world = open(booking(folder.path(), &files)).await;
    let before = world.nodes[0].store.inventory_in_force().await.unwrap();
    assert_eq!((before.feed_generation, slots(&world).await), (GENERATION, 4));
    world.restart().await;
    assert_eq!(world.nodes[0].store.inventory_in_force().await.unwrap(), before);
    written(folder.path(), &set(GENERATION - 1, 9));
    world.restart().await;
    assert_eq!(world.nodes[0].store.inventory_in_force().await.unwrap(), before, "older feeds are ignored");
    written(folder.path(), &set(GENERATION + 1, 9));
    world.restart().await;
    assert_eq!(slots(&world).await, 9);
}

#[tokio::test]
async fn a_start_with_feeds_that_are_wrong_says_which_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = set(GENERATION, 1);
    wrong[1]["service"][0]["merchant_id"] = json!("spa-2");
    let files = written(folder.path(), &wrong);
    let mut world = open(booking(folder.path(), &[])).await;
    world.nodes.remove(0).stop(true).await;
    let refused = async |feeds: &[std::path::PathBuf]| {
        let text = world.configuration().replace("feeds = []", &format!("feeds = {feeds:?}"));
        let config = Config::from_toml_str(&text, world.dir.path()).unwrap();
        let started = roundtrip::app::start(&config, roundtrip::app::Surroundings::system()).await;
        format!("{:#}", started.err().expect("a start that fails"))
    };
    let error = refused(&files).await;
    assert!(error.starts_with("booking.feeds are not loaded: correct the feed, or take booking.feeds out"), "{error}");
    assert!(error.contains("services.json (service feed), line 1 column "), "{error}");
    assert!(
        error.ends_with("service spa-2/full: merchant_id: there is no merchant spa-2 in the merchant feed"),
        "{error}"
    );
    let error = refused(&[folder.path().join("none.json")]).await;
    assert!(error.starts_with("booking.feeds: cannot read ") && error.contains("none.json: does it exist?"), "{error}");
}
