//! Letters about invoices, and the cards in them: written when they leave, with links that are signed then.

use std::sync::Arc;

use url::Url;
use uuid::Builder;

use crate::crypto::{
    CardSigner, CardSignerError, Purpose, ServiceAct, ServiceToken, ServiceTokens, UrlKeys, recipient_digest,
};
use crate::domain::invoice::{InvoiceReference, Letter, Stage, View};
use crate::domain::{Day, Timestamp};
use crate::ports::Entropy;
use crate::protocol::letters::{self, About, Composed, MailMarkup};
use crate::protocol::outlook::{
    Account, Card, CardState, CardTokens, ShownInvoice, Signing, card_markup, payment_request_markup,
};

/// A link to an invoice's page is good for so long: the most that contract section 4 allows, less the rounding.
const LINK_MS: i64 = 7 * 24 * 3_600 * 1_000 - 1_000;
/// The actions of a card are: the most that outlook-payments section 13.8 allows.
const ACTIONS_MS: i64 = 35 * 24 * 3_600 * 1_000;

/// What Outlook draws in a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailForm {
    /// The payment request (outlook-payments section 3).
    PaymentRequest,
    /// The Adaptive Card (section 13.2).
    Card,
}

/// Outlook's part of letters.
pub struct OutlookMail {
    /// Who we are there.
    pub account: Account,
    /// What it draws.
    pub form: MailForm,
    /// Signs it; `None`: DKIM and SPF have to do (section 3.1).
    pub signer: Option<CardSigner>,
    /// The bare address in `From:`.
    pub sender: String,
    /// Section 3.6: `iat` as text.
    pub iat_as_text: bool,
    /// Mints the tokens of a card's actions.
    pub tokens: ServiceTokens,
    /// `{public_url}/outlook/actions`.
    pub actions: Url,
}

/// A letter that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritten {
    /// The public address has no path.
    #[error("no link to the invoice's page can be made: see server.public_url")]
    NoLink,
    /// The key does not sign.
    #[error(transparent)]
    Signer(#[from] CardSignerError),
}

/// Where letters about invoices come from. Cheap to clone.
#[derive(Clone)]
pub struct InvoiceLetters {
    /// The origin, and optional path prefix, of our pages.
    pub public_url: Url,
    /// Signs links.
    pub keys: UrlKeys,
    /// The merchant's name, as recipients read it.
    pub merchant: Arc<str>,
    /// An https image of the merchant's.
    pub logo: Option<Url>,
    /// Outlook, if it is configured.
    pub outlook: Option<Arc<OutlookMail>>,
    /// Ids of cards and tokens.
    pub entropy: Arc<dyn Entropy>,
}

impl InvoiceLetters {
    /// The invoice's page, signed for a week (contract sections 3 and 4).
    ///
    /// # Errors
    /// [`Unwritten::NoLink`].
    pub fn page(&self, reference: &InvoiceReference, now: Timestamp) -> Result<Url, Unwritten> {
        let mut url = self.public_url.clone();
        url.set_query(None);
        url.path_segments_mut()
            .map_err(|()| Unwritten::NoLink)?
            .pop_if_empty()
            .extend(["invoices", reference.as_str()]);
        Ok(self.keys.sign(Purpose::Invoice, url, now.plus_millis(LINK_MS)))
    }

    /// The letter, as the invoice stands now.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn write(&self, letter: Letter, view: &View, now: Timestamp) -> Result<Composed, Unwritten> {
        let page = self.page(&view.content.reference, now)?;
        let about = About { content: &view.content, merchant: &self.merchant, logo: self.logo.as_ref(), page: &page };
        let markup = match &self.outlook {
            Some(outlook) if view.is_payable() => self.markup(outlook, (view, &page), now)?,
            Some(_) | None => MailMarkup::default(),
        };
        let told = match (letter, &view.stage) {
            (Letter::Invoice, _) => letters::Letter::Invoice,
            (Letter::DueSoon, _) => letters::Letter::ReminderBefore,
            (Letter::Overdue, _) => letters::Letter::ReminderAfter,
            (Letter::FreshLink, _) => letters::Letter::FreshLink,
            (Letter::NotPaid, _) => letters::Letter::NotPaid,
            (Letter::Cancelled, _) => letters::Letter::Cancelled,
            (Letter::Receipt, Stage::Paid { payment, receipt, .. }) => {
                letters::Letter::Receipt { number: receipt, paid: payment.order.total }
            }
            // It leaves only while it is true: there is no receipt for what is not paid.
            (Letter::Receipt, Stage::Open | Stage::BeingPaid(_) | Stage::Cancelled { .. }) => {
                letters::Letter::FreshLink
            }
        };
        Ok(told.compose(&about, &markup))
    }

    /// The card as the invoice stands now: the answer to a card's action (outlook-payments section 13.7). Its own actions are
    /// honoured no longer than the one it answers, `until`: asking again lengthens nothing. `None` without Outlook.
    ///
    /// # Errors
    /// [`Unwritten::NoLink`].
    pub fn card(&self, view: &View, now: Timestamp, until: Timestamp) -> Result<Option<String>, Unwritten> {
        let Some(outlook) = &self.outlook else { return Ok(None) };
        let page = self.page(&view.content.reference, now)?;
        let shown = ShownInvoice { account: &outlook.account, content: &view.content, page: &page };
        let written = |card: &Card<'_>| card.write();
        Ok(Some(self.with_card(outlook, (view, &shown), (now, until), written)))
    }

    fn markup(
        &self,
        outlook: &OutlookMail,
        (view, page): (&View, &Url),
        now: Timestamp,
    ) -> Result<MailMarkup, Unwritten> {
        let shown = ShownInvoice { account: &outlook.account, content: &view.content, page };
        let signing = outlook.signer.as_ref().map(|signer| Signing {
            signer,
            sender: &outlook.sender,
            now,
            iat_as_text: outlook.iat_as_text,
        });
        Ok(match outlook.form {
            MailForm::PaymentRequest => payment_request_markup(&shown, Day::of(now), signing)?,
            MailForm::Card => {
                let until = now.plus_millis(ACTIONS_MS);
                self.with_card(outlook, (view, &shown), (now, until), |card| card_markup(card, signing))?
            }
        })
    }

    fn with_card<R>(
        &self,
        outlook: &OutlookMail,
        (view, shown): (&View, &ShownInvoice<'_>),
        (now, until): (Timestamp, Timestamp),
        write: impl FnOnce(&Card<'_>) -> R,
    ) -> R {
        let token = |act| {
            outlook.tokens.mint(&ServiceToken {
                act,
                invoice: view.content.reference.clone(),
                recipient: recipient_digest(&view.content.recipient.email),
                expires: until,
                id: format!("{:016x}", self.entropy.next_u64()),
            })
        };
        let tokens = [ServiceAct::Refresh, ServiceAct::Transferred, ServiceAct::Dispute].map(token);
        let [refresh, transferred, dispute] = &tokens;
        let halves = [self.entropy.next_u64().to_be_bytes(), self.entropy.next_u64().to_be_bytes()].concat();
        let bytes: [u8; 16] = halves.try_into().unwrap_or_default();
        let correlation_id = Builder::from_random_bytes(bytes).into_uuid().to_string();
        let state = match &view.stage {
            Stage::Open | Stage::BeingPaid(_) if view.is_overdue(now) => CardState::Overdue,
            Stage::Open | Stage::BeingPaid(_) => CardState::Open,
            Stage::Paid { receipt, .. } => CardState::Paid { receipt },
            Stage::Cancelled { .. } => CardState::Cancelled,
        };
        write(&Card {
            shown,
            state,
            transferred: view.marks.transferred.is_some(),
            disputed: view.marks.disputed.is_some(),
            actions: &outlook.actions,
            tokens: CardTokens { refresh, transferred, dispute },
            correlation_id: &correlation_id,
        })
    }
}

/// Whether a letter is still true when it leaves: nobody is asked to pay what is paid or cancelled.
pub(super) fn is_true(letter: Letter, view: &View) -> bool {
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
