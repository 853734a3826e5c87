//! What `doctor` says of sums that somebody changed behind the server's back.

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};

use super::Place;
use crate::harness::Setup;

#[tokio::test]
async fn con_6_doctor_tells_of_a_kept_balance_that_is_not_the_sum_of_its_entries() {
    let world = Setup::pgp().start().await;
    world.paid("rq-0001").await;
    world.settled().await;
    let place = Place::new();
    let doctor = || place.run_with(&["doctor"], &[("ROUNDTRIP__DATABASE__URL", world.database())]);
    let sound = doctor();
    assert!(sound.out.contains("the kept balances are what the entries come to"), "{sound:?}");

    let mut options = ConnectOptions::new(world.database());
    options.sqlx_logging(false).max_connections(1);
    let raw = Database::connect(options).await.unwrap();
    let wrong = "UPDATE ledger_balances SET micros = micros + 5 WHERE account = 'issuer_receivable:BANK_A'";
    assert_eq!(raw.execute_unprepared(wrong).await.unwrap().rows_affected(), 1);
    raw.close().await.unwrap();

    let run = doctor();
    let said = "issuer_receivable:BANK_A: 109900005 micros INR are kept, but the entries sum to 109900000";
    let told = run.out.lines().any(|line| line.starts_with("fail  ledger") && line.ends_with(said));
    assert!(told && run.status == 1, "{run:?}");
}
