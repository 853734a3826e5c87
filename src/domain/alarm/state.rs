//! The words of the alarm machine.

use std::sync::Arc;

use crate::domain::{Timestamp, TransactionId};

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlarmKind {
    /// A remittance statement's `dateDue` is less than 48 h away, or past.
    StatementDue,
    /// A notification to Google waits for more than 3 minutes (flows-security section 5.3).
    NotificationLate,
    /// Effects were given up.
    DeadLetters,
    /// A key ends within 30 days, or has ended (flows-security section 3.4).
    KeyExpiry,
    /// Our clock and Google's are more than 10 s apart (flows-security section 9.1).
    ClockSkew,
    /// The ledger does not sum to zero.
    LedgerImbalance,
    /// Something has stood before finance for more than a day.
    BeforeFinance,
    /// A payer disputes a charge: the processor wants evidence within days.
    ChargeDisputed,
    /// The processor could not give a refund back.
    RefundFailed,
    /// A deposit that was agreed for later could not be charged.
    DepositNotCharged,
    /// What the processor paid out did not arrive at our bank.
    PayoutFailed,
    /// The processor speaks of a charge, and no booking explains it. A person ends it.
    UnexplainedCharge,
}

impl AlarmKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::StatementDue,
        Self::NotificationLate,
        Self::DeadLetters,
        Self::KeyExpiry,
        Self::ClockSkew,
        Self::LedgerImbalance,
        Self::BeforeFinance,
        Self::ChargeDisputed,
        Self::RefundFailed,
        Self::DepositNotCharged,
        Self::PayoutFailed,
        Self::UnexplainedCharge,
    ];

    /// The name in rows, metrics and webhooks. Never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StatementDue => "statement_due",
            Self::NotificationLate => "notification_late",
            Self::DeadLetters => "dead_letters",
            Self::KeyExpiry => "key_expiry",
            Self::ClockSkew => "clock_skew",
            Self::LedgerImbalance => "ledger_imbalance",
            Self::BeforeFinance => "before_finance",
            Self::ChargeDisputed => "charge_disputed",
            Self::RefundFailed => "refund_failed",
            Self::DepositNotCharged => "deposit_not_charged",
            Self::PayoutFailed => "payout_failed",
            Self::UnexplainedCharge => "unexplained_charge",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What it says to a person, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::StatementDue => "A remittance statement is due",
            Self::NotificationLate => "Google has not been notified",
            Self::DeadLetters => "Calls were given up",
            Self::KeyExpiry => "A key ends",
            Self::ClockSkew => "The clock is wrong",
            Self::LedgerImbalance => "The ledger does not balance",
            Self::BeforeFinance => "Something waits for finance",
            Self::ChargeDisputed => "A payer disputes a charge",
            Self::RefundFailed => "A refund has failed",
            Self::DepositNotCharged => "A deposit could not be charged",
            Self::PayoutFailed => "A payout has not arrived",
            Self::UnexplainedCharge => "No booking explains what the processor says",
        }
    }
}

/// Which alarm. Never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Derived from kind and subject.
    pub id: TransactionId,
    /// What is wrong.
    pub kind: AlarmKind,
    /// With what: a key, a currency, an account.
    pub subject: String,
}

/// How people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// `alerts.mail_to`.
    Mail,
    /// `alerts.webhook_url`.
    Webhook,
}

impl Channel {
    /// The name in keys and the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }
}

/// The snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// It was never raised.
    #[default]
    Unheard,
    /// It is over.
    Quiet {
        /// Which alarm.
        about: Arc<About>,
        /// Since when it had lasted.
        since: Timestamp,
        /// When it was told last.
        last_told: Timestamp,
        /// How often it was told, ever.
        tellings: u32,
        /// When it ended.
        ended: Timestamp,
    },
    /// It lasts.
    Raised {
        /// Which alarm.
        about: Arc<About>,
        /// Since when it lasts.
        since: Timestamp,
        /// When it was told last.
        last_told: Timestamp,
        /// How often it was told, ever.
        tellings: u32,
        /// What was seen last.
        detail: String,
    },
}

impl State {
    /// Which alarm; `None` while it was never raised.
    pub const fn about(&self) -> Option<&Arc<About>> {
        match self {
            Self::Unheard => None,
            Self::Quiet { about, .. } | Self::Raised { about, .. } => Some(about),
        }
    }
}

/// What can happen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The condition holds.
    Seen {
        /// Which alarm.
        about: Arc<About>,
        /// What was seen: facts that do not change by themselves, so that seeing it again says the same.
        detail: String,
    },
    /// The condition does not hold any more.
    Gone,
    /// It may be time to tell it again.
    DeadlineReached,
    /// A telling arrived.
    Told {
        /// How.
        by: Channel,
        /// Which telling.
        number: u32,
    },
    /// Nobody is to be told this way.
    NobodyToTell {
        /// How.
        by: Channel,
        /// Which telling.
        number: u32,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It began.
    Raised {
        /// Which alarm.
        about: Arc<About>,
        /// What was seen.
        detail: String,
        /// When.
        at: Timestamp,
    },
    /// It had hardly ended, and is back.
    CameBack {
        /// What was seen.
        detail: String,
    },
    /// It lasts, and what is seen has changed.
    Changed {
        /// What is seen now.
        detail: String,
    },
    /// It is to be told.
    Telling {
        /// How.
        by: Channel,
        /// Which telling.
        number: u32,
        /// When.
        at: Timestamp,
    },
    /// A telling arrived.
    Told {
        /// How.
        by: Channel,
        /// Which telling.
        number: u32,
    },
    /// Nobody was to be told this way.
    NobodyToTell {
        /// How.
        by: Channel,
        /// Which telling.
        number: u32,
    },
    /// It is over.
    Ended {
        /// When.
        at: Timestamp,
    },
}

/// One telling of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Which alarm.
    pub about: Arc<About>,
    /// Which telling of it, from 1.
    pub number: u32,
    /// Since when it lasts.
    pub since: Timestamp,
    /// What was seen last.
    pub detail: String,
}

/// What has to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Mail it to everybody in `alerts.mail_to`.
    MailAlarm(Telling),
    /// Post it to `alerts.webhook_url`, signed.
    PostAlarm(Telling),
}

/// What the asker is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Noted.
    Noted,
}

/// Why the machine says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// It was never raised.
    Unknown,
}
