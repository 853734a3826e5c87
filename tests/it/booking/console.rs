//! Bookings and payouts in the console: found, looked at, and acted on by who may.

use roundtrip::domain::{Role, Timestamp, UserName};
use roundtrip::storage::{NewApiToken, NewUser};
use secrecy::SecretString;

use super::spa::{Spa, Wanted};
use crate::console::{PASSWORD, Visitor};
use crate::harness::START_MS;

/// A person of this role, added and signed in.
async fn person(spa: &Spa, role: Role) -> Visitor {
    let store = &spa.nodes[0].store;
    let (name, now) = (UserName::parse(role.as_str()).unwrap(), Timestamp::from_millis(START_MS));
    assert!(store.create_user(NewUser { name: name.clone(), role, created_at: now }).await.unwrap());
    roundtrip::people::set_password(store, &name, &SecretString::from(PASSWORD.to_owned()), now).await.unwrap();
    let mut visitor = Visitor::at(&spa.nodes[0].admin);
    assert_eq!(visitor.sign_in(role.as_str(), PASSWORD).await.status, 303);
    visitor
}

#[actix_web::test]
async fn con_5_a_booking_is_found_and_cancelled_and_its_page_says_where_the_money_is() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    let id = booking["booking_id"].as_str().unwrap().to_owned();
    let page = format!("/console/bookings/{id}");

    let mut finance = person(&spa, Role::Finance).await;
    for query in ["?user=u-55", "?merchant=spa-1&status=CONFIRMED", "?from=2025-01-01&until=2025-01-31", ""] {
        finance.get(&format!("/console/bookings{query}")).await;
        finance.sees(&id);
    }
    for query in ["?user=nobody", "?status=CANCELED", "?from=2026-01-01", "?from=&until=2024-12-31"] {
        finance.get(&format!("/console/bookings{query}")).await;
        finance.sees("No booking fits");
    }
    assert_eq!(finance.get(&format!("/console/bookings?id={id}")).await.header("location"), page);
    finance.get(&page).await;
    for words in ["Quiet Harbor Spa", "Ada Okoro", "ada@example.com", "USD\u{a0}213.50", "payable_to_merchant:spa-1"] {
        finance.sees(words);
    }
    assert!(!finance.last.as_ref().unwrap().text().contains("+14155550111"), "a telephone number is shown");

    let cancel = format!("{page}/cancel");
    finance.get(&cancel).await;
    finance.sees("USD\u{a0}213.50 go back to the payer.");
    finance.does(&cancel, &cancel, &[("by", "merchant")]).await;
    finance.sees("The booking is cancelled.");
    spa.seen(&id, "the money is back", |shown| shown["prepaymentStatus"] == "PREPAYMENT_REFUNDED").await;
    spa.told(2).await;
    finance.get(&page).await;
    for words in ["Cancelled by the merchant.", "The refund was carried out.", "it was cancelled here", "given back"] {
        finance.sees(words);
    }
    finance.get(&cancel).await;
    finance.sees("This booking can no longer be cancelled.");
}

#[actix_web::test]
async fn con_5_who_only_looks_acts_on_no_booking_and_who_operates_takes_no_money() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "fee", 0, "tok_visa_1")).await;
    let page = format!("/console/bookings/{}", booking["booking_id"].as_str().unwrap());
    spa.pass_until(0, -60_000);

    let mut viewer = person(&spa, Role::Viewer).await;
    viewer.get(&page).await;
    viewer.sees("Fee for not coming or cancelling late: USD\u{a0}30.00.");
    assert!(!viewer.last.as_ref().unwrap().text().contains("/no-show"), "a viewer is offered an act");
    assert_eq!(viewer.submit(&format!("{page}/no-show"), &[]).await.status, 403);

    let mut operator = person(&spa, Role::Operator).await;
    operator.get(&format!("{page}/no-show")).await;
    operator.sees("Only finance may charge the fee.");
    for act in ["no-show-fee", "refund"] {
        let refused = operator.submit(&format!("{page}/{act}"), &[("why", "absent"), ("charge", "pi_1")]).await;
        assert_eq!(refused.status, 403, "{act}");
        operator.get(&format!("{page}/no-show")).await;
    }
    operator.does(&format!("{page}/no-show"), &format!("{page}/no-show"), &[]).await;
    operator.sees("It is noted that the user did not come.");

    let mut finance = person(&spa, Role::Finance).await;
    let asked = format!("{page}/no-show");
    finance.get(&asked).await;
    finance.sees("USD\u{a0}30.00 are charged to the kept card.");
    assert_eq!(finance.submit(&format!("{page}/no-show-fee"), &[]).await.status, 422, "without a reason");
    finance.does(&asked, &format!("{page}/no-show-fee"), &[("why", "did not come")]).await;
    spa.told(2).await;
    finance.get(&page).await;
    finance.sees("No-show fee of USD\u{a0}30.00 charged.");
}

#[actix_web::test]
async fn con_5_a_pending_booking_is_confirmed_and_a_merchant_is_paid_out() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::of("t-1", "async", 0)).await;
    let page = format!("/console/bookings/{}", booking["booking_id"].as_str().unwrap());
    let mut finance = person(&spa, Role::Finance).await;
    finance.does(&page, &format!("{page}/confirm"), &[]).await;
    finance.sees("The booking is confirmed.");
    assert!(!finance.last.as_ref().unwrap().text().contains("/decline"), "what is confirmed cannot be declined");

    spa.book(&Wanted::paid("t-2", "full", 0, "tok_visa_1")).await;
    finance.get("/console/payouts?merchant=spa-1").await;
    finance.sees("USD\u{a0}213.50");
    let fields = [("merchant", "spa-1"), ("reference", "2025-01"), ("currency", "USD"), ("amount", "1,000.00")];
    finance.get("/console/payouts/new").await;
    assert_eq!(finance.submit("/console/payouts/new", &fields).await.status, 422, "an amount with two marks");
    finance.sees("value=\"2025-01\"");
    let fields = [("merchant", "spa-1"), ("reference", "2025-01"), ("currency", "USD"), ("amount", "200.00")];
    finance.does("/console/payouts/new", "/console/payouts/new", &fields).await;
    finance.sees("The payout is recorded.");
    finance.get("/console/payouts?merchant=spa-1").await;
    finance.sees("USD\u{a0}13.50");
}

/// A page says what a cancellation costs; when a deadline passes before the button is pressed, nothing is done.
#[actix_web::test]
async fn con_5_a_cancellation_that_would_cost_otherwise_than_it_was_shown_is_shown_again() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    let id = booking["booking_id"].as_str().unwrap();
    let cancel = format!("/console/bookings/{id}/cancel");
    // Online cancellation ends four hours before.
    spa.pass_until(0, 4 * 3_600_000);
    let mut finance = person(&spa, Role::Finance).await;
    finance.get(&cancel).await;
    let by = [("by", "customer")];
    spa.pass(1);
    let answer = finance.submit(&cancel, &by).await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    for words in ["Nothing was done.", "You had been told:", "USD\u{a0}213.50 go back", "USD\u{a0}213.50 stay charged."]
    {
        finance.sees(words);
    }
    let shown = spa.desk(&format!("bookings/{id}")).await;
    assert_eq!((shown["status"].as_str(), shown["refunds"].as_array().unwrap().len()), (Some("CONFIRMED"), 0));
    let answer = finance.submit(&cancel, &by).await;
    assert_eq!(answer.status, 303, "decided again on the new page: {}", answer.text());
    let shown = spa.desk(&format!("bookings/{id}")).await;
    assert_eq!((shown["status"].as_str(), shown["refunds"].as_array().unwrap().len()), (Some("CANCELED"), 0));

    // What the machine refuses by now is a change as well: it has begun.
    let booking = spa.book(&Wanted::paid("t-2", "full", 1, "tok_visa_2")).await;
    let cancel = format!("/console/bookings/{}/cancel", booking["booking_id"].as_str().unwrap());
    spa.pass_until(1, 60_000);
    let mut admin = person(&spa, Role::Admin).await;
    admin.get(&cancel).await;
    spa.pass(60_000);
    assert_eq!(admin.submit(&cancel, &by).await.status, 409);
    assert!(!admin.last.as_ref().unwrap().text().contains("value=\"customer\""), "that is not offered any more");
}

#[actix_web::test]
async fn con_5_a_charge_goes_back_once_by_the_page_that_showed_it() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    let id = booking["booking_id"].as_str().unwrap();
    let refund = format!("/console/bookings/{id}/refund");
    let mut finance = person(&spa, Role::Finance).await;
    let mut admin = person(&spa, Role::Admin).await;
    finance.get(&refund).await;
    admin.get(&refund).await;
    let why = [("why", "told the guest")];
    let (one, other) = futures_util::future::join(finance.submit(&refund, &why), admin.submit(&refund, &why)).await;
    let mut told = [one.status, other.status];
    told.sort_unstable();
    assert_eq!(told, [303, 409], "{} {}", one.text(), other.text());
    let late = if one.status == 409 { one } else { other };
    assert!(late.text().contains("Since you opened this page the booking has changed"), "{}", late.text());
    spa.seen(id, "the money is back", |shown| shown["prepaymentStatus"] == "PREPAYMENT_REFUNDED").await;
    let shown = spa.desk(&format!("bookings/{id}")).await;
    assert_eq!(shown["refunds"].as_array().unwrap().len(), 1);
    finance.get("/console/bookings").await;
    assert_eq!(finance.submit(&refund, &[("why", "x"), ("charge", "pi_1")]).await.status, 422, "no page was seen");
}

#[actix_web::test]
async fn con_5_a_fee_is_charged_by_the_page_that_showed_it() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "fee", 0, "tok_visa_1")).await;
    let id = booking["booking_id"].as_str().unwrap();
    spa.pass_until(0, -60_000);
    let page = format!("/console/bookings/{id}/no-show");
    let mut finance = person(&spa, Role::Finance).await;
    finance.get(&page).await;
    let seen = finance.last.clone();
    assert_eq!(spa.decide(&format!("bookings/{id}/no-show"), &serde_json::json!({"charge": false})).await.status, 202);
    let fee = format!("{page}-fee");
    for (act, fields) in [(&page, &[][..]), (&fee, &[("why", "did not come")][..])] {
        finance.last.clone_from(&seen);
        let answer = finance.submit(act, fields).await;
        assert_eq!(answer.status, 409, "{}", answer.text());
        finance.sees("Nothing was done.");
    }
    assert!(spa.processor.owner.charges().is_empty());
    assert_eq!(finance.submit(&fee, &[("why", "did not come")]).await.status, 303);
    spa.seen(id, "the fee is paid", |shown| shown["status"] == "NO_SHOW_PENALIZED").await;
    assert_eq!(spa.processor.owner.charges().len(), 1);
}

/// Who works with bookings notes that nobody came; the fee for it is money, over the API as well.
#[actix_web::test]
async fn con_5_a_fee_over_the_api_is_charged_by_who_decides_about_money() {
    let spa = Spa::open().await;
    let store = &spa.nodes[0].store;
    for (number, role) in [(900, Role::Operator), (901, Role::Finance)] {
        let (name, created_at) = (UserName::parse(role.as_str()).unwrap(), Timestamp::from_millis(START_MS));
        assert!(store.create_user(NewUser { name, role, created_at }).await.unwrap());
        let token = NewApiToken {
            id: uuid::Uuid::from_u128(number),
            name: String::new(),
            scopes: "bookings:write".to_owned(),
            user_name: Some(role.as_str().to_owned()),
            sha256: roundtrip::crypto::content_hash(role.as_str().as_bytes()),
            created_at,
        };
        store.create_token(token).await.unwrap();
    }
    let booking = spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    let path = format!("/api/v1/bookings/{}/no-show", booking["booking_id"].as_str().unwrap());
    for (who, charge, status) in [("operator", true, 403), ("operator", false, 409), ("finance", true, 409)] {
        let authorization = format!("Bearer {who}");
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let body = format!("{{\"charge\": {charge}}}");
        let answer = spa.browser.post(format!("{}{path}", spa.nodes[0].admin), &headers, body).await;
        // It has not begun yet: who may is told so.
        assert_eq!(answer.status, status, "{who} {charge}: {}", answer.text());
    }
}
