//! What people do at the desk, rule by rule.

use super::proof::{History, at, bank, chosen, declined, report, report_of, start};
use super::refund_proof::{ann, late, order, paid, refused, said};
use super::*;
use crate::domain::{Attention, Machine};

pub(super) fn dealt(about: Attention) -> Input {
    Input::DealtWith { about, by: ann(), why: "asked the bank".into() }
}

fn stands_for(history: &History) -> Option<Attention> {
    RedirectPayment::attention(&history.state)
}

/// The issuer approved another amount, and has not decided.
fn differs() -> History {
    let mut history = History::default();
    history.tell(&start(Flow::Begin, chosen("BANK_A")), at(0)).unwrap();
    history.tell(&report_of("BANK_A", IssuerWord::Approved, 5, "ref-1"), at(10)).unwrap();
    history
}

/// The issuer took the money, and says since that it did not.
fn contradicted() -> History {
    let mut history = paid();
    history.tell(&report("BANK_A", declined(Decline::Risk)), at(20)).unwrap();
    history
}

#[test]
fn con_3_a_person_deals_with_whatever_stands_before_finance_once_and_it_is_journaled() {
    let cases = [
        (differs(), Attention::AmountDiffers),
        (contradicted(), Attention::Contradiction),
        (late(), Attention::PaidAfterClose),
    ];
    for (mut history, about) in cases {
        assert_eq!(stands_for(&history), Some(about));
        let (effects, entries, state) =
            (history.effects.len(), history.entries.len(), RedirectPayment::state_name(&history.state));
        history.tell(&dealt(about), at(100)).unwrap();
        assert_eq!(stands_for(&history), None, "{about:?}");
        let noted = Event::DealtWith { about, by: ann(), why: "asked the bank".into() };
        assert_eq!(history.journal.last(), Some(&noted));
        assert_eq!(
            (history.effects.len(), history.entries.len()),
            (effects, entries),
            "it is a note, and moves nothing"
        );
        assert_eq!(RedirectPayment::state_name(&history.state), state);
        let journaled = history.journal.len();
        history.tell(&dealt(about), at(110)).unwrap();
        assert_eq!(history.journal.len(), journaled, "said twice, it stands");
    }
}

#[test]
fn con_3_nobody_deals_with_what_is_not_there_or_is_another_matter_by_now() {
    for (mut history, about) in [
        (paid(), Attention::Contradiction),
        (contradicted(), Attention::PaidAfterClose),
        (late(), Attention::AmountDiffers),
        (differs(), Attention::UnexplainedTransfer),
    ] {
        let journaled = history.journal.len();
        assert_eq!(history.tell(&dealt(about), at(100)), Err(Rejection::NothingToDealWith), "{about:?}");
        assert_eq!(history.journal.len(), journaled);
    }
}

#[test]
fn con_3_what_is_new_stands_before_finance_again_and_what_was_dealt_with_does_not() {
    let mut history = differs();
    history.tell(&dealt(Attention::AmountDiffers), at(100)).unwrap();
    history.tell(&Input::DeadlineReached, at(60_000)).unwrap();
    history.tell(&report("BANK_A", IssuerWord::Pending), at(60_010)).unwrap();
    assert_eq!(stands_for(&history), None, "the same difference is dealt with");
    history.tell(&report_of("BANK_A", IssuerWord::Approved, 6, "ref-1"), at(60_020)).unwrap();
    assert_eq!(stands_for(&history), Some(Attention::AmountDiffers), "another amount is news");
    history.tell(&dealt(Attention::AmountDiffers), at(60_030)).unwrap();
    history.tell(&report("BANK_A", declined(Decline::Risk)), at(60_040)).unwrap();
    assert_eq!(stands_for(&history), None, "it is over, and the difference was dealt with");
    history.tell(&report("BANK_A", IssuerWord::Approved), at(60_050)).unwrap();
    assert_eq!(stands_for(&history), Some(Attention::PaidAfterClose), "the money came after all");

    let mut again = late();
    again.tell(&dealt(Attention::PaidAfterClose), at(100)).unwrap();
    again.tell(&report_of("BANK_A", IssuerWord::Approved, 7, "ref-2"), at(110)).unwrap();
    assert_eq!(stands_for(&again), Some(Attention::PaidAfterClose), "money was taken once more");

    let mut back = late();
    back.tell(&dealt(Attention::PaidAfterClose), at(100)).unwrap();
    back.tell(&Input::GiveBack { by: Some(ann()) }, at(110)).unwrap();
    assert_eq!(stands_for(&back), None);
    back.tell(&said(1, refused(RefundDecline::AccountClosed)), at(120)).unwrap();
    assert_eq!(stands_for(&back), Some(Attention::PaidAfterClose), "the issuer did not take it back");

    let mut refund = contradicted();
    refund.tell(&dealt(Attention::Contradiction), at(100)).unwrap();
    refund.tell(&order(10_000, "rf-1"), at(110)).unwrap();
    refund.tell(&said(1, refused(RefundDecline::AccountClosed)), at(120)).unwrap();
    assert_eq!(stands_for(&refund), None, "a refund that is refused is no news for finance");
}

#[test]
fn con_3_the_issuer_is_asked_before_its_time_where_it_owes_an_answer() {
    let mut pending = History::default();
    pending.tell(&start(Flow::Begin, chosen("BANK_A")), at(0)).unwrap();
    assert_eq!(pending.tell(&Input::AskNow, at(5)), Err(Rejection::NothingToAsk), "the payer may be paying");
    pending.tell(&report("BANK_A", IssuerWord::Pending), at(10)).unwrap();
    let before = pending.effects.len();
    pending.tell(&Input::AskNow, at(20)).unwrap();
    assert!(matches!(pending.effects.last(), Some(Effect::AskIssuerForStatus { .. })));
    pending.tell(&Input::AskNow, at(30)).unwrap();
    assert_eq!(pending.effects.len(), before + 1, "it is being asked");
    pending.tell(&Input::NeverSeen { issuer: bank("BANK_A") }, at(40)).unwrap();
    assert_eq!(RedirectPayment::state_name(&pending.state), "Pending", "a 404 before the deadline ends nothing");

    let mut at_bank = History::default();
    at_bank.tell(&start(Flow::Begin, chosen("BANK_A")), at(0)).unwrap();
    at_bank.tell(&Input::AskNow, at(1_800_000)).unwrap();
    assert!(matches!(at_bank.effects.last(), Some(Effect::AskIssuerForStatus { number: 0, .. })));

    let mut refund = paid();
    assert_eq!(refund.tell(&Input::AskNow, at(50)), Err(Rejection::NothingToAsk));
    refund.tell(&order(10_000, "rf-1"), at(100)).unwrap();
    assert_eq!(refund.tell(&Input::AskNow, at(105)), Err(Rejection::NothingToAsk), "it is being asked");
    refund.tell(&said(1, RefundWord::Pending), at(110)).unwrap();
    refund.tell(&Input::AskNow, at(120)).unwrap();
    assert!(matches!(refund.effects.last(), Some(Effect::RefundAtIssuer { question: 1, .. })));

    for mut over in [late(), contradicted()] {
        assert_eq!(over.tell(&Input::AskNow, at(500)), Err(Rejection::NothingToAsk));
    }
}
