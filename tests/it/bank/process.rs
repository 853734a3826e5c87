//! `roundtrip bank import`, as a process: alone, and beside a running server.

use roundtrip::ports::{Clock as _, SystemClock};

use super::desk::Desk;
use super::{Entry, camt, gzip};
use crate::cli::Place;

const GOLDEN: &str = include_str!("camt053-001-02.xml");

/// What the command counted under this name.
fn count(out: &str, name: &str) -> u64 {
    let found = out.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {out}"));
    found.trim().parse().unwrap()
}

#[test]
fn the_command_imports_once_and_refuses_what_is_broken() {
    let place = Place::new();
    std::fs::write(place.path("bank.xml.gz"), gzip(GOLDEN.as_bytes())).unwrap();
    let out = place.must(&["bank", "import", "bank.xml.gz"]);
    assert_eq!((count(&out, "booked"), count(&out, "known before")), (6, 0), "{out}");
    assert_eq!((count(&out, "unexplained, before finance"), count(&out, "passed over: pending")), (6, 1), "{out}");

    place.write("bank.xml", GOLDEN);
    let out = place.must(&["bank", "import", "bank.xml"]);
    assert_eq!((count(&out, "booked"), count(&out, "known before")), (0, 6), "{out}");

    place.write("half.xml", &GOLDEN[..GOLDEN.len() / 2]);
    let err = place.must_fail(&["bank", "import", "half.xml"]);
    assert!(err.contains("half.xml was not imported") && err.contains("statement 1, entry"), "{err}");
    assert!(place.must_fail(&["bank", "import", "none.xml"]).contains("cannot read none.xml"));
    assert!(place.must_fail(&["bank", "import", "."]).contains(". is not a file"));

    place.write("differs.xml", &GOLDEN.replace(">10288.00<", ">10289.00<"));
    let run = place.run(&["bank", "import", "differs.xml"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.err.contains("warning: statement 2026-11-07/211 of DE02120300000000202051"), "{run:?}");
}

#[tokio::test]
async fn what_the_command_books_the_server_beside_it_carries_on() {
    let desk = Desk::open().await;
    let statement = desk.matched("rs-1", "rq-0001", "stmt-1AB-pp0-invisi").await;
    desk.accept("rs-1").await;
    let place = Place::new();
    let database = desk.world.dir.path().join("roundtrip.db");
    let own = std::fs::read_to_string(place.path("roundtrip.toml")).unwrap();
    place.write(
        "roundtrip.toml",
        &own.replace("sqlite://var/roundtrip.db", &format!("sqlite://{}", database.display())),
    );
    place.write("bank.xml", &camt(&[Entry::paid("R1", "109.90", "stmt-1AB-pp0-invisi")]));
    // The command has the machine's clock: the server's goes there, too.
    desk.world.pass(SystemClock.now().millis_since(desk.world.clock.now()));
    let (place, out) = tokio::task::spawn_blocking(move || {
        let out = place.must(&["bank", "import", "bank.xml"]);
        (place, out)
    })
    .await
    .unwrap();
    assert_eq!((count(&out, "booked"), count(&out, "offered to a statement")), (1, 1), "{out}");
    desk.world.pass(60_000);
    desk.becomes("R1", "Matched").await;
    assert_eq!(desk.state(statement).await, "Paid");
    drop(place);
}
