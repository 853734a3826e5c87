//! The same payment, started by an invoice of our own: other ears, another owner of the money, the same rules.

use super::proof::{History, at, bank, chosen, declined, report, start};
use super::refund_proof::{order, refunded, said};
use super::*;
use crate::domain::invoice::InvoiceReference;
use crate::domain::{Account, LedgerEntry, Money, RefundId, RequestId, TransactionId};

fn invoice() -> TransactionId {
    TransactionId::parse("01930d2c-7a44-8000-8000-00000000000f").unwrap()
}

fn begun() -> History {
    let Input::Start(mut begin) = start(Flow::Begin, chosen("BANK_A")) else { unreachable!() };
    let reference = InvoiceReference::parse("INV-1").unwrap();
    begin.terms.origin = Origin::Invoice(InvoiceAttempt { invoice: invoice(), reference, attempt: 2 });
    let mut history = History::default();
    history.tell(&Input::Start(begin), at(0)).unwrap();
    assert!(matches!(history.state, State::AtIssuer { .. }), "straight on to the issuer");
    history
}

fn moved(history: &History) -> Vec<(&Account, i64)> {
    history.entries.iter().map(|LedgerEntry { account, amount, .. }| (account, Money::micros(amount))).collect()
}

#[test]
fn its_success_is_the_biller_s_and_told_to_the_invoice_alone() {
    let mut history = begun();
    history.tell(&report("BANK_A", IssuerWord::Approved), at(5)).unwrap();
    let payment = history.state.terms().unwrap().id;
    let told = Effect::TellInvoice {
        payment,
        invoice: invoice(),
        attempt: 2,
        outcome: Outcome::Success,
        issuer: Some(bank("BANK_A")),
    };
    assert_eq!(history.effects, [told]);
    let receivable = Account::IssuerReceivable(bank("BANK_A"));
    assert_eq!(moved(&history), [(&receivable, 109_900_000), (&Account::PayableToBiller, -109_900_000)]);
    assert!(history.records.is_empty(), "no statement of Google's lists it");
    history.tell(&Input::NotificationAccepted, at(6)).unwrap();
    assert!(matches!(history.state, State::Paid { notified: true, .. }));
}

#[test]
fn its_refund_is_the_biller_s_and_its_result_told_to_the_invoice_alone() {
    let mut history = begun();
    history.tell(&report("BANK_A", IssuerWord::Approved), at(5)).unwrap();
    history.tell(&order(9_900_000, "refund-1"), at(6)).unwrap();
    history.tell(&said(1, refunded()), at(7)).unwrap();
    let payment = history.state.terms().unwrap().id;
    let told = Effect::TellInvoiceOfRefund {
        refund: RefundId { payment, number: 1 },
        invoice: invoice(),
        order: RequestId::parse("refund-1").unwrap(),
        result: RefundResult::Success,
    };
    assert_eq!(history.effects.last(), Some(&told));
    let owed: i64 = moved(&history).iter().filter(|(on, _)| **on == Account::PayableToBiller).map(|(_, sum)| sum).sum();
    assert_eq!(owed, -100_000_000);
    assert!(history.records.is_empty());
}

#[test]
fn what_is_taken_after_its_end_belongs_to_no_account_s_configuration() {
    let mut history = begun();
    history.tell(&report("BANK_A", declined(Decline::Risk)), at(5)).unwrap();
    assert!(matches!(history.effects.as_slice(), [Effect::TellInvoice { outcome: Outcome::Negative(_), .. }]));
    history.tell(&report("BANK_A", IssuerWord::Approved), at(6)).unwrap();
    assert!(matches!(history.effects.last(), Some(Effect::ConsiderGivingBack { piaid: None, .. })));
    history.tell(&Input::GiveBack { by: None }, at(7)).unwrap();
    assert!(matches!(history.effects.last(), Some(Effect::RefundAtIssuer { .. })));
}
