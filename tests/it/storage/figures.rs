//! Calls are added up by the hour, over all nodes.

use std::time::Duration;

use roundtrip::domain::Timestamp;
use roundtrip::storage::{Noted, Tally};

use super::fixture::{Home, NODE, OTHER_NODE, open};
use super::on_both;

on_both! {
    old_hours => con_2_hours_older_than_400_days_are_removed_sqlite, con_2_hours_older_than_400_days_are_removed_postgres;
    hours => con_2_calls_are_added_up_by_the_hour_sqlite, con_2_calls_are_added_up_by_the_hour_postgres;
}

fn noted(series: &str, ok: bool, took_ms: &[u64]) -> Noted {
    let mut tally = Tally::default();
    for ms in took_ms {
        tally.note(Duration::from_millis(*ms));
    }
    Noted { series: series.to_owned(), ok, tally }
}

async fn hours(home: &Home) {
    let hour = |hours: i64| Timestamp::from_millis(1_800_000_000_000 + hours * 3_600_000);
    let store = &home.store;
    let other = open(&home.url).await;
    let first = [noted("google:echo", true, &[3, 30]), noted("issuer:BANK_A:status", true, &[700])];
    store.add_figures(NODE, hour(0).plus_millis(1), &first).await.unwrap();
    store.add_figures(NODE, hour(1).plus_millis(-1), &[noted("google:echo", true, &[30])]).await.unwrap();
    other.add_figures(OTHER_NODE, hour(0), &[noted("google:echo", false, &[20_000])]).await.unwrap();
    other.add_figures(OTHER_NODE, hour(0), &[noted("google:echo", true, &[6_000])]).await.unwrap();
    store.add_figures(NODE, hour(1), &[noted("google:echo", true, &[1])]).await.unwrap();
    store.add_figures(NODE, hour(1), &[]).await.unwrap();

    let [echo, status] = store.figures(hour(0), hour(1)).await.unwrap().try_into().expect("two series");
    assert_eq!((echo.series.as_str(), status.series.as_str()), ("google:echo", "issuer:BANK_A:status"));
    assert_eq!(echo.ok, noted("", true, &[3, 30, 30, 6_000]).tally);
    assert_eq!(echo.failed, noted("", true, &[20_000]).tally);
    assert_eq!(echo.good_per_million(5_000), Some(600_000));
    assert_eq!(status.all().total_ms(), 700);
    let [later] = store.figures(hour(1), hour(2)).await.unwrap().try_into().expect("one series");
    assert_eq!(later.all().count(), 1);
    let [both, _] = store.figures(hour(0), hour(2)).await.unwrap().try_into().expect("two series");
    assert_eq!(both.all().count(), 6);
    assert_eq!(store.figures(hour(2), hour(9)).await.unwrap(), []);
    other.close().await;
}

async fn old_hours(home: &Home) {
    let hour = |hours: i64| Timestamp::from_millis(1_800_000_000_000 + hours * 3_600_000);
    let store = &home.store;
    let calls = [noted("google:echo", true, &[3]), noted("google:echo", false, &[3]), noted("issuer:A:x", true, &[3])];
    for at in [0, 1, 2] {
        store.add_figures(NODE, hour(at), &calls).await.unwrap();
        store.add_figures(OTHER_NODE, hour(at), &calls).await.unwrap();
    }
    let seen = async || store.figures(hour(0), hour(9)).await.unwrap().iter().map(|one| one.all().count()).sum::<u64>();
    let kept = 400 * 24;
    // To the day, nothing is too old.
    assert!(!store.tidy_figures(hour(kept)).await.unwrap());
    assert_eq!(seen().await, 18);
    // One hour at a time, the oldest first.
    assert!(store.tidy_figures(hour(kept + 2)).await.unwrap());
    assert_eq!((seen().await, store.figures(hour(0), hour(1)).await.unwrap().len()), (12, 0));
    assert!(store.tidy_figures(hour(kept + 2)).await.unwrap());
    assert!(!store.tidy_figures(hour(kept + 2)).await.unwrap());
    assert_eq!((seen().await, store.figures(hour(2), hour(3)).await.unwrap().len()), (6, 2));
}
