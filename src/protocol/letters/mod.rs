//! The letters about an invoice, in the recipient's language: a text and the same as HTML for mail clients.
//!
//! They say everything by themselves: nothing is loaded from elsewhere but the merchant's logo, if there is one. What Outlook
//! draws a card from is handed in as [`MailMarkup`]; without Outlook it is empty (outlook-payments section 3.1).

mod html;
mod text;
mod words;

use url::Url;

use crate::domain::invoice::{Content, ItemKind, quote};
use crate::domain::{Day, Money};

pub(in crate::protocol) use words::Words;

/// Which letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter<'a> {
    /// The invoice, for the first time or again.
    Invoice,
    /// It is due soon.
    ReminderBefore,
    /// It was due.
    ReminderAfter,
    /// The link that the recipient asked for.
    FreshLink,
    /// It was paid.
    Receipt {
        /// The receipt's number.
        number: &'a str,
        /// What was paid, shipping included.
        paid: Money,
    },
    /// An attempt whose outcome was unknown for a while has failed: nothing was charged, and it may be paid again
    /// (outlook-payments section 6.8).
    NotPaid,
    /// It need not be paid any more.
    Cancelled,
}

/// What stands in the HTML for Outlook's eyes only. Either part is markup, or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailMarkup {
    /// At the end of `<head>`.
    pub head: String,
    /// At the end of `<body>`.
    pub end_of_body: String,
}

/// What a letter is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The invoice.
    pub content: &'a Content,
    /// The merchant's name.
    pub merchant: &'a str,
    /// An https image of the merchant's.
    pub logo: Option<&'a Url>,
    /// The invoice's page, signed.
    pub page: &'a Url,
}

/// A letter as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Composed {
    /// One line.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As HTML.
    pub html: String,
}

impl std::fmt::Debug for Composed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Composed([redacted])")
    }
}

impl Letter<'_> {
    /// Writes the letter.
    pub fn compose(&self, about: &About<'_>, markup: &MailMarkup) -> Composed {
        let told = Told::of(self, about);
        let (text, html) = (text::write(&told, about), html::write(&told, about, markup));
        // No line end of a name may begin a header of its own.
        let subject = told.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Composed { subject, text, html }
    }

    /// Whether it asks for money.
    const fn asks(&self) -> bool {
        match self {
            Self::Invoice | Self::ReminderBefore | Self::ReminderAfter | Self::FreshLink | Self::NotPaid => true,
            Self::Receipt { .. } | Self::Cancelled => false,
        }
    }
}

/// What both forms of a letter say, in their order.
struct Told {
    words: &'static Words,
    subject: String,
    heading: String,
    greeting: String,
    lead: String,
    /// Label and value.
    facts: Vec<(&'static str, String)>,
    /// Label and amount, without the sum.
    items: Vec<(String, String)>,
    sum: (&'static str, String),
    note: Option<&'static str>,
    button: &'static str,
    after: Option<&'static str>,
    closing: String,
}

impl Told {
    fn of(letter: &Letter<'_>, about: &About<'_>) -> Self {
        let content = about.content;
        let words = Words::of(content.recipient.language);
        let (subject, lead) = match letter {
            Letter::Invoice => (words.invoice_subject, words.invoice_lead),
            Letter::ReminderBefore => (words.before_subject, words.before_lead),
            Letter::ReminderAfter => (words.after_subject, words.after_lead),
            Letter::FreshLink => (words.link_subject, words.link_lead),
            Letter::Receipt { .. } => (words.receipt_subject, words.receipt_lead),
            Letter::NotPaid => (words.not_paid_subject, words.not_paid_lead),
            Letter::Cancelled => (words.cancelled_subject, words.cancelled_lead),
        };
        let due = words.day(content.due);
        let filled = |text: &str| {
            text.replace("{reference}", content.reference.as_str())
                .replace("{due}", &due)
                .replace("{amount}", &words.money(content.total))
                // Last: what a merchant is called is not looked through for names of ours.
                .replace("{merchant}", about.merchant)
        };
        let mut facts = vec![(words.invoice_number, content.reference.as_str().to_owned())];
        facts.push((words.issued_on, words.day(Day::of(content.created_at))));
        let sum = match letter {
            Letter::Receipt { number, paid } => {
                facts.push((words.receipt_number, (*number).to_owned()));
                (words.paid, words.money(*paid))
            }
            Letter::Cancelled => (words.total, words.money(content.total)),
            Letter::Invoice | Letter::ReminderBefore | Letter::ReminderAfter | Letter::FreshLink | Letter::NotPaid => {
                facts.push((words.due_on, due.clone()));
                (words.total_due, words.money(content.total))
            }
        };
        Self {
            words,
            subject: filled(subject),
            heading: format!("{} {}", words.invoice, content.reference),
            greeting: words.greeting.replace("{name}", &content.recipient.name),
            lead: filled(lead),
            facts,
            items: items(letter, content, words),
            sum,
            note: (letter.asks() && !content.shipping.is_empty()).then_some(words.plus_shipping),
            button: if letter.asks() { words.view_and_pay } else { words.view },
            after: letter.asks().then_some(words.link_lasts),
            closing: filled(words.closing),
        }
    }
}

/// Lines, tax, and what was paid beyond them: the shipping.
fn items(letter: &Letter<'_>, content: &Content, words: &Words) -> Vec<(String, String)> {
    let priced = quote(content, None, None);
    let mut items: Vec<(String, String)> = priced
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Line(label) => Some((label.to_string(), words.money(item.amount))),
            ItemKind::Tax => Some((words.tax.to_owned(), words.money(item.amount))),
            ItemKind::Shipping => None,
        })
        .collect();
    if let Letter::Receipt { paid, .. } = letter {
        let beyond = paid.micros().saturating_sub(content.total.micros());
        if beyond > 0 && !content.shipping.is_empty() {
            items.push((words.shipping.to_owned(), words.money(Money::new(beyond, paid.currency()))));
        }
    }
    items
}

#[cfg(test)]
mod proof;
