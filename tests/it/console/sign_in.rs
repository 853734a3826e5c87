//! The way in: password, second factor, language, and out again.

use roundtrip::crypto::Scheme;
use roundtrip::domain::Role;
use totp_rs::{Algorithm, Builder, Secret};

use super::visitor::{PASSWORD, Visitor, add_person, console};
use crate::harness::{HOUR, MINUTE, Setup, World};

/// The code that an authenticator shows now.
fn code(world: &World, secret_base32: &str) -> String {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_secret(Secret::try_from_base32(secret_base32.replace(' ', "")).unwrap())
        .with_account_name("fiona".to_owned())
        .build()
        .unwrap();
    totp.generate(roundtrip::ports::Clock::now(&world.clock).as_secs().unsigned_abs()).to_string()
}

fn secret_on(page: &str) -> String {
    let (_, rest) = page.split_once("<code class=\"secret\">").expect("a key to type");
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn con_1_whoever_has_no_session_is_led_to_the_sign_in_and_back_to_where_they_wanted() {
    let world = console().start().await;
    add_person(&world, "fiona", Role::Finance).await;
    let mut visitor = Visitor::new(&world);
    let turned = visitor.get("/console/payments?state=Paid").await;
    assert_eq!(turned.status, 303);
    let to = turned.header("location").to_owned();
    assert_eq!(to, "/console/sign-in?next=%2Fconsole%2Fpayments%3Fstate%3DPaid");
    visitor.get(&to).await;
    let next = "/console/payments?state=Paid";
    let entered =
        visitor.submit("/console/sign-in", &[("next", next), ("name", "fiona"), ("password", PASSWORD)]).await;
    assert_eq!((entered.status, entered.header("location")), (303, next));
    assert_eq!(visitor.get("/console/account").await.status, 200);
    visitor.sees("fiona");
    // Somebody else's page is nowhere to go.
    for elsewhere in
        ["https://evil.example/", "//evil.example", "/console//evil.example", "/api/v1/payments", "/console/\\x"]
    {
        let mut other = Visitor::new(&world);
        other.get("/console/sign-in").await;
        let entered =
            other.submit("/console/sign-in", &[("next", elsewhere), ("name", "fiona"), ("password", PASSWORD)]).await;
        assert_eq!((entered.status, entered.header("location")), (303, "/console/"), "{elsewhere}");
    }
}

#[tokio::test]
async fn con_1_a_second_factor_is_set_up_at_the_first_sign_in_and_asked_for_ever_after() {
    let world = Setup::of(Scheme::Pgp).start().await;
    add_person(&world, "fiona", Role::Finance).await;
    let mut visitor = Visitor::new(&world);
    let entered = visitor.sign_in("fiona", PASSWORD).await;
    assert_eq!((entered.status, entered.header("location")), (303, "/console/sign-in/enrol"));
    // The password alone opens nothing.
    assert_eq!(visitor.get("/console/").await.status, 303);
    visitor.get("/console/sign-in/enrol").await;
    visitor.sees("<svg");
    let secret = secret_on(&visitor.last.as_ref().unwrap().text());
    let wrong = visitor.submit("/console/sign-in/enrol", &[("code", "000000")]).await;
    assert_eq!(wrong.status, 403);
    let before = visitor.cookies["roundtrip_console"].clone();
    let right = visitor.submit("/console/sign-in/enrol", &[("code", &code(&world, &secret))]).await;
    assert_eq!((right.status, right.header("location")), (303, "/console/"));
    assert_ne!(before, visitor.cookies["roundtrip_console"], "another stage, another token");
    assert_eq!(visitor.get("/console/").await.status, 200);

    world.pass(MINUTE);
    let mut again = Visitor::new(&world);
    let entered = again.sign_in("fiona", PASSWORD).await;
    assert_eq!(entered.header("location"), "/console/sign-in/code");
    again.get("/console/sign-in/code").await;
    let now = code(&world, &secret);
    let right = again.submit("/console/sign-in/code", &[("code", &now)]).await;
    assert_eq!((right.status, right.header("location")), (303, "/console/"));
    // A code works once.
    let mut third = Visitor::new(&world);
    third.sign_in("fiona", PASSWORD).await;
    third.get("/console/sign-in/code").await;
    assert_eq!(third.submit("/console/sign-in/code", &[("code", &now)]).await.status, 403);
}

#[tokio::test]
async fn con_1_nobody_learns_who_exists_and_guessing_is_slowed_down() {
    let world = console().start().await;
    add_person(&world, "fiona", Role::Finance).await;
    let mut pages = Vec::new();
    for name in ["fiona", "nobody"] {
        let mut visitor = Visitor::new(&world);
        let mut statuses = Vec::new();
        for _ in 0..6 {
            let refused = visitor.sign_in(name, "not the password").await;
            statuses.push(refused.status);
        }
        assert_eq!(statuses, [403, 403, 403, 403, 403, 429], "{name}");
        pages.push(visitor.last.unwrap().text());
    }
    assert_eq!(pages[0], pages[1], "a locked name looks the same whether there is somebody or not");
    // The right password waits, too.
    let mut visitor = Visitor::new(&world);
    assert_eq!(visitor.sign_in("fiona", PASSWORD).await.status, 429);
    world.pass(MINUTE);
    assert_eq!(visitor.sign_in("fiona", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn con_1_a_session_ends_when_it_is_idle_at_its_end_and_when_it_is_ended() {
    let world = console().start().await;
    let mut visitor = Visitor::signed_in(&world, Role::Viewer).await;
    world.pass(20 * MINUTE);
    assert_eq!(visitor.get("/console/account").await.status, 200);
    world.pass(31 * MINUTE);
    assert_eq!(visitor.get("/console/account").await.status, 303, "idle for half an hour");

    let mut visitor = Visitor::enters(&world, "viewer").await;
    for _ in 0..27 {
        world.pass(25 * MINUTE);
        assert_eq!(visitor.get("/console/account").await.status, 200);
    }
    world.pass(HOUR);
    assert_eq!(visitor.get("/console/account").await.status, 303, "twelve hours");

    let mut visitor = Visitor::enters(&world, "viewer").await;
    let mut elsewhere = Visitor::enters(&world, "viewer").await;
    let kept = visitor.cookies.clone();
    visitor.get("/console/account").await;
    assert_eq!(visitor.submit("/console/sign-out", &[]).await.status, 303);
    visitor.cookies = kept;
    assert_eq!(visitor.get("/console/account").await.status, 303, "the old cookie is worth nothing");
    assert_eq!(elsewhere.get("/console/account").await.status, 200);
    assert_eq!(elsewhere.submit("/console/account/sessions", &[]).await.status, 303);
    assert_eq!(elsewhere.get("/console/account").await.status, 303);
}

#[tokio::test]
async fn con_1_a_password_is_changed_with_the_old_one_and_the_rules_are_told() {
    let world = console().start().await;
    let mut visitor = Visitor::signed_in(&world, Role::Viewer).await;
    let mut elsewhere = Visitor::enters(&world, "viewer").await;
    visitor.get("/console/account").await;
    for (old, new, again, told) in [
        ("wrong", "a new password", "a new password", "present password is wrong"),
        (PASSWORD, "short", "short", "12 to 1,024 characters"),
        (PASSWORD, "a new password", "another password", "not the same both times"),
        (PASSWORD, PASSWORD, PASSWORD, "your password already"),
        (PASSWORD, "xxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxx", "One character repeated"),
    ] {
        let refused =
            visitor.submit("/console/account/password", &[("old", old), ("new", new), ("again", again)]).await;
        assert_eq!(refused.status, 422, "{new}");
        visitor.sees(told);
        assert!(!refused.text().contains(new), "a password is never shown again");
    }
    let fields = [("old", PASSWORD), ("new", "a new password"), ("again", "a new password")];
    assert_eq!(visitor.submit("/console/account/password", &fields).await.status, 303);
    assert_eq!(visitor.get("/console/account?done=password").await.status, 200);
    visitor.sees("Your password is changed");
    assert_eq!(elsewhere.get("/console/account").await.status, 303, "every other session has ended");
}

#[tokio::test]
async fn con_1_pages_speak_the_browsers_language_until_another_is_chosen() {
    let world = console().start().await;
    let mut visitor = Visitor::new(&world);
    visitor.language = "de-AT,de;q=0.9";
    visitor.get("/console/sign-in").await;
    visitor.sees("<html lang=\"de\">");
    visitor.sees("Anmelden");
    visitor.get("/console/sign-in?lang=en").await;
    visitor.sees("<html lang=\"en\">");
    visitor.get("/console/sign-in").await;
    visitor.sees("<html lang=\"en\">");
}

#[tokio::test]
async fn con_1_whoever_guesses_at_a_name_keeps_nobody_out_of_their_own_browser() {
    let world = console().start().await;
    add_person(&world, "fiona", Role::Finance).await;
    let mut fiona = Visitor::new(&world);
    fiona.get("/console/sign-in").await;
    let entered = fiona.submit("/console/sign-in", &[("name", "fiona"), ("password", PASSWORD)]).await;
    let cookies: Vec<_> = entered.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let known = cookies.iter().find(|cookie| cookie.starts_with("roundtrip_known=")).expect("the browser is known");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/console", "Max-Age=31536000"] {
        assert!(known.contains(attribute), "{attribute}: {known}");
    }
    assert!(!known.contains("fiona") && !known.contains("Secure"), "{known}");
    fiona.get("/console/account").await;
    fiona.submit("/console/sign-out", &[]).await;

    let mut guesser = Visitor::new(&world);
    for _ in 0..5 {
        assert_eq!(guesser.sign_in("fiona", "not the password").await.status, 403);
    }
    let mut stranger = Visitor::new(&world);
    assert_eq!(stranger.sign_in("fiona", PASSWORD).await.status, 429);
    assert!(!stranger.cookies.contains_key("roundtrip_known"));
    stranger.cookies.insert("roundtrip_known".to_owned(), "b1.azE.AAAA".to_owned());
    assert_eq!(stranger.sign_in("fiona", PASSWORD).await.status, 429);
    assert_eq!(fiona.sign_in("fiona", PASSWORD).await.status, 303, "from where she has signed in before");
    assert_eq!(fiona.get("/console/account").await.status, 200);
}

#[tokio::test]
async fn con_1_a_second_factor_of_ones_own_takes_the_password_too() {
    let world = console().start().await;
    let mut visitor = Visitor::signed_in(&world, Role::Viewer).await;
    let page = "/console/account/second-factor";
    visitor.get(page).await;
    visitor.sees("name=\"password\"");
    let secret = secret_on(&visitor.last.as_ref().unwrap().text());
    let now = code(&world, &secret);
    for password in ["", "not the password"] {
        let refused = visitor.submit(page, &[("code", &now), ("password", password)]).await;
        assert_eq!(refused.status, 422, "{password}");
        visitor.sees("The password or the code is wrong");
    }
    let done = visitor.submit(page, &[("code", &now), ("password", PASSWORD)]).await;
    assert_eq!((done.status, done.header("location")), (303, "/console/account?done=second-factor"));
    visitor.get("/console/account").await;
    visitor.sees("An authenticator app is set up");
}
