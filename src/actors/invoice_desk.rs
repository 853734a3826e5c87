//! Where pages, Outlook's calls and the admin API meet the invoices: what is asked, and what is waited for.

use std::sync::Arc;
use std::time::Duration;

use super::outbox::OutboxHandle;
use super::registry::Registry;
use super::settlements::{Listener, Settlements};
use super::shell::{Ask, AskError, Asked, Changed, RememberAs, Seen, Told};
use super::token_vault::TokenVault;
use crate::crypto::{invoice_id, invoice_payment_id};
use crate::domain::invoice::{
    Address, CardOrder, Content, End, Input, Invoice, InvoiceReference, Payer, RedirectOrder, Rejection, Reply, Stage,
    TokenStanding, View, confirmation_number, token_standing, view,
};
use crate::domain::{EffectLane, Money, Timestamp, TransactionId, UserName};
use crate::ports::Clock;
use crate::processor::Token;
use crate::storage::{InvoiceFilter, ListedInvoice, Loaded, StorageError, Store};

/// So long PaymentComplete waits for its charge: the call is cut after about 15 s, and 10 s is the hard stop
/// (outlook-payments section 6.8).
const CHARGE_MS: i64 = 9_000;
/// So long the page waits for its payment to be started.
const START_WAIT: Duration = Duration::from_secs(5);
/// How often who waits looks whether another node has carried the effect out.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// After so many looks the charge is tried, or asked for, at once instead of in its own time.
const LOOKS_FOR_A_TRY: u32 = 8;

/// The desk. Cheap to clone.
#[derive(Clone)]
pub struct InvoiceDesk {
    /// Invoices, and how they are found.
    pub store: Store,
    /// The invoices.
    pub invoices: Registry<Invoice>,
    /// Where tokens wait for the effect that charges them.
    pub tokens: TokenVault,
    /// Outcomes of effects.
    pub settlements: Settlements<Reply>,
    /// Hastened when a call is repeated.
    pub outbox: OutboxHandle,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether a processor is configured.
    pub charges: bool,
    /// Whether a mail server is configured.
    pub mails: bool,
}

/// A payment by card, as PaymentComplete asks for it. Personal: not in logs.
#[derive(Debug)]
pub struct CardPayment {
    /// SHA-256 of the `paymentToken` as it came.
    pub digest: [u8; 32],
    /// The processor's token.
    pub token: Token,
    /// What the payer has approved.
    pub approved: Money,
    /// Where it is to be sent.
    pub address: Option<Address>,
    /// In which way, by id.
    pub way: Option<Arc<str>>,
    /// Who pays.
    pub payer: Payer,
}

/// How an attempt by card ended: the same for every call with its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardAnswer {
    /// Paid; with `confirmationNumber`.
    Paid(Arc<str>),
    /// The processor said no, for this reason: `code`, and whether it is the card's fault (section 6.6).
    Declined {
        /// Its own word.
        code: Arc<str>,
        /// It is the card's fault.
        of_card: bool,
    },
    /// The processor was not reached, and nothing was charged: the same call may come again.
    NotReached,
    /// The outcome is not known in time (section 6.8): do not pay again until we have written.
    OutcomeUnknown,
}

/// What is known of a one-time token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardStanding {
    /// It is being charged, or its outcome is not known yet: [`InvoiceDesk::pay_by_card`] waits for it.
    UnderWay,
    /// Its attempt is over, and this stands, whatever has happened since.
    Ended(CardAnswer),
}

/// No answer of business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    /// The invoice says no, and why.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// No processor is configured: cards are not taken.
    #[error("no processor is configured")]
    NoProcessor,
    /// No mail server is configured.
    #[error("no mail server is configured")]
    NoMail,
    /// The request id was used before with other content.
    #[error("the idempotency key was used before with different content")]
    OtherRequest,
    /// Too many wait: 503.
    #[error("overloaded")]
    Overloaded,
    /// Ours: 503.
    #[error("temporarily unavailable")]
    Unavailable,
}

impl From<StorageError> for InvoiceError {
    fn from(error: StorageError) -> Self {
        tracing::error!(error = %error, "storage failed");
        Self::Unavailable
    }
}

/// What the merchant, or a person of ours, has done with an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Mail it.
    Send,
    /// Take it back.
    Cancel,
    /// Give money back: so many micros, or all that remains.
    Refund(Option<i64>),
}

impl InvoiceDesk {
    /// Makes an invoice; with the same content again it is the same invoice. `content.id` follows from its reference.
    ///
    /// # Errors
    /// [`Rejection::OtherContent`] for a reference that is another invoice's.
    pub async fn create(&self, content: Content, remember: Option<RememberAs>) -> Result<View, InvoiceError> {
        let id = invoice_id(&content.reference);
        let content = Content { id, ..content };
        seen(self.ask_as(id, Input::Create(Arc::new(content)), remember).await?)
    }

    /// The invoice with this number; `None`: there is none.
    ///
    /// # Errors
    /// Storage.
    pub async fn find(&self, reference: &InvoiceReference) -> Result<Option<View>, InvoiceError> {
        let loaded = self.store.load::<Invoice>(invoice_id(reference)).await?;
        Ok(loaded.and_then(|Loaded { state, .. }| view(&state)))
    }

    /// What is known of the token with this digest; `None`: it may be tried (outlook-payments section 6.7).
    ///
    /// # Errors
    /// Storage.
    pub async fn card_standing(
        &self,
        reference: &InvoiceReference,
        digest: &[u8; 32],
    ) -> Result<Option<CardStanding>, InvoiceError> {
        let id = invoice_id(reference);
        let loaded = self.store.load::<Invoice>(id).await?;
        let standing = loaded.and_then(|Loaded { state, .. }| token_standing(&state, digest));
        Ok(standing.map(|standing| match standing {
            TokenStanding::UnderWay => CardStanding::UnderWay,
            TokenStanding::Ended { attempt, end } => CardStanding::Ended(answered(id, attempt, &end)),
        }))
    }

    /// Invoices, the newest first; [`ListedInvoice::place`] of the last is where the next page begins.
    ///
    /// # Errors
    /// Storage.
    pub async fn list(&self, filter: &InvoiceFilter, limit: u64) -> Result<Vec<ListedInvoice>, InvoiceError> {
        Ok(self.store.invoices(filter, limit).await?)
    }

    /// What contract section 6 offers for an invoice.
    ///
    /// # Errors
    /// What the invoice says against it.
    pub async fn act(
        &self,
        reference: &InvoiceReference,
        act: Act,
        (by, remember): (Option<UserName>, Option<RememberAs>),
    ) -> Result<View, InvoiceError> {
        let input = match act {
            Act::Send if !self.mails => return Err(self.why_not_sent(reference).await?),
            Act::Send => Input::Send,
            Act::Cancel => Input::Cancel { by },
            Act::Refund(amount_micros) => Input::Refund { amount_micros, by },
        };
        seen(self.ask_as(invoice_id(reference), input, remember).await?)
    }

    /// Gives back so many micros, or all that remains, as a person has seen it on a page.
    ///
    /// # Errors
    /// [`Changed`]: it is not what was seen any more, and nothing was done. Within: what the invoice says against it.
    pub async fn refund_as_seen(
        &self,
        reference: &InvoiceReference,
        (amount_micros, seen): (Option<i64>, Seen<Invoice>),
        (by, remember): (UserName, RememberAs),
    ) -> Result<Result<View, InvoiceError>, Changed> {
        let input = Input::Refund { amount_micros, by: Some(by) };
        let ask = Ask { id: invoice_id(reference), input, remember: Some(remember), settles: None };
        let asked = self.invoices.ask_as_seen(ask, seen).await?;
        Ok(told(asked).and_then(self::seen))
    }

    /// Nothing can be mailed; what the invoice itself says against it comes first.
    async fn why_not_sent(&self, reference: &InvoiceReference) -> Result<InvoiceError, InvoiceError> {
        Ok(match self.find(reference).await?.map(|view| view.stage) {
            None => Rejection::Unknown.into(),
            Some(Stage::Paid { .. }) => Rejection::Paid.into(),
            Some(Stage::Cancelled { .. }) => Rejection::Cancelled.into(),
            Some(Stage::Open | Stage::BeingPaid(_)) => InvoiceError::NoMail,
        })
    }

    /// Who came with an expired link has a new one mailed to the recipient.
    ///
    /// # Errors
    /// [`Rejection::TooOften`], which is nobody's business: who asks is told the same either way.
    pub async fn fresh_link(&self, reference: &InvoiceReference) -> Result<View, InvoiceError> {
        if !self.mails {
            return Err(InvoiceError::NoMail);
        }
        seen(self.ask(invoice_id(reference), Input::AskFreshLink).await?)
    }

    /// The recipient says that it was paid by transfer.
    ///
    /// # Errors
    /// [`Rejection::Unknown`].
    pub async fn said_transferred(&self, reference: &InvoiceReference) -> Result<View, InvoiceError> {
        seen(self.ask(invoice_id(reference), Input::SayTransferred).await?)
    }

    /// The recipient says that it is wrong.
    ///
    /// # Errors
    /// [`Rejection::Unknown`].
    pub async fn dispute(&self, reference: &InvoiceReference) -> Result<View, InvoiceError> {
        seen(self.ask(invoice_id(reference), Input::Dispute).await?)
    }

    /// A person has dealt with what the recipient said.
    ///
    /// # Errors
    /// [`Rejection::Unknown`].
    pub async fn resolve(&self, reference: &InvoiceReference, by: UserName) -> Result<View, InvoiceError> {
        seen(self.ask(invoice_id(reference), Input::Resolve { by }).await?)
    }

    /// A person has found the money on our bank account; `note` says where.
    ///
    /// # Errors
    /// What the invoice says against it.
    pub async fn mark_paid(
        &self,
        reference: &InvoiceReference,
        by: UserName,
        note: Arc<str>,
    ) -> Result<View, InvoiceError> {
        seen(self.ask(invoice_id(reference), Input::MarkPaid { by, note }).await?)
    }

    /// PaymentComplete (outlook-payments section 6.7): charges the token, once, and waits for the outcome.
    ///
    /// # Errors
    /// What the invoice says against a charge; a token that was heard before has its own answer, whatever has happened since.
    pub async fn pay_by_card(
        &self,
        reference: &InvoiceReference,
        payment: CardPayment,
    ) -> Result<CardAnswer, InvoiceError> {
        if !self.charges {
            return Err(InvoiceError::NoProcessor);
        }
        let (now, id, digest) = (self.clock.now(), invoice_id(reference), payment.digest);
        let mut listener = self.settlements.listen(id);
        let CardPayment { token, approved, address, way, payer, .. } = payment;
        // Before it is asked for: the effect may be carried out before the answer is here.
        self.tokens.put(id, digest, token, now);
        let answer_by = now.plus_millis(CHARGE_MS);
        let until = tokio::time::Instant::now() + Duration::from_millis(CHARGE_MS.unsigned_abs());
        let order = CardOrder { digest, approved, address, way, payer, answer_by };
        let asked = self.ask(id, Input::PayByCard(Box::new(order))).await;
        let reply = match asked {
            Ok(reply) => reply,
            Err(error) => {
                // Unless it may have been committed, nobody will come for it.
                if let InvoiceError::Rejected(_) = error {
                    self.tokens.forget(id, digest);
                }
                return Err(error);
            }
        };
        let (attempt, ours) = match reply {
            Reply::Charging { attempt, answer_by: theirs } => (attempt, theirs == answer_by),
            Reply::CardEnded { attempt, end } => {
                self.tokens.forget(id, digest);
                return Ok(answered(id, attempt, &end));
            }
            Reply::Stands(_) | Reply::AtPayment { .. } | Reply::Nothing => return Err(InvoiceError::Unavailable),
        };
        if !ours {
            self.hasten(id, now).await?;
        }
        let key = format!("charge-{id}-{attempt}");
        for looks in 1_u32.. {
            let look = until.min(tokio::time::Instant::now() + LOOK_EVERY);
            if let Some(Reply::CardEnded { attempt, end }) = heard(&mut listener, &key, look).await {
                return Ok(answered(id, attempt, &end));
            }
            // Another node may have carried it out.
            match self.standing(id, attempt).await? {
                Some(end) => return Ok(answered(id, attempt, &end)),
                None if tokio::time::Instant::now() >= until => break,
                // This node has the token: what waits, or waits at another one, is tried here.
                None if looks.is_multiple_of(LOOKS_FOR_A_TRY) => self.hasten(id, now).await?,
                None => {}
            }
        }
        Ok(CardAnswer::OutcomeUnknown)
    }

    /// How an attempt ended; `None`: it has not.
    async fn standing(&self, id: TransactionId, attempt: u32) -> Result<Option<End>, InvoiceError> {
        let loaded = self.store.load::<Invoice>(id).await?;
        let place = (attempt as usize).checked_sub(1);
        Ok(loaded.and_then(|Loaded { state, .. }| Some(state.past()?.ended.get(place?)?.end.clone())))
    }

    /// Goes on to a bank or wallet: waits until the payment exists, and answers its id. A payment that is under way is the
    /// one that the payer goes on with.
    ///
    /// # Errors
    /// What the invoice says against it; [`InvoiceError::Unavailable`] when it could not be started in time.
    pub async fn pay_by_redirect(
        &self,
        reference: &InvoiceReference,
        order: RedirectOrder,
    ) -> Result<TransactionId, InvoiceError> {
        let id = invoice_id(reference);
        let mut listener = self.settlements.listen(id);
        let until = tokio::time::Instant::now() + START_WAIT;
        let order = Box::new(order);
        loop {
            let (attempt, started) = match self.ask(id, Input::PayByRedirect(order.clone())).await? {
                Reply::AtPayment { attempt, started } => (attempt, started),
                Reply::Stands(_) | Reply::Charging { .. } | Reply::CardEnded { .. } | Reply::Nothing => {
                    return Err(InvoiceError::Unavailable);
                }
            };
            if started {
                return Ok(invoice_payment_id(id, attempt));
            }
            if tokio::time::Instant::now() >= until {
                return Err(InvoiceError::Unavailable);
            }
            let look = until.min(tokio::time::Instant::now() + LOOK_EVERY);
            if heard(&mut listener, &format!("start-{id}-{attempt}"), look).await.is_some() {
                return Ok(invoice_payment_id(id, attempt));
            }
        }
    }

    /// The call is repeated: what waits for its next try is tried now (contract section 7).
    async fn hasten(&self, id: TransactionId, now: Timestamp) -> Result<(), InvoiceError> {
        if self.store.hasten(id, EffectLane::Processor, now).await? {
            self.outbox.look();
        }
        Ok(())
    }

    async fn ask(&self, id: TransactionId, input: Input) -> Result<Reply, InvoiceError> {
        self.ask_as(id, input, None).await
    }

    async fn ask_as(
        &self,
        id: TransactionId,
        input: Input,
        remember: Option<RememberAs>,
    ) -> Result<Reply, InvoiceError> {
        told(self.invoices.ask(Ask { id, input, remember, settles: None }).await)
    }
}

fn told(asked: Asked<Invoice>) -> Result<Reply, InvoiceError> {
    match asked.map(Told::into_reply) {
        Ok(reply) => Ok(reply),
        Err(AskError::Rejected(rejection)) => Err(InvoiceError::Rejected(rejection)),
        Err(AskError::IdempotencyViolation) => Err(InvoiceError::OtherRequest),
        Err(AskError::Overloaded) => Err(InvoiceError::Overloaded),
        Err(AskError::Refused(_) | AskError::Unavailable) => Err(InvoiceError::Unavailable),
    }
}

/// The reply to the effect with this key, if it comes before `until`.
async fn heard(listener: &mut Listener<Reply>, key: &str, until: tokio::time::Instant) -> Option<Reply> {
    loop {
        match tokio::time::timeout_at(until, listener.next()).await {
            Ok(Some((settled, reply))) if settled == key => return Some(reply),
            Ok(Some(_)) => {}
            // Too much was missed, or nothing came.
            Ok(None) | Err(_) => return None,
        }
    }
}

fn seen(reply: Reply) -> Result<View, InvoiceError> {
    match reply {
        Reply::Stands(view) => Ok(*view),
        Reply::Charging { .. } | Reply::CardEnded { .. } | Reply::AtPayment { .. } | Reply::Nothing => {
            Err(InvoiceError::Unavailable)
        }
    }
}

fn answered(id: TransactionId, attempt: u32, end: &End) -> CardAnswer {
    match end {
        End::Paid => CardAnswer::Paid(confirmation_number(id, attempt)),
        End::Declined(declined) => CardAnswer::Declined { code: declined.code.clone(), of_card: declined.of_card },
        // No card was charged under this number.
        End::NotReached | End::NotPaid { .. } => CardAnswer::NotReached,
    }
}
