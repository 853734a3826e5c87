//! A start that is called off while the first feeds are loaded.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait as _, Database, Statement};
use serde_json::json;

use super::spa::{Spa, slot};
use crate::harness::{START_MS, until};

/// How long a server may take to stop (its drain has 2.5 s).
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// Feeds that take long to read: the spa's, with so many slots more.
fn many(small: &str, count: i64) -> String {
    let (head, tail) = small.split_at(small.find("\"availability\":[").unwrap() + "\"availability\":[".len());
    let mut text = head.to_owned();
    for at in 0..count {
        let start = START_MS / 1_000 + 100_000_000 + at * 60;
        write!(
            text,
            "{{\"merchant_id\":\"spa-1\",\"service_id\":\"arrival\",\"start_sec\":{start},\"duration_sec\":60,\
             \"spots_total\":1,\"spots_open\":1}},"
        )
        .unwrap();
    }
    text + tail
}

/// How many rows a table has, if there is one.
async fn count(spa: &Spa, table: &str) -> Option<i64> {
    let db = Database::connect(format!("{}?mode=ro", spa.database())).await.ok()?;
    let counted = Statement::from_string(db.get_database_backend(), format!("SELECT COUNT(*) AS n FROM {table}"));
    let row = db.query_one_raw(counted).await.ok()??;
    let found = row.try_get("", "n").ok();
    db.close().await.ok()?;
    found
}

#[actix_web::test]
async fn bk_7_2_a_start_that_is_called_off_while_feeds_are_loaded_ends_at_once_and_leaves_nothing_in_force() {
    let spa = Spa::outside();
    let feed = spa.dir().join("availability.json");
    let small = std::fs::read_to_string(&feed).unwrap();
    std::fs::write(&feed, many(&small, 400_000)).unwrap();
    std::fs::write(spa.dir().join("roundtrip.toml"), spa.settings(0)).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_roundtrip"))
        .args(["serve", "--config"])
        .arg(spa.dir().join("roundtrip.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(spa.dir().join("log")).unwrap())
        .spawn()
        .unwrap();
    until("slots are staged", async || count(&spa, "slots").await.filter(|slots| *slots > 0)).await;
    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    let began = Instant::now();
    let status = until("the server has stopped", async || server.try_wait().unwrap()).await;
    let log = std::fs::read_to_string(spa.dir().join("log")).unwrap();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(began.elapsed() < STOPS_WITHIN, "it took {:?}", began.elapsed());
    assert!(log.contains("stopped before the start was complete") && !log.contains("panic"), "{log}");

    // The next start loads the same feeds, whole.
    std::fs::write(&feed, &small).unwrap();
    let _server = spa.serve().await;
    let page = spa.try_call("CheckAvailability", &json!({"slot": slot("arrival", 0)})).await.unwrap();
    assert_eq!(page.status, 200, "{}", page.text());
}
