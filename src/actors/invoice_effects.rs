//! Carries out the effects of invoices: charges and refunds of cards, redirect payments, mail (outlook-payments sections 6.7
//! and 6.8).
//!
//! As with bookings, a charge whose outcome is unknown is asked for before it is made again, always under the same key; only
//! what this process has just committed is known never to have been sent.

use std::sync::Arc;

use super::charging::{NEVER_SEEN_MS, SENT_FOR_MS, refund, undone, undone_aloud};
use super::invoice_letters::{InvoiceLetters, is_true};
use super::invoice_payment::{InvoicePayments, ToRefund, ToStart};
use super::preview::{self, Description};
use super::registry::Registry;
use super::route::{Carried, Effects, Failure as Undone};
use super::settlements::Settlements;
use super::token_vault::TokenVault;
use super::unexplained::unexplained;
use crate::domain::alarm::Alarm;
use crate::domain::booking::RefundStanding;
use crate::domain::catalog::MerchantId;
use crate::domain::invoice::{
    CardOutcome, Declined, Effect, Input, Invoice, InvoiceReference, Letter, Reply, View, view,
};
use crate::domain::{Money, TransactionId};
use crate::mail::{Mail, Mailer};
use crate::ports::Clock;
use crate::processor::{Attempt, CallFailed, Charge, Decline, DeclineKind, Outcome, Source, Stripe, Taken};
use crate::storage::{Loaded, OutboxRow, Store};
/// For whom invoices are charged: stands in the processor's metadata.
const BILLER: &str = "invoices";

/// What invoices reach.
pub struct InvoiceEffects {
    /// Where invoices stand: a letter tells how they stand when it leaves.
    pub store: Store,
    /// The processor; `None`: nothing is configured, and no card is charged.
    pub stripe: Option<Stripe>,
    /// Where tokens wait.
    pub tokens: TokenVault,
    /// Who waits for an outcome.
    pub settlements: Settlements<Reply>,
    /// The alarms.
    pub alarms: Registry<Alarm>,
    /// The redirect payments.
    pub payments: InvoicePayments,
    /// The mail server; `None`: nothing is configured, and nothing is mailed.
    pub mailer: Option<Arc<Mailer>>,
    /// Writes letters.
    pub letters: InvoiceLetters,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A charge of a token.
struct Wanted {
    invoice: TransactionId,
    reference: InvoiceReference,
    amount: Money,
    digest: [u8; 32],
}

impl Effects for InvoiceEffects {
    type Machine = Invoice;

    async fn describe(&self, effect: Effect, row: &OutboxRow) -> Description {
        preview::invoices::describe(self, &effect, row).await
    }

    async fn carry_out(&self, effect: Effect, row: &OutboxRow) -> Carried<Input> {
        let done = match effect {
            Effect::Charge { invoice, reference, attempt, amount, digest } => {
                let outcome = self.charge(&Wanted { invoice, reference, amount, digest }, row).await;
                outcome.map(|outcome| Input::Charged { attempt, outcome })
            }
            Effect::RefundCard { number, tries, intent, amount, .. } => {
                self.refund(&intent, amount, row).await.map(|standing| Input::Refunded { number, tries, standing })
            }
            Effect::StartPayment { invoice, reference, attempt, amount, issuer } => {
                let started = self.payments.start(ToStart { invoice, reference, attempt, amount, issuer }).await;
                started.map(|()| Input::PaymentStarted { attempt })
            }
            Effect::RefundPayment { invoice, attempt, number, tries, amount } => {
                let ordered = ToRefund { invoice, attempt, number: (number, tries), amount };
                let standing = self.payments.refund(ordered).await;
                standing.map(|standing| Input::Refunded { number, tries, standing })
            }
            Effect::Mail { invoice, number, letter } => self.mail(invoice, (number, letter), row).await,
        };
        match done {
            Ok(input) => Carried::Done(Box::new(input)),
            Err(undone) => Carried::Failed(undone),
        }
    }

    fn settled(&self, row: &OutboxRow, reply: &Reply) {
        self.settlements.tell(row.key.transaction, &row.idempotency_key, reply);
    }
}

impl InvoiceEffects {
    fn stripe(&self) -> Result<&Stripe, Undone> {
        self.stripe.as_ref().ok_or_else(|| Undone::refused("no processor is configured: see [processor.stripe]"))
    }

    async fn charge(&self, wanted: &Wanted, row: &OutboxRow) -> Result<CardOutcome, Undone> {
        let outcome = match self.charged(wanted, row).await? {
            Charged::Open => return Err(Undone::failed("the outcome of the charge is not known yet")),
            Charged::NotReached => CardOutcome::NotReached,
            Charged::Refused(code) => declined(code, false),
            Charged::Answered(answer) => self.settle(answer, wanted.amount, row).await?,
        };
        self.tokens.forget(wanted.invoice, wanted.digest);
        Ok(outcome)
    }

    /// What the processor did, in the machine's words.
    async fn settle(&self, answer: Outcome, asked: Money, row: &OutboxRow) -> Result<CardOutcome, Undone> {
        match answer {
            Outcome::Charged(taken) => self.taken(&taken, asked).await,
            Outcome::Declined(decline) => Ok(of_decline(&decline)),
            Outcome::Voided { .. } => Ok(declined("authentication_required", true)),
            // The payment pane shows no challenge: it is given up, so that nobody can pass it later.
            Outcome::Challenge(challenge) => {
                let given_up = self.stripe()?.void(&challenge.intent, &row.idempotency_key).await;
                match given_up.map_err(|failed| undone(&failed))? {
                    Outcome::Charged(taken) => self.taken(&taken, asked).await,
                    Outcome::Voided { .. } | Outcome::Declined(_) => Ok(declined("authentication_required", true)),
                    Outcome::Held(_) | Outcome::Challenge(_) | Outcome::Undecided { .. } => {
                        Err(Undone::failed("the processor has not given the charge up yet"))
                    }
                }
            }
            Outcome::Held(_) | Outcome::Undecided { .. } => Err(Undone::failed("the processor has not decided yet")),
        }
    }

    /// A charge of another amount than was asked for pays no invoice: nobody is told an outcome, nothing else is charged, and a
    /// person looks at it (section 6.7).
    async fn taken(&self, taken: &Taken, asked: Money) -> Result<CardOutcome, Undone> {
        let Some(other) = taken.amount.filter(|amount| *amount != asked) else {
            return Ok(CardOutcome::Succeeded { intent: taken.intent.as_str().into() });
        };
        let said = format!(
            "The processor says that it charged {other} by {} for an invoice, where {asked} was asked for. The invoice waits.",
            taken.intent
        );
        let told = unexplained(&self.alarms, &taken.intent, &said).await;
        told.map_err(|error| Undone::failed(error.to_string()))?;
        Err(Undone::refused("the processor charged another amount"))
    }

    /// Charges the token, or says what became of it.
    async fn charged(&self, wanted: &Wanted, row: &OutboxRow) -> Result<Charged, Undone> {
        let stripe = self.stripe()?;
        let known = if row.fresh {
            None
        } else {
            let attempt = Attempt { key: &row.idempotency_key, since: Some(row.created_at) };
            stripe.find_charge(&attempt).await.map_err(|failed| undone(&failed))?
        };
        if let Some(known) = known {
            return Ok(Charged::Answered(known));
        }
        let age = self.clock.now().millis_since(row.created_at);
        let token = if age < SENT_FOR_MS { self.tokens.get(wanted.invoice, wanted.digest) } else { None };
        let Some(token) = token else {
            // After a crash, or too late: nobody sends it any more. What was sent last had its time to be seen.
            return Ok(if age >= NEVER_SEEN_MS { Charged::NotReached } else { Charged::Open });
        };
        let merchant = MerchantId::parse(BILLER).map_err(|error| Undone::refused(error.to_string()))?;
        let charge = Charge {
            amount: wanted.amount,
            source: Source::Token(&token),
            merchant: &merchant,
            attempt: &row.idempotency_key,
            description: Some(wanted.reference.as_str()),
            statement: Some(wanted.reference.as_str()),
            off_session: false,
            keep_card: false,
            networks: None,
            return_url: None,
        };
        match stripe.charge(&charge).await {
            Ok(answer) => Ok(Charged::Answered(answer)),
            // Only what was never tried before is known not to have been charged.
            Err(CallFailed::NotSent | CallFailed::Busy { .. }) if row.fresh => Ok(Charged::NotReached),
            Err(CallFailed::Amount(_)) => Ok(Charged::Refused("processing_error")),
            Err(CallFailed::Refused { status, code }) if row.fresh => {
                tracing::error!(processor.status = status, processor.code = %code, "the processor refuses our requests");
                Ok(Charged::Refused("processing_error"))
            }
            Err(failed) => Err(undone_aloud(&self.alarms, &failed).await),
        }
    }

    async fn refund(&self, intent: &str, amount: Money, row: &OutboxRow) -> Result<RefundStanding, Undone> {
        refund(self.stripe()?, (intent, amount), row).await
    }

    async fn mail(
        &self,
        invoice: TransactionId,
        (number, letter): (u32, Letter),
        row: &OutboxRow,
    ) -> Result<Input, Undone> {
        let Some(mailer) = &self.mailer else { return Ok(Input::NotMailed { number }) };
        let view = self.view(invoice).await?;
        if !is_true(letter, &view) {
            return Ok(Input::NotMailed { number });
        }
        let now = self.clock.now();
        let written = self.letters.write(letter, &view, now);
        let written = written.map_err(|error| Undone::refused(error.to_string()))?;
        let mail = Mail {
            to: &view.content.recipient.email,
            subject: &written.subject,
            text: &written.text,
            html: Some(&written.html),
            message_id: &row.idempotency_key,
        };
        let sent = mailer.send(&mail, now).await;
        sent.map(|()| Input::Mailed { number }).map_err(|failed| Undone {
            description: failed.description,
            retry_after_ms: None,
            refused: failed.refused,
        })
    }

    pub(super) async fn view(&self, invoice: TransactionId) -> Result<View, Undone> {
        let loaded = self.store.load::<Invoice>(invoice).await;
        let loaded = loaded.map_err(|error| Undone::failed(error.to_string()))?;
        let seen = loaded.and_then(|Loaded { state, .. }| view(&state));
        seen.ok_or_else(|| Undone::refused("there is no such invoice"))
    }
}

/// What became of charging a token.
enum Charged {
    /// The processor answered.
    Answered(Outcome),
    /// It was not reached, and has done nothing.
    NotReached,
    /// It cannot be done, for this reason.
    Refused(&'static str),
    /// Not known yet.
    Open,
}

fn declined(code: &str, of_card: bool) -> CardOutcome {
    CardOutcome::Declined(Declined { code: code.into(), of_card })
}

/// Section 6.6: what is the card's fault, and what is not.
fn of_decline(decline: &Decline) -> CardOutcome {
    let of_card = match decline.kind {
        DeclineKind::CardDeclined | DeclineKind::NetworkRejected(_) => true,
        DeclineKind::TokenInvalid | DeclineKind::Other => false,
    };
    declined(&decline.general, of_card)
}
