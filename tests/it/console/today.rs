//! Today: calls that really happened stand there by method.

use roundtrip::domain::Role;

use super::visitor::{Visitor, console};

/// How many calls the page counts in this row.
fn count(page: &str, call: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("<bdi>{call}</bdi></th>"))?;
    let (_, rest) = rest.split_once("<td class=\"number\">")?;
    Some(rest.split('<').next()?.to_owned())
}

#[tokio::test]
async fn con_2_calls_of_googles_and_to_an_issuer_stand_on_the_page_by_method() {
    let mut world = console().start().await;
    world.paid("rq-0001").await;
    world.refund("rf-1", "rq-0001", 9_900_000).await.ok();
    world.settled().await;
    // A server that ends writes what it counted; until then nothing has to stand there.
    world.restart().await;
    let mut visitor = Visitor::signed_in(&world, Role::Viewer).await;
    let page = visitor.get("/console/").await.text();
    for call in [
        "Google to us: asynchronousRefund",
        "We to BANK_A: refund",
        "We to Google: redirectPaymentCompleteNotification",
        "We to Google: refundResultNotification",
    ] {
        assert_eq!(count(&page, call).as_deref(), Some("1"), "{call}: {page}");
    }
    assert_eq!(count(&page, "Google to us: getRedirectPaymentStatus"), None, "nobody asked");
}
