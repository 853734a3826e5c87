//! What every history of a refundable payment promises: the books explained, results told once, nothing forgotten.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::proof::{History, at, bank, declined, inr, report, report_of};
use super::refund_proof::{DAY_MS, MINOR, PAID, TAKEN_MS, ann, late, order_of, paid, refunded, refused, said_by};
use super::*;
use crate::domain::{Account, Currency, Money, Piaid, Record, RemittableKind, RemittableStanding};

/// The receipt that Google knows of, the others, and the refunds.
pub(super) fn money(state: &State) -> Option<(Option<&Receipt>, Vec<&Receipt>, &Refunds)> {
    match state {
        State::Paid { receipt, further, refunds, .. } => Some((Some(receipt), further.iter().collect(), refunds)),
        State::PaidAfterClose { receipt, further, refunds, .. } => {
            Some((None, std::iter::once(receipt).chain(further).collect(), refunds))
        }
        State::Unstarted
        | State::AwaitingIssuerChoice { .. }
        | State::AtIssuer { .. }
        | State::Pending { .. }
        | State::Declined(_)
        | State::Abandoned(_)
        | State::Expired(_) => None,
    }
}

pub(super) fn refunds(state: &State) -> Vec<&Refund> {
    money(state).map(|(_, _, refunds)| refunds.iter().collect()).unwrap_or_default()
}

pub(super) fn is_googles(refund: &Refund) -> bool {
    matches!(refund.origin, RefundOrigin::Ordered(_))
}

pub(super) fn is_open(refund: &Refund) -> bool {
    matches!(refund.standing, RefundStanding::AtIssuer { .. })
}

pub(super) fn has_moved(refund: &Refund) -> bool {
    matches!(refund.standing, RefundStanding::Refunded { .. } | RefundStanding::Refused { moved: true, .. })
}

pub(super) fn sum<'a>(refunds: impl IntoIterator<Item = &'a Refund>) -> i64 {
    refunds.into_iter().map(|refund| refund.amount.micros()).sum()
}

/// What of Google's refunds is on its way or gone.
pub(super) fn counted(state: &State) -> i64 {
    sum(refunds(state).into_iter().filter(|refund| is_googles(refund) && refund.counts()))
}

/// What every account comes to, told from the snapshot alone. Accounts at zero are left out.
pub(super) fn explained(state: &State) -> BTreeMap<Account, i64> {
    let Some((known, late, all)) = money(state) else { return BTreeMap::new() };
    let piaid = Piaid::parse("ExamplePay_INR").unwrap();
    // The payer may have chosen another one than most do.
    let issuer =
        known.iter().chain(late.iter()).next().map_or_else(|| bank("BANK_A"), |receipt| receipt.issuer.clone());
    let paid = known.map_or(0, |receipt| receipt.amount.micros());
    let late: i64 = late.iter().map(|receipt| receipt.amount.micros()).sum();
    // Promised to Google or decided by us, as far as the issuer has not refused it.
    let promised = |googles: bool| {
        sum(all.iter().filter(|refund| {
            is_googles(refund) == googles && !matches!(refund.standing, RefundStanding::Refused { .. })
        }))
    };
    let against_refusal =
        sum(all.iter().filter(|refund| has_moved(refund) && refund.result() != Some(RefundResult::Success)));
    let accounts = [
        (Account::IssuerReceivable(issuer.clone()), paid + late - sum(all.iter().filter(|refund| has_moved(refund)))),
        (Account::PayableToGoogle(piaid), promised(true) - paid),
        (Account::RefundsInFlight(issuer), -sum(all.iter().filter(|refund| is_open(refund)))),
        (Account::Suspense, promised(false) + against_refusal - late),
    ];
    accounts.into_iter().filter(|(_, micros)| *micros != 0).collect()
}

impl History {
    /// What the ledger's accounts come to. Accounts at zero are left out.
    pub(super) fn balances(&self) -> BTreeMap<Account, i64> {
        let mut sums = BTreeMap::new();
        for entry in &self.entries {
            *sums.entry(entry.account.clone()).or_default() += entry.amount.micros();
        }
        sums.retain(|_, micros| *micros != 0);
        sums
    }

    pub(super) fn refund(&self, number: u32) -> Refund {
        refunds(&self.state).into_iter().find(|refund| refund.number == number).unwrap().clone()
    }

    /// What Google was told of a refund, every time.
    pub(super) fn told(&self, number: u32) -> Vec<RefundResult> {
        let told = |effect: &Effect| match effect {
            Effect::NotifyRefundResult { refund, result, .. } if refund.number == number => Some(result.clone()),
            Effect::NotifyRefundResult { .. }
            | Effect::NotifyPaymentComplete { .. }
            | Effect::AskIssuerForStatus { .. }
            | Effect::RefundAtIssuer { .. }
            | Effect::ConsiderGivingBack { .. }
            | Effect::TellInvoice { .. }
            | Effect::TellInvoiceOfRefund { .. } => None,
        };
        self.effects.iter().filter_map(told).collect()
    }

    /// The questions that the issuer was asked about a refund; each names the money that goes back.
    pub(super) fn questions(&self, number: u32) -> Vec<u32> {
        let known = self.refund(number);
        let question = |effect: &Effect| match effect {
            Effect::RefundAtIssuer { refund, issuer, reference, amount, question } if refund.number == number => {
                assert_eq!((issuer, reference, amount), (&bank("BANK_A"), &known.reference, &known.amount));
                Some(*question)
            }
            Effect::RefundAtIssuer { .. }
            | Effect::NotifyRefundResult { .. }
            | Effect::NotifyPaymentComplete { .. }
            | Effect::AskIssuerForStatus { .. }
            | Effect::ConsiderGivingBack { .. }
            | Effect::TellInvoice { .. }
            | Effect::TellInvoiceOfRefund { .. } => None,
        };
        self.effects.iter().filter_map(question).collect()
    }

    /// How the refund of this number stands for remittance statements.
    pub(super) fn remittable(&self, number: u32) -> Option<RemittableStanding> {
        let suffix = format!("-{number}");
        let of_refund = |record: &Record| match record {
            Record::Remittable(remittable)
                if remittable.kind == RemittableKind::Refund && remittable.our_id.ends_with(&suffix) =>
            {
                Some(remittable.standing)
            }
            _ => None,
        };
        self.records.iter().rev().find_map(of_refund)
    }

    pub(super) fn attention(&self) -> Option<Attention> {
        RedirectPayment::attention(&self.state)
    }

    /// The receipts that the account's configuration was asked about.
    pub(super) fn considered(&self) -> Vec<u32> {
        let considered = |effect: &Effect| match effect {
            Effect::ConsiderGivingBack { receipt, .. } => Some(*receipt),
            Effect::NotifyRefundResult { .. }
            | Effect::NotifyPaymentComplete { .. }
            | Effect::AskIssuerForStatus { .. }
            | Effect::RefundAtIssuer { .. }
            | Effect::TellInvoice { .. }
            | Effect::TellInvoiceOfRefund { .. } => None,
        };
        self.effects.iter().filter_map(considered).collect()
    }
}

fn any_refund_word() -> impl Strategy<Value = RefundWord> {
    let reason = prop_oneof![
        Just(RefundDecline::AccountClosed),
        Just(RefundDecline::AccountOnHold),
        Just(RefundDecline::ExceedsMaximumBalance),
        Just(RefundDecline::WindowExceeded),
    ];
    prop_oneof![Just(refunded()), reason.prop_map(refused), Just(RefundWord::Pending)]
}

pub(super) fn any_refund_input() -> impl Strategy<Value = Input> {
    let minor_units = prop_oneof![1..=500_i64, 1..=11_000_i64];
    let currency = prop_oneof![12 => Just("INR"), 1 => Just("EUR")];
    let issuer = prop_oneof![9 => Just("BANK_A"), 1 => Just("BANK_B")];
    prop_oneof![
        6 => (minor_units, currency, any::<u64>()).prop_map(|(units, currency, id)| {
            order_of(Money::new(units * MINOR, Currency::parse(currency).unwrap()), &format!("rf-{id}"))
        }),
        9 => (issuer, 1..7_u32, any_refund_word()).prop_map(|(issuer, number, word)| said_by(issuer, number, word)),
        2 => (1..7_u32).prop_map(|number| Input::RefundResultAccepted { number }),
        2 => Just(Input::DeadlineReached),
        1 => prop_oneof![Just(None), Just(Some(ann()))].prop_map(|by| Input::GiveBack { by }),
        1 => Just(Input::LeaveToPerson),
    ]
}

/// Everything that can happen to a payment once money was taken.
fn any_later_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        12 => any_refund_input(),
        1 => (1..11_000_i64, 1..6_u8).prop_map(|(units, n)| {
            report_of("BANK_A", IssuerWord::Approved, units * MINOR, &format!("ref-{n}"))
        }),
        1 => prop_oneof![
            Just(report("BANK_A", declined(Decline::Risk))),
            Just(Input::NotificationAccepted),
            Just(Input::Visit),
            Just(Input::AskStatus),
        ],
    ]
}

/// Holds one moment of a history to what every moment promises; `first_words` are the results that were seen before it.
fn check(history: &History, first_words: &mut BTreeMap<u32, RefundResult>) -> Result<(), TestCaseError> {
    let state = &history.state;
    prop_assert_eq!(history.balances(), explained(state), "every account is explained");
    let (mut houses, mut open) = (0, None);
    for refund in refunds(state) {
        let number = refund.number;
        if let Some(result) = refund.result() {
            let first = first_words.entry(number).or_insert_with(|| result.clone());
            prop_assert_eq!(&*first, &result, "the first final word stays");
        }
        let results: Vec<_> = first_words.get(&number).filter(|_| is_googles(refund)).cloned().into_iter().collect();
        prop_assert_eq!(history.told(number), results, "Google hears each result of its own refunds, once");
        let standing = match refund.standing {
            RefundStanding::AtIssuer { asked, next_ask } => {
                prop_assert_eq!(history.questions(number), (0..=asked).collect::<Vec<_>>(), "asked, and never twice");
                open = open.into_iter().chain(next_ask).min();
                RemittableStanding::Open
            }
            RefundStanding::Refunded { .. } => RemittableStanding::Done,
            RefundStanding::Refused { .. } => RemittableStanding::Failed,
        };
        prop_assert_eq!(history.remittable(number), is_googles(refund).then_some(standing));
        houses += usize::from(!is_googles(refund) && refund.counts());
    }
    prop_assert_eq!(RedirectPayment::deadline(state), open, "the sweeper comes for the next question");
    if let Some((known, late, all)) = money(state) {
        let promised = all
            .iter()
            .filter(|refund| is_googles(refund) && (is_open(refund) || refund.result() == Some(RefundResult::Success)));
        prop_assert!(sum(promised) <= known.map_or(0, |receipt| receipt.amount.micros()), "never more than was paid");
        prop_assert!(houses >= late.len() || history.attention().is_some(), "money of nobody stands before finance");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever Google, the issuer, the clock and people do, in whatever order.
    #[test]
    fn ref_3_no_history_gives_back_more_than_was_paid_or_says_two_things(
        was_late in any::<bool>(),
        inputs in prop::collection::vec((any_later_input(), 0..DAY_MS), 0..50),
    ) {
        let mut history = if was_late { late() } else { paid() };
        let verdict = history.state.verdict();
        let mut first_words = BTreeMap::new();
        let mut now = at(TAKEN_MS);
        for (input, later) in inputs {
            now = now.plus_millis(later);
            let rest = PAID - counted(&history.state);
            let answer = history.tell(&input, now);
            if let Input::Refund(order) = &input {
                let micros = order.amount.micros();
                match answer {
                    Ok(Reply::RefundAcknowledged) => prop_assert!(micros <= rest, "{micros} of {rest}"),
                    Err(Rejection::RefundExceeds(left)) => {
                        prop_assert!(micros > rest, "{micros} of {rest}");
                        prop_assert_eq!(left, inr(rest.max(0)));
                    }
                    Err(Rejection::RefundCurrency(paid)) => prop_assert_ne!(order.amount.currency(), paid),
                    Err(Rejection::NotPaid) => prop_assert!(was_late),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            check(&history, &mut first_words)?;
        }
        prop_assert_eq!(history.state.verdict(), verdict, "refunds change no outcome");
        let folded = history.journal.iter().fold(State::default(), RedirectPayment::apply);
        prop_assert_eq!(&folded, &history.state, "fold(journal) == snapshot");
        let keys: BTreeSet<_> = history.effects.iter().map(RedirectPayment::idempotency_key).collect();
        prop_assert_eq!(keys.len(), history.effects.len(), "each effect has a key of its own");
    }
}
