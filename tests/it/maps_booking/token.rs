//! The access token: fetched once, kept while it is good, fetched anew when Google no longer takes it.

use super::google::{Google, Script};
use super::{NOW, client, penalised};

#[tokio::test]
async fn bk_8_1_without_a_service_account_nothing_is_authenticated() {
    let google = Google::start();
    client(&google, false).patch_booking(&penalised(), NOW).await.unwrap();
    assert_eq!((google.authorizations(), google.tokens()), (vec![String::new()], 0));
}

#[tokio::test]
async fn bk_8_1_one_token_serves_until_shortly_before_its_end() {
    let google = Google::start();
    let client = client(&google, true);
    for seconds in [0, 1_800, 3_538] {
        client.patch_booking(&penalised(), NOW.plus_millis(seconds * 1000)).await.unwrap();
    }
    assert_eq!(google.authorizations(), ["Bearer token-1"; 3]);
    // 60 s before the 3599 s are over; the assertion's time is still within the reader's tolerance.
    let before_its_end = NOW.plus_millis(3_539_000);
    let refused = client.patch_booking(&penalised(), before_its_end).await.unwrap_err();
    assert_eq!(refused.description, "token: HTTP 400", "the stand-in's clock stands still: a new one was asked for");
}

#[tokio::test]
async fn bk_8_1_callers_at_the_same_time_share_one_token() {
    let google = Google::start();
    let client = client(&google, true);
    let patch = penalised();
    let calls = (0..8).map(|_| client.patch_booking(&patch, NOW));
    for done in futures_util::future::join_all(calls).await {
        done.unwrap();
    }
    assert_eq!(google.tokens(), 1);
}

#[tokio::test]
async fn bk_8_1_a_refused_token_is_fetched_anew_once() {
    let google = Google::start();
    let client = client(&google, true);
    google.script([Script::Status(401)]);
    client.patch_booking(&penalised(), NOW).await.unwrap();
    assert_eq!(google.authorizations(), ["Bearer token-1", "Bearer token-2"]);
    google.script([Script::Status(401), Script::Status(401)]);
    let refused = client.patch_booking(&penalised(), NOW).await.unwrap_err();
    assert!(refused.refused, "not for ever");
    assert_eq!((google.calls().len(), google.tokens()), (4, 3));
}

#[tokio::test]
async fn bk_8_1_no_token_no_call() {
    let google = Google::start();
    let client = client(&google, true);
    google.token_script([Script::RetryAfter(503, "3"), Script::Status(400), Script::Drop]);
    for (description, retry_after_ms, refused) in [
        ("token: HTTP 503", Some(3_000), false),
        ("token: HTTP 400", None, true),
        ("token: the connection broke", None, false),
    ] {
        let failed = client.patch_booking(&penalised(), NOW).await.unwrap_err();
        assert_eq!((failed.description.as_str(), failed.retry_after_ms), (description, retry_after_ms));
        assert_eq!(failed.refused, refused);
    }
    assert!(google.calls().is_empty());
}
