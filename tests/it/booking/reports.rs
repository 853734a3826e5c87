//! The reports of bookings: every line of the ledger once, and sums that are the ledger's (contract sections 1 and 6).

use std::collections::BTreeMap;

use roundtrip::ports::Clock as _;
use serde_json::json;

use super::spa::{FULL_MICROS, Spa, Wanted};
use crate::harness::MINUTE;

type Row = BTreeMap<String, String>;

/// The lines of a CSV before its facts, by column.
fn lines(csv: &str) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| row.unwrap());
    let rows = rows.take_while(|row| row.iter().any(|field| !field.is_empty()));
    rows.map(|row| header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()).collect()
}

/// `12.30` in micros.
fn micros(decimal: &str) -> i64 {
    let (sign, digits) = decimal.strip_prefix('-').map_or((1, decimal), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    sign * (whole.parse::<i64>().unwrap() * 1_000_000 + format!("{fraction:0<6}").parse::<i64>().unwrap())
}

fn sums(rows: &[Row]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums.entry(row["ledger_account"].clone()).or_default() += micros(&row["amount"]);
    }
    sums.retain(|_, micros| *micros != 0);
    sums
}

const DAYS: &str = "from=2025-01-01&to=2025-12-31";

async fn report(spa: &Spa, more: &str) -> Vec<Row> {
    let page = spa.desk_page(&format!("reports/period.csv?{DAYS}{more}")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    lines(&page.text())
}

async fn ledger(spa: &Spa) -> BTreeMap<String, i64> {
    let shown = spa.desk("ledger").await;
    let accounts = shown["accounts"].as_array().unwrap();
    let of = |sum: &serde_json::Value| {
        (sum["account"].as_str().unwrap().to_owned(), sum["micros"].as_str().unwrap().parse::<i64>().unwrap())
    };
    accounts.iter().map(of).filter(|(_, micros)| *micros != 0).collect()
}

/// A charge, a refund, a deposit, a fee, a dispute, and payouts of every kind.
async fn business() -> Spa {
    let spa = Spa::open().await;
    let book = async |token: &str, service: &str, number: i64| {
        let wanted = Wanted::paid(token, service, number, &format!("tok_visa_{token}"));
        spa.book(&wanted).await["booking_id"].as_str().unwrap().to_owned()
    };
    book("kept", "full", 1).await;
    let refunded = book("refunded", "full", 2).await;
    let absent = book("absent", "fee", 0).await;
    book("deposit", "deposit", 3).await;
    book("disputed", "full", 4).await;
    spa.processor.owner.pay_out().unwrap();
    spa.all_heard().await;
    let disputed = spa.processor.owner.charges().into_iter().last().unwrap().intent;
    spa.ok("UpdateBooking", &json!({"booking": {"booking_id": refunded, "status": "CANCELED"}})).await;
    spa.seen(&refunded, "the charge is back", |shown| shown["refunds"][0]["state"] == "done").await;
    spa.pass_until(0, -MINUTE);
    assert_eq!(spa.decide(&format!("bookings/{absent}/no-show"), &json!({"charge": true})).await.status, 202);
    spa.seen(&absent, "the fee is paid", |shown| shown["status"] == "NO_SHOW_PENALIZED").await;
    spa.processor.owner.open_dispute(&disputed).unwrap();
    spa.all_heard().await;
    let body = json!({"reference": "2025-01", "amountMicros": 100_000_000, "currency": "USD"});
    assert_eq!(spa.decide("merchants/spa-1/payouts", &body).await.status, 202);
    spa
}

#[actix_web::test]
async fn rep_1_the_bookings_of_a_period_add_up_to_the_ledger() {
    let spa = business().await;
    let all = report(&spa, "").await;
    let bookings = report(&spa, "&surface=booking").await;
    assert_eq!(bookings, all, "there is nothing else");
    assert!(bookings.iter().all(|row| row["surface"] == "booking"), "{bookings:?}");
    for what in ["booking", "no-show fee", "booking refunded", "refund", "disputed", "payout", "payout to merchant"] {
        assert!(bookings.iter().any(|row| row["what"] == what), "{what} is missing in {bookings:?}");
    }
    assert_eq!(sums(&bookings), ledger(&spa).await);
    assert_eq!(sums(&bookings).values().sum::<i64>(), 0);
    assert!(report(&spa, "&surface=redirect").await.is_empty());
    let again = spa.desk_page(&format!("reports/period.csv?{DAYS}&surface=booking")).await;
    spa.pass(MINUTE);
    assert_eq!(spa.desk_page(&format!("reports/period.csv?{DAYS}&surface=booking")).await.body, again.body);
    assert_eq!(spa.desk_page(&format!("reports/period.xlsx?{DAYS}&surface=booking")).await.status, 200);
}

#[actix_web::test]
async fn rep_1_the_report_of_a_merchant_ends_with_what_it_is_owed() {
    let spa = business().await;
    let merchants = report(&spa, "&merchant=spa-1").await;
    // Three prepayments, of which one went back, a deposit, a fee, and a payout.
    let owed = 2 * FULL_MICROS + 25_000_000 + 30_000_000 - 100_000_000;
    assert_eq!(sums(&merchants)["payable_to_merchant:spa-1"], -owed);
    assert_eq!(sums(&merchants).values().sum::<i64>(), 0);
    let listed = spa.desk("merchants/spa-1/payouts").await;
    assert_eq!(listed["owed"][0]["amountMicros"], owed.to_string());
    let all = report(&spa, "&surface=booking").await;
    let others: Vec<Row> = all.iter().filter(|row| !merchants.contains(row)).cloned().collect();
    assert!(others.iter().all(|row| row["what"] == "payout"), "only the processor's payout is nobody's: {others:?}");
    assert_eq!(others.len(), 2);
    assert!(report(&spa, "&merchant=spa-2").await.is_empty());
    for refused in ["&merchant=", "&merchant=spa-1&account=ExamplePay_INR"] {
        assert_eq!(spa.desk_page(&format!("reports/period.csv?{DAYS}{refused}")).await.status, 400, "{refused}");
    }
}

/// Opening and closing of a day in the middle are what the days before and up to it come to.
#[actix_web::test]
async fn rep_1_a_day_opens_where_the_day_before_closed() {
    let spa = business().await;
    let today = spa.clock.now().to_utc();
    let day = today.get(..10).unwrap();
    let page = spa.desk_page(&format!("reports/period.csv?from={day}&to={day}&merchant=spa-1")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    let fact = |name: &str| {
        let label = format!("payable_to_merchant:spa-1 USD: {name},");
        let line = text.lines().find_map(|line| line.strip_prefix(label.as_str()));
        micros(line.unwrap_or_else(|| panic!("{label} in {text}")).trim_matches(','))
    };
    let moved = sums(&lines(&text))["payable_to_merchant:spa-1"];
    assert!(fact("opening") < 0 && moved != 0, "{text}");
    assert_eq!(fact("closing") - fact("opening"), moved);
    assert_eq!(fact("opening") + fact("debits") - fact("credits"), fact("closing"));
    assert_eq!(fact("closing"), spa.balance("payable_to_merchant:spa-1").await);
}

/// The command writes what the admin API answers.
#[actix_web::test]
async fn rep_1_the_command_writes_the_report_of_a_merchant() {
    let spa = business().await;
    let (config, file) = (spa.dir().join("report.toml"), spa.dir().join("period.csv"));
    std::fs::write(&config, spa.settings(0)).unwrap();
    let run = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_roundtrip"));
        command.args(["report", "period", "--from", "2025-01-01", "--to", "2025-12-31", "--format", "csv", "--out"]);
        command.arg(&file).arg("--config").arg(&config).args(more);
        command.output().unwrap()
    };
    for (merchant, count) in [("spa-1", None), ("spa-2", Some(0))] {
        let done = run(&["--merchant", merchant]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let written = lines(&std::fs::read_to_string(&file).unwrap());
        assert_eq!(written, report(&spa, &format!("&merchant={merchant}")).await);
        assert!(count.map_or(!written.is_empty(), |count| written.len() == count), "{merchant}: {written:?}");
        let told = String::from_utf8(done.stdout).unwrap();
        assert!(told.contains("lines, ") && told.contains("period.csv"), "{told}");
    }
    for wrong in [&["--merchant", "spa-1", "--account", "ExamplePay_INR"][..], &["--merchant", ""]] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
