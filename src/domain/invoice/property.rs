//! What holds for every history, with a processor that declines, cannot be reached, answers late, twice, and after all.
//!
//! [`History`] holds every step to what always holds: the journal tells the snapshot, entries balance and follow from it,
//! every effect has a key of its own, and it is paid once. Here is what needs the other side too.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::planted::{History, NOW, at_bank, bank, charged, declined, fiona, pay, usd};
use super::*;
use crate::domain::booking::Dispute;
use crate::domain::redirect_payment::{Negative, Outcome};

type Step = (u8, u8, u8);

struct World {
    history: History,
    now: Timestamp,
    /// Effects that are not carried out yet, from here on.
    next: usize,
    unheard: Vec<Input>,
    heard: Vec<Input>,
    /// What the processor took, by its ids.
    charged: BTreeMap<Arc<str>, i64>,
    /// What each token was told for good.
    told: BTreeMap<[u8; 32], Reply>,
}

impl World {
    fn tell(&mut self, input: &Input) {
        let (before, journal) = (self.history.state.clone(), self.history.journal.len());
        let reply = self.history.tell(input, self.now);
        if reply.is_err() {
            assert!(before == self.history.state && journal == self.history.journal.len(), "rejected: {input:?}");
        }
        if let (Input::PayByCard(order), Ok(reply @ Reply::CardEnded { .. })) = (input, &reply) {
            let first = self.told.entry(order.digest).or_insert_with(|| reply.clone());
            assert_eq!(first, reply, "a repeated token gets an identical answer");
        }
        self.holds();
    }

    fn holds(&self) {
        let Some(past) = self.history.state.past() else { return };
        if let State::Paid(paid) = &self.history.state {
            let total = i128::from(paid.payment.order.total.micros());
            assert!(past.refunded_micros() <= total, "no more goes back than was paid");
        }
        // Every charge that was heard of paid the invoice or goes back.
        for input in &self.heard {
            if let Input::Charged { outcome: CardOutcome::Succeeded { intent }, .. } = input {
                let known = self.history.state.is_paid_by(intent);
                assert!(known || self.history.state.refunds_of(intent).next().is_some(), "{intent} is kept in silence");
            }
        }
        for refund in past.refunds.iter().filter(|refund| refund.late) {
            if let Source::Card { intent } = &refund.of {
                assert_eq!(self.charged.get(intent), Some(&refund.amount.micros()), "what was charged, no more");
            }
        }
        assert!(past.ended.len() <= MOST_ATTEMPTS && past.post.fresh.len() <= 5);
    }

    fn happen(&mut self, (happens, a, b): Step) {
        let standing = |n: u8| match n % 3 {
            0 => RefundStanding::Done { id: "re".into() },
            1 => RefundStanding::Failed { code: "lost".into() },
            _ => RefundStanding::InFlight,
        };
        let input = match happens % 20 {
            0..=3 => pay(a % 6, self.now),
            4 => at_bank(),
            5..=8 => return self.work(a, b),
            9..=11 if !self.unheard.is_empty() => {
                let input = self.unheard.remove(usize::from(a) % self.unheard.len());
                self.heard.push(input.clone());
                input
            }
            12 if !self.heard.is_empty() => self.heard[usize::from(a) % self.heard.len()].clone(),
            13 => {
                self.now = self.now.plus_millis(i64::from(a) * 3_600_000 + i64::from(b));
                Input::DeadlineReached
            }
            14 => Input::Refund { amount_micros: (b % 3 > 0).then(|| i64::from(a) * 1_000_000), by: Some(fiona()) },
            15 => Input::Refunded { number: 1 + u32::from(a % 3), tries: 1 + u32::from(b % 2), standing: standing(b) },
            16 if a.is_multiple_of(4) => Input::Cancel { by: None },
            16 => Input::AskFreshLink,
            17 => match a % 4 {
                0 => Input::SayTransferred,
                1 => Input::Dispute,
                2 => Input::Resolve { by: fiona() },
                _ => Input::Send,
            },
            18 if a.is_multiple_of(6) => Input::MarkPaid { by: fiona(), note: "statement".into() },
            18 => Input::PaymentStarted { attempt: u32::from(a % 4) },
            19 => {
                let standings = [DisputeStanding::Open, DisputeStanding::Won, DisputeStanding::Lost];
                let (id, standing) = (format!("dp-{}", b % 2).into(), standings[usize::from(a % 3)]);
                Input::ChargeDisputed(Dispute { id, amount: usd(5_000_000), standing })
            }
            _ => Input::Visit,
        };
        self.tell(&input);
    }

    /// One effect is carried out; nobody knows yet.
    fn work(&mut self, a: u8, b: u8) {
        let Some(effect) = self.history.effects.get(self.next).cloned() else { return };
        self.next += 1;
        match effect {
            Effect::Charge { attempt, amount, .. } => {
                let intent: Arc<str> = format!("pi-{attempt}").into();
                let success = charged(attempt, &intent);
                let not_reached = Input::Charged { attempt, outcome: CardOutcome::NotReached };
                let outcomes = match a % 5 {
                    0 => vec![success],
                    1 | 2 => vec![declined(attempt)],
                    3 => vec![not_reached],
                    // Nobody was reached, as it seemed.
                    _ => vec![not_reached, success],
                };
                if matches!(a % 5, 0 | 4) {
                    assert_eq!(self.charged.insert(intent, amount.micros()), None, "no attempt is charged twice");
                }
                self.unheard.extend(outcomes);
            }
            Effect::RefundCard { number, tries, .. } | Effect::RefundPayment { number, tries, .. } => {
                let standing = match b % 3 {
                    0 => RefundStanding::Failed { code: "lost".into() },
                    _ => RefundStanding::Done { id: "re".into() },
                };
                self.unheard.push(Input::Refunded { number, tries, standing });
            }
            Effect::StartPayment { attempt, .. } => {
                let outcome = match a % 2 {
                    0 => Outcome::Success,
                    _ => Outcome::Negative(Negative::payer_left()),
                };
                let ended = Input::PaymentEnded { attempt, outcome, issuer: Some(bank()) };
                self.unheard.extend([Input::PaymentStarted { attempt }, ended]);
            }
            Effect::Mail { number, .. } => {
                let left = if b.is_multiple_of(4) { Input::NotMailed { number } } else { Input::Mailed { number } };
                self.unheard.push(left);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, in whatever order: it is paid once, what comes beside that goes back, no more goes back than came,
    /// and a repeated token hears the same.
    #[test]
    fn c3_paid_once_and_nothing_is_kept_in_silence(steps in prop::collection::vec(any::<Step>(), 1..80)) {
        let history = History::sent();
        let next = history.effects.len();
        let mut world = World {
            history, now: NOW, next, unheard: Vec::new(), heard: Vec::new(),
            charged: BTreeMap::new(), told: BTreeMap::new(),
        };
        for step in steps {
            world.happen(step);
        }
        // Everything under way ends: nothing stays open but what nobody has decided.
        for _ in 0..1_000 {
            if !world.unheard.is_empty() {
                let input = world.unheard.remove(0);
                world.heard.push(input.clone());
                world.tell(&input);
            } else if world.next < world.history.effects.len() {
                world.work(0, 1);
            }
        }
        if let State::Open(open) = &world.history.state {
            prop_assert!(open.under_way.is_none(), "an attempt that never ends");
        }
    }
}
