//! The words of the remittance statement machine: snapshot, inputs, events, effects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decision::{Approval, Draft, Modification, Rules};
use super::finding::{FindingKind, StatedEvent};
use crate::domain::{Money, Piaid, RequestId, Timestamp, TransactionId, UserName};

/// What `remittanceStatementNotification` says (API section 5.5). Never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Our id, derived from account and `requestId`.
    pub id: TransactionId,
    /// The account.
    pub piaid: Piaid,
    /// The notification's `requestId`: the `statementId` of every later call (checklist REM-3).
    pub statement_id: RequestId,
    /// `statementDate`
    pub statement_date: Option<Timestamp>,
    /// `billingPeriod.startDate`
    pub period_start: Option<Timestamp>,
    /// `billingPeriod.endDate`
    pub period_end: Option<Timestamp>,
    /// `dateDue`
    pub due: Option<Timestamp>,
    /// `totalDueByIntegrator`: negative where Google owes us.
    pub total: Money,
    /// `totalFeesAmount`
    pub total_fees: Option<Money>,
    /// `totalEvents`
    pub total_events: Option<u64>,
    /// `remittanceInstructions.memoLineId`: the text to put on the bank transfer.
    pub memo_line: Option<String>,
    /// When it reached us.
    pub received_at: Timestamp,
}

impl Notice {
    /// The text on the bank transfer: what Google asks for, else the statement's id.
    pub fn memo(&self) -> &str {
        self.memo_line.as_deref().unwrap_or(self.statement_id.as_str())
    }
}

/// What was fetched so far. Sums are over the events that are in the statement's currency and could be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetched {
    /// Events.
    pub lines: u64,
    /// Of them captures.
    pub captures: u64,
    /// Amounts, refunds negative.
    pub amount: i128,
    /// Fees as stated.
    pub fee: i128,
    /// `totalEvents` of the last page, if it named one.
    pub total_events: Option<u64>,
    /// `nextEventOffset` of the last page.
    pub next_offset: Option<u64>,
    /// Why no more could be fetched, although there is more.
    pub problem: Option<PageProblem>,
}

/// What is wrong with a page as a whole, signed by Google though it is: asking again will not mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageProblem {
    /// No strict JSON, or not the members of a page.
    Unreadable,
    /// Its next offset does not lie behind its own: fetching would never end.
    DoesNotGoOn,
    /// It names a next page and holds no events.
    Empty,
}

impl PageProblem {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unreadable, Self::DoesNotGoOn, Self::Empty];

    /// In the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "a page of the statement's details cannot be read",
            Self::DoesNotGoOn => "a page of the statement's details names a next offset that does not go on",
            Self::Empty => "a page of the statement's details is empty and names a next one",
        }
    }

    /// What [`PageProblem::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.as_str() == text)
    }
}

/// How a statement's total follows from its events; UNCONFIRMED, so whichever adds up is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeConvention {
    /// Fees are deducted from what we owe: total = amounts - fees.
    Deducted,
    /// Fees are not in the total.
    Apart,
}

/// Events with one finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KindSum {
    /// How many.
    pub count: u64,
    /// What Google states, refunds negative, in the statement's currency.
    pub stated: i128,
    /// What our books say.
    pub ours: i128,
}

/// Captures and refunds of ours that no statement lists yet, by age at the end of the billing period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MissingAge {
    /// After the period, or so close to its end that Google may account for it in the next (flows-security section 5.5).
    NotYetDue,
    /// Within the period.
    Due,
    /// Up to a week before the period.
    OverdueAWeek,
    /// Up to thirty days before it.
    OverdueAMonth,
    /// Longer before it.
    OverdueLonger,
}

impl MissingAge {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NotYetDue, Self::Due, Self::OverdueAWeek, Self::OverdueAMonth, Self::OverdueLonger];

    /// The name in the API, in reports and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotYetDue => "not_yet_due",
            Self::Due => "due",
            Self::OverdueAWeek => "overdue_1_to_7_days",
            Self::OverdueAMonth => "overdue_8_to_30_days",
            Self::OverdueLonger => "overdue_over_30_days",
        }
    }

    /// What [`MissingAge::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|age| age.as_str() == text)
    }
}

/// Missing captures and refunds of one age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MissingSum {
    /// How many.
    pub count: u64,
    /// Refunds negative, in the statement's currency.
    pub ours: i128,
}

/// What reconciliation came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Events judged so far.
    pub lines: u64,
    /// Per finding.
    pub kinds: BTreeMap<FindingKind, KindSum>,
    /// Ours that no statement lists.
    pub missing: BTreeMap<MissingAge, MissingSum>,
}

/// A statement whose events are all judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// What was notified.
    pub notice: Arc<Notice>,
    /// What was fetched.
    pub fetched: Fetched,
    /// What was found.
    pub tally: Tally,
    /// Which reconciliation this is, from 1.
    pub round: u32,
    /// Who has approved it so far.
    pub approvals: Vec<Approval>,
    /// Reasons that are written down for its differences, by finding or by an event's id.
    pub drafts: BTreeMap<String, Draft>,
}

/// A statement that will be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// What was accepted; its approvals say by whom.
    pub reconciled: Reconciled,
    /// How it was modified.
    pub modification: Modification,
    /// Whether Google has acknowledged it.
    pub told: bool,
    /// `modifiedTotalDueByIntegrator`, where Google answered with one.
    pub modified_total: Option<Money>,
    /// Transfers that it had taken and a person has taken from it, with the number of the offer that they were taken by:
    /// whatever that offer, or its taking back, says once more is old.
    pub taken_back: BTreeMap<TransactionId, u32>,
}

impl Acceptance {
    /// Whether an offer of a transfer was taken and taken back.
    pub(super) fn is_over(&self, transfer: &TransactionId, number: u32) -> bool {
        self.taken_back.get(transfer).is_some_and(|over| *over >= number)
    }

    /// What has to be transferred.
    pub fn due(&self) -> Money {
        self.modified_total.unwrap_or(self.reconciled.notice.total)
    }
}

/// The snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing is known of it.
    #[default]
    Unheard,
    /// Google has announced it; what it replaces is being cleared away.
    Notified(Arc<Notice>),
    /// Its events are being fetched.
    Fetching {
        /// What was notified.
        notice: Arc<Notice>,
        /// How far it is.
        fetched: Fetched,
    },
    /// Its events are being judged, and then counted what is missing.
    Reconciling {
        /// What was notified.
        notice: Arc<Notice>,
        /// What was fetched.
        fetched: Fetched,
        /// How far it is.
        tally: Tally,
        /// Which reconciliation this is, from 1.
        round: u32,
        /// Reasons that were written down before.
        drafts: BTreeMap<String, Draft>,
    },
    /// Every event matches and the total adds up.
    Matched(Reconciled),
    /// Something differs.
    Disputed(Reconciled),
    /// It will be paid as it is.
    Accepted(Acceptance),
    /// It will be paid after a modification.
    AcceptedWithModifications(Acceptance),
    /// The bank has transferred it. Final, unless a person takes the transfer back.
    Paid {
        /// What was accepted.
        acceptance: Acceptance,
        /// The bank's entry.
        transfer: TransactionId,
        /// When the bank booked it.
        at: Timestamp,
    },
    /// A revised statement for the same billing period took its place. Final.
    Replaced {
        /// What was notified.
        notice: Arc<Notice>,
        /// The revised one's id.
        by: RequestId,
        /// What had been found on it, if it had come so far.
        done: Option<Box<Reconciled>>,
    },
}

/// One page of details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The offset it was asked for with; `None`: the first.
    pub offset: Option<u64>,
    /// Its events, in order.
    pub events: Vec<StatedEvent>,
    /// `nextEventOffset`; `None`: it was the last.
    pub next_offset: Option<u64>,
    /// `totalEvents`, if it named one.
    pub total_events: Option<u64>,
}

/// Some events' judgements.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// Which reconciliation this belongs to.
    pub round: u32,
    /// Events judged before.
    pub after: u64,
    /// How many these are.
    pub lines: u64,
    /// Per finding.
    pub kinds: BTreeMap<FindingKind, KindSum>,
    /// Those that do not match.
    pub findings: Vec<Finding>,
    /// Captures and refunds of ours that these lines list.
    pub stated: Vec<String>,
}

/// An event that does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its place, from 1.
    pub line: u64,
    /// What is wrong.
    pub kind: FindingKind,
    /// Google's id of the event.
    pub request_id: String,
    /// What Google states, refunds negative.
    pub stated_micros: Option<i64>,
    /// What our books say.
    pub ours_micros: Option<i64>,
    /// The fee as stated.
    pub fee_micros: Option<i64>,
    /// The fee by the schedule, where it was judged.
    pub expected_fee_micros: Option<i64>,
}

/// Everything that can happen to a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Google announces it (API section 5.5).
    Notify(Box<Notice>),
    /// What it replaces is cleared away: its details may be fetched.
    EarlierReplaced,
    /// A page of details arrived.
    Page(Page),
    /// A page of details arrived that is none.
    PageRefused {
        /// The offset it was asked for with.
        offset: Option<u64>,
        /// What is wrong with it.
        problem: PageProblem,
    },
    /// Some events were judged.
    Judged(Judged),
    /// What is missing was counted.
    MissingCounted {
        /// Which reconciliation this belongs to.
        round: u32,
        /// Ours that no statement lists.
        missing: BTreeMap<MissingAge, MissingSum>,
        /// The account's rules.
        rules: Rules,
    },
    /// Judge all events again: our books, or the fee schedule, have changed.
    ReconcileAgain,
    /// A person approves it.
    Approve {
        /// The decision.
        approval: Approval,
        /// Which reconciliation the person has seen.
        round: u32,
        /// How many events each finding's reasons cover, where they name events.
        covered: BTreeMap<FindingKind, u64>,
        /// The account's rules.
        rules: Rules,
    },
    /// A person writes down why a difference will be accepted, before anybody accepts anything.
    Draft {
        /// A finding's name, or an event's id.
        about: String,
        /// The finding, or what was found on the event.
        kind: FindingKind,
        /// Who.
        by: UserName,
        /// Why; `None` takes it back.
        text: Option<String>,
    },
    /// Google has acknowledged the acceptance.
    AcceptanceAcknowledged {
        /// `modifiedTotalDueByIntegrator`
        modified_total: Option<Money>,
    },
    /// The bank booked a transfer with this statement's memo line.
    Transferred {
        /// The bank's entry.
        transfer: TransactionId,
        /// From 1: the how-manieth time that the transfer is offered.
        number: u32,
        /// Positive: we paid.
        amount: Money,
        /// When it was booked.
        at: Timestamp,
    },
    /// A person says that the transfer is not this statement's.
    TransferTakenBack {
        /// The bank's entry.
        transfer: TransactionId,
        /// By which offer it was taken.
        number: u32,
        /// Who.
        by: UserName,
        /// Why.
        why: String,
    },
    /// A revised statement for the same billing period arrived.
    Replace {
        /// Its id.
        by: RequestId,
    },
    /// The deadline column has passed; statements have none.
    DeadlineReached,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Google announced it.
    Notified(Arc<Notice>),
    /// Its details are being fetched.
    FetchBegun,
    /// A page arrived.
    PageFetched {
        /// How many events.
        events: u64,
        /// What was fetched with it.
        fetched: Fetched,
    },
    /// All pages are there; its events are being judged.
    ReconciliationBegun {
        /// Which one.
        round: u32,
    },
    /// Some events were judged.
    EventsJudged {
        /// What was found with them.
        tally: Tally,
    },
    /// Everything is judged and counted.
    Reconciled {
        /// Ours that no statement lists.
        missing: BTreeMap<MissingAge, MissingSum>,
        /// Whether everything matches and the total adds up.
        matched: bool,
    },
    /// Somebody wrote a reason down, or took it back.
    Drafted {
        /// A finding's name, or an event's id.
        about: String,
        /// Who.
        by: UserName,
        /// When.
        at: Timestamp,
        /// Why; `None`: taken back.
        text: Option<String>,
    },
    /// Somebody approved it.
    Approved(Approval),
    /// Enough approved it: it will be paid.
    Accepted {
        /// How it was modified.
        modification: Modification,
    },
    /// Google has acknowledged it.
    AcceptanceTold {
        /// `modifiedTotalDueByIntegrator`
        modified_total: Option<Money>,
    },
    /// The bank transferred it.
    Paid {
        /// The bank's entry.
        transfer: TransactionId,
        /// When it was booked.
        at: Timestamp,
    },
    /// The transfer was not its payment after all: it waits for another one.
    TransferTakenBack {
        /// The bank's entry.
        transfer: TransactionId,
        /// By which offer it had been taken.
        number: u32,
        /// Who.
        by: UserName,
        /// Why.
        why: String,
    },
    /// A revised statement took its place.
    Replaced {
        /// Its id.
        by: RequestId,
    },
}

/// What has to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Clear away what this statement replaces, if anything: same account, same billing period, not accepted.
    ReplaceEarlier {
        /// This statement.
        notice: Arc<Notice>,
    },
    /// Fetch a page of details (API section 6.7).
    FetchPage {
        /// This statement.
        id: TransactionId,
        /// The account.
        piaid: Piaid,
        /// `statementId`
        statement_id: RequestId,
        /// `eventOffset`; `None` on the first page.
        offset: Option<u64>,
    },
    /// Judge the next events.
    Judge {
        /// This statement.
        id: TransactionId,
        /// The account.
        piaid: Piaid,
        /// Which reconciliation.
        round: u32,
        /// Events judged before.
        after: u64,
    },
    /// Count what no statement lists.
    CountMissing {
        /// This statement.
        notice: Arc<Notice>,
        /// Which reconciliation.
        round: u32,
    },
    /// Tell Google that it will be paid (API sections 6.5 and 6.6).
    Accept {
        /// This statement.
        id: TransactionId,
        /// The account.
        piaid: Piaid,
        /// `statementId`
        statement_id: RequestId,
        /// How it is modified.
        modification: Modification,
    },
}
