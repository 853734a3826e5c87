//! Many payments at once, behind the store's back: what a search and a plan need, without deciding each of them.

use roundtrip::domain::{Timestamp, TransactionId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::fixture::{Home, NOW};

/// One payment of the crowd, as a search sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct One {
    pub(crate) id: TransactionId,
    pub(crate) created_at: Timestamp,
    pub(crate) account: String,
    pub(crate) currency: String,
    pub(crate) issuer: Option<String>,
    pub(crate) state: String,
    pub(crate) amount_micros: i64,
    pub(crate) attention: Option<String>,
}

/// The amount of every second payment.
pub(crate) const USUAL_MICROS: i64 = 49_990_000;

/// Adds `count` payments, two in every minute, with all that belongs to them. Numbers decide what they are.
pub(crate) async fn crowd(home: &Home, count: u32) {
    let (numbers, id, bytes) = if home.shared {
        ("generate_series(1, {n}) AS n(i)".to_owned(), "md5(i::text)::uuid", "'\\x00'::bytea")
    } else {
        let numbers = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n}) SELECT i FROM n)";
        (numbers.to_owned(), "randomblob(16)", "x'00'")
    };
    let numbers = numbers.replace("{n}", &count.to_string());
    let start = NOW.as_millis();
    let payments = format!(
        "INSERT INTO transactions (id, kind, version, state, account, request_id, issuer, currency, amount_micros, \
         attention, snapshot, deadline_ms, outbox_open, journal_seq, journal_head, created_ms, updated_ms, \
         issuer_reference) SELECT {id}, 'redirect_payment', 1, CASE i % 7 WHEN 0 THEN 'Declined' WHEN 1 THEN 'Expired' \
         ELSE 'Paid' END, CASE WHEN i % 501 = 0 THEN 'Rare_USD' WHEN i % 3 = 0 THEN 'Other_EUR' ELSE 'ExamplePay_INR' \
         END, 'crowd-' || i, CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN 'BANK_A' WHEN 2 THEN 'BANK_B' ELSE 'BANK_C' END, \
         CASE WHEN i % 501 = 0 THEN 'USD' WHEN i % 3 = 0 THEN 'EUR' ELSE 'INR' END, CASE i % 2 WHEN 0 THEN \
         {USUAL_MICROS} ELSE i * 10000 END, CASE i % 97 WHEN 0 THEN 'paid_after_close' END, '{{}}', NULL, 0, 0, {bytes}, \
         {start} + (i / 2) * 60000, {start}, CASE i % 7 WHEN 2 THEN 'ref/' || i END FROM {numbers}"
    );
    let others = [
        "INSERT INTO payment_groups (account, currency, issuer, state) SELECT DISTINCT account, currency, \
         coalesce(issuer, ''), state FROM transactions WHERE kind = 'redirect_payment' ON CONFLICT DO NOTHING"
            .to_owned(),
        format!(
            "INSERT INTO journal (transaction_id, seq, at_ms, event, payload, hash) SELECT id, 1, created_ms, 'Paid', \
             '{{}}', {bytes} FROM transactions WHERE request_id LIKE 'crowd-%'"
        ),
        "INSERT INTO ledger (transaction_id, journal_seq, line, account, currency, amount_micros, reason, at_ms) SELECT \
         id, 1, 0, 'issuer_receivable:BANK_A', currency, amount_micros, 'payment', created_ms FROM transactions WHERE \
         request_id LIKE 'crowd-%' AND state = 'Paid'"
            .to_owned(),
        "INSERT INTO ledger (transaction_id, journal_seq, line, account, currency, amount_micros, reason, at_ms) SELECT \
         transaction_id, 1, 1, 'payable_to_google:ExamplePay_INR', currency, -amount_micros, 'payment', at_ms FROM \
         ledger WHERE line = 0"
            .to_owned(),
        "INSERT INTO remittables (account, request_id, kind, payment_id, our_id, issuer, currency, amount_micros, \
         standing, at_ms) SELECT account, request_id, 'capture', id, 'x', 'BANK_A', currency, amount_micros, 'done', \
         created_ms FROM transactions WHERE request_id LIKE 'crowd-%' AND state = 'Paid'"
            .to_owned(),
        "DELETE FROM ledger_balances".to_owned(),
        format!(
            "INSERT INTO ledger_balances (account, currency, shard, micros) SELECT account, currency, 0, {} FROM ledger \
             GROUP BY account, currency",
            if home.shared { "sum(amount_micros)::bigint" } else { "sum(amount_micros)" }
        ),
        "ANALYZE".to_owned(),
    ];
    let raw = home.raw().await;
    for sql in std::iter::once(payments).chain(others) {
        // Without statistics SQLite must come to the same plans: a server never runs ANALYZE on it.
        if sql != "ANALYZE" || home.shared {
            raw.execute_unprepared(&sql).await.unwrap();
        }
    }
    raw.close().await.unwrap();
}

type Columns = (Uuid, i64, String, String, Option<String>, String, i64, Option<String>);

/// Every payment, the newest first.
pub(crate) async fn everybody(home: &Home) -> Vec<One> {
    let raw = home.raw().await;
    let sql = "SELECT id, created_ms, account, currency, issuer, state, amount_micros, attention FROM transactions WHERE \
               kind = 'redirect_payment'";
    let backend = raw.get_database_backend();
    let rows = raw.query_all_raw(sea_orm::Statement::from_string(backend, sql)).await.unwrap();
    raw.close().await.unwrap();
    let mut all: Vec<One> = rows
        .into_iter()
        .map(|row| {
            let text = |name: &str| row.try_get::<String>("", name).unwrap();
            One::of((
                row.try_get("", "id").unwrap(),
                row.try_get("", "created_ms").unwrap(),
                text("account"),
                text("currency"),
                row.try_get("", "issuer").unwrap(),
                text("state"),
                row.try_get("", "amount_micros").unwrap(),
                row.try_get("", "attention").unwrap(),
            ))
        })
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.id)));
    all
}

impl One {
    fn of((id, created_ms, account, currency, issuer, state, amount_micros, attention): Columns) -> Self {
        let (id, created_at) = (TransactionId::from_uuid(id), Timestamp::from_millis(created_ms));
        Self { id, created_at, account, currency, issuer, state, amount_micros, attention }
    }
}
