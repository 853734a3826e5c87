//! The hosted page of an invoice, its receipt, and what who comes with an old link meets (contract section 3).
//!
//! `items.rs` is what is billed and how it stands, `pay.rs` the form that leads on to payment, `receipt.rs` and `link.rs` the
//! other pages.

mod items;
mod link;
mod pay;
#[cfg(test)]
pub(super) mod planted;
#[cfg(test)]
mod proof;
mod receipt;

use std::sync::Arc;

use maud::{Markup, html};

pub use link::{LinkExpired, link_asked, link_expired, link_not_now};
pub use pay::{
    ADDRESS_FIELD, COUNTRY_FIELD, Choice, Entered, LANGUAGE_FIELD, PayOn, PricedWay, Trouble, UnderWay, WAY_FIELD,
};
pub use receipt::{InvoiceReceipt, invoice_receipt};

use super::super::texts::{Message, Texts};
use super::layout::{IssuerMark, PageAssets, notice, sheet};
use crate::domain::invoice::{End, Stage, View};
use crate::domain::{Day, Timestamp};

/// An invoice as its recipient sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceSheet {
    /// The merchant's name.
    pub merchant: Arc<str>,
    /// The merchant's mail address, if there is one.
    pub contact: Option<Arc<str>>,
    /// The invoice.
    pub view: View,
    /// Whether it should have been paid by now.
    pub overdue: bool,
    /// Where it was paid online, if it was.
    pub paid_at: Option<IssuerMark>,
    /// How the last attempt ended that is over.
    pub last_end: Option<End>,
    /// How the payer goes on.
    pub pay_on: PayOn,
    /// What was wrong with the form that was sent.
    pub trouble: Option<Trouble>,
    /// This page in the other language.
    pub other_language_url: String,
    /// The receipt.
    pub receipt_url: String,
    /// Receives the recipient's word that it was paid by transfer.
    pub transferred_action: String,
    /// Receives the recipient's word that it is wrong.
    pub dispute_action: String,
    /// The value of [`LANGUAGE_FIELD`] in every form; empty: the recipient's language.
    pub language: &'static str,
}

/// The invoice page.
pub fn invoice(page: &InvoiceSheet, assets: &PageAssets, texts: &Texts) -> Markup {
    let (view, merchant) = (&page.view, &*page.merchant);
    let title = texts.say(Message::InvoiceTitle { reference: view.content.reference.as_str() });
    let is_paid = matches!(view.stage, Stage::Paid { .. });
    let content = html! {
        div.heading { h1 { (title) } (items::badges(view, page.overdue, texts)) }
        p.purpose { span.label { (texts.say(Message::InvoiceFrom)) } " " bdi { (merchant) } }
        @if let Some(lead) = lead(page, texts) { p.lead role="status" { (lead) } }
        (notices(page, texts))
        (items::items(view, texts))
        (items::facts(page, texts))
        (pay::pay_on(page, texts))
        (said_forms(page, texts))
        nav.links {
            @if is_paid { a href=(page.receipt_url) { (texts.say(Message::ReceiptLink)) } }
            @let other = texts.locale().other().tag();
            a href=(page.other_language_url) hreflang=(other) lang=(other) { (texts.say(Message::OtherLanguage)) }
        }
    };
    sheet(assets, texts, &title, &content)
}

/// What is expected of the reader, in a sentence.
fn lead(page: &InvoiceSheet, texts: &Texts) -> Option<String> {
    let due = texts.day(page.view.content.due);
    match &page.view.stage {
        Stage::Open => {
            let amount = &texts.money(items::priced(&page.view).total);
            let due = &due;
            let said =
                if page.overdue { Message::LeadOverdue { amount, due } } else { Message::LeadOpen { amount, due } };
            Some(texts.say(said))
        }
        Stage::BeingPaid(_) => None,
        Stage::Paid { payment, .. } => {
            let (amount, day) = (&texts.money(payment.order.total), &texts.day(Day::of(payment.at)));
            Some(texts.say(Message::LeadPaid { amount, day }))
        }
        Stage::Cancelled { .. } => Some(texts.say(Message::LeadCancelled { merchant: &page.merchant })),
    }
}

/// What must not be missed: what was wrong just now, how the last attempt ended, and what the recipient has said.
fn notices(page: &InvoiceSheet, texts: &Texts) -> Markup {
    let (view, merchant) = (&page.view, &*page.merchant);
    let say = |title, text| notice(&texts.say(title), &texts.say(text));
    let day = |at: Option<Timestamp>| at.map(|at| texts.day(Day::of(at)));
    let (transferred, disputed) = (day(view.marks.transferred), day(view.marks.disputed));
    html! {
        @if let Some(trouble) = page.trouble {
            @let (title, text) = trouble.says(merchant);
            (say(title, text))
        } @else if view.stage == Stage::Open {
            @match &page.last_end {
                Some(End::NotPaid { why }) if **why == *"payer_left" => {
                    (say(Message::LastCancelledTitle, Message::LastCancelled))
                },
                Some(End::NotPaid { .. } | End::Declined(_) | End::NotReached) => {
                    (say(Message::LastFailedTitle, Message::LastFailed))
                },
                Some(End::Paid) | None => {},
            }
        }
        @if view.is_payable() {
            @if let Some(day) = &transferred {
                (say(Message::SaidTransferredTitle, Message::SaidTransferred { day, merchant }))
            }
            @if let Some(day) = &disputed {
                (say(Message::SaidDisputeTitle, Message::SaidDispute { day, merchant }))
            }
        }
    }
}

/// What else the recipient may say, once each; not while somebody is just paying.
fn said_forms(page: &InvoiceSheet, texts: &Texts) -> Markup {
    let marks = &page.view.marks;
    let form = |action: &str, label| {
        html! {
            form method="post" action=(action) {
                (language_field(page.language))
                button.secondary type="submit" { (texts.say(label)) }
            }
        }
    };
    html! {
        @if page.view.stage == Stage::Open && (marks.transferred.is_none() || marks.disputed.is_none()) {
            section.say aria-labelledby="say" {
                h2 #say { (texts.say(Message::SayHeading)) }
                div.actions {
                    @if marks.transferred.is_none() { (form(&page.transferred_action, Message::SayTransferred)) }
                    @if marks.disputed.is_none() { (form(&page.dispute_action, Message::SayDispute)) }
                }
            }
        }
    }
}

/// Carries the language that was chosen over a form.
fn language_field(language: &str) -> Markup {
    html! {
        @if !language.is_empty() { input type="hidden" name=(LANGUAGE_FIELD) value=(language); }
    }
}
