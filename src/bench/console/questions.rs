//! What pages ask of the storage, asked here without the pages: where the time of a slow page would be.

use std::time::Instant;

use super::books::Known;
use super::{Answered, latency};
use crate::domain::remittance::FindingKind;
use crate::domain::{Piaid, Timestamp};
use crate::storage::{LinePage, PaymentFilter, StorageError, Store};

/// Lines of one page.
const PAGE: u64 = 51;
const DAY_MS: i64 = 86_400_000;

/// Asks every question `times` times, one after the other.
pub(super) async fn ask(store: &Store, (known, times): (&Known, u32), now: Timestamp) -> anyhow::Result<Vec<Answered>> {
    let mut answered = searches(store, (known, times), now).await?;
    answered.extend(others(store, (known, times), now).await?);
    Ok(answered)
}

async fn asked<T>(
    (what, times): (&'static str, u32),
    question: impl AsyncFn() -> Result<T, StorageError>,
) -> anyhow::Result<Answered> {
    let mut took = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        question().await?;
        took.push(began.elapsed());
    }
    Ok(Answered { what, latency: latency(took)? })
}

async fn searches(store: &Store, (known, times): (&Known, u32), now: Timestamp) -> anyhow::Result<Vec<Answered>> {
    let some = |text: &str| Some(text.to_owned());
    let any = PaymentFilter::default();
    let filters = [
        ("payments, the newest", any.clone()),
        ("payments of an account", PaymentFilter { account: some("BenchPay_EUR"), ..any.clone() }),
        ("payments of a rare account", PaymentFilter { account: some("BenchTest_USD"), ..any.clone() }),
        ("payments of an issuer", PaymentFilter { issuer: some("BANK_B"), ..any.clone() }),
        ("payments of a rare issuer", PaymentFilter { issuer: some("BANK_Z"), ..any.clone() }),
        ("payments in a state", PaymentFilter { state: some("Expired"), ..any.clone() }),
        (
            "payments of a rare issuer in a rare state",
            PaymentFilter { issuer: some("BANK_Z"), state: some("PaidAfterClose"), ..any.clone() },
        ),
        ("payments before finance", PaymentFilter { needs_attention: true, ..any.clone() }),
        ("payments of a usual amount", PaymentFilter { amount: Some((109_900_000, 109_900_000)), ..any.clone() }),
        ("payments of a rare amount", PaymentFilter { amount: Some((10_000, 1_000_000)), ..any.clone() }),
        ("payments of many amounts", PaymentFilter { amount: Some((1, 400_000_000)), ..any.clone() }),
        (
            "payments of a usual amount in a rare state",
            PaymentFilter { amount: Some((109_900_000, 109_900_000)), state: some("PaidAfterClose"), ..any.clone() },
        ),
        (
            "payments of a day, long ago",
            PaymentFilter {
                from: Some(now.plus_millis(-20 * DAY_MS)),
                until: Some(now.plus_millis(-19 * DAY_MS)),
                ..any
            },
        ),
    ];
    let mut answered = Vec::new();
    for (what, filter) in filters {
        answered.push(asked((what, times), async || store.search_payments(&filter, None, PAGE).await).await?);
    }
    let deep = Some((now.plus_millis(-15 * DAY_MS), known.payment));
    let filter = PaymentFilter { state: some("Paid"), ..PaymentFilter::default() };
    let what = "payments in a state, in the middle of the list";
    answered.push(asked((what, times), async || store.search_payments(&filter, deep, PAGE).await).await?);
    for (what, text) in [
        ("found by our id", known.payment.to_string()),
        ("found by Google's request id", known.request_id.clone()),
        ("found by Google's id of a refund", format!("{}-r", known.request_id)),
        ("found by the issuer's reference", known.reference.clone()),
        ("not found", "nothing-bears-this-name".to_owned()),
    ] {
        answered.push(asked((what, times), async || store.find_anything(&text).await).await?);
    }
    Ok(answered)
}

async fn others(store: &Store, (known, times): (&Known, u32), now: Timestamp) -> anyhow::Result<Vec<Answered>> {
    let piaid = Piaid::parse("BenchPay_INR")?;
    let page = LinePage { statement: known.statement_id, after: 0, limit: PAGE };
    let day = now.plus_millis(-DAY_MS);
    let week = now.plus_millis(-7 * DAY_MS);
    let month = now.plus_millis(-31 * DAY_MS);
    Ok(vec![
        asked(("outcomes of a day", times), async || store.issuer_outcomes(day, now, now).await).await?,
        asked(("outcomes of a week", times), async || store.issuer_outcomes(week, now, now).await).await?,
        asked(("balances", times), async || store.balances().await).await?,
        asked(("figures of thirty days", times), async || store.figures(month, now).await).await?,
        asked(("what needs a person", times), async || store.needing_attention(PAGE).await).await?,
        asked(("one payment's journal", times), async || store.journal(known.payment).await).await?,
        asked(("one payment's entries", times), async || store.ledger_of(known.payment).await).await?,
        asked(("one payment's captures and refunds", times), async || store.remittables_of(known.payment).await)
            .await?,
        asked(("statements", times), async || store.statements(None, None, PAGE).await).await?,
        asked(("open statements", times), async || store.open_statements().await).await?,
        asked(("lines of a statement", times), async || store.stated_lines(&piaid, page).await).await?,
        asked(("differences of a statement, of one kind", times), async || {
            store.findings(page, Some(FindingKind::AmountDiffers)).await
        })
        .await?,
        asked(("dead letters", times), async || store.dead_letters(PAGE).await).await?,
        asked(("how the outbox stands", times), async || store.outbox_figures().await).await?,
    ])
}
