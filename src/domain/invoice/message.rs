//! What an invoice hears, does and answers: inputs, events, effects, replies.

use std::sync::Arc;

use super::state::{Attempt, Declined, End, Letter, Payer, Payment, Refund};
use super::view::View;
use super::words::{Address, Content, InvoiceReference};
use crate::domain::booking::{Dispute, RefundStanding};
use crate::domain::codes::codes;
use crate::domain::redirect_payment::Outcome;
use crate::domain::{IssuerId, Money, Timestamp, TransactionId, UserName};

/// Everything that can happen to an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The merchant makes it. The same content again is the same invoice; nonce and time of the first stay.
    Create(Arc<Content>),
    /// Somebody looks at it, or at its mail. Changes nothing: mail scanners follow links too (outlook-payments sections
    /// 5.4 and 13.2).
    Visit,
    /// The merchant has it mailed, for the first time or again.
    Send,
    /// The mail server has taken a letter.
    Mailed {
        /// Which.
        number: u32,
    },
    /// A letter was not sent: it had become untrue, or no mail server is configured.
    NotMailed {
        /// Which.
        number: u32,
    },
    /// Who came with an expired link wants a new one, to the recipient's address.
    AskFreshLink,
    /// The deadline column has passed: a reminder is due.
    DeadlineReached,
    /// The merchant takes it back.
    Cancel {
        /// Who decides it, if a person is known.
        by: Option<UserName>,
    },
    /// PaymentComplete (outlook-payments section 6).
    PayByCard(Box<CardOrder>),
    /// The outcome of a charge.
    Charged {
        /// Which attempt.
        attempt: u32,
        /// What came of it.
        outcome: CardOutcome,
    },
    /// The payer goes on to a bank or wallet, from the hosted page.
    PayByRedirect(Box<RedirectOrder>),
    /// The redirect payment of an attempt exists.
    PaymentStarted {
        /// Which attempt.
        attempt: u32,
    },
    /// The redirect payment of an attempt is over.
    PaymentEnded {
        /// Which attempt.
        attempt: u32,
        /// How.
        outcome: Outcome,
        /// Where the payer paid, if anywhere.
        issuer: Option<IssuerId>,
    },
    /// The merchant gives money back, or tries a failed refund again.
    Refund {
        /// How much, in micros of the invoice's currency; `None`: all that remains.
        amount_micros: Option<i64>,
        /// Who decides it, if a person is known.
        by: Option<UserName>,
    },
    /// The word of the processor, or of the redirect payment, about a refund.
    Refunded {
        /// The number of the refund, from 1.
        number: u32,
        /// The try that it is about.
        tries: u32,
        /// What it says.
        standing: RefundStanding,
    },
    /// The recipient says that it was paid by transfer.
    SayTransferred,
    /// The recipient says that it is wrong.
    Dispute,
    /// A person has dealt with what the recipient said: reminders go on.
    Resolve {
        /// Who.
        by: UserName,
    },
    /// A person has found the money on our bank account.
    MarkPaid {
        /// Who.
        by: UserName,
        /// Where it is to be found: the bank's reference.
        note: Arc<str>,
    },
    /// The processor's word about a dispute of the charge.
    ChargeDisputed(Dispute),
}

/// A payment by card from the mail, as it was asked for. Personal: not in logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardOrder {
    /// SHA-256 of the token as it came: the key of the attempt (outlook-payments section 6.7).
    pub digest: [u8; 32],
    /// What the payer has approved: must be what it costs.
    pub approved: Money,
    /// Where it is to be sent.
    pub address: Option<Address>,
    /// In which way, by id.
    pub way: Option<Arc<str>>,
    /// Who pays.
    pub payer: Payer,
    /// Until when the asker waits.
    pub answer_by: Timestamp,
}

/// A payment at a bank or wallet, from the hosted page. Personal: not in logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectOrder {
    /// The issuer and its `payment_timeout_s` in milliseconds; `None`: the payer chooses on the payment's page.
    pub issuer: Option<(IssuerId, i64)>,
    /// Where it is to be sent. Where the page has not asked: an empty address, which ways that go everywhere reach.
    pub address: Option<Address>,
    /// In which way, by id; `None`: the first that leads there.
    pub way: Option<Arc<str>>,
    /// Who pays.
    pub payer: Payer,
}

/// What came of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardOutcome {
    /// Charged.
    Succeeded {
        /// The processor's id.
        intent: Arc<str>,
    },
    /// The processor says no.
    Declined(Declined),
    /// Nothing was charged, and nothing ever will be under this attempt: the processor was not reached.
    NotReached,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was made.
    Created {
        /// What it says.
        content: Arc<Content>,
    },
    /// A letter is to be mailed.
    LetterAsked {
        /// Its number, from 1.
        number: u32,
        /// What it is.
        letter: Letter,
        /// When.
        at: Timestamp,
    },
    /// The mail server has taken it.
    Mailed {
        /// Its number.
        number: u32,
        /// When.
        at: Timestamp,
    },
    /// It was not sent.
    NotMailed {
        /// Its number.
        number: u32,
    },
    /// So many reminders are behind us.
    Reminded {
        /// How many.
        reminders: u32,
    },
    /// An attempt to pay began.
    Attempted(Attempt),
    /// Its redirect payment exists.
    PaymentStarted {
        /// Which attempt.
        attempt: u32,
    },
    /// The attempt that was under way failed.
    AttemptFailed {
        /// How.
        end: End,
    },
    /// Paid: by the attempt that was under way, or as a person says.
    Paid(Payment),
    /// Money goes back.
    RefundBegan(Refund),
    /// A failed refund is tried again.
    RefundRetried {
        /// Its number, from 1.
        number: u32,
        /// Who decided it, if a person is known.
        by: Option<UserName>,
    },
    /// The word about a refund.
    RefundStands {
        /// Its number, from 1.
        number: u32,
        /// How it stands.
        standing: RefundStanding,
    },
    /// The processor's word about a dispute.
    ChargeDisputed(Dispute),
    /// Cancelled.
    Cancelled {
        /// Who did it, if a person is known.
        by: Option<UserName>,
        /// When.
        at: Timestamp,
    },
    /// The recipient says that it was paid by transfer.
    Transferred {
        /// When.
        at: Timestamp,
    },
    /// The recipient says that it is wrong.
    Disputed {
        /// When.
        at: Timestamp,
    },
    /// A person has dealt with what the recipient said.
    Resolved {
        /// Who.
        by: UserName,
    },
}

/// What has to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Charge the token of an attempt. Comes back as [`Input::Charged`].
    Charge {
        /// The invoice.
        invoice: TransactionId,
        /// Its number, for people at the processor.
        reference: InvoiceReference,
        /// Which attempt.
        attempt: u32,
        /// Exactly this much.
        amount: Money,
        /// Which token.
        digest: [u8; 32],
    },
    /// Give a charge back, or a part of it. Comes back as [`Input::Refunded`].
    RefundCard {
        /// The invoice.
        invoice: TransactionId,
        /// The refund's number, from 1.
        number: u32,
        /// The try.
        tries: u32,
        /// The processor's id of the charge.
        intent: Arc<str>,
        /// How much.
        amount: Money,
    },
    /// Start the redirect payment of an attempt. Comes back as [`Input::PaymentStarted`]; its own end as
    /// [`Input::PaymentEnded`].
    StartPayment {
        /// The invoice.
        invoice: TransactionId,
        /// Its number.
        reference: InvoiceReference,
        /// Which attempt: the payment's id follows from it.
        attempt: u32,
        /// How much.
        amount: Money,
        /// The issuer and its timeout in milliseconds; `None`: the payer chooses.
        issuer: Option<(IssuerId, i64)>,
    },
    /// Have the redirect payment of an attempt give money back. Comes back as [`Input::Refunded`], at first in flight; the
    /// end is told by the payment.
    RefundPayment {
        /// The invoice.
        invoice: TransactionId,
        /// Which attempt.
        attempt: u32,
        /// The refund's number, from 1.
        number: u32,
        /// The try.
        tries: u32,
        /// How much.
        amount: Money,
    },
    /// Mail a letter to the recipient. Comes back as [`Input::Mailed`].
    Mail {
        /// The invoice.
        invoice: TransactionId,
        /// The letter's number, from 1.
        number: u32,
        /// What it is.
        letter: Letter,
    },
}

/// What the asker is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The invoice as it stands.
    Stands(Box<View>),
    /// This charge is under way: wait for it.
    Charging {
        /// Which attempt.
        attempt: u32,
        /// Until when its own asker waits.
        answer_by: Timestamp,
    },
    /// How the attempt with this token ended: the same now and ever after, but for one that reached nobody.
    CardEnded {
        /// Which attempt; the receipt's number follows from it.
        attempt: u32,
        /// How.
        end: End,
    },
    /// This redirect payment is under way: the payer goes on there.
    AtPayment {
        /// Which attempt: the payment's id follows from it.
        attempt: u32,
        /// Whether it exists already.
        started: bool,
    },
    /// There is no invoice.
    Nothing,
}

/// Why the machine says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such invoice.
    #[error("no such invoice")]
    Unknown,
    /// The reference is another invoice's (contract section 6).
    #[error("an invoice with this reference says something else")]
    OtherContent,
    /// An attempt to pay is under way, or its outcome is not known yet.
    #[error("the invoice is being paid")]
    BeingPaid,
    /// It is paid.
    #[error("the invoice is paid")]
    Paid,
    /// It was cancelled.
    #[error("the invoice was cancelled")]
    Cancelled,
    /// It is not paid: nothing can go back.
    #[error("the invoice is not paid")]
    NotPaid,
    /// It was paid to our bank: what goes back goes from there.
    #[error("the invoice was paid by transfer, and can only be refunded by one")]
    PaidByTransfer,
    /// More than what remains, which is named.
    #[error("{0} of the invoice remain to be refunded")]
    RefundExceeds(Money),
    /// Not an amount that can be paid: nothing, negative, or finer than the currency's smallest unit.
    #[error("not an amount that can be paid")]
    NotPayable,
    /// Not what it costs, which is named.
    #[error("the invoice costs {0}")]
    AmountDiffers(Money),
    /// Goods to send, and no way there.
    #[error("the goods cannot be sent as asked")]
    NotShipped,
    /// So many attempts were made that no further one is.
    #[error("too many attempts were made to pay this invoice")]
    TooManyAttempts,
    /// A fresh link was asked for a moment ago, or too often today.
    #[error("a fresh link was mailed a short while ago")]
    TooOften,
    /// There is no such attempt.
    #[error("no such attempt")]
    NoAttempt,
    /// There is no such letter, refund or charge.
    #[error("nothing of the invoice is meant by this")]
    NotOurs,
}

codes! {
    Rejection {
        Self::Unknown => "unknown",
        Self::OtherContent => "other-content",
        Self::BeingPaid => "being-paid",
        Self::Paid => "paid",
        Self::Cancelled => "cancelled",
        Self::NotPaid => "not-paid",
        Self::PaidByTransfer => "paid-by-transfer",
        Self::RefundExceeds(_) => "refund-exceeds",
        Self::NotPayable => "not-payable",
        Self::AmountDiffers(_) => "amount-differs",
        Self::NotShipped => "not-shipped",
        Self::TooManyAttempts => "too-many-attempts",
        Self::TooOften => "too-often",
        Self::NoAttempt => "no-attempt",
        Self::NotOurs => "not-ours",
    }
}
