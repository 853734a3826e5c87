//! `roundtrip certify booking`, as it is typed.

use roundtrip::ports::{Clock as _, SystemClock};

use super::feed;
use super::server::{BookingServer, Lie, PASSWORD, USER};
use crate::cli::Place;

#[test]
fn bk_10_2_the_command_says_what_google_would_and_its_status_says_whether_it_passed() {
    let place = Place::empty();
    std::fs::write(place.path("password"), format!("{PASSWORD}\n")).unwrap();
    let feed = feed(&place.path(""), SystemClock.now().as_secs());
    for (lie, status, last) in [(Lie::None, 0, "All Tests Pass!"), (Lie::WrongStatus, 1, "Some Tests Failed.")] {
        let server = BookingServer::start(lie);
        let url = format!("{}/v3/", server.url());
        let feed = feed.to_str().unwrap();
        let args = ["certify", "booking", "--url", &url, "--user", USER, "--password-file", "password"];
        let run = place.run(&[&args[..], &["--slots", "3", "--seed", "1", "--feeds", feed]].concat());
        assert_eq!(run.status, status, "{run:?}");
        assert_eq!(run.out.lines().last(), Some(last), "{run:?}");
        assert!(run.out.contains("CheckAvailability Errors: 0 out of 3."), "{run:?}");
        assert!(run.err.is_empty() && !run.out.contains(PASSWORD), "{run:?}");
    }
}

#[test]
fn what_cannot_be_tried_is_said() {
    let place = Place::empty();
    std::fs::write(place.path("password"), PASSWORD).unwrap();
    std::fs::write(place.path("empty.json"), "{}").unwrap();
    let args = ["certify", "booking", "--url", "http://127.0.0.1:1", "--user", USER, "--password-file"];
    for (password, feeds, said) in [
        ("none", "empty.json", "none"),
        ("password", "none.json", "none.json"),
        ("password", "empty.json", "holds slots"),
    ] {
        let run = place.run(&[&args[..], &[password, "--feeds", feeds]].concat());
        assert_eq!(run.status, 1, "{run:?}");
        assert!(run.err.contains(said) && run.out.is_empty(), "{said}: {run:?}");
    }
}
