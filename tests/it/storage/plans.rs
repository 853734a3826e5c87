//! No page of the console reads a table from end to end, or sorts more than it shows.
//!
//! The statements are not copies: a store tells its observer what it asks, and both databases say how they would carry it
//! out. What only looks like a scan (a handful of rows; what waits for a person) is named with its reason.

use std::sync::{Arc, Mutex};

use roundtrip::domain::booking::BookingStatus;
use roundtrip::domain::catalog::MerchantId;
use roundtrip::domain::remittance::FindingKind;
use roundtrip::domain::{Attention, Piaid, Timestamp, TransactionId};
use roundtrip::storage::{
    BookingFilter, InvoiceFilter, InvoicePlace, LedgerFilter, LinePage, PaymentFilter, PayoutsOf, SoughtRecipient,
    Store, StoreOptions,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::Value;
use uuid::Uuid;

use super::crowd::{USUAL_MICROS, crowd, everybody};
use super::fixture::{Home, NOW};
use super::on_both;

on_both! {
    payments => con_8_no_search_of_payments_scans_or_sorts_sqlite, con_8_no_search_of_payments_scans_or_sorts_postgres;
    one_payment => con_8_no_page_of_one_payment_scans_or_sorts_sqlite, con_8_no_page_of_one_payment_scans_or_sorts_postgres;
    lists => con_8_no_list_scans_or_sorts_sqlite, con_8_no_list_scans_or_sorts_postgres;
    today => con_8_no_figure_of_today_scans_or_sorts_sqlite, con_8_no_figure_of_today_scans_or_sorts_postgres;
    a_scan_is_seen => con_8_a_scan_and_a_sort_are_seen_sqlite, con_8_a_scan_and_a_sort_are_seen_postgres;
}

/// Tables of a handful of rows, and indexes of the few rows that wait for somebody.
const FEW: [&str; 20] = [
    // As many as combinations of account, currency, issuer and state have ever occurred.
    "payment_groups",
    "payment_groups_pkey",
    // As many as accounts and currencies, and at most 256 times that.
    "ledger_balances",
    "ledger_balances_pkey",
    "users",
    "users_pkey",
    "api_tokens",
    "transactions_attention",
    "transactions_alarms",
    "transactions_statements",
    // Everything but payments, in the order of time: read from the newest on, until a page is full.
    "transactions_kind",
    "outbox_due",
    "outbox_parked",
    "invoices_attention",
    // In the order of the page.
    "invoices_created",
    "bookings_start",
    "jobs_created",
    "audit_log_pkey",
    // What is due, and what is to be removed: a few jobs at a time.
    "jobs_due",
    "jobs_tidy",
];

/// Asks a store, and has the database say how it carries that out.
pub(super) struct Plans {
    pub(super) store: Store,
    raw: DatabaseConnection,
    heard: Arc<Mutex<Vec<String>>>,
    postgres: bool,
}

/// Whether a statement may sort what it has found.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Sorts {
    Never,
    /// A page's worth, or what waits for a person: the reason stands where this is used.
    AFew,
}

impl Plans {
    pub(super) async fn of(home: &Home) -> Self {
        crowd(home, 20_000).await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        let observer: roundtrip::storage::Observer = Arc::new(move |sql| ear.lock().unwrap().push(sql.to_owned()));
        let options = StoreOptions { observer: Some(observer), ..StoreOptions::new(&home.url) };
        let (store, raw) = (Store::open(options).await.unwrap(), home.raw().await);
        if home.shared {
            // What remains a scan then is one for which there is no index.
            raw.execute_unprepared("SET enable_seqscan = off").await.unwrap();
        }
        Self { store, raw, heard, postgres: home.shared }
    }

    /// Forgets what was asked so far, and awaits a question.
    pub(super) async fn no_scan<T, E: std::fmt::Debug>(
        &self,
        name: &str,
        sorts: Sorts,
        asks: impl Future<Output = Result<T, E>>,
    ) -> T {
        self.heard.lock().unwrap().clear();
        let answer = asks.await.unwrap();
        let heard = std::mem::take(&mut *self.heard.lock().unwrap());
        assert!(!heard.is_empty(), "{name} asks nothing");
        let planned = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
        for sql in heard.into_iter().filter(|sql| planned.iter().any(|verb| sql.starts_with(verb))) {
            let faults = self.faults(&sql, sorts).await;
            assert!(faults.is_empty(), "{name}: {faults:#?}\n{sql}");
        }
        answer
    }

    async fn faults(&self, sql: &str, sorts: Sorts) -> Vec<String> {
        let backend = self.raw.get_database_backend();
        let explain = if self.postgres { "EXPLAIN (FORMAT JSON)" } else { "EXPLAIN QUERY PLAN" };
        let rows = self.raw.query_all_raw(Statement::from_string(backend, format!("{explain} {sql}"))).await.unwrap();
        let (mut faults, mut sorted) = (Vec::new(), false);
        for row in rows {
            if self.postgres {
                let plan: Value = row.try_get_by_index(0).unwrap();
                postgres_faults(&plan[0]["Plan"], sorts, &mut faults);
            } else {
                let detail: String = row.try_get("", "detail").unwrap();
                sorted |= detail.contains("TEMP B-TREE");
                faults.extend(sqlite_fault(&detail, sorts));
            }
        }
        if !sorted && !sql.contains(" WHERE ") && sql.contains(" LIMIT ") {
            // The first rows in the order of the key: no more of them are read than are shown.
            faults.retain(|fault| !fault.starts_with("SCAN "));
        }
        faults
    }
}

fn sqlite_fault(detail: &str, sorts: Sorts) -> Option<String> {
    let sorted = detail.contains("TEMP B-TREE FOR ORDER BY") && sorts == Sorts::Never;
    let scanned = detail.strip_prefix("SCAN ").is_some_and(|rest| {
        let mut words = rest.split(' ');
        let table = words.next().unwrap_or_default();
        let index = rest.split("INDEX ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        // Subqueries of the search, and rows of constants.
        let nothing = ["found", "some", "CONSTANT", "(subquery"].contains(&table)
            || table.strip_prefix('b').is_some_and(|number| number.parse::<u32>().is_ok());
        !(nothing || FEW.contains(&table) || FEW.contains(&index))
    });
    (sorted || scanned || detail.contains("AUTOMATIC")).then(|| detail.to_owned())
}

fn postgres_faults(plan: &Value, sorts: Sorts, faults: &mut Vec<String>) {
    let text = |name: &str| plan[name].as_str().unwrap_or_default();
    let node = text("Node Type");
    let few = FEW.contains(&text("Relation Name")) || FEW.contains(&text("Index Name"));
    let scanned =
        node == "Seq Scan" || (node.contains("Index") && node.contains("Scan") && plan["Index Cond"].is_null());
    if (scanned && !few) || (node == "Sort" && sorts == Sorts::Never) {
        faults.push(format!("{node} {} {}", text("Relation Name"), text("Index Name")));
    }
    for part in plan["Plans"].as_array().into_iter().flatten() {
        postgres_faults(part, sorts, faults);
    }
}

/// The check sees what it is there for.
async fn a_scan_is_seen(home: &Home) {
    let plans = Plans::of(home).await;
    for (sql, faults) in [
        ("SELECT id FROM transactions WHERE updated_ms = 7", 1),
        ("SELECT id FROM transactions WHERE request_id = 'crowd-7' ORDER BY updated_ms", 1),
        ("SELECT count(*) FROM ledger WHERE reason = 'x'", 1),
        ("SELECT id FROM transactions WHERE request_id = 'crowd-7'", 0),
    ] {
        assert_eq!(plans.faults(sql, Sorts::Never).await.len(), faults, "{sql}");
    }
}

async fn payments(home: &Home) {
    let plans = Plans::of(home).await;
    let store = &plans.store;
    let middle = everybody(home).await.get(9_000).map(|one| (one.created_at, one.id));
    let some = |text: &str| Some(text.to_owned());
    let any = PaymentFilter::default();
    let filters = [
        any.clone(),
        PaymentFilter { account: some("ExamplePay_INR"), ..any.clone() },
        PaymentFilter { account: some("Rare_USD"), state: some("Paid"), ..any.clone() },
        PaymentFilter { issuer: some("BANK_B"), ..any.clone() },
        PaymentFilter { state: some("Expired"), ..any.clone() },
        PaymentFilter { currency: some("EUR"), issuer: some("BANK_A"), state: some("Declined"), ..any.clone() },
        PaymentFilter { from: Some(NOW), until: Some(NOW.plus_millis(86_400_000)), ..any.clone() },
        PaymentFilter { needs_attention: true, ..any.clone() },
        PaymentFilter { needs_attention: true, issuer: some("BANK_A"), ..any.clone() },
        PaymentFilter { amount: Some((10_000, 10_000)), ..any.clone() },
        PaymentFilter { amount: Some((USUAL_MICROS, USUAL_MICROS)), ..any.clone() },
        PaymentFilter { amount: Some((1, 190_000_000)), ..any.clone() },
        PaymentFilter { amount: Some((USUAL_MICROS, USUAL_MICROS)), state: some("Declined"), ..any },
    ];
    for filter in filters {
        for before in [None, middle] {
            // What is sorted is one page of each combination; the database need not know that they are sorted already.
            plans.no_scan(&format!("{filter:?}"), Sorts::AFew, store.search_payments(&filter, before, 50)).await;
        }
    }
    for name in ["crowd-7", "ref/9", &Uuid::from_u128(7).to_string()] {
        plans.no_scan("find", Sorts::AFew, store.find_anything(name)).await;
    }
}

async fn one_payment(home: &Home) {
    let plans = Plans::of(home).await;
    let (store, id) = (&plans.store, everybody(home).await[77].id);
    plans.no_scan("overview", Sorts::Never, store.overview(id)).await.unwrap();
    plans.no_scan("journal", Sorts::Never, store.journal(id)).await;
    // One payment books a handful of lines.
    plans.no_scan("ledger of it", Sorts::AFew, store.ledger_of(id)).await;
    plans.no_scan("outbox of it", Sorts::Never, store.outbox_of(id)).await;
    // At most one capture and its refunds.
    plans.no_scan("remittables of it", Sorts::AFew, store.remittables_of(id)).await;
    let account = Piaid::parse("ExamplePay_INR").unwrap();
    plans.no_scan("by request", Sorts::Never, store.find_payment(Some(&account), "crowd-7")).await;
}

async fn lists(home: &Home) {
    let plans = Plans::of(home).await;
    let store = &plans.store;
    let nobody = TransactionId::from_uuid(Uuid::from_u128(7));
    let account = Piaid::parse("ExamplePay_INR").unwrap();
    let merchant = MerchantId::parse("m1").unwrap();
    for before in [None, Some((NOW, nobody))] {
        // Of one moment there are few.
        plans.no_scan("statements", Sorts::AFew, store.statements(None, before, 50)).await;
        plans.no_scan("statements of one", Sorts::AFew, store.statements(Some(&account), before, 50)).await;
        plans.no_scan("transfers", Sorts::AFew, store.bank_transfers(Some("Open"), before, 50)).await;
        plans.no_scan("payouts", Sorts::AFew, store.payouts(&PayoutsOf::Processor, before, 50)).await;
    }
    plans.no_scan("open statements", Sorts::AFew, store.open_statements()).await;
    let page = LinePage { statement: nobody, after: 500_000, limit: 50 };
    plans.no_scan("lines", Sorts::Never, store.stated_events(page)).await;
    plans.no_scan("lines with ours", Sorts::Never, store.stated_lines(&account, page)).await;
    plans.no_scan("findings", Sorts::Never, store.findings(page, None)).await;
    plans.no_scan("findings of a kind", Sorts::Never, store.findings(page, Some(FindingKind::Duplicate))).await;

    let any = BookingFilter::default();
    let after = Some((1_800_000_000, nobody));
    for filter in [
        any.clone(),
        BookingFilter { after, ..any.clone() },
        BookingFilter { begins_before_s: Some(1_900_000_000), after, ..any.clone() },
        BookingFilter { begins_from_s: Some(1_800_000_000), ..any.clone() },
        BookingFilter { status: Some(BookingStatus::Confirmed), ..any.clone() },
        BookingFilter { status: Some(BookingStatus::NoShow), begins_from_s: Some(0), after, ..any.clone() },
    ] {
        plans.no_scan("bookings", Sorts::Never, store.bookings(&filter, 50)).await;
    }
    // Of one user there are few; of one merchant and moment, too.
    for filter in [
        BookingFilter { user_id: Some("u".to_owned()), ..any.clone() },
        BookingFilter { merchant: Some("m".to_owned()), after, ..any },
    ] {
        plans.no_scan("bookings of one", Sorts::AFew, store.bookings(&filter, 50)).await;
    }
    // What a person has to look at, and few of one moment.
    for after in [None, Some((NOW, nobody))] {
        plans.no_scan("bookings before finance", Sorts::AFew, store.bookings_before_finance(after, 50)).await;
    }
    let any = InvoiceFilter::default();
    let after = Some(InvoicePlace { created_at: NOW, id: nobody });
    for filter in [
        any.clone(),
        InvoiceFilter { after, ..any.clone() },
        InvoiceFilter { states: vec!["Paid".to_owned()], after, ..any.clone() },
        InvoiceFilter { before_finance: true, after, ..any.clone() },
        InvoiceFilter { recipient: Some(SoughtRecipient::of("Dana@fabrikat.example")), ..any.clone() },
        InvoiceFilter { recipient: Some(SoughtRecipient::of("dana@fabrikat.example")), after, ..any.clone() },
        InvoiceFilter { recipient: Some(SoughtRecipient::of("Dana")), after, ..any },
    ] {
        plans.no_scan("invoices", Sorts::Never, store.invoices(&filter, 50)).await;
    }
    // Lines of one moment.
    let filter =
        LedgerFilter { from: NOW, until: NOW.plus_millis(1), account: None, kinds: None, payments_of_invoices: None };
    plans.no_scan("ledger", Sorts::AFew, store.ledger_rows(&filter, None, 50)).await;
    plans.no_scan("owed to a merchant", Sorts::AFew, store.merchant_balance(&merchant)).await;
}

async fn today(home: &Home) {
    let plans = Plans::of(home).await;
    let store = &plans.store;
    let (from, until) = (NOW, NOW.plus_millis(86_400_000));
    // A handful of sums, accounts, people.
    plans.no_scan("outcomes", Sorts::AFew, store.issuer_outcomes(from, until, until)).await;
    plans.no_scan("balances", Sorts::AFew, store.balances()).await;
    plans.no_scan("figures", Sorts::AFew, store.figures(from, until)).await;
    plans.no_scan("users", Sorts::AFew, store.users()).await;
    // What waits for a person.
    plans.no_scan("attention", Sorts::AFew, store.needing_attention(50)).await;
    plans.no_scan("paid late", Sorts::AFew, store.standing_before_finance(Attention::PaidAfterClose)).await;
    plans.no_scan("alarms", Sorts::AFew, store.raised_alarms()).await;
    plans.no_scan("before finance", Sorts::AFew, store.before_finance(Timestamp::from_millis(0))).await;
    plans.no_scan("dead letters", Sorts::Never, store.dead_letters(50)).await;
    plans.no_scan("outbox", Sorts::Never, store.outbox_figures()).await;
}
