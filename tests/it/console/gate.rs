//! What stands before every page: forged forms, fixed sessions, frames, hostile text, and the audit log.

use roundtrip::domain::Role;
use roundtrip::storage::AuditFilter;

use super::visitor::{PASSWORD, Visitor, add_person, console};

#[tokio::test]
async fn con_9_a_form_without_the_sessions_own_token_does_nothing() {
    let world = console().start().await;
    let mut visitor = Visitor::signed_in(&world, Role::Viewer).await;
    let mut stranger = Visitor::new(&world);
    stranger.get("/console/sign-in").await;
    let foreign = stranger.csrf();
    visitor.get("/console/account").await;
    let own = visitor.csrf();
    for token in ["", "x", foreign.as_str()] {
        let refused = visitor.post("/console/account/sessions", &[("csrf", token)], &[]).await;
        assert_eq!(refused.status, 403, "{token:?}");
    }
    assert_eq!(visitor.post("/console/account/sessions", &[], &[]).await.status, 403);
    // With the token, but from a page of somebody else's.
    for header in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let refused = visitor.post("/console/account/sessions", &[("csrf", &own)], &[header]).await;
        assert_eq!(refused.status, 403, "{header:?}");
    }
    assert_eq!(visitor.get("/console/account").await.status, 200, "nothing has ended");
    // Signing somebody in as somebody else is a forged form, too.
    let refused = stranger.post("/console/sign-in", &[("name", "viewer"), ("password", PASSWORD)], &[]).await;
    assert_eq!(refused.status, 403);
    let fields = [("csrf", own.as_str()), ("name", "viewer"), ("password", PASSWORD)];
    assert_eq!(stranger.post("/console/sign-in", &fields, &[]).await.status, 403);
    let same = format!("http://{}", visitor.origin.trim_start_matches("http://"));
    let ended = visitor.post("/console/account/sessions", &[("csrf", &own)], &[("origin", &same)]).await;
    assert_eq!(ended.status, 303);
}

#[tokio::test]
async fn con_9_a_session_that_somebody_else_has_laid_down_is_not_taken_over() {
    let world = console().start().await;
    add_person(&world, "fiona", Role::Finance).await;
    let mut visitor = Visitor::new(&world);
    visitor.cookies.insert("roundtrip_console".to_owned(), "laid-down-by-somebody".to_owned());
    let entered = visitor.sign_in("fiona", PASSWORD).await;
    assert_eq!(entered.status, 303);
    assert_ne!(visitor.cookies["roundtrip_console"], "laid-down-by-somebody");
    let mut attacker = Visitor::new(&world);
    attacker.cookies.insert("roundtrip_console".to_owned(), "laid-down-by-somebody".to_owned());
    assert_eq!(attacker.get("/console/account").await.status, 303);
    let cookie = entered.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/console"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
}

#[tokio::test]
async fn con_9_cookies_are_for_https_alone_where_the_console_is() {
    let mut setup = console();
    setup.more.push_str("url = \"https://console.example.com\"\n");
    let world = setup.start().await;
    let mut visitor = Visitor::new(&world);
    let page = visitor.get("/console/sign-in").await;
    assert!(page.header("set-cookie").contains("; Secure"), "{}", page.header("set-cookie"));
}

#[tokio::test]
async fn con_9_no_page_can_be_framed_cached_or_made_to_load_anything() {
    let world = console().start().await;
    let mut visitor = Visitor::signed_in(&world, Role::Admin).await;
    for path in ["/console/", "/console/account", "/console/sign-in", "/console/nothing", "/console/payments"] {
        let page = visitor.get(path).await;
        let policy = page.header("content-security-policy");
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "script-src 'self'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!page.text().contains("style=\"") && !page.text().contains("onclick"), "{path}");
    }
}

#[tokio::test]
async fn con_9_hostile_text_in_addresses_and_fields_is_only_text() {
    let world = console().start().await;
    let mut visitor = Visitor::signed_in(&world, Role::Admin).await;
    let hostile = "\"><script>alert(1)</script>";
    let encoded: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
    for path in ["/console/", "/console/payments", "/console/statements", "/console/bookings", "/console/audit"] {
        for parameter in ["q", "state", "done", "lang", "account", "cursor", "actor", "next"] {
            let page = visitor.get(&format!("{path}?{parameter}={encoded}")).await;
            assert!(page.status < 500, "{path} {parameter}: {}", page.status);
            assert!(!page.text().contains("<script>alert"), "{path} {parameter}");
        }
    }
    let mut stranger = Visitor::new(&world);
    stranger.get("/console/sign-in").await;
    let refused = stranger.submit("/console/sign-in", &[("name", hostile), ("password", "x"), ("next", hostile)]).await;
    assert_eq!(refused.status, 403);
    assert!(!refused.text().contains("<script>alert"));
}

#[tokio::test]
async fn con_1_whatever_is_done_stands_in_the_audit_log_without_secrets() {
    let world = console().start().await;
    let mut visitor = Visitor::signed_in(&world, Role::Viewer).await;
    visitor.get("/console/account").await;
    let fields = [("old", PASSWORD), ("new", "a new password"), ("again", "a new password")];
    visitor.submit("/console/account/password", &fields).await;
    visitor.get("/console/account").await;
    visitor.submit("/console/sign-out", &[]).await;
    let mut stranger = Visitor::new(&world);
    stranger.sign_in("viewer", "guessed-password").await;
    let store = &world.nodes[0].store;
    let rows = store.audit(&AuditFilter::default(), None, 100).await.unwrap();
    let told: Vec<String> =
        rows.iter().rev().map(|row| format!("{} {} {}", row.actor, row.action, row.outcome.as_str())).collect();
    for expected in ["user:viewer account.password asked", "user:viewer session.end asked"] {
        assert!(told.iter().any(|told| told == expected), "{expected} in {told:?}");
    }
    assert!(rows.iter().any(|row| row.outcome.as_str() == "refused" && row.subject.contains("viewer")), "{told:?}");
    for row in &rows {
        for secret in [PASSWORD, "a new password", "guessed-password"] {
            assert!(!row.detail.contains(secret) && !row.subject.contains(secret), "{row:?}");
        }
    }
    assert!(store.verify_audit().await.unwrap().is_sound());
}
