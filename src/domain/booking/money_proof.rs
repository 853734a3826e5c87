//! What the machine promises of disputes, of refunds that a person orders, and of packs.

use super::after_proof::{PENALTY, bought_option, collected, done, failed, fiona, give_back, refunded};
use super::planted::{
    FEE, FULL, History, NOW, START_S, agreed, ask, merchant, on_arrival, pack, prepaid, receipt, secs, usd, with_fee,
};
use super::*;
use crate::domain::catalog::Terms;
use crate::domain::{Account, Record};

#[test]
fn disputes_are_booked_and_stand_before_finance_until_they_end() {
    let said = |micros, standing| {
        let dispute = Dispute { id: "dp-1".into(), amount: usd(micros), standing };
        Input::Disputed { intent: "pi-1".into(), dispute }
    };
    let dispute = |standing| said(FULL, standing);
    let owed = Account::PayableToMerchant(merchant());
    for (end, held, merchants) in [(DisputeStanding::Won, FULL, -FULL), (DisputeStanding::Lost, 0, 0)] {
        let mut history = History::booked(prepaid());
        for _ in 0..2 {
            history.tell(&dispute(DisputeStanding::Open), NOW).unwrap();
        }
        assert_eq!(Booking::attention(&history.state), Some(Attention::Disputed));
        assert_eq!((history.balance(&Account::Disputed), history.balance(&owed)), (FULL, -FULL));
        for standing in [end, end, DisputeStanding::Open, DisputeStanding::Lost] {
            history.tell(&dispute(standing), NOW).unwrap();
        }
        assert_eq!(Booking::attention(&history.state), None);
        assert_eq!(history.balance(&Account::ProcessorReceivable), held);
        assert_eq!((history.balance(&Account::Disputed), history.balance(&owed)), (0, merchants));
        // What comes back is what went, whatever is said later.
        let mut history = History::booked(prepaid());
        history.tell(&dispute(DisputeStanding::Open), NOW).unwrap();
        history.tell(&said(1, end), NOW).unwrap();
        assert_eq!((history.balance(&Account::Disputed), history.balance(&owed)), (0, merchants));
        // The processor gives it to us again, after all and once.
        for _ in 0..2 {
            history.tell(&dispute(DisputeStanding::Won), NOW).unwrap();
            assert_eq!((history.balance(&Account::ProcessorReceivable), history.balance(&owed)), (FULL, -FULL));
        }
        // The end alone is heard.
        let mut history = History::booked(prepaid());
        history.tell(&dispute(end), NOW).unwrap();
        assert_eq!((history.balance(&Account::ProcessorReceivable), history.balance(&owed)), (held, merchants));
    }
}

#[test]
fn bk_6_9_a_dispute_of_what_never_became_a_booking_is_booked_and_nobodys_loss_but_ours() {
    for (end, lost) in [(DisputeStanding::Won, 0), (DisputeStanding::Lost, FULL - 1)] {
        let mut history = History::default();
        history.create(ask(agreed(prepaid()), NOW), NOW);
        let other = Charge { intent: "pi-1".into(), amount: usd(FULL - 1) };
        history.outcome(Outcome::ChargedOther(other), NOW);
        history.tell(&refunded(1, 1, done()), NOW).unwrap();
        // A later attempt books: the merchant has nothing to do with the first.
        history.create(ask(agreed(prepaid()), NOW), NOW);
        history.outcome(Outcome::Succeeded(receipt(&prepaid(), "pi-2")), NOW);
        let said = |standing| {
            let dispute = Dispute { id: "dp-1".into(), amount: usd(FULL - 1), standing };
            Input::Disputed { intent: "pi-1".into(), dispute }
        };
        history.tell(&said(DisputeStanding::Open), NOW).unwrap();
        assert_eq!(Booking::attention(&history.state), Some(Attention::Disputed));
        assert_eq!(history.balance(&Account::Disputed), FULL - 1);
        history.tell(&said(end), NOW).unwrap();
        assert_eq!(Booking::attention(&history.state), None);
        assert_eq!((history.balance(&Account::Suspense), history.balance(&Account::Disputed)), (lost, 0));
        assert_eq!(history.balance(&Account::ProcessorReceivable), FULL - lost);
        assert_eq!(history.balance(&Account::PayableToMerchant(merchant())), -FULL);
    }
}

#[test]
fn a_refund_that_fails_for_ever_blocks_no_other_and_a_charge_may_be_named() {
    let penalized = || {
        let mut history = History::booked(Terms { no_show_fee: with_fee().no_show_fee, ..prepaid() });
        history.tell(&PENALTY, secs(START_S)).unwrap();
        history.tell(&collected(Collecting::Fee, 1), secs(START_S)).unwrap();
        history.tell(&give_back(), secs(START_S)).unwrap();
        history.tell(&refunded(1, 1, failed()), secs(START_S)).unwrap();
        history
    };
    let mut history = penalized();
    history.tell(&give_back(), secs(START_S)).unwrap();
    history.tell(&refunded(1, 2, failed()), secs(START_S)).unwrap();
    history.tell(&give_back(), secs(START_S)).unwrap();
    assert_eq!(history.given_back(), [(1, 1, FULL), (1, 2, FULL), (2, 1, FEE)], "again, and then the fee");
    history.tell(&give_back(), secs(START_S)).unwrap();
    assert_eq!(history.given_back()[3], (1, 3, FULL));
    let named = |charge: &str| Input::GiveBack { charge: Some(charge.into()), by: fiona() };
    let mut history = penalized();
    history.tell(&named("Fee-1"), secs(START_S)).unwrap();
    assert_eq!(history.given_back()[1], (2, 1, FEE), "the one that is named");
    for other in ["Fee-1", "pi-9"] {
        assert_eq!(history.tell(&named(other), secs(START_S)), Err(Rejection::NothingToRefund), "{other}");
    }
    history.tell(&named("pi-1"), secs(START_S)).unwrap();
    assert_eq!(history.given_back()[2], (1, 2, FULL));
}

#[test]
fn the_most_urgent_reason_is_the_one_that_is_shown() {
    let mut history = History::booked(prepaid());
    history.tell(&give_back(), NOW).unwrap();
    history.tell(&refunded(1, 1, failed()), NOW).unwrap();
    assert_eq!(Booking::attention(&history.state), Some(Attention::RefundFailed));
    let dispute = Dispute { id: "dp-1".into(), amount: usd(FULL), standing: DisputeStanding::Open };
    history.tell(&Input::Disputed { intent: "pi-1".into(), dispute }, NOW).unwrap();
    assert_eq!(Booking::attention(&history.state), Some(Attention::Disputed), "evidence is wanted within days");
}

#[test]
fn bk_3_14_a_pack_that_is_paid_back_is_withdrawn_and_a_visit_that_is_not_its_price_is_not() {
    let bought = Some(Box::new(bought_option()));
    let agreement = Agreement { pack: Some(pack(true)), ..agreed(Terms { bought, ..prepaid() }) };
    let mut history = History::booked_as(agreement);
    history.tell(&give_back(), NOW).unwrap();
    let withdrawn = Record::PackWithdrawn { id: "upo-1".into() };
    assert!(history.records.contains(&withdrawn));
    let Ok(Reply::Stands(view)) = history.tell(&Input::Recall, NOW) else { panic!("it stands") };
    assert_eq!(view.pack_left, Some(0));
    let used = Agreement { pack: Some(pack(false)), ..agreed(with_fee()) };
    let mut history = History::booked_as(used);
    history.tell(&PENALTY, secs(START_S)).unwrap();
    history.tell(&collected(Collecting::Fee, 1), secs(START_S)).unwrap();
    history.tell(&give_back(), secs(START_S)).unwrap();
    assert!(!history.records.contains(&withdrawn), "the fee is given back, and the pack is as it was");
}

#[test]
fn bk_3_14_a_pack_counts_the_visit_and_gets_it_back_when_it_is_cancelled() {
    let mut history = History::booked_as(Agreement { pack: Some(pack(false)), ..agreed(on_arrival()) });
    assert_eq!(history.packs(), 1);
    let left = |history: &mut History| {
        let Ok(Reply::Stands(view)) = history.tell(&Input::Recall, NOW) else { panic!("it stands") };
        view.pack_left
    };
    assert_eq!(left(&mut history), Some(4));
    history.tell(&Input::Cancel { by: Canceller::User }, NOW).unwrap();
    assert_eq!((history.packs(), left(&mut history)), (0, Some(5)));
}

#[test]
fn bk_3_14_a_bought_pack_exists_once_it_is_paid_and_is_kept_when_the_visit_is_cancelled() {
    let mut history = History::default();
    let bought = Some(Box::new(bought_option()));
    let agreement = Agreement { pack: Some(pack(true)), ..agreed(Terms { bought, ..prepaid() }) };
    history.create(ask(agreement.clone(), NOW), NOW);
    assert_eq!(history.packs(), 0);
    history.outcome(Outcome::Succeeded(receipt(&agreement.terms, "pi-1")), NOW);
    assert_eq!(history.packs(), 1);
    history.tell(&Input::Cancel { by: Canceller::User }, NOW).unwrap();
    assert_eq!((history.packs(), history.given_back().len()), (0, 0), "the visit goes back, the money does not");
}
