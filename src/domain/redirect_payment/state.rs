//! The words of the redirect payment machine: snapshot, inputs, events, effects, replies.

use std::sync::Arc;

use super::outcome::{IssuerReport, Negative, Outcome, Receipt, Verdict};
use super::refund::{Refund, RefundOrder, RefundReport, RefundResult, RefundStanding, Refunds};
use crate::domain::codes::codes;
use crate::domain::invoice::InvoiceReference;
use crate::domain::{
    Account, Attention, Currency, IssuerId, Money, Piaid, RefundId, RequestId, Timestamp, TransactionId, UserName,
};

/// How Google started the payment; an integrator account uses one of them, the house speaks both (API section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The browser came with an encrypted request (API section 4.1).
    Begin,
    /// Google asked for a URL server to server (API section 5.2).
    Generate,
}

/// What Google said when it started a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoogleStart {
    /// The account that started it.
    pub piaid: Piaid,
    /// Google's id of the start request: the payment's identity everywhere.
    pub request_id: RequestId,
    /// Where the payer goes when it is over; its host was checked against the allow list.
    pub callback_url: String,
    /// How it started.
    pub flow: Flow,
}

/// Which attempt to pay which invoice a payment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceAttempt {
    /// The invoice.
    pub invoice: TransactionId,
    /// Its number, which leads the payer back to its page.
    pub reference: InvoiceReference,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}

/// Who started a payment: who owns its money, hears of its outcome and orders its refunds, and where the payer goes home to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Google (API section 2).
    Google(GoogleStart),
    /// An invoice of our own, paid on its page (contract section 3).
    Invoice(InvoiceAttempt),
}

impl Origin {
    /// Google's part, if it was Google.
    pub const fn google(&self) -> Option<&GoogleStart> {
        match self {
            Self::Google(google) => Some(google),
            Self::Invoice(_) => None,
        }
    }

    /// Whom the money is owed to.
    pub fn owed_to(&self) -> Account {
        match self {
            Self::Google(google) => Account::PayableToGoogle(google.piaid.clone()),
            Self::Invoice(_) => Account::PayableToBiller,
        }
    }
}

/// What was agreed at the start. Never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Our id: derived from account and `requestId`, or from invoice and attempt.
    pub id: TransactionId,
    /// Who started it.
    pub origin: Origin,
    /// What is to be paid.
    pub amount: Money,
    /// `transactionDescription`; may be shown to the payer.
    pub description: String,
    /// When we first heard of it.
    pub created_at: Timestamp,
    /// Until when an issuer must have been chosen.
    pub choose_by: Timestamp,
    /// Until when links to our pages are honoured.
    pub link_expires: Timestamp,
}

/// How the payment opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// No issuer was chosen at Google: the payer chooses here.
    PayerChooses,
    /// Google's payer chose the issuer; `timeout_ms` counts from sending the payer there.
    Chosen {
        /// The issuer.
        issuer: IssuerId,
        /// Its `payment_timeout_s`, in milliseconds.
        timeout_ms: i64,
    },
    /// No issuer of this account can take this payment.
    NobodyCan(Negative),
    /// The issuer that came with the request is not one of the account's: nothing starts.
    NotOffered,
}

/// The snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing is known of it.
    #[default]
    Unstarted,
    /// The payer has not been sent to an issuer. `preselected`: the issuer came with the request, only the visit is missing.
    AwaitingIssuerChoice {
        /// What was agreed.
        terms: Arc<Terms>,
        /// The issuer that came with the request and its timeout in milliseconds.
        preselected: Option<(IssuerId, i64)>,
    },
    /// The payer was sent to the issuer.
    AtIssuer {
        /// What was agreed.
        terms: Arc<Terms>,
        /// Where the payer was sent.
        issuer: IssuerId,
        /// When the issuer is asked; `None` while it is being asked.
        deadline: Option<Timestamp>,
    },
    /// The issuer has not decided, or speaks of another amount.
    Pending {
        /// What was agreed.
        terms: Arc<Terms>,
        /// Who is to decide.
        issuer: IssuerId,
        /// After this a 404 of the issuer ends the payment (contract section 5).
        gives_up: Timestamp,
        /// When the issuer is asked next; `None` while it is being asked.
        next_ask: Option<Timestamp>,
        /// How often it was asked: the intervals grow with it.
        asked: u32,
        /// The differing amount that the issuer approved, if it did.
        difference: Option<Money>,
        /// Somebody has dealt with what stands before finance; what is new since then stands there again.
        dealt_with: bool,
    },
    /// Paid. Final.
    Paid {
        /// What was agreed.
        terms: Arc<Terms>,
        /// The proof.
        receipt: Receipt,
        /// Whether Google has acknowledged C2.
        notified: bool,
        /// The issuer has contradicted it, before or since.
        contradicted: bool,
        /// Money that the issuer took once more for this payment: in suspense, before finance.
        further: Vec<Receipt>,
        /// What goes back, or went.
        refunds: Refunds,
        /// Somebody has dealt with what stands before finance; what is new since then stands there again.
        dealt_with: bool,
    },
    /// Declined. Final.
    Declined(Closing),
    /// The payer gave up. Final.
    Abandoned(Closing),
    /// The payer never came back and the issuer knows nothing. Final.
    Expired(Closing),
    /// The issuer took money after a negative outcome was reported: never flipped, never silent.
    PaidAfterClose {
        /// The negative outcome as reported.
        closing: Closing,
        /// How it had ended.
        closed_as: ClosedAs,
        /// The proof of the late payment.
        receipt: Receipt,
        /// Money that the issuer took once more for this payment.
        further: Vec<Receipt>,
        /// What goes back, or went.
        refunds: Refunds,
        /// Somebody has dealt with what stands before finance; what is new since then stands there again.
        dealt_with: bool,
    },
}

/// A negative ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// What was agreed.
    pub terms: Arc<Terms>,
    /// Where the payer had been sent, if anywhere.
    pub issuer: Option<IssuerId>,
    /// What Google is told.
    pub negative: Negative,
    /// Whether Google has acknowledged C2.
    pub notified: bool,
    /// A differing amount that the issuer had approved before: money may have moved.
    pub difference: Option<Money>,
    /// Somebody has dealt with what stands before finance; what is new since then stands there again.
    pub dealt_with: bool,
}

/// Which negative state a late success found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedAs {
    /// It was declined.
    Declined,
    /// The payer had given up.
    Abandoned,
    /// It had run out.
    Expired,
}

/// The start of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// What is agreed.
    pub terms: Terms,
    /// How it opens.
    pub opening: Opening,
    /// The request was outside the clock window: it may resume a payment, never start one (contract section 7).
    pub stale: bool,
    /// Flow B: the link that Google gets.
    pub link: Option<String>,
}

/// Everything that can happen to a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Google starts it.
    Start(Box<Start>),
    /// Google tests the connection under a request id: nothing happens to the payment, if there is one.
    Echo,
    /// The payer opens our page, or comes back to it.
    Visit,
    /// The payer chooses an issuer; the caller has checked that the account offers it.
    Choose {
        /// The issuer.
        issuer: IssuerId,
        /// Its `payment_timeout_s`, in milliseconds.
        timeout_ms: i64,
    },
    /// The payer cancels on our page.
    Cancel,
    /// The issuer's verified word: return, event or status answer.
    Report(IssuerReport),
    /// The issuer answered 404 to our status question.
    NeverSeen {
        /// Who says so.
        issuer: IssuerId,
    },
    /// The deadline column has passed.
    DeadlineReached,
    /// Google asks for the outcome (C3).
    AskStatus,
    /// Google acknowledged C2.
    NotificationAccepted,
    /// Google orders a refund (API section 5.4).
    Refund(RefundOrder),
    /// The issuer's verified word about a refund: answer or event.
    RefundReport(RefundReport),
    /// Google acknowledged the result of the refund with this number.
    RefundResultAccepted {
        /// Which refund.
        number: u32,
    },
    /// Money that Google knows nothing of shall go back: by this person, or by the account's configuration.
    GiveBack {
        /// Who decided it.
        by: Option<UserName>,
    },
    /// The account's configuration leaves such money to a person.
    LeaveToPerson,
    /// A person wants the issuer to be asked now.
    AskNow,
    /// A person has dealt with what stands before finance.
    DealtWith {
        /// What it stood there for when the person looked.
        about: Attention,
        /// Who.
        by: UserName,
        /// What was done about it, in the person's words.
        why: String,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It began.
    Started {
        /// What was agreed.
        terms: Arc<Terms>,
        /// The issuer that came with the request and its timeout in milliseconds.
        preselected: Option<(IssuerId, i64)>,
    },
    /// The payer was sent to the issuer.
    SentToIssuer {
        /// Where.
        issuer: IssuerId,
        /// When the issuer is asked if nothing is heard.
        deadline: Timestamp,
    },
    /// The issuer was asked for its status.
    IssuerAsked,
    /// The issuer has not decided.
    StillPending {
        /// When it is asked next.
        next_ask: Timestamp,
    },
    /// The issuer approved another amount or currency.
    AmountDiffered {
        /// What it approved.
        reported: Money,
        /// Its reference.
        reference: String,
        /// When it is asked next.
        next_ask: Timestamp,
    },
    /// The issuer took the money.
    Paid(Receipt),
    /// Declined by the issuer or before any.
    Declined(Negative),
    /// The payer gave up.
    Abandoned(Negative),
    /// Nothing came, and the issuer knows nothing.
    Expired,
    /// The issuer took the money after the end.
    PaidAfterClose(Receipt),
    /// The issuer took money once more for a payment that it had taken money for.
    PaidAgain(Receipt),
    /// The issuer contradicted its success.
    Contradicted {
        /// What it said this time.
        word: &'static str,
        /// Its reference.
        reference: String,
    },
    /// Google acknowledged C2.
    Notified,
    /// A refund was accepted.
    RefundOrdered(Refund),
    /// The issuer was asked about a pending refund again.
    RefundAsked {
        /// Which refund.
        number: u32,
    },
    /// The issuer has not decided about a refund.
    RefundStillPending {
        /// Which refund.
        number: u32,
        /// When it is asked again.
        next_ask: Timestamp,
    },
    /// A refund was carried out or refused. Final.
    RefundClosed {
        /// Which refund.
        number: u32,
        /// How it ended.
        standing: RefundStanding,
    },
    /// The issuer contradicted its final word about a refund.
    RefundContradicted {
        /// Which refund.
        number: u32,
        /// It had refused, and now says that the money went back.
        moved: bool,
    },
    /// Google acknowledged the result of a refund.
    RefundNotified {
        /// Which refund.
        number: u32,
    },
    /// A person dealt with what stood before finance.
    DealtWith {
        /// What it stood there for.
        about: Attention,
        /// Who.
        by: UserName,
        /// What was done about it, in the person's words.
        why: String,
    },
}

/// What has to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The invoice hears how the attempt to pay it ended.
    TellInvoice {
        /// The payment.
        payment: TransactionId,
        /// The invoice.
        invoice: TransactionId,
        /// Which attempt it was.
        attempt: u32,
        /// The outcome.
        outcome: Outcome,
        /// The issuer, if one was chosen.
        issuer: Option<IssuerId>,
    },
    /// The invoice hears what became of a refund that it ordered.
    TellInvoiceOfRefund {
        /// Our id of the refund.
        refund: RefundId,
        /// The invoice.
        invoice: TransactionId,
        /// Its order.
        order: RequestId,
        /// How it ended.
        result: RefundResult,
    },
    /// C2, `redirectPaymentCompleteNotification` (API section 6.3).
    NotifyPaymentComplete {
        /// The payment.
        payment: TransactionId,
        /// The account.
        piaid: Piaid,
        /// The start request.
        redirect_request_id: RequestId,
        /// The outcome.
        outcome: Outcome,
        /// The issuer, if one was chosen.
        issuer: Option<IssuerId>,
    },
    /// Ask the issuer's `status_url` (contract section 5).
    AskIssuerForStatus {
        /// The payment.
        payment: TransactionId,
        /// Whom.
        issuer: IssuerId,
        /// The how-manieth question this is.
        number: u32,
    },
    /// Have the issuer's `refund_url` carry a refund out, or say how it stands (contract section 5).
    RefundAtIssuer {
        /// The issuer's idempotency key.
        refund: RefundId,
        /// Whom.
        issuer: IssuerId,
        /// The issuer's reference of the payment.
        reference: String,
        /// How much.
        amount: Money,
        /// The how-manieth question this is.
        question: u32,
    },
    /// `refundResultNotification` (API section 6.4).
    NotifyRefundResult {
        /// Google's `paymentIntegratorRefundId`.
        refund: RefundId,
        /// The account.
        piaid: Piaid,
        /// The order.
        refund_request_id: RequestId,
        /// How it ended.
        result: RefundResult,
    },
    /// Ask the account's configuration whether late money goes back by itself.
    ConsiderGivingBack {
        /// The payment.
        payment: TransactionId,
        /// The account; without one, it is no account's to decide, and goes back.
        piaid: Option<Piaid>,
        /// The how-manieth late receipt this is about.
        receipt: u32,
    },
}

/// What the asker is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// How the payment stands, for whoever shows a page or redirects a browser.
    Standing(Standing),
    /// What the request log keeps of a standing: that it was answered.
    Noted,
    /// Flow B: the link.
    Link(String),
    /// Flow B: a business decline, answered with HTTP 200.
    Refused(Negative),
    /// C3: what Google is told, and the issuer that was used.
    Status(Verdict, Option<IssuerId>),
    /// The refund was accepted for processing (API section 5.4).
    RefundAcknowledged,
}

/// How a payment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What was agreed.
    pub terms: Arc<Terms>,
    /// How far it is.
    pub stage: Stage,
}

/// How far a payment is, as seen by the payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// An issuer must be chosen.
    Choosing,
    /// At this issuer. `sent_now`: this very input sent the payer there.
    AtIssuer {
        /// Where.
        issuer: IssuerId,
        /// Sent by this input.
        sent_now: bool,
        /// Until when the payer may still be sent there; `None` while the issuer is being asked.
        until: Option<Timestamp>,
    },
    /// The issuer has not decided.
    Undecided {
        /// Who is to decide.
        issuer: IssuerId,
        /// It approved another amount.
        differs: bool,
    },
    /// Over.
    Closed {
        /// The final outcome.
        outcome: Outcome,
        /// The issuer, if one was chosen.
        issuer: Option<IssuerId>,
    },
}

/// Why the machine says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such payment.
    #[error("no such payment")]
    Unknown,
    /// It was started before: the request log knows whether by the same request.
    #[error("the payment was started before")]
    AlreadyStarted,
    /// The clock window is over and there is nothing to resume.
    #[error("the request is outside the clock window")]
    Stale,
    /// The issuer that came with the request is not one of the account's.
    #[error("the account does not offer this issuer")]
    NotOffered,
    /// The issuer speaks of a payment that was not sent to it.
    #[error("the payment was not sent to this issuer")]
    NotThisIssuer,
    /// Nothing to refund: Google knows of no money, or does not yet.
    #[error("the payment is not paid")]
    NotPaid,
    /// A refund in another currency than the payment's, which is named.
    #[error("the payment was made in {0}")]
    RefundCurrency(Currency),
    /// More than what remains, which is named.
    #[error("{0} of the payment remain to be refunded")]
    RefundExceeds(Money),
    /// The issuer speaks of a refund that it was not asked for.
    #[error("no such refund")]
    UnknownRefund,
    /// There is no money that Google knows nothing of.
    #[error("the payment holds no money that Google does not know of")]
    NothingToGiveBack,
    /// The issuer owes no answer, or the payer may still be paying.
    #[error("there is nothing that the issuer could be asked now")]
    NothingToAsk,
    /// It does not stand before finance, or for another reason by now.
    #[error("the payment does not stand before finance for this reason")]
    NothingToDealWith,
}

codes! {
    Rejection {
        Self::Unknown => "unknown",
        Self::AlreadyStarted => "already-started",
        Self::Stale => "stale",
        Self::NotOffered => "not-offered",
        Self::NotThisIssuer => "not-this-issuer",
        Self::NotPaid => "not-paid",
        Self::RefundCurrency(_) => "refund-currency",
        Self::RefundExceeds(_) => "refund-exceeds",
        Self::UnknownRefund => "unknown-refund",
        Self::NothingToGiveBack => "nothing-to-give-back",
        Self::NothingToAsk => "nothing-to-ask",
        Self::NothingToDealWith => "nothing-to-deal-with",
    }
}
