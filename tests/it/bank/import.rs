//! Files: good ones, again, compressed, broken off, and from people who may not.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use roundtrip::actors::{NewJob, Work};
use roundtrip::domain::UserName;
use roundtrip::storage::JobState;
use serde_json::{Value, json};

use super::desk::{Desk, Who};
use super::{Entry, camt, gzip};
use crate::harness::settings::Engine;
use crate::harness::{DAY, SECOND, Setup, until};

const GOLDEN: &str = include_str!("camt053-001-02.xml");
const IMPORT: &str = "bank/statements";

#[tokio::test]
async fn a_file_that_is_imported_again_books_nothing_again() {
    let desk = Desk::open().await;
    let first = desk.import(GOLDEN).await;
    let expected = json!({
        "bankStatements": 1, "booked": 6, "known": 0, "offered": 0, "matched": 0, "unexplained": 6,
        "passedOver": {"pending": 1, "information": 0, "other": 0},
        "balances": {"hold": 1, "differ": 0, "unchecked": 0, "differing": []},
    });
    assert_eq!(first, expected);
    let (rows, books) = (desk.world.rows().await, desk.books().await);
    // 109.90 and 12 left, 300 and the 109.90 came: the bank's statement says 288 more than before.
    assert_eq!(books["bank EUR"], 288_000_000);
    assert_eq!(books["suspense EUR"], -288_000_000);
    assert_eq!(rows["ledger"], 12);

    // Plain, compressed, and compressed and said so: the content counts.
    let coded = [("authorization", "Bearer rt_token_of_Program"), ("content-encoding", "gzip")];
    let url = format!("{}/api/v1/{IMPORT}", desk.world.nodes[0].admin);
    let third = desk.world.browser.post(url, &coded, gzip(GOLDEN.as_bytes())).await;
    let again = [
        desk.import(GOLDEN).await,
        desk.import(gzip(GOLDEN.as_bytes())).await,
        serde_json::from_slice(&third.body).unwrap(),
    ];
    for again in again {
        assert_eq!((&again["booked"], &again["known"], &again["unexplained"]), (&json!(0), &json!(6), &json!(6)));
    }
    assert_eq!((desk.world.rows().await, desk.books().await), (rows, books));
}

#[tokio::test]
async fn two_nodes_that_import_the_same_file_at_once_book_it_once() {
    let desk = Desk::with(Setup::pgp().nodes(2)).await;
    let import = async |node: usize| {
        let url = format!("{}/api/v1/{IMPORT}", desk.world.nodes[node].admin);
        let token = [("authorization", "Bearer rt_token_of_Program")];
        let answer = desk.world.browser.post(url, &token, GOLDEN).await;
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        (told["booked"].as_u64().unwrap(), told["known"].as_u64().unwrap())
    };
    let (first, second) = futures_util::future::join(import(0), import(1)).await;
    assert_eq!((first.0 + second.0, first.1 + second.1), (6, 6));
    assert_eq!(desk.books().await["bank EUR"], 288_000_000);
    assert_eq!(desk.transfers("?state=Unmatched").await.len(), 6);
}

/// The API and jobs of two nodes at once: every transfer is booked once, and each of them says what was new to it and what was
/// known, and ends well.
async fn at_once(engine: Engine) {
    const TRANSFERS: u64 = 60;
    let desk = Desk::with(Setup::pgp().nodes(2).with(|setup| setup.engine = engine)).await;
    let references: Vec<String> = (0..TRANSFERS).map(|number| format!("R{number}")).collect();
    let entries: Vec<Entry<'_>> = references.iter().map(|one| Entry::paid(one, "1.00", one)).collect();
    let file = camt(&entries);
    let import = async |node: usize| {
        let url = format!("{}/api/v1/{IMPORT}", desk.world.nodes[node].admin);
        let answer =
            desk.world.browser.post(url, &[("authorization", "Bearer rt_token_of_Program")], file.as_str()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_slice::<Value>(&answer.body).unwrap()
    };
    let job = async |node: usize| {
        let node = &desk.world.nodes[node];
        let mut input = tempfile::tempfile().unwrap();
        input.write_all(file.as_bytes()).unwrap();
        let by = UserName::parse("fiona").unwrap();
        let id = node.jobs.submit(NewJob { work: Work::BankImport, by, input: Some(input) }).await.unwrap();
        let job = until("the job is over", async || {
            let job = node.store.job(id).await.unwrap().unwrap();
            job.state.is_over().then_some(job)
        });
        let job = job.await;
        let bytes = file.len() as u64;
        assert_eq!((job.state, job.done, job.total), (JobState::Done, bytes, Some(bytes)), "{job:?}");
        job.summary.unwrap()
    };
    let told = futures_util::future::join4(import(0), import(1), job(0), job(1)).await;
    let told = [told.0, told.1, told.2, told.3];
    for told in &told {
        let count = |name: &str| told[name].as_u64().unwrap();
        assert_eq!(count("booked") + count("known"), TRANSFERS, "{told}");
        assert_eq!(count("unexplained"), TRANSFERS, "{told}");
    }
    let booked: u64 = told.iter().map(|told| told["booked"].as_u64().unwrap()).sum();
    assert_eq!(booked, TRANSFERS, "each is new to one of them: {told:?}");
    assert_eq!(desk.transfers("?state=Unmatched&limit=1000").await.len() as u64, TRANSFERS);
    let micros = i64::try_from(TRANSFERS).unwrap() * 1_000_000;
    assert_eq!((desk.books().await["bank INR"], desk.books().await["suspense INR"]), (-micros, micros));
}

#[tokio::test]
async fn con_4_imports_of_one_file_at_once_book_it_once_sqlite() {
    at_once(Engine::Sqlite).await;
}

#[tokio::test]
async fn con_4_imports_of_one_file_at_once_book_it_once_postgres() {
    at_once(Engine::Postgres).await;
}

#[tokio::test]
async fn balances_that_do_not_hold_are_a_warning_that_names_the_statement() {
    let desk = Desk::open().await;
    let told = desk.import(GOLDEN.replace(">10288.00<", ">10289.00<")).await;
    assert_eq!(told["booked"], json!(6), "each entry is right by itself");
    let differing = json!([{
        "bankStatementId": "2026-11-07/211", "bankAccount": "DE02120300000000202051",
        "computedMicros": "10288000000", "statedMicros": "10289000000", "currencyCode": "EUR",
    }]);
    assert_eq!((&told["balances"]["differ"], &told["balances"]["differing"]), (&json!(1), &differing));
}

#[tokio::test]
async fn a_file_that_is_broken_anywhere_books_nothing() {
    let desk = Desk::open().await;
    let rows = desk.world.rows().await;
    let zipped = gzip(GOLDEN.as_bytes());
    let (half, _) = GOLDEN.split_once("</BkToCstmrStmt>").unwrap();
    let files: [(Vec<u8>, &str); 6] = [
        (half.into(), "Document/BkToCstmrStmt (statement 1): not well-formed XML"),
        (GOLDEN.replace(">109.90<", ">109,90<").into(), "Stmt/Ntry/Amt (statement 1, entry 1): \"109,90\" is not"),
        (GOLDEN.replace("<NtryRef>5", "<NtryRef>&lol;5").into(), "entry 5): the entity \"lol\" is not allowed"),
        (zipped[..zipped.len() - 1].into(), "cannot be read"),
        (b"".into(), "the file: "),
        (b"date;amount\n2025-01-02;12".into(), "the file: "),
    ];
    for (file, place) in files {
        let answer = desk.post(Who::Program, IMPORT, file).await;
        assert_eq!((answer.status, answer.header("content-type")), (422, "application/problem+json"));
        let problem: Value = serde_json::from_slice(&answer.body).unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(place), "{place}: {detail}");
    }
    assert_eq!(desk.world.rows().await, rows);
}

#[tokio::test]
async fn who_may_not_import_is_told_so_and_imports_nothing() {
    let desk = Desk::open().await;
    let rows = desk.world.rows().await;
    assert_eq!(desk.anonymous(IMPORT, GOLDEN).await.status, 401);
    assert_eq!(desk.post(Who::Visitor, IMPORT, GOLDEN).await.status, 403);
    assert_eq!(desk.get(Who::Visitor, "bank/transfers").await.status, 403);
    assert_eq!(desk.get(Who::Program, IMPORT).await.status, 405);
    let public = format!("{}/api/v1/{IMPORT}", desk.world.public_url());
    assert_eq!(desk.world.browser.post(public, &[], "").await.status, 404, "not on the public listener");
    let coded = [("authorization", "Bearer rt_token_of_Program"), ("content-encoding", "br")];
    let url = format!("{}/api/v1/{IMPORT}", desk.world.nodes[0].admin);
    assert_eq!(desk.world.browser.post(url, &coded, GOLDEN).await.status, 415);
    assert_eq!(desk.world.rows().await, rows);
}

#[tokio::test]
async fn more_than_a_gibibyte_is_refused_before_it_is_sent() {
    let desk = Desk::open().await;
    let address = desk.world.nodes[0].admin.trim_start_matches("http://").to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(
            stream,
            "POST /api/v1/{IMPORT} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer rt_token_of_Program\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            (1_u64 << 30) + 1
        )
        .unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    });
    assert_eq!(answer.await.unwrap(), "HTTP/1.1 413");
}

/// More than the 1 MiB of the other calls.
#[tokio::test]
async fn a_long_file_is_booked_whole_and_listed_page_by_page() {
    let desk = Desk::open().await;
    let references: Vec<String> = (0..3_000).map(|number| format!("R{number}")).collect();
    let text = "x".repeat(140);
    let entries: Vec<_> = references.iter().map(|reference| Entry::paid(reference, "1.00", &text)).collect();
    let file = camt(&entries);
    assert!(file.len() > 1024 * 1024);
    assert_eq!(desk.import(file).await["booked"], json!(3_000));
    assert_eq!(desk.books().await["bank INR"], -3_000_000_000);
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let answer = desk.get(Who::Fiona, &format!("bank/transfers?state=Unmatched&limit=1000{cursor}")).await;
        let page: Value = serde_json::from_slice(&answer.body).unwrap();
        let transfers = page["transfers"].as_array().unwrap();
        seen.extend(transfers.iter().map(|transfer| transfer["bankReference"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 3_000);
    for bad in ["?state=Lost", "?limit=0", "?limit=1001", "?cursor=x"] {
        assert_eq!(desk.get(Who::Fiona, &format!("bank/transfers{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn money_that_nobody_explains_stands_before_finance_until_an_alarm_says_so() {
    let desk = Desk::open().await;
    let file = camt(&[Entry { direction: "CRDT", ..Entry::paid("R1", "20.50", "hello") }]);
    assert_eq!(desk.import(file).await["unexplained"], json!(1));
    assert_eq!(
        desk.books().await,
        [("bank INR".to_owned(), 20_500_000), ("suspense INR".to_owned(), -20_500_000)].into()
    );
    let transfer = desk.becomes("R1", "Unmatched").await;
    assert_eq!(transfer["attention"], "unexplained_transfer");
    assert_eq!((&transfer["direction"], &transfer["bookedOn"]), (&json!("received"), &json!("2025-01-02")));
    assert_eq!(transfer["amount"], json!({"amountMicros": "20500000", "currencyCode": "INR"}));
    let attention = desk.world.nodes[0].store.needing_attention(10).await.unwrap();
    assert_eq!(attention.len(), 1);
    desk.world.pass(DAY);
    desk.world
        .pass_until(31 * SECOND, "the alarm", async || {
            let text = desk.world.get(format!("{}/metrics", desk.world.nodes[0].admin)).await.text();
            text.contains("alarm_raised{kind=\"before_finance\"} 1").then_some(())
        })
        .await;
}
