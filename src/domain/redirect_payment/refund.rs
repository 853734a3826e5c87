//! Refunds: ordered by Google for a payment that it knows as paid, or by us for money that an issuer took although Google
//! was told that there is none (API sections 5.4 and 6.4, flows-security section 5.4).

use super::RedirectPayment;
use super::decide::record;
use super::outcome::{RawCode, Receipt};
use super::state::{Effect, Event, InvoiceAttempt, Origin, Rejection, Reply, State, Terms};
use crate::domain::{
    Account, Decision, IssuerId, LedgerEntry, Money, Record, RefundId, Remittable, RemittableKind, RemittableStanding,
    RequestId, Timestamp, UserName,
};

/// The first repeated question about a pending refund comes after this; each further interval doubles.
const FIRST_ASK_MS: i64 = 30_000;
/// The longest interval between two questions.
const LONGEST_ASK_MS: i64 = 6 * 3_600_000;

/// `asynchronousRefund`, read and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOrder {
    /// Its request id: the `refundRequestId` of the result.
    pub request_id: RequestId,
    /// How much goes back.
    pub amount: Money,
    /// The account's refund window, in milliseconds after the payment.
    pub window_ms: i64,
}

/// Who wanted the refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOrigin {
    /// Google or the invoice, whichever started the payment, by this request: it waits for the result.
    Ordered(RequestId),
    /// We: money that neither was ever told of. By this person, or by the account's configuration.
    House(Option<UserName>),
}

/// One refund of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its number in the payment, from 1.
    pub number: u32,
    /// Who wanted it.
    pub origin: RefundOrigin,
    /// The issuer's reference of the money that goes back.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// When it was accepted.
    pub ordered_at: Timestamp,
    /// How far it is.
    pub standing: RefundStanding,
    /// Whether Google has acknowledged the result.
    pub notified: bool,
    /// The issuer has contradicted its own final word.
    pub contradicted: bool,
}

/// How far a refund is. The first final word stays (checklist REF-5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStanding {
    /// The issuer has not decided.
    AtIssuer {
        /// How often it was asked after the first time.
        asked: u32,
        /// When it is asked again; `None` while it is being asked.
        next_ask: Option<Timestamp>,
    },
    /// The money went back.
    Refunded {
        /// The issuer's reference of the refund, if it gave one.
        reference: Option<String>,
        /// When we learnt of it.
        at: Timestamp,
    },
    /// It did not.
    Refused {
        /// Why.
        refusal: RefundRefusal,
        /// When we learnt of it.
        at: Timestamp,
        /// The issuer has said since that the money went back after all: it counts, but Google's result stays.
        moved: bool,
    },
}

/// Why a refund did not succeed, with the issuer's own code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRefusal {
    /// The reason.
    pub reason: RefundDecline,
    /// The issuer's code or word, if Google has none for it.
    pub raw: Option<RawCode>,
}

/// The negative members of RefundResult that an issuer's reasons lead to (API section 6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundDecline {
    /// The payer's account is closed.
    AccountClosed,
    /// The account is on hold. Also where the issuer names no reason that Google has a word for: it is the least final.
    AccountOnHold,
    /// More than the account may hold.
    ExceedsMaximumBalance,
    /// Too late.
    WindowExceeded,
}

/// What Google is told of a refund, once and for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundResult {
    /// Refunded.
    Success,
    /// Not refunded.
    Refused(RefundRefusal),
}

/// The issuer's verified word about a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundReport {
    /// Which refund.
    pub id: RefundId,
    /// Who says so.
    pub issuer: IssuerId,
    /// What it says.
    pub word: RefundWord,
}

/// What an issuer can say of a refund (contract section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundWord {
    /// The money went back.
    Refunded {
        /// The issuer's reference of the refund, if it gave one.
        reference: Option<String>,
    },
    /// It does not go back.
    Refused(RefundRefusal),
    /// Not decided yet.
    Pending,
}

impl Refund {
    /// Whether its amount is spoken for: on its way, or gone.
    pub const fn counts(&self) -> bool {
        match self.standing {
            RefundStanding::AtIssuer { .. } | RefundStanding::Refunded { .. } => true,
            RefundStanding::Refused { moved, .. } => moved,
        }
    }

    /// What Google is told, once it is decided.
    pub fn result(&self) -> Option<RefundResult> {
        match &self.standing {
            RefundStanding::AtIssuer { .. } => None,
            RefundStanding::Refunded { .. } => Some(RefundResult::Success),
            RefundStanding::Refused { refusal, .. } => Some(RefundResult::Refused(refusal.clone())),
        }
    }

    const fn is_ordered(&self) -> bool {
        matches!(self.origin, RefundOrigin::Ordered(_))
    }
}

/// All refunds of a payment, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refunds(Vec<Refund>);

impl Refunds {
    /// From a stored snapshot.
    pub const fn from_vec(refunds: Vec<Refund>) -> Self {
        Self(refunds)
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Refund> {
        self.0.iter()
    }

    /// The refund with this number.
    pub fn get(&self, number: u32) -> Option<&Refund> {
        self.0.iter().find(|refund| refund.number == number)
    }

    /// When the next pending one is asked about.
    pub fn next_ask(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(Refund::next_ask).min()
    }

    /// Whether the issuer contradicted itself about one of them.
    pub fn contradicted(&self) -> bool {
        self.0.iter().any(|refund| refund.contradicted)
    }

    /// What of Google's refunds is on its way or gone, in micros.
    fn ordered_micros(&self) -> i128 {
        let counted = self.0.iter().filter(|refund| refund.is_ordered() && refund.counts());
        counted.map(|refund| i128::from(refund.amount.micros())).sum()
    }

    /// Whether the money of `receipt`, which Google knows nothing of, is on its way back or gone.
    fn covers(&self, receipt: &Receipt) -> bool {
        self.0.iter().any(|refund| {
            !refund.is_ordered()
                && refund.counts()
                && refund.reference == receipt.reference
                && refund.amount == receipt.amount
        })
    }

    fn next_number(&self) -> u32 {
        self.0.last().map_or(1, |refund| refund.number.saturating_add(1))
    }

    fn change(&mut self, number: u32, change: impl FnOnce(&mut Refund)) {
        if let Some(refund) = self.0.iter_mut().find(|refund| refund.number == number) {
            change(refund);
        }
    }
}

impl Refund {
    const fn next_ask(&self) -> Option<Timestamp> {
        match self.standing {
            RefundStanding::AtIssuer { next_ask, .. } => next_ask,
            RefundStanding::Refunded { .. } | RefundStanding::Refused { .. } => None,
        }
    }
}

/// A payment whose money can go back.
struct Refundable<'a> {
    state: &'a State,
    terms: &'a Terms,
    refunds: &'a Refunds,
    /// The money that Google knows of; `None` where it was told that there is none.
    paid: Option<&'a Receipt>,
    /// Money that it does not know of.
    late: Vec<&'a Receipt>,
    issuer: &'a IssuerId,
}

fn refundable(state: &State) -> Option<Refundable<'_>> {
    match state {
        State::Paid { terms, receipt, further, refunds, .. } => Some(Refundable {
            state,
            terms,
            refunds,
            paid: Some(receipt),
            late: further.iter().collect(),
            issuer: &receipt.issuer,
        }),
        State::PaidAfterClose { closing, receipt, further, refunds, .. } => Some(Refundable {
            state,
            terms: &closing.terms,
            refunds,
            paid: None,
            late: std::iter::once(receipt).chain(further).collect(),
            issuer: &receipt.issuer,
        }),
        State::Unstarted
        | State::AwaitingIssuerChoice { .. }
        | State::AtIssuer { .. }
        | State::Pending { .. }
        | State::Declined(_)
        | State::Abandoned(_)
        | State::Expired(_) => None,
    }
}

/// Whether money that Google knows nothing of is still with us.
pub(super) fn holds_late_money(state: &State) -> bool {
    refundable(state).is_some_and(|it| it.late.iter().any(|receipt| !it.refunds.covers(receipt)))
}

/// Google orders a refund (API section 5.4). `NotPaid` is answered so that Google asks again: its request may have overtaken
/// our own record of success (flows-security section 5.4).
pub(super) fn order(
    state: &State,
    order: &RefundOrder,
    now: Timestamp,
) -> Result<Decision<RedirectPayment>, Rejection> {
    let Some(it @ Refundable { paid: Some(receipt), .. }) = refundable(state) else { return Err(Rejection::NotPaid) };
    let paid = it.terms.amount;
    if order.amount.currency() != paid.currency() {
        return Err(Rejection::RefundCurrency(paid.currency()));
    }
    // Machines of one payment decide one after the other, and a commit on a stale row is decided again: no race adds up to
    // more (checklist REF-3).
    let remaining = i128::from(paid.micros()) - it.refunds.ordered_micros();
    if i128::from(order.amount.micros()) > remaining {
        let left = i64::try_from(remaining).unwrap_or(0).max(0);
        return Err(Rejection::RefundExceeds(Money::new(left, paid.currency())));
    }
    let refund = Refund {
        number: it.refunds.next_number(),
        origin: RefundOrigin::Ordered(order.request_id.clone()),
        reference: receipt.reference.clone(),
        amount: order.amount,
        ordered_at: now,
        standing: RefundStanding::AtIssuer { asked: 0, next_ask: None },
        notified: false,
        contradicted: false,
    };
    let mut decision = if now.millis_since(receipt.at) > order.window_ms {
        // Understood, and answered as a business decline is: acknowledged now, its result told like any other.
        let refusal = RefundRefusal { reason: RefundDecline::WindowExceeded, raw: None };
        let standing = RefundStanding::Refused { refusal, at: now, moved: false };
        let refused = Refund { standing: standing.clone(), ..refund.clone() };
        let closed = Event::RefundClosed { number: refund.number, standing };
        let mut decision = record(state, vec![Event::RefundOrdered(refund), closed]);
        decision.effects.extend(it.told(&refused));
        decision.records.extend(it.remittable(&refused, now));
        decision
    } else {
        it.ordered(vec![refund], now)
    };
    decision.reply = Reply::RefundAcknowledged;
    Ok(decision)
}

/// Money that Google knows nothing of goes back to whoever paid it, all of it at once. A person is told when there is none;
/// the configuration, which is asked once for each receipt, is content.
pub(super) fn give_back(
    state: &State,
    by: Option<&UserName>,
    now: Timestamp,
) -> Result<Decision<RedirectPayment>, Rejection> {
    let it = refundable(state).ok_or(Rejection::NothingToGiveBack)?;
    let first = it.refunds.next_number();
    let owed = it.late.iter().filter(|receipt| !it.refunds.covers(receipt));
    let refunds: Vec<Refund> = (first..)
        .zip(owed)
        .map(|(number, receipt)| Refund {
            number,
            origin: RefundOrigin::House(by.cloned()),
            reference: receipt.reference.clone(),
            amount: receipt.amount,
            ordered_at: now,
            standing: RefundStanding::AtIssuer { asked: 0, next_ask: None },
            notified: false,
            contradicted: false,
        })
        .collect();
    match (refunds.is_empty(), by) {
        (false, Some(_) | None) => Ok(it.ordered(refunds, now)),
        (true, Some(_)) => Err(Rejection::NothingToGiveBack),
        (true, None) => Ok(record(state, Vec::new())),
    }
}

/// The issuer speaks of a refund: as the answer to our call, or in an event (contract section 5).
pub(super) fn report(
    state: &State,
    report: &RefundReport,
    now: Timestamp,
) -> Result<Decision<RedirectPayment>, Rejection> {
    let it = refundable(state).ok_or(Rejection::UnknownRefund)?;
    if *it.issuer != report.issuer {
        return Err(Rejection::NotThisIssuer);
    }
    let refund = it.refunds.get(report.id.number).ok_or(Rejection::UnknownRefund)?;
    let number = refund.number;
    Ok(match (&refund.standing, &report.word) {
        (RefundStanding::AtIssuer { .. }, RefundWord::Refunded { reference }) => {
            it.closed(refund, RefundStanding::Refunded { reference: reference.clone(), at: now }, now)
        }
        (RefundStanding::AtIssuer { .. }, RefundWord::Refused(refusal)) => {
            it.closed(refund, RefundStanding::Refused { refusal: refusal.clone(), at: now, moved: false }, now)
        }
        (RefundStanding::AtIssuer { asked, next_ask: None }, RefundWord::Pending) => {
            let interval = FIRST_ASK_MS.saturating_mul(1_i64 << asked.min(&20)).min(LONGEST_ASK_MS);
            record(state, vec![Event::RefundStillPending { number, next_ask: now.plus_millis(interval) }])
        }
        // flows-security 5.4: the first result stays; money that moved against it is booked, and shown once.
        (RefundStanding::Refused { moved: false, .. }, RefundWord::Refunded { .. }) => {
            let mut decision = record(state, vec![Event::RefundContradicted { number, moved: true }]);
            let issuer = Account::IssuerReceivable(it.issuer.clone());
            decision.entries = LedgerEntry::pair(Account::Suspense, issuer, refund.amount, "refund after refusal");
            decision
        }
        (RefundStanding::Refunded { .. }, RefundWord::Refused(_)) if !refund.contradicted => {
            record(state, vec![Event::RefundContradicted { number, moved: false }])
        }
        // It repeats itself, or an older word arrives late.
        (RefundStanding::AtIssuer { next_ask: Some(_), .. }, RefundWord::Pending)
        | (
            RefundStanding::Refunded { .. },
            RefundWord::Refunded { .. } | RefundWord::Refused(_) | RefundWord::Pending,
        )
        | (RefundStanding::Refused { moved: true, .. }, RefundWord::Refunded { .. })
        | (RefundStanding::Refused { .. }, RefundWord::Refused(_) | RefundWord::Pending) => record(state, Vec::new()),
    })
}

/// Asks again about every pending refund whose time has come: the call is idempotent on our refund id, and answers how it
/// stands.
pub(super) fn ask_again(state: &State, now: Timestamp) -> Option<Decision<RedirectPayment>> {
    ask_about(state, |next_ask| next_ask <= now)
}

/// Asks again about every pending refund whose next question is `due`.
pub(super) fn ask_about(state: &State, due: impl Fn(Timestamp) -> bool) -> Option<Decision<RedirectPayment>> {
    let it = refundable(state)?;
    let due: Vec<&Refund> = it.refunds.iter().filter(|refund| refund.next_ask().is_some_and(&due)).collect();
    if due.is_empty() {
        return None;
    }
    let mut decision = record(state, due.iter().map(|refund| Event::RefundAsked { number: refund.number }).collect());
    decision.effects = due.into_iter().map(|refund| it.at_issuer(refund, refund.asked() + 1)).collect();
    Some(decision)
}

/// Google has the result.
pub(super) fn acknowledged(state: &State, number: u32) -> Option<Decision<RedirectPayment>> {
    let it = refundable(state)?;
    let refund = it.refunds.get(number)?;
    (!refund.notified).then(|| record(state, vec![Event::RefundNotified { number }]))
}

impl Refund {
    const fn asked(&self) -> u32 {
        match self.standing {
            RefundStanding::AtIssuer { asked, .. } => asked,
            RefundStanding::Refunded { .. } | RefundStanding::Refused { .. } => 0,
        }
    }
}

impl Refundable<'_> {
    const fn id(&self, refund: &Refund) -> RefundId {
        RefundId { payment: self.terms.id, number: refund.number }
    }

    /// What the money was before it is promised: Google's, or nobody's yet.
    fn owner(&self, refund: &Refund) -> Account {
        match refund.origin {
            RefundOrigin::Ordered(_) => self.terms.origin.owed_to(),
            RefundOrigin::House(_) => Account::Suspense,
        }
    }

    fn ordered(&self, refunds: Vec<Refund>, now: Timestamp) -> Decision<RedirectPayment> {
        let events = refunds.iter().cloned().map(Event::RefundOrdered).collect();
        let mut decision = record(self.state, events);
        for refund in &refunds {
            decision.effects.push(self.at_issuer(refund, 0));
            let in_flight = Account::RefundsInFlight(self.issuer.clone());
            let author = match &refund.origin {
                RefundOrigin::Ordered(_) => None,
                RefundOrigin::House(by) => by.clone(),
            };
            let why = ("refund ordered".into(), author);
            decision.entries.extend(LedgerEntry::pair_by(self.owner(refund), in_flight, refund.amount, why));
            decision.records.extend(self.remittable(refund, now));
        }
        decision
    }

    fn closed(&self, refund: &Refund, standing: RefundStanding, now: Timestamp) -> Decision<RedirectPayment> {
        let after = Refund { standing: standing.clone(), ..refund.clone() };
        let mut decision = record(self.state, vec![Event::RefundClosed { number: refund.number, standing }]);
        let in_flight = Account::RefundsInFlight(self.issuer.clone());
        decision.entries = if after.counts() {
            LedgerEntry::pair(in_flight, Account::IssuerReceivable(self.issuer.clone()), refund.amount, "refund done")
        } else {
            LedgerEntry::pair(in_flight, self.owner(refund), refund.amount, "refund refused")
        };
        decision.effects.extend(self.told(&after));
        decision.records.extend(self.remittable(&after, now));
        decision
    }

    fn at_issuer(&self, refund: &Refund, question: u32) -> Effect {
        Effect::RefundAtIssuer {
            refund: self.id(refund),
            issuer: self.issuer.clone(),
            reference: refund.reference.clone(),
            amount: refund.amount,
            question,
        }
    }

    /// The result, for whoever ordered the refund: Google by refundResultNotification.
    fn told(&self, refund: &Refund) -> Option<Effect> {
        let RefundOrigin::Ordered(request_id) = &refund.origin else { return None };
        let (id, result) = (self.id(refund), refund.result()?);
        Some(match &self.terms.origin {
            Origin::Google(google) => Effect::NotifyRefundResult {
                refund: id,
                piaid: google.piaid.clone(),
                refund_request_id: request_id.clone(),
                result,
            },
            Origin::Invoice(InvoiceAttempt { invoice, .. }) => {
                Effect::TellInvoiceOfRefund { refund: id, invoice: *invoice, order: request_id.clone(), result }
            }
        })
    }

    fn remittable(&self, refund: &Refund, now: Timestamp) -> Option<Record> {
        let RefundOrigin::Ordered(request_id) = &refund.origin else { return None };
        Some(Record::Remittable(Remittable {
            piaid: self.terms.origin.google()?.piaid.clone(),
            request_id: request_id.clone(),
            kind: RemittableKind::Refund,
            payment: self.terms.id,
            our_id: self.id(refund).to_string(),
            issuer: self.issuer.clone(),
            amount: refund.amount,
            standing: match refund.standing {
                RefundStanding::AtIssuer { .. } => RemittableStanding::Open,
                RefundStanding::Refunded { .. } => RemittableStanding::Done,
                RefundStanding::Refused { .. } => RemittableStanding::Failed,
            },
            at: now,
        }))
    }
}

/// Replays what happened to refunds.
pub(super) fn apply(refunds: &mut Refunds, event: &RefundChange<'_>) {
    match *event {
        RefundChange::Ordered(refund) => refunds.0.push(refund.clone()),
        RefundChange::Asked(number) => refunds.change(number, |refund| {
            if let RefundStanding::AtIssuer { asked, next_ask } = &mut refund.standing {
                *asked = asked.saturating_add(1);
                *next_ask = None;
            }
        }),
        RefundChange::StillPending(number, next) => refunds.change(number, |refund| {
            if let RefundStanding::AtIssuer { next_ask, .. } = &mut refund.standing {
                *next_ask = Some(next);
            }
        }),
        RefundChange::Closed(number, standing) => refunds.change(number, |refund| refund.standing = standing.clone()),
        RefundChange::Contradicted(number, gone) => refunds.change(number, |refund| {
            refund.contradicted = true;
            if let RefundStanding::Refused { moved, .. } = &mut refund.standing {
                *moved |= gone;
            }
        }),
        RefundChange::Notified(number) => refunds.change(number, |refund| refund.notified = true),
    }
}

/// The events that change refunds alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum RefundChange<'a> {
    Ordered(&'a Refund),
    Asked(u32),
    StillPending(u32, Timestamp),
    Closed(u32, &'a RefundStanding),
    Contradicted(u32, bool),
    Notified(u32),
}
