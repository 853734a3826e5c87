//! Paths, authentication, status codes (google-booking-server section 2).

use serde_json::json;

use super::spa::{Spa, Wanted, authorization};
use crate::harness::browser::Page;

async fn get(spa: &Spa, path: &str, authorization: &str) -> Page {
    let url = format!("{}{path}", spa.nodes[0].public);
    spa.browser.get_with(url, &[("authorization", authorization)]).await
}

#[actix_web::test]
async fn bk_2_2_who_is_not_google_learns_nothing_not_even_which_paths_exist() {
    let spa = Spa::open().await;
    let wrong = [
        authorization("google", "wrong"),
        authorization("nobody", "correct horse battery staple"),
        "Basic !!!".to_owned(),
        "Bearer x".to_owned(),
    ];
    for given in wrong {
        for path in ["/v3/HealthCheck/", "/v3/CreateBooking/", "/v3/Nothing/", "/v3/"] {
            let page = get(&spa, path, &given).await;
            assert_eq!(page.status, 401, "{path}");
            assert_eq!(page.header("www-authenticate"), "Basic realm=\"booking\"");
            assert!(page.header("content-type").starts_with("text/plain"));
        }
    }
}

#[actix_web::test]
async fn bk_2_1_methods_are_found_in_any_case_with_or_without_a_slash() {
    let spa = Spa::open().await;
    let right = authorization("google", "correct horse battery staple");
    for path in ["/v3/HealthCheck/", "/v3/HealthCheck", "/v3/healthcheck/", "/V3/HEALTHCHECK"] {
        let page = get(&spa, path, &right).await;
        assert_eq!((page.status, page.text().as_str()), (200, "{\"status\":\"SERVING\"}"), "{path}");
        assert_eq!(page.header("content-type"), "application/json");
    }
    assert_eq!(get(&spa, "/v3/CreateBooking/", &right).await.status, 405);
    assert_eq!(get(&spa, "/v3/CreateBooking/", &right).await.header("allow"), "POST");
    assert_eq!(get(&spa, "/v3/CreateLease/", &right).await.status, 404);
    assert_eq!(spa.call("CreateOrder", &json!({})).await.status, 501);
    assert_eq!(spa.call("HealthCheck", &json!({})).await.status, 405);
}

#[actix_web::test]
async fn bk_2_3_bad_bodies_name_the_field_and_store_nothing() {
    let spa = Spa::open().await;
    let mut body = Wanted::of("t-1", "arrival", 0).body();
    body.as_object_mut().unwrap().remove("idempotency_token");
    let page = spa.call("CreateBooking", &body).await;
    assert_eq!(page.status, 400);
    assert!(page.text().contains("idempotency_token"), "{}", page.text());
    assert_eq!(spa.open_spots("arrival", 0).await, 2);
}

#[actix_web::test]
async fn bk_5_5_a_user_s_wish_for_offers_is_repeated() {
    let spa = Spa::open().await;
    spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    let wish = json!({"user_information": {"user_id": "u-55"}, "user_to_receive_marketing": true});
    assert_eq!(spa.ok("SetMarketingPreference", &wish).await, wish);
}

#[actix_web::test]
async fn bk_6_admin_paths_are_closed_to_whoever_has_no_scope_and_absent_from_the_public_listener() {
    let spa = Spa::open().await;
    let url = format!("{}/api/v1/bookings", spa.nodes[0].admin);
    assert_eq!(spa.browser.get(&url).await.status, 401);
    let public = format!("{}/api/v1/bookings", spa.nodes[0].public);
    assert_eq!(spa.browser.get(public).await.status, 404);
    assert_eq!(spa.desk_page("bookings?limit=0").await.status, 400);
}
