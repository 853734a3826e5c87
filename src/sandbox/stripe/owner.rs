//! What the owner of the stand-in can do and see: a test, or somebody at its page.

use std::sync::{Arc, PoisonError};

use super::book::{Dispute, Payout, Record, Refund};
use super::faults::Fault;
use super::form::Form;
use super::{Desk, Work, new_id};
use crate::sandbox::journal::JournalError;

/// The owner's side of a running stand-in. Cheap to clone.
#[derive(Clone)]
pub struct StripeHandle(pub(super) Arc<Desk>);

/// A charge that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeMade {
    /// `pi_…`
    pub intent: String,
    /// `metadata[attempt]`
    pub attempt: String,
    /// In the processor's units.
    pub amount: i64,
    /// In small letters.
    pub currency: String,
}

/// A refund that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundMade {
    /// `re_…`
    pub id: String,
    /// `pi_…`
    pub intent: String,
    /// In the processor's units.
    pub amount: i64,
    /// `succeeded`, `pending` or `failed`.
    pub status: String,
}

impl StripeHandle {
    /// Scheme, host and port, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// The next `times` requests whose name begins with `on` go wrong: `POST /v1/payment_intents`, `GET`, or nothing for
    /// all of them.
    pub fn fail(&self, on: &str, fault: Fault, times: usize) {
        self.0.faults.plan(on, fault, times);
    }

    /// Sends the answers that [`Fault::Held`] keeps back.
    pub fn release(&self) {
        self.0.faults.release();
    }

    /// Every request since the start whose name begins with `on`: method and path.
    pub fn requests(&self, on: &str) -> Vec<String> {
        let requests = self.0.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().filter(|request| request.starts_with(on)).cloned().collect()
    }

    /// Every charge that took money, the oldest first.
    pub fn charges(&self) -> Vec<ChargeMade> {
        self.0.journal.read(|book| {
            let taken = book.intents.latest().filter(|intent| intent.received > 0);
            let mut charges: Vec<_> = taken
                .map(|intent| ChargeMade {
                    intent: intent.id.clone(),
                    attempt: intent.metadata.get("attempt").cloned().unwrap_or_default(),
                    amount: intent.received,
                    currency: intent.currency.clone(),
                })
                .collect();
            charges.reverse();
            charges
        })
    }

    /// Every refund, the oldest first.
    pub fn refunds(&self) -> Vec<RefundMade> {
        let made = |refund: &Refund| RefundMade {
            id: refund.id.clone(),
            intent: refund.intent.clone(),
            amount: refund.amount,
            status: refund.status.clone(),
        };
        let mut refunds: Vec<_> = self.0.journal.read(|book| book.refunds.latest().map(made).collect());
        refunds.reverse();
        refunds
    }

    /// One-time tokens that were used, as they came.
    pub fn tokens(&self) -> Vec<String> {
        self.0.journal.read(|book| book.tokens.iter().cloned().collect())
    }

    /// Every card that is kept: customer and payment method.
    pub fn kept_cards(&self) -> Vec<(String, String)> {
        self.0.journal.read(|book| {
            let owned = |method: &super::book::Method| Some((method.customer.clone()?, method.id.clone()));
            book.methods.latest().filter_map(owned).collect()
        })
    }

    /// The payer proves, or does not, who they are. Nothing where no challenge is open.
    pub fn challenge(&self, intent: &str, passed: bool) -> Result<(), JournalError> {
        self.change(|work| {
            if let Some(found) = work.book.intents.get(intent).filter(|found| found.status == "requires_action") {
                return work.challenge_intent(found, passed);
            }
            let setup = work.book.setups.get(intent).filter(|setup| setup.status == "requires_action");
            setup.map_or_else(Vec::new, |setup| work.challenge_setup(setup, passed))
        })
    }

    /// The payer disputes a charge: the processor takes the money back, and tells us both. Nothing for what is not charged.
    pub fn open_dispute(&self, intent: &str) -> Result<(), JournalError> {
        self.change(|work| {
            let Some(charged) = work.book.intents.get(intent).filter(|found| found.received > 0) else {
                return Vec::new();
            };
            let dispute = Dispute {
                id: new_id("dp"),
                intent: charged.id.clone(),
                amount: charged.received,
                currency: charged.currency.clone(),
                status: "needs_response".to_owned(),
                created: work.now(),
            };
            let opened = work.event("charge.dispute.created", dispute.json());
            let withdrawn = work.event("charge.dispute.funds_withdrawn", dispute.json());
            vec![Record::Dispute(dispute), Record::Event(opened), Record::Event(withdrawn)]
        })
    }

    /// Decides an open dispute, by its charge.
    pub fn close_dispute(&self, intent: &str, won: bool) -> Result<(), JournalError> {
        self.change(|work| {
            let open = work.book.disputes.latest().find(|d| d.intent == intent && d.status == "needs_response");
            let Some(open) = open else { return Vec::new() };
            let dispute = Dispute { status: if won { "won" } else { "lost" }.to_owned(), ..open.clone() };
            let mut records = vec![Record::Event(work.event("charge.dispute.closed", dispute.json()))];
            if won {
                records.push(Record::Event(work.event("charge.dispute.funds_reinstated", dispute.json())));
            }
            records.push(Record::Dispute(dispute));
            records
        })
    }

    /// A refund that was made fails after all.
    pub fn fail_refund(&self, refund: &str) -> Result<(), JournalError> {
        self.change(|work| {
            let made = work.book.refunds.get(refund).filter(|made| made.counts());
            made.map_or_else(Vec::new, |made| work.refund_fails(made))
        })
    }

    /// A refund that is on its way arrives.
    pub fn finish_refund(&self, refund: &str) -> Result<(), JournalError> {
        self.change(|work| {
            let Some(pending) = work.book.refunds.get(refund).filter(|made| made.status == "pending") else {
                return Vec::new();
            };
            let done = Refund { status: "succeeded".to_owned(), ..pending.clone() };
            let event = work.event("refund.updated", done.json());
            vec![Record::Refund(done), Record::Event(event)]
        })
    }

    /// Sends everything that is there to the bank, one payout per currency, and tells us.
    pub fn pay_out(&self) -> Result<(), JournalError> {
        self.change(|work| {
            let made = work.book.balances().into_iter().flat_map(|(currency, amount)| {
                let payout =
                    Payout { id: new_id("po"), amount, currency, status: "paid".to_owned(), created: work.now() };
                let event = work.event("payout.paid", payout.json());
                [Record::Payout(payout), Record::Event(event)]
            });
            made.collect()
        })
    }

    /// The bank sends a payout back.
    pub fn fail_payout(&self, payout: &str) -> Result<(), JournalError> {
        self.change(|work| {
            let Some(paid) = work.book.payouts.get(payout).filter(|payout| payout.status == "paid") else {
                return Vec::new();
            };
            let failed = Payout { status: "failed".to_owned(), ..paid.clone() };
            let event = work.event("payout.failed", failed.json());
            vec![Record::Payout(failed), Record::Event(event)]
        })
    }

    /// Every payout's id, the newest first.
    pub fn payouts(&self) -> Vec<String> {
        self.0.journal.read(|book| book.payouts.latest().map(|payout| payout.id.clone()).collect())
    }

    /// How many events are still on their way.
    pub fn undelivered(&self) -> usize {
        self.0.journal.read(|book| book.events.len())
    }

    fn change(&self, work: impl FnOnce(&Work<'_>) -> Vec<Record>) -> Result<(), JournalError> {
        let desk = &self.0;
        let form = Form::default();
        desk.journal.decide(|book| (work(&Work { book, form: &form, now: desk.clock.now(), origin: &desk.origin }), ()))
    }
}
