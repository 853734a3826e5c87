//! Google's test client at our own server, with the sandbox's feeds.

use roundtrip::ports::{Clock as _, SystemClock};

use crate::cli::{Place, Run};
use crate::sandbox::town::Town;

/// The command is another process: what is served here has to go on meanwhile.
async fn certified(town: &Town, password_file: &str) -> Run {
    let url = format!("http://127.0.0.1:{}", town.ports().server);
    let file = |name: &str| town.path(name).display().to_string();
    let (password, availability, services) =
        (file(password_file), file("feeds/availability.json"), file("feeds/services.json"));
    let run = move || {
        let args = ["certify", "booking", "--url", &url, "--user", "google", "--password-file", &password];
        let more = ["--slots", "5", "--seed", "3", "--feeds", &availability, &services];
        Place::empty().run(&[&args[..], &more].concat())
    };
    actix_web::web::block(run).await.unwrap()
}

#[actix_web::test]
async fn bk_10_3_our_own_server_passes_and_with_wrong_credentials_it_does_not() {
    let town = Town::at(SystemClock.now()).await;
    let run = certified(&town, "keys/google/booking-password").await;
    assert_eq!(run.status, 0, "{run:#?}");
    assert_eq!(run.out.lines().last(), Some("All Tests Pass!"), "{}", run.out);
    for step in ["CheckAvailability Errors: 0 out of 5.", "CancelBooking Errors: 0 out of 5."] {
        assert!(run.out.contains(step), "{step}: {}", run.out);
    }
    let run = certified(&town, "keys/processor/secret").await;
    assert_eq!(run.status, 1, "{run:#?}");
    assert_eq!(run.out.lines().last(), Some("Some Tests Failed."), "{}", run.out);
}
