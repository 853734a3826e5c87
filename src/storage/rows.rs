//! From a commit to the rows it writes; on the caller's thread, so that the writer only writes.

use entity::{journal, ledger, outbox, remittable, request_log, statement_finding, statement_line, transaction};

use super::claims::BookingWrite;
use super::invoice::InvoiceWrite;
use super::{Change, Codec, CodecError, Commit, CommitError, OutboxKey, Position, StorageError};
use crate::crypto::chain_hash;
use crate::domain::remittance::{Finding, StatedEvent};
use crate::domain::{Account, LedgerEntry, Record, Timestamp, TransactionId, unbalanced_currency};

/// What one commit writes.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) id: TransactionId,
    /// The version that must stand in the row; 0: there must be no row.
    pub(super) expected: i64,
    /// The row as it shall be; `None`: only the version is checked.
    pub(super) transaction: Option<transaction::Model>,
    pub(super) journal: Vec<journal::Model>,
    pub(super) outbox: Vec<outbox::Model>,
    pub(super) ledger: Vec<ledger::Model>,
    pub(super) remittables: Vec<remittable::Model>,
    pub(super) statements: Vec<StatementWrite>,
    pub(super) bookings: Vec<BookingWrite>,
    pub(super) invoices: Vec<InvoiceWrite>,
    pub(super) log: Option<request_log::Model>,
    pub(super) settles: Option<OutboxKey>,
    /// The time of the decision.
    pub(super) now_ms: i64,
    /// How many outbox rows stood when the decision was made.
    pub(super) open_before: i64,
    /// When a lease taken by this commit ends, and whose it is.
    pub(super) lease: Lease,
}

/// A lease to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    pub(super) node: uuid::Uuid,
    pub(super) until_ms: i64,
}

/// What reconciliation writes beside the statement's own row, in the order of the decision.
#[derive(Debug, Clone)]
pub(super) enum StatementWrite {
    Lines(Vec<statement_line::Model>),
    Findings(Vec<statement_finding::Model>),
    Stated { statement: uuid::Uuid, account: String, request_ids: Vec<String> },
    Released { statement: uuid::Uuid, account: String },
    FindingsCleared { statement: uuid::Uuid },
}

impl Rows {
    /// Whether nothing is written at all.
    pub(super) fn only_checks(&self) -> bool {
        self.transaction.is_none() && self.log.is_none() && self.settles.is_none()
    }

    fn take(&mut self, record: &Record) {
        match record {
            Record::Remittable(ours) => self.remittables.push(remittable::Model {
                account: ours.piaid.as_str().to_owned(),
                request_id: ours.request_id.as_str().to_owned(),
                kind: ours.kind.as_str().to_owned(),
                payment_id: ours.payment.as_uuid(),
                our_id: ours.our_id.clone(),
                issuer: ours.issuer.as_str().to_owned(),
                currency: ours.amount.currency().code().to_owned(),
                amount_micros: ours.amount.micros(),
                standing: ours.standing.as_str().to_owned(),
                at_ms: ours.at.as_millis(),
                statement_id: None,
            }),
            Record::StatementLines { statement, first, events } => {
                let line = |(line, event)| stated_line(statement.as_uuid(), line, event);
                self.statements.push(StatementWrite::Lines((signed(*first)..).zip(events).map(line).collect()));
            }
            Record::Findings { statement, findings } => {
                let row = |finding: &Finding| statement_finding::Model {
                    statement_id: statement.as_uuid(),
                    line: signed(finding.line),
                    kind: finding.kind.as_str().to_owned(),
                    request_id: finding.request_id.clone(),
                    stated_micros: finding.stated_micros,
                    ours_micros: finding.ours_micros,
                    fee_micros: finding.fee_micros,
                    expected_fee_micros: finding.expected_fee_micros,
                };
                self.statements.push(StatementWrite::Findings(findings.iter().map(row).collect()));
            }
            Record::Stated { statement, piaid, request_ids } => self.statements.push(StatementWrite::Stated {
                statement: statement.as_uuid(),
                account: piaid.as_str().to_owned(),
                request_ids: request_ids.clone(),
            }),
            Record::Released { statement, piaid } => self
                .statements
                .push(StatementWrite::Released { statement: statement.as_uuid(), account: piaid.as_str().to_owned() }),
            Record::FindingsCleared { statement } => {
                self.statements.push(StatementWrite::FindingsCleared { statement: statement.as_uuid() });
            }
            Record::SpotTaken(_)
            | Record::SpotReleased(_)
            | Record::BookingListed(_)
            | Record::BookingUnlisted { .. }
            | Record::BookingCharge { .. }
            | Record::PackBought { .. }
            | Record::PackUsed(_)
            | Record::PackReturned(_)
            | Record::PackWithdrawn { .. } => self.bookings.extend(BookingWrite::of(record, self.now_ms)),
            Record::InvoiceListed(_) | Record::InvoiceCharge { .. } => self.invoices.extend(InvoiceWrite::of(record)),
        }
    }

    /// The version after the commit.
    pub(super) fn version_after(&self) -> i64 {
        self.transaction.as_ref().map_or(self.expected, |row| row.version)
    }
}

/// The rows of a commit, and the position that it leads to (but for `outbox_open`, which the writer knows).
pub(super) fn rows<M: Codec>(commit: &Commit<M>) -> Result<(Rows, Position), CommitError> {
    let before = commit.position.unwrap_or(NOWHERE);
    let mut rows = Rows {
        id: commit.id,
        expected: before.version,
        transaction: None,
        journal: Vec::new(),
        outbox: Vec::new(),
        ledger: Vec::new(),
        remittables: Vec::new(),
        statements: Vec::new(),
        bookings: Vec::new(),
        invoices: Vec::new(),
        now_ms: commit.now.as_millis(),
        log: log(commit)?,
        settles: commit.settles,
        open_before: before.outbox_open,
        lease: Lease { node: commit.node.as_uuid(), until_ms: commit.now.plus_millis(commit.lease_ms).as_millis() },
    };
    let Some(change) = &commit.change else { return Ok((rows, before)) };
    check(change)?;
    let mut after = before;
    after.version += 1;
    for event in &change.events {
        let row = journal_row(commit, event, &after)?;
        after.journal_seq = row.seq;
        after.journal_head = chained(&after.journal_head, &row);
        rows.journal.push(journal::Model { hash: after.journal_head.to_vec(), ..row });
    }
    rows.outbox = outbox(commit, &change.effects, before.journal_seq)?;
    rows.ledger = ledger(commit, &change.entries, after.journal_seq);
    for record in &change.records {
        rows.take(record);
    }
    rows.transaction = Some(transaction(commit, change, &after)?);
    Ok((rows, after))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn stated_line(statement_id: uuid::Uuid, line: i64, event: &StatedEvent) -> statement_line::Model {
    statement_line::Model {
        statement_id,
        line,
        kind: event.kind.as_str().to_owned(),
        request_id: event.request_id.clone(),
        our_id: event.our_id.clone(),
        currency: event.currency.map(|currency| currency.code().to_owned()),
        amount_micros: event.amount_micros,
        fee_micros: event.fee_micros,
        note: event.note.clone(),
    }
}

const NOWHERE: Position = Position { version: 0, journal_seq: 0, journal_head: [0; 32], outbox_open: 0 };

/// The chain's next hash: over the previous one, the transaction, the number, the time, the event's name and the event.
pub(super) fn chained(previous: &[u8; 32], row: &journal::Model) -> [u8; 32] {
    chain_hash(
        previous,
        &[
            row.transaction_id.as_bytes(),
            &row.seq.to_be_bytes(),
            &row.at_ms.to_be_bytes(),
            row.event.as_bytes(),
            row.payload.as_bytes(),
        ],
    )
}

fn check<M: Codec>(change: &Change<M>) -> Result<(), CommitError> {
    if change.events.is_empty() {
        return Err(StorageError::Malformed("a change without an event").into());
    }
    if change.effects.len() > change.events.len() {
        return Err(StorageError::Malformed("more effects than events").into());
    }
    if unbalanced_currency(&change.entries).is_some() {
        return Err(CommitError::Unbalanced);
    }
    Ok(())
}

fn unwritable(_: CodecError) -> StorageError {
    StorageError::Malformed("a value that cannot be written")
}

fn journal_row<M: Codec>(
    commit: &Commit<M>,
    event: &M::Event,
    after: &Position,
) -> Result<journal::Model, StorageError> {
    Ok(journal::Model {
        transaction_id: commit.id.as_uuid(),
        seq: after.journal_seq + 1,
        at_ms: commit.now.as_millis(),
        event: M::event_kind(event).to_owned(),
        payload: M::encode_event(event).map_err(unwritable)?,
        hash: Vec::new(),
    })
}

fn outbox<M: Codec>(commit: &Commit<M>, effects: &[M::Effect], seq: i64) -> Result<Vec<outbox::Model>, StorageError> {
    let now = commit.now.as_millis();
    let row = |(number, effect): (i64, &M::Effect)| {
        Ok(outbox::Model {
            transaction_id: commit.id.as_uuid(),
            number,
            kind: M::KIND.to_owned(),
            lane: M::lane(effect).as_str().to_owned(),
            idempotency_key: M::idempotency_key(effect),
            payload: M::encode_effect(effect).map_err(unwritable)?,
            attempts: 0,
            created_ms: now,
            trying_since_ms: now,
            due_ms: now,
            lease_node: None,
            parked_ms: None,
            last_error: None,
        })
    };
    (seq + 1..).zip(effects).map(row).collect()
}

fn ledger<M: Codec>(commit: &Commit<M>, entries: &[LedgerEntry], journal_seq: i64) -> Vec<ledger::Model> {
    let row = |(line, entry): (i32, &LedgerEntry)| ledger::Model {
        transaction_id: commit.id.as_uuid(),
        journal_seq,
        line,
        account: account_name(&entry.account),
        currency: entry.amount.currency().code().to_owned(),
        amount_micros: entry.amount.micros(),
        reason: entry.reason.clone().into_owned(),
        at_ms: commit.now.as_millis(),
        author: entry.author.as_ref().map(|author| author.as_str().to_owned()),
    };
    (0..).zip(entries).map(row).collect()
}

/// The name of the account of what is owed to the biller.
pub(super) const PAYABLE_TO_BILLER: &str = "payable_to_biller";

/// The name of an account in the ledger. Never changes.
pub(super) fn account_name(account: &Account) -> String {
    match account {
        Account::IssuerReceivable(issuer) => format!("issuer_receivable:{issuer}"),
        Account::PayableToBiller => PAYABLE_TO_BILLER.to_owned(),
        Account::PayableToGoogle(piaid) => format!("payable_to_google:{piaid}"),
        Account::RefundsInFlight(issuer) => format!("refunds_in_flight:{issuer}"),
        Account::FeeIncome(piaid) => format!("fee_income:{piaid}"),
        Account::Vat(piaid) => format!("vat:{piaid}"),
        Account::ProcessorReceivable => "processor_receivable".to_owned(),
        Account::ProcessorFees => "processor_fees".to_owned(),
        Account::ProcessorRefunds => "processor_refunds".to_owned(),
        Account::Disputed => "disputed".to_owned(),
        Account::PayableToMerchant(merchant) => format!("payable_to_merchant:{merchant}"),
        Account::Bank => "bank".to_owned(),
        Account::Suspense => "suspense".to_owned(),
    }
}

fn transaction<M: Codec>(
    commit: &Commit<M>,
    change: &Change<M>,
    after: &Position,
) -> Result<transaction::Model, StorageError> {
    let state = &change.state;
    let summary = M::summary(state).ok_or(StorageError::Malformed("a change to the state before anything happened"))?;
    let now = commit.now.as_millis();
    Ok(transaction::Model {
        id: commit.id.as_uuid(),
        kind: M::KIND.to_owned(),
        version: after.version,
        state: M::state_name(state).to_owned(),
        account: summary.account,
        request_id: summary.request_id,
        issuer: summary.issuer,
        currency: summary.amount.currency().code().to_owned(),
        amount_micros: summary.amount.micros(),
        attention: M::attention(state).map(|attention| attention.as_str().to_owned()),
        snapshot: M::encode_state(state).map_err(unwritable)?,
        deadline_ms: M::deadline(state).map(Timestamp::as_millis),
        outbox_open: open_after(commit.settles.is_some(), after.outbox_open, change.effects.len()),
        journal_seq: after.journal_seq,
        journal_head: after.journal_head.to_vec(),
        created_ms: now,
        updated_ms: now,
        issuer_reference: summary.issuer_reference,
    })
}

/// How many outbox rows there are after a commit.
pub(super) fn open_after(settled: bool, before: i64, effects: usize) -> i64 {
    (before - i64::from(settled)).max(0) + effects as i64
}

fn log<M: Codec>(commit: &Commit<M>) -> Result<Option<request_log::Model>, StorageError> {
    let Some(answer) = &commit.answer else { return Ok(None) };
    Ok(Some(request_log::Model {
        scope: answer.key.scope.clone(),
        request_id: answer.key.request_id.clone(),
        method: answer.method.to_owned(),
        content_hash: answer.content_hash.to_vec(),
        reply: M::encode_reply(&answer.reply).map_err(unwritable)?,
        transaction_id: commit.id.as_uuid(),
        at_ms: commit.now.as_millis(),
    }))
}
