//! The terms of a booking as they were agreed, in words.

use maud::{Markup, html};

use crate::domain::Timestamp;
use crate::domain::booking::Agreement;
use crate::domain::catalog::{OptionKind, Terms};
use crate::web::console::parts::moment;
use crate::web::console::words::Words;

/// How it is paid, by name.
fn kind(agreement: &Agreement) -> &'static str {
    let terms = &agreement.terms;
    match (&terms.bought, &agreement.pack) {
        (Some(option), _) => match option.kind {
            OptionKind::SingleUse => "option",
            OptionKind::MultiUse { .. } => "pack",
            OptionKind::Unlimited => "membership",
        },
        (None, Some(_)) => "owned",
        (None, None) if terms.prepaid => "prepaid",
        (None, None) if terms.deposit.is_some() => "deposit",
        (None, None) if terms.no_show_fee.is_some() => "fee",
        (None, None) if terms.card_required => "card",
        (None, None) => "unpaid",
    }
}

/// What was agreed.
pub(super) fn agreed(words: &Words, agreement: &Agreement) -> Markup {
    let terms: &Terms = &agreement.terms;
    let at = |second: i64| moment(Timestamp::from_secs(second));
    let money = |key: &str, amount| words.tell(key, &[("amount", words.money(amount).into())]);
    html! {
        ul {
            li { (words.name("booking-payment", kind(agreement))) }
            @if let Some(price) = terms.price {
                li {
                    @match terms.tax {
                        Some(tax) => (words.tell("booking-terms-price-tax", &[
                            ("amount", words.money(price).into()), ("tax", words.money(tax).into()),
                        ])),
                        None => (money("booking-terms-price", price)),
                    }
                }
            }
            @if let (Some(due), Some(total)) = (terms.deposit, terms.deposit_total()) {
                li {
                    (money("booking-terms-deposit", total)) " "
                    @match due.charged_from_s {
                        None => (words.say("booking-terms-deposit-now")),
                        Some(from) => { (words.say("booking-terms-deposit-later")) " " (at(from)) }
                    }
                }
                li { (words.say("booking-terms-refund-by")) " " (at(terms.refund_by_s)) }
            }
            @if let Some(fee) = terms.no_show_total() { li { (money("booking-terms-fee", fee)) } }
            li { (words.say("booking-terms-cancel-by")) " " (at(terms.cancel_by_s)) }
            @if let Some(pack) = &agreement.pack {
                li {
                    (words.tell("booking-terms-pack", &[("left", pack.before.into())])) " " bdi.id { (pack.id) }
                }
            }
        }
    }
}
