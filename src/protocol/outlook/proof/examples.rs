//! The specification's examples: their requests are read, and our answers are theirs as JSON values.

use super::*;
use crate::domain::invoice::quote;

/// What a pane is answered that asks `request`, priced as it asks.
pub(super) fn answered(request: &str, content: &Content, account: &Account) -> Value {
    let request = PaymentRequest::unseal(request.as_bytes()).unwrap();
    request.context.verify(content).unwrap();
    let priced = quote(content, request.address.as_ref().map(|a| &a.address), request.way.as_deref());
    let session = request.session.clone().unwrap_or_else(|| "chk_7Q2M9ZT4".to_owned());
    let shown = ShownInvoice { account, content, page: &page() };
    value(
        &PaneAnswer::Payable { session: &session, quote: &priced, overdue: false, under_way: false }
            .seal(&request, &shown),
    )
}

#[test]
fn r4_section_5_4_the_first_answer() {
    assert_eq!(answered(golden!("load-request"), &content(), &account()), value(golden!("load-answer")));
}

#[test]
fn r4_section_5_5_an_address_was_chosen() {
    assert_eq!(answered(golden!("address-request"), &content(), &account()), value(golden!("address-answer")));
}

#[test]
fn r4_section_5_6_a_way_was_chosen() {
    assert_eq!(answered(golden!("option-request"), &content(), &account()), value(golden!("option-answer")));
}

#[test]
fn r7_section_5_7_it_is_paid_already() {
    let request = PaymentRequest::unseal(golden!("load-request").as_bytes()).unwrap();
    let (content, account, page) = (content(), account(), page());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let answer = PaneAnswer::Paid { receipt: "NW-R-55120" }.seal(&request, &shown);
    assert_eq!(value(&answer), value(golden!("paid-answer")));
}

#[test]
fn c2_section_6_4_the_approval_is_read() {
    let complete = PaymentComplete::unseal(golden!("complete-request").as_bytes()).unwrap();
    assert_eq!(complete.request_id, "chk_7Q2M9ZT4");
    assert_eq!(complete.token.expose(), "tok_visa");
    assert_eq!(complete.way.as_deref(), Some("ground"));
    assert_eq!(complete.payer.email.as_deref(), Some("dana.lindqvist@fabrikat.example"));
    let address = complete.address.clone().unwrap().address;
    assert_eq!(address.lines, ["1412 Alder Street".into(), "Unit 9".into()]);
    assert_eq!((address.country.as_deref(), address.sorting_code), (Some("US"), None));
    complete.context.verify(&content()).unwrap();
    assert!(!format!("{complete:?}").contains("Lindqvist"), "S5");
    assert!(!format!("{complete:?}").contains("tok_"), "S5");
}

#[test]
fn c7_section_6_5_success_is_answered_with_the_paid_invoice() {
    let (content, account, page) = (content(), account(), page());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let answer = CompleteAnswer::Success { receipt: "NW-R-55120" }.seal("chk_7Q2M9ZT4", &shown);
    assert_eq!(value(&answer), value(golden!("success-answer")));
}

#[test]
fn c6_section_6_5_a_decline_names_the_card_s_fault() {
    let (content, account, page) = (content(), account(), page());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let failure = Failure::Card(CardFault::of_card_error("insufficient_funds"));
    let answer = CompleteAnswer::Fail(failure).seal("chk_7Q2M9ZT4", &shown);
    assert_eq!(value(&answer), value(golden!("failure-answer")));
}
