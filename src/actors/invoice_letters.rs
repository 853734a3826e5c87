//! Letters about invoices: whose link is signed when the letter leaves, and who writes the words.

use std::sync::Arc;

use url::Url;

use crate::crypto::{Purpose, UrlKeys};
use crate::domain::Timestamp;
use crate::domain::invoice::{InvoiceReference, Letter, View};

/// A link to an invoice's page is good for so long: the most that contract section 4 allows, less the rounding.
const LINK_MS: i64 = 7 * 24 * 3_600 * 1_000 - 1_000;

/// What a letter is written from.
#[derive(Debug)]
pub struct LetterAbout<'a> {
    /// Which letter.
    pub letter: Letter,
    /// The invoice as it stands.
    pub view: &'a View,
    /// Its page, signed.
    pub page: &'a Url,
    /// The time.
    pub now: Timestamp,
}

/// A letter as it is sent. Personal: not in logs.
pub struct LetterText {
    /// One line.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Writes a letter.
pub type Compose = Arc<dyn Fn(&LetterAbout<'_>) -> LetterText + Send + Sync>;

/// Where letters about invoices come from. Cheap to clone.
#[derive(Clone)]
pub struct InvoiceLetters {
    /// The origin, and optional path prefix, of our pages.
    pub public_url: Url,
    /// Signs links.
    pub keys: Arc<UrlKeys>,
    /// Writes the words.
    pub compose: Compose,
}

impl InvoiceLetters {
    /// The invoice's page, signed for a week (contract sections 3 and 4). `None`: the public address has no path.
    pub fn page(&self, reference: &InvoiceReference, now: Timestamp) -> Option<Url> {
        let mut url = self.public_url.clone();
        url.set_query(None);
        url.path_segments_mut().ok()?.pop_if_empty().extend(["invoices", reference.as_str()]);
        Some(self.keys.sign(Purpose::Invoice, url, now.plus_millis(LINK_MS)))
    }

    /// The letter; `None` where no link can be made.
    pub fn write(&self, letter: Letter, view: &View, now: Timestamp) -> Option<LetterText> {
        let page = self.page(&view.content.reference, now)?;
        Some((self.compose)(&LetterAbout { letter, view, page: &page, now }))
    }
}

/// Whether a letter is still true when it leaves: nobody is asked to pay what is paid or cancelled.
pub(super) fn is_true(letter: Letter, view: &View) -> bool {
    use crate::domain::invoice::Stage;
    match (letter, &view.stage) {
        (Letter::Invoice | Letter::DueSoon | Letter::Overdue | Letter::NotPaid, Stage::Open | Stage::BeingPaid(_)) => {
            true
        }
        (
            Letter::Invoice | Letter::DueSoon | Letter::Overdue | Letter::NotPaid,
            Stage::Paid { .. } | Stage::Cancelled { .. },
        ) => false,
        (Letter::FreshLink, _) => true,
        (Letter::Receipt, Stage::Paid { .. }) | (Letter::Cancelled, Stage::Cancelled { .. }) => true,
        (Letter::Receipt, Stage::Open | Stage::BeingPaid(_) | Stage::Cancelled { .. })
        | (Letter::Cancelled, Stage::Open | Stage::BeingPaid(_) | Stage::Paid { .. }) => false,
    }
}
