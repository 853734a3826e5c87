//! What every kind of transaction has in common.

use std::fmt::Debug;

use super::{LedgerEntry, Record, Timestamp};

/// A pure state machine: it judges inputs and replays events, and does nothing else (architecture section 3).
pub trait Machine: Sized + 'static {
    /// The snapshot. Its [`Default`] is the state before anything happened.
    type State: Clone + Debug + PartialEq + Default + Send + Sync + Unpin + 'static;
    /// What can be asked of it, and what effects answer.
    type Input: Debug + Send + 'static;
    /// What happened, for the journal.
    type Event: Clone + Debug + PartialEq + Send + 'static;
    /// What has to be done in the outside world, carried out by the outbox alone.
    type Effect: Clone + Debug + PartialEq + Send + 'static;
    /// What the asker is told.
    type Reply: Clone + Debug + PartialEq + Send + 'static;
    /// Why the machine says no.
    type Rejection: Clone + Debug + PartialEq + Send + 'static;

    /// Judges one input. Changes nothing.
    fn decide(state: &Self::State, input: &Self::Input, now: Timestamp) -> Result<Decision<Self>, Self::Rejection>;

    /// Replays one event. Total: `decide` has already judged.
    fn apply(state: Self::State, event: &Self::Event) -> Self::State;

    /// What the request log keeps of a reply: what a replay needs, no more.
    fn remembered(reply: &Self::Reply) -> Self::Reply;

    /// When the machine wants to hear `deadline_reached` next; swept from a column, never an in-memory timer alone.
    fn deadline(state: &Self::State) -> Option<Timestamp>;

    /// The input that a passed deadline is.
    fn deadline_reached() -> Self::Input;

    /// What a person has to look at, if anything.
    fn attention(state: &Self::State) -> Option<Attention>;

    /// A short, stable name of the state, for lists and metrics.
    fn state_name(state: &Self::State) -> &'static str;

    /// The destination whose order an effect keeps: effects of one transaction and one lane go out one after the other.
    fn lane(effect: &Self::Effect) -> EffectLane;

    /// The idempotency key of an effect: the same on every attempt, different for every effect.
    fn idempotency_key(effect: &Self::Effect) -> String;
}

/// The verdict on one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<M: Machine> {
    /// What happened, in order. Empty when the input changes nothing.
    pub events: Vec<M::Event>,
    /// What has to be done. At most as many as there are events.
    pub effects: Vec<M::Effect>,
    /// What the ledger records; sums to zero per currency.
    pub entries: Vec<LedgerEntry>,
    /// Facts that stand in tables of their own, because they are searched, or are too many for a snapshot.
    pub records: Vec<Record>,
    /// What the asker is told once it is committed.
    pub reply: M::Reply,
}

impl<M: Machine> Decision<M> {
    /// Nothing changes; only an answer.
    pub fn answer(reply: M::Reply) -> Self {
        Self { events: Vec::new(), effects: Vec::new(), entries: Vec::new(), records: Vec::new(), reply }
    }
}

/// The outside party of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectLane {
    /// Calls to Google.
    Google,
    /// Calls to the issuer.
    Issuer,
    /// Calls to the card processor.
    Processor,
    /// Refunds at the card processor, where they may be pending for days.
    Refunds,
    /// Work of our own that must not be lost: what another part of the house knows, or another transaction has to hear.
    House,
    /// Mail to people.
    Mail,
    /// Webhooks that people have configured.
    Webhook,
}

impl EffectLane {
    /// Every lane.
    pub const ALL: [Self; 7] =
        [Self::Google, Self::Issuer, Self::Processor, Self::Refunds, Self::House, Self::Mail, Self::Webhook];

    /// The lane of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == name)
    }

    /// The name in the outbox row.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Issuer => "issuer",
            Self::Processor => "processor",
            Self::Refunds => "refunds",
            Self::House => "house",
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }
}

/// Why a transaction stands before finance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// The issuer reported another amount or currency than was asked for.
    AmountDiffers,
    /// The issuer reported success after we had reported a negative outcome.
    PaidAfterClose,
    /// The issuer contradicted its own final word.
    Contradiction,
    /// A remittance statement differs from our books.
    StatementDiffers,
    /// Money moved on our bank account, and no remittance statement explains it.
    UnexplainedTransfer,
    /// A payer disputes a charge: the processor wants evidence, and has taken the money back meanwhile.
    Disputed,
    /// The processor could not give a refund back.
    RefundFailed,
    /// A deposit that was agreed for later could not be charged.
    DepositNotCharged,
    /// Money that the processor moved, and that no booking explains.
    UnexplainedCharge,
    /// What the processor paid out did not arrive at our bank.
    PayoutFailed,
    /// The recipient of an invoice says that it is wrong.
    InvoiceDisputed,
    /// The recipient of an invoice says that it was paid to our bank: a person looks for the money there.
    TransferSaid,
}

impl Attention {
    /// The name in lists, metrics and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AmountDiffers => "amount_differs",
            Self::PaidAfterClose => "paid_after_close",
            Self::Contradiction => "contradiction",
            Self::StatementDiffers => "statement_differs",
            Self::UnexplainedTransfer => "unexplained_transfer",
            Self::Disputed => "disputed",
            Self::RefundFailed => "refund_failed",
            Self::DepositNotCharged => "deposit_not_charged",
            Self::UnexplainedCharge => "unexplained_charge",
            Self::PayoutFailed => "payout_failed",
            Self::InvoiceDisputed => "invoice_disputed",
            Self::TransferSaid => "transfer_said",
        }
    }
}
