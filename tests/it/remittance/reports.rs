//! What finance downloads (contract section 6).

use std::io::{Cursor, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roundtrip::crypto::content_hash;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbBackend, Statement as Sql};
use serde_json::json;

use super::{Booked, FEE, PRICE, TWO_PERCENT, account, office, problem, right};
use crate::harness::remittance::{Statement, captured, refunded};
use crate::harness::{Page, Setup, World};

const RUPEE: i64 = 1_000_000;

/// The lines of a CSV before its facts, without the header.
fn lines(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
    rows.take_while(|row| row.iter().any(|field| !field.is_empty())).collect()
}

/// `12.30` in micros.
fn micros(decimal: &str) -> i128 {
    let (sign, digits) = decimal.strip_prefix('-').map_or((1, decimal), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    sign * (whole.parse::<i128>().unwrap() * 1_000_000 + format!("{fraction:0<6}").parse::<i128>().unwrap())
}

fn column(rows: &[Vec<String>], index: usize) -> i128 {
    rows.iter().filter(|row| !row[index].is_empty()).map(|row| micros(&row[index])).sum()
}

async fn downloaded(world: &World, path: &str) -> Page {
    let page = world.api("ann", path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text());
    let digest = format!("sha-256=:{}:", STANDARD.encode(content_hash(&page.body)));
    assert_eq!(page.header("repr-digest"), digest);
    assert_eq!(page.header("content-length"), page.body.len().to_string());
    assert!(page.header("content-disposition").starts_with("attachment; filename=\""));
    assert_eq!((page.header("cache-control"), page.header("x-content-type-options")), ("no-store", "nosniff"));
    page
}

/// The digests that are recorded, in hexadecimal.
async fn recorded(world: &World) -> Vec<String> {
    let mut options = ConnectOptions::new(world.database());
    options.sqlx_logging(false).max_connections(1);
    let raw = Database::connect(options).await.unwrap();
    let sql = Sql::from_string(DbBackend::Sqlite, "SELECT sha256 FROM reports ORDER BY format");
    let rows = raw.query_all_raw(sql).await.unwrap();
    raw.close().await.unwrap();
    rows.iter().map(|row| row.try_get("", "sha256").unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    content_hash(bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// A statement with differences that a person explained.
async fn explained(world: &World, fees_deducted: bool) -> Statement {
    world.book(&[Booked::capture("rq-1", 100 * RUPEE), Booked::capture("rq-2", 100 * RUPEE)]).await;
    world.book(&[Booked::refund("rf-1", 30 * RUPEE, "done")]).await;
    let events = vec![
        captured("rq-1", 100 * RUPEE, 2 * RUPEE),
        captured("rq-2", 105 * RUPEE, 2 * RUPEE + 100_000),
        captured("=cmd()", 7 * RUPEE, 0),
        refunded("rf-1", 30 * RUPEE),
    ];
    let fees = if fees_deducted { 4 * RUPEE + 100_000 } else { 0 };
    let statement = Statement::new("stmt-1", 182 * RUPEE - fees, events);
    world.reconciled(&statement, "Disputed").await;
    statement
}

#[actix_web::test]
async fn the_due_column_adds_up_to_the_stated_total_and_the_bytes_never_change() {
    for deducted in [true, false] {
        let world = office(account("")).await;
        explained(&world, deducted).await;
        let reasons = json!({"reasons": {"unknown": "new shop", "=cmd()": "+asked", "amount_differs": "typed wrong"}});
        assert_eq!(world.accept("ann", "stmt-1", &reasons).await.status, 202);
        world.settled().await;
        let first = downloaded(&world, "statements/stmt-1/report.csv").await;
        let rows = lines(&first.text());
        assert_eq!(rows.len(), 4);
        let total = if deducted { 177_900_000 } else { 182_000_000 };
        assert_eq!(column(&rows, 8), total, "due: {}", first.text());
        assert_eq!(column(&rows, 6), 182_000_000, "amount");
        assert_eq!(column(&rows, 9), 170_000_000, "ours");
        assert_eq!(column(&rows, 10), 12_000_000, "difference");
        assert_eq!((rows[1][11].as_str(), rows[1][12].as_str()), ("amount_differs", "typed wrong"));
        assert_eq!((rows[2][2].as_str(), rows[2][12].as_str()), ("'=cmd()", "'+asked"), "no cell starts a formula");
        assert_eq!((rows[0][3].as_str(), rows[0][4].as_str()), ("our-rq-1", "BANK_A"));
        assert!(first.text().contains("stmt-1AB-pp"), "the memo line is on the report");
        assert!(first.text().contains("UTC"), "so is the time zone");

        world.pass(3_600_000);
        assert_eq!(downloaded(&world, "statements/stmt-1/report.csv").await.body, first.body);
        let workbook = downloaded(&world, "statements/stmt-1/report.xlsx").await;
        world.pass(3_600_000);
        assert_eq!(downloaded(&world, "statements/stmt-1/report.xlsx").await.body, workbook.body);
        assert_eq!(recorded(&world).await, [hex(&first.body), hex(&workbook.body)], "each digest once");
    }
}

#[actix_web::test]
async fn the_workbook_opens_and_holds_every_event() {
    let world = office(account("")).await;
    explained(&world, true).await;
    let page = downloaded(&world, "statements/stmt-1/report.xlsx").await;
    let mut archive = zip::ZipArchive::new(Cursor::new(page.body)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut texts = String::new();
    // Everything in a workbook is XML.
    for name in &names {
        archive.by_name(name).unwrap().read_to_string(&mut texts).unwrap();
    }
    for word in ["rq-1", "rq-2", "rf-1", "'=cmd()", "amount_differs", "our-rq-1", "Differences"] {
        assert!(texts.contains(word), "{word} is not in {names:?}");
    }
    assert!(!texts.contains("<f>cmd"), "what Google wrote is text, no formula");
}

#[actix_web::test]
async fn a_report_needs_the_scope_and_a_reconciled_statement() {
    let world = office(account("")).await;
    world.reconciled(&right("stmt-1", &["rq-1"]), "Disputed").await;
    for path in ["statements/stmt-1/report.csv", "reports/period.csv?from=2025-01-01&to=2025-01-01"] {
        let (status, text) = problem(&world.api("reader", path).await);
        assert!(status == 403 && text.contains("reports:read"), "{path}: {status} {text}");
        assert_eq!(world.api("who", path).await.status, 401, "{path}");
    }
    for (path, status) in [
        ("statements/stmt-2/report.csv", 404),
        ("statements/stmt-1/report.pdf", 404),
        ("reports/period.csv?from=2025-01-32&to=2025-02-01", 400),
        ("reports/period.csv?from=2025-01-01", 400),
        ("reports/period.csv?from=2025-01-01&to=2025-01-01&surface=moon", 400),
    ] {
        assert_eq!(world.api("ann", path).await.status, status, "{path}");
    }
}

/// Payments, an accepted statement, a day: each line of the ledger once, opening and closing as they should be.
#[actix_web::test]
async fn a_period_holds_every_line_of_the_ledger_and_balances() {
    let world = office(Setup::pgp().with(|setup| TWO_PERCENT.clone_into(&mut setup.accounts[0].more))).await;
    world.paid("rq-1").await;
    world.pass(24 * 3_600_000);
    world.paid("rq-2").await;
    world.reconciled(&right("stmt-1", &["rq-1", "rq-2"]), "Matched").await;
    assert_eq!(world.accept("ann", "stmt-1", &json!({})).await.status, 202);
    let rows = world.settled().await;
    let whole = downloaded(&world, "reports/period.csv?from=2025-01-01&to=2025-01-02").await;
    let all = lines(&whole.text());
    assert_eq!(all.len(), usize::try_from(rows["ledger"]).unwrap());
    let header = whole.text().lines().next().unwrap().to_owned();
    let at = |name: &str| header.split(',').position(|key| key == name).unwrap_or_else(|| panic!("{name} in {header}"));
    assert_eq!(column(&all, at("amount")), 0, "debits and credits");
    let first = lines(&downloaded(&world, "reports/period.csv?from=2025-01-01&to=2025-01-01").await.text());
    let second = lines(&downloaded(&world, "reports/period.csv?from=2025-01-02&to=2025-01-02").await.text());
    assert_eq!((first.len(), second.len()), (2, all.len() - 2));
    assert!(second.iter().any(|row| row.iter().any(|field| field == "ann")), "who decided is on the line");
    let again = downloaded(&world, "reports/period.csv?from=2025-01-01&to=2025-01-02").await;
    assert_eq!(again.body, whole.body);
    let owed = 2 * (PRICE - FEE);
    assert_eq!(world.balance("payable_to_google").await, -i128::from(owed));
    let nobody = downloaded(&world, "reports/period.csv?from=2025-01-01&to=2025-01-02&account=Other_INR").await;
    assert!(lines(&nobody.text()).is_empty());
    let booking = downloaded(&world, "reports/period.csv?from=2025-01-01&to=2025-01-02&surface=booking").await;
    assert!(lines(&booking.text()).is_empty());
    downloaded(&world, "reports/period.xlsx?from=2025-01-01&to=2025-01-02").await;
}
