//! The snapshot of an invoice.

use std::fmt;
use std::sync::Arc;

use super::words::{Address, Content};
use crate::domain::booking::{Dispute, RefundStanding};
use crate::domain::{IssuerId, Money, Timestamp, UserName};

/// The snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// There is no such invoice.
    #[default]
    Unheard,
    /// It is to be paid, or is just being paid.
    Open(Box<Open>),
    /// Paid, once and for all: what is refunded later was paid all the same.
    Paid(Box<Paid>),
    /// It will not be paid any more.
    Cancelled(Box<Cancelled>),
}

/// What stays, whatever becomes of the invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// What it says.
    pub content: Arc<Content>,
    /// Every attempt that is over, in order: the first has number 1.
    pub ended: Vec<Ended>,
    /// Every refund, in order: the first has number 1.
    pub refunds: Vec<Refund>,
    /// What was mailed.
    pub post: Post,
    /// What the recipient said.
    pub marks: Marks,
}

/// To be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// What stays.
    pub past: Past,
    /// The attempt that is under way; at most one ever is.
    pub under_way: Option<Attempt>,
}

/// Paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// What stays.
    pub past: Past,
    /// How.
    pub payment: Payment,
    /// Disputes about the charge, at the processor.
    pub disputes: Vec<Dispute>,
}

/// Cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    /// What stays.
    pub past: Past,
    /// Who did it, if a person is known.
    pub by: Option<UserName>,
    /// When.
    pub at: Timestamp,
}

/// An attempt to pay that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// How it is paid.
    pub by: By,
    /// What is paid for.
    pub order: Order,
    /// When it began.
    pub at: Timestamp,
}

/// How an attempt is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// With a one-time token from the mail, of which only this SHA-256 is kept (outlook-payments section 7.6).
    Card {
        /// Of the token as it came.
        digest: [u8; 32],
        /// Until when its asker waits.
        answer_by: Timestamp,
    },
    /// By a redirect payment of our own, from the hosted page.
    Redirect {
        /// The issuer that was chosen on the invoice's page; `None`: the payer chooses on the payment's page.
        issuer: Option<IssuerId>,
        /// The payment exists: the payer can be sent there.
        started: bool,
    },
}

/// What an attempt pays for: the price with its shipping, and who pays. Personal: not in logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What `quote` says it costs.
    pub total: Money,
    /// Where it is sent; `None`: nothing is.
    pub address: Option<Address>,
    /// In which way, by id.
    pub way: Option<Arc<str>>,
    /// Who pays.
    pub payer: Payer,
}

/// Who pays, as they say. Personal: not in logs (outlook-payments section 6.1).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Payer {
    /// `payerName`
    pub name: Option<Arc<str>>,
    /// `payerEmail`: chosen by the payer, may be another one than the recipient's.
    pub email: Option<Arc<str>>,
    /// `payerPhone`
    pub phone: Option<Arc<str>>,
}

impl fmt::Debug for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payer([redacted])")
    }
}

/// An attempt that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The digest of its token; `None`: it was no card's.
    pub digest: Option<[u8; 32]>,
    /// What it was to pay.
    pub amount: Money,
    /// How it ended.
    pub end: End,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Paid.
    Paid,
    /// The processor said no.
    Declined(Declined),
    /// The processor was not reached, and nothing was charged. The same token may try again.
    NotReached,
    /// The redirect payment ended without money.
    NotPaid {
        /// Why: `payer_left`, `insufficient_funds`, `over_limit`, `under_limit`, `currency_not_supported`, `risk` or
        /// `declined`.
        why: Arc<str>,
    },
}

/// The processor's no (outlook-payments section 6.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    /// Its own word: `insufficient_funds`, `expired_card`.
    pub code: Arc<str>,
    /// It is the card's fault; otherwise the token's, the request's, or nobody's.
    pub of_card: bool,
}

/// How an invoice was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The attempt that succeeded; the receipt's number follows from it.
    pub attempt: u32,
    /// How.
    pub via: Via,
    /// What was paid for, and how much.
    pub order: Order,
    /// When we learnt of it.
    pub at: Timestamp,
}

/// The way the money came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// By card.
    Card {
        /// The processor's id of the charge.
        intent: Arc<str>,
    },
    /// By a redirect payment of our own.
    Redirect {
        /// Who took the money.
        issuer: Option<IssuerId>,
    },
    /// By transfer to our bank, as a person says.
    Transfer {
        /// Who says so.
        by: UserName,
        /// Where it is to be found: the bank's reference.
        note: Arc<str>,
    },
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Which money.
    pub of: Source,
    /// How much.
    pub amount: Money,
    /// It came when its attempt was given up, or once more: it never paid the invoice.
    pub late: bool,
    /// Who decided it; `None`: it follows from what happened, or no person is known.
    pub by: Option<UserName>,
    /// How it stands.
    pub standing: RefundStanding,
    /// How often it was tried.
    pub tries: u32,
}

impl Refund {
    /// Whether the last try has failed, or an earlier one had.
    pub fn has_failed(&self) -> bool {
        self.tries > 1 || matches!(self.standing, RefundStanding::Failed { .. })
    }
}

/// Money that can go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A charge.
    Card {
        /// The processor's id.
        intent: Arc<str>,
    },
    /// The redirect payment of an attempt.
    Redirect {
        /// Which attempt.
        attempt: u32,
    },
}

/// What was mailed, and will be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Post {
    /// How many letters were asked for.
    pub letters: u32,
    /// Those that the mail server has not taken yet.
    pub waiting: Vec<Waiting>,
    /// When the invoice itself first went out: reminders follow from then on.
    pub sent: Option<Timestamp>,
    /// How many of the reminders are behind us, sent or skipped.
    pub reminders: u32,
    /// When fresh links were asked for, the latest last; only as many as are counted.
    pub fresh: Vec<Timestamp>,
}

/// A letter that is on its way to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub number: u32,
    /// What it is.
    pub letter: Letter,
    /// When it was asked for.
    pub at: Timestamp,
}

/// What is mailed to the recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Letter {
    /// The invoice.
    Invoice,
    /// It is due in a few days.
    DueSoon,
    /// It is overdue.
    Overdue,
    /// A new link to its page, for who came with an expired one.
    FreshLink,
    /// It is paid.
    Receipt,
    /// It need not be paid any more.
    Cancelled,
    /// An attempt whose outcome was unknown for a while has failed: it may be paid again (outlook-payments section 6.8).
    NotPaid,
}

/// What the recipient said on the invoice's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// That it was paid by transfer, and when.
    pub transferred: Option<Timestamp>,
    /// That it is wrong, and when.
    pub disputed: Option<Timestamp>,
}

impl State {
    /// What stays, once there is an invoice.
    pub fn past(&self) -> Option<&Past> {
        match self {
            Self::Unheard => None,
            Self::Open(open) => Some(&open.past),
            Self::Paid(paid) => Some(&paid.past),
            Self::Cancelled(cancelled) => Some(&cancelled.past),
        }
    }

    pub(super) fn past_mut(&mut self) -> Option<&mut Past> {
        match self {
            Self::Unheard => None,
            Self::Open(open) => Some(&mut open.past),
            Self::Paid(paid) => Some(&mut paid.past),
            Self::Cancelled(cancelled) => Some(&mut cancelled.past),
        }
    }

    /// Whether the processor's charge `intent` paid this invoice.
    pub fn is_paid_by(&self, intent: &str) -> bool {
        match self {
            Self::Paid(paid) => match &paid.payment.via {
                Via::Card { intent: own } => **own == *intent,
                Via::Redirect { .. } | Via::Transfer { .. } => false,
            },
            Self::Unheard | Self::Open(_) | Self::Cancelled(_) => false,
        }
    }

    /// Refunds of the processor's charge `intent`, with their numbers.
    pub fn refunds_of<'a>(&'a self, intent: &'a str) -> impl Iterator<Item = (u32, &'a Refund)> {
        let all = self.past().map(|past| past.refunds.as_slice()).unwrap_or_default();
        let of = move |source: &Source| match source {
            Source::Card { intent: own } => **own == *intent,
            Source::Redirect { .. } => false,
        };
        (1..).zip(all).filter(move |(_, refund)| of(&refund.of))
    }
}

impl Past {
    /// An invoice as it begins.
    pub(super) fn new(content: Arc<Content>) -> Self {
        Self { content, ended: Vec::new(), refunds: Vec::new(), post: Post::default(), marks: Marks::default() }
    }

    /// The number of the next attempt.
    pub(super) fn next_attempt(&self) -> u32 {
        u32::try_from(self.ended.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// An attempt that is over.
    pub(super) fn ended(&self, number: u32) -> Option<&Ended> {
        (number as usize).checked_sub(1).and_then(|place| self.ended.get(place))
    }

    /// The attempt that this token has made, and its outcome that stands.
    pub(super) fn ended_by(&self, digest: &[u8; 32]) -> Option<(u32, &End)> {
        let own = |ended: &&Ended| ended.digest.as_ref() == Some(digest);
        let stands = |end: &End| match end {
            End::Paid | End::Declined(_) | End::NotPaid { .. } => true,
            End::NotReached => false,
        };
        let found = (1..).zip(&self.ended).find(|(_, ended)| own(ended) && stands(&ended.end));
        found.map(|(number, ended)| (number, &ended.end))
    }

    /// What of the invoice's own money is on its way back or gone, or could not be given back, in micros.
    pub(super) fn refunded_micros(&self) -> i128 {
        let own = self.refunds.iter().filter(|refund| !refund.late);
        own.map(|refund| i128::from(refund.amount.micros())).sum()
    }
}
