//! The receipt of a paid invoice: to be printed and kept.

use std::sync::Arc;

use maud::{Markup, html};

use super::super::super::texts::{Message, Texts};
use super::super::layout::{IssuerMark, PageAssets, sheet};
use super::items::{self, fact};
use crate::domain::Day;
use crate::domain::invoice::View;

/// A paid invoice. Of one that is not paid the page tells nothing but its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceReceipt {
    /// The merchant's name.
    pub merchant: Arc<str>,
    /// The merchant's mail address, if there is one.
    pub contact: Option<Arc<str>>,
    /// The invoice.
    pub view: View,
    /// Where it was paid online, if it was.
    pub paid_at: Option<IssuerMark>,
    /// The invoice's page.
    pub invoice_url: String,
    /// This page in the other language.
    pub other_language_url: String,
}

/// The receipt.
pub fn invoice_receipt(page: &InvoiceReceipt, assets: &PageAssets, texts: &Texts) -> Markup {
    let (view, content) = (&page.view, &page.view.content);
    let reference = content.reference.as_str();
    let title = texts.say(Message::ReceiptTitle);
    let lead = Message::ReceiptLead { merchant: &page.merchant, reference };
    let content = html! {
        div.heading { h1 { (title) } (items::badges(view, false, texts)) }
        p.purpose { span.label { (texts.say(Message::InvoiceFrom)) } " " bdi { (page.merchant) } }
        p.lead { (texts.say(lead)) }
        dl.facts {
            (items::paid_facts(view, page.paid_at.as_ref(), texts))
            (fact(texts, Message::InvoiceNumber, &html! { bdi { (reference) } }))
            (fact(texts, Message::InvoiceIssued, &html! { (texts.day(Day::of(content.created_at))) }))
            (fact(texts, Message::InvoiceTo, &html! { bdi { (content.recipient.name) } }))
            (items::delivery(view, texts))
            @if let Some(contact) = &page.contact {
                (fact(texts, Message::InvoiceContact, &html! { bdi { (contact) } }))
            }
        }
        (items::items(view, texts))
        nav.links {
            a href=(page.invoice_url) { (texts.say(Message::ReceiptBack)) }
            @let other = texts.locale().other().tag();
            a href=(page.other_language_url) hreflang=(other) lang=(other) { (texts.say(Message::OtherLanguage)) }
        }
    };
    sheet(assets, texts, &title, &content)
}
