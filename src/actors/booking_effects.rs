//! Carries out the effects of bookings: charges, kept cards, refunds, and telling Google (google-booking-server sections 6
//! and 8.2).
//!
//! A charge whose outcome is unknown is asked for before it is made again, always under the same key; only what this
//! process has just committed is known never to have been sent.

use std::sync::Arc;

use url::Url;

use super::charging::{NEVER_SEEN_MS, SENT_FOR_MS, refund, undone, undone_aloud};
use super::preview::{self, Description};
use super::registry::Registry;
use super::route::{Carried, Effects, Failure as Undone};
use super::settlements::Settlements;
use super::shell::{Ask, AskError, Told};
use super::token_vault::TokenVault;
use super::unexplained::{NotRaised, unexplained};
use crate::crypto::AtRest;
use crate::domain::alarm::Alarm;
use crate::domain::booking::{
    Agreement, Booking, Challenge, Charge as Charged, Collected, Effect, Failure, FailureCause, Input, Means, Notice,
    Outcome, Receipt, RefundStanding, Reply, Resumed, SealedCard,
};
use crate::domain::{Money, TransactionId};
use crate::ports::Clock;
use crate::processor::{
    Attempt, CallFailed, Charge, Decline, DeclineKind, Outcome as Answer, Source, Stripe, Taken, Vault, VaultOutcome,
    Vaulted,
};
use crate::protocol::maps_booking::{BookingPatch, MapsBooking};
use crate::storage::OutboxRow;

/// What bookings reach.
pub struct BookingEffects {
    /// The processor; `None`: nothing is configured, and no booking that costs anything is accepted.
    pub stripe: Option<Stripe>,
    /// Google.
    pub google: MapsBooking,
    /// Seals kept cards.
    pub seal: Arc<AtRest>,
    /// Where tokens wait.
    pub tokens: TokenVault,
    /// Who waits for an outcome.
    pub settlements: Settlements<Reply>,
    /// The bookings, for challenges that another one had.
    pub bookings: Registry<Booking>,
    /// Where it is told that the processor charged what nobody asked for.
    pub alarms: Registry<Alarm>,
    /// Where payers come back to after a challenge.
    pub return_url: Option<Url>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Effects for BookingEffects {
    type Machine = Booking;

    async fn describe(&self, effect: Effect, row: &OutboxRow) -> Description {
        preview::bookings::describe(self, &effect, row)
    }

    async fn carry_out(&self, effect: Effect, row: &OutboxRow) -> Carried<Input> {
        let done = match effect {
            Effect::Tell(notice) => self.tell(*notice).await,
            Effect::Pay { attempt, agreement, means } => {
                let outcome = self.pay(&agreement, &means, row).await;
                outcome.map(|outcome| Input::Paid { attempt, outcome })
            }
            Effect::Abandon { intent, amount, .. } => self.abandon(intent, amount, row).await,
            Effect::Collect { booking, merchant, what, number, amount, card } => {
                let source = self.opened(booking, &card);
                let outcome = match source {
                    Ok(card) => {
                        let wanted = Charge {
                            amount,
                            source: Source::Vaulted(&card),
                            merchant: &merchant,
                            attempt: &row.idempotency_key,
                            description: None,
                            statement: None,
                            off_session: true,
                            keep_card: false,
                            networks: None,
                            return_url: None,
                        };
                        self.collect(&wanted, row).await
                    }
                    Err(undone) => Err(undone),
                };
                outcome.map(|outcome| Input::Collected { what, number, outcome })
            }
            Effect::Refund { number, tries, charge, .. } => {
                self.refund(&charge, row).await.map(|standing| Input::Refunded { number, tries, standing })
            }
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

/// How an attempt at the processor ended.
enum Attempted {
    /// With an answer.
    Answered(Answer),
    /// A card is kept.
    Kept(VaultOutcome),
}

impl BookingEffects {
    fn stripe(&self) -> Result<&Stripe, Undone> {
        self.stripe.as_ref().ok_or_else(|| Undone::refused("no processor is configured: see [processor.stripe]"))
    }

    async fn tell(&self, notice: Notice) -> Result<Input, Undone> {
        let told = self.google.patch_booking(&patch(&notice), self.clock.now()).await;
        told.map(|()| Input::Told).map_err(|failed| Undone {
            description: failed.description,
            retry_after_ms: failed.retry_after_ms,
            refused: failed.refused,
        })
    }

    async fn pay(&self, agreement: &Arc<Agreement>, means: &Means, row: &OutboxRow) -> Result<Outcome, Undone> {
        let amount = agreement.terms.due_now();
        let attempted = match means {
            Means::Token(digest) => {
                let outcome = self.pay_with_token(agreement, *digest, row).await?;
                if !outcome.goes_on() {
                    self.tokens.forget(agreement.id, *digest);
                }
                match outcome {
                    Paid::Attempted(attempted) => attempted,
                    Paid::NotReached => return Ok(Outcome::NotReached),
                    Paid::Refused(failure) => return Ok(Outcome::Refused(failure)),
                    Paid::Open => return Err(Undone::failed("the outcome of the charge is not known yet")),
                }
            }
            Means::Challenge(intent) => self.after_challenge(intent, amount).await?,
            Means::Adopted(resumed) => {
                let Some(intent) = self.adopt(agreement, *resumed).await? else {
                    let failure = Failure::new(FailureCause::PaymentError, "there is no such challenge");
                    return Ok(Outcome::Refused(failure));
                };
                self.after_challenge(&intent, amount).await?
            }
        };
        let due = agreement.terms.due_now();
        if let Attempted::Answered(Answer::Charged(taken)) = &attempted
            && let Some(other) = self.other_amount(taken, due).await?
        {
            return Ok(Outcome::ChargedOther(other));
        }
        self.outcome(agreement, attempted)
    }

    /// What was charged instead of what was asked for (section 6.4). It is told before it is acted upon.
    async fn other_amount(&self, taken: &Taken, asked: Option<Money>) -> Result<Option<Charged>, Undone> {
        let Some(amount) = taken.amount.filter(|amount| Some(*amount) != asked) else { return Ok(None) };
        let asked = asked.map_or_else(|| "nothing".to_owned(), |asked| asked.to_string());
        let said = format!(
            "The processor says that it charged {amount} by {}, where {asked} was asked for. It is being given back, and \
             is not taken for the payment.",
            taken.intent
        );
        self.told(&taken.intent, &said).await?;
        Ok(Some(Charged { intent: taken.intent.as_str().into(), amount }))
    }

    async fn told(&self, subject: &str, said: &str) -> Result<(), Undone> {
        unexplained(&self.alarms, subject, said).await.map_err(|failed: NotRaised| Undone::failed(failed.to_string()))
    }

    /// What the processor did, in the machine's words.
    fn outcome(&self, agreement: &Agreement, attempted: Attempted) -> Result<Outcome, Undone> {
        let seal = |card: &Vaulted| {
            let plain = zeroize::Zeroizing::new(format!("{} {}", card.customer, card.payment_method));
            let sealed = self.seal.seal(agreement.id.as_uuid().as_bytes(), &plain);
            sealed.map(|sealed| SealedCard(sealed.into())).map_err(|error| Undone::failed(error.to_string()))
        };
        Ok(match attempted {
            Attempted::Answered(Answer::Charged(taken)) => Outcome::Succeeded(Receipt {
                vault: taken.vaulted.as_ref().map(seal).transpose()?,
                transaction_id: taken.intent.into(),
                charged: agreement.terms.due_now(),
            }),
            Attempted::Kept(VaultOutcome::Kept { setup, vaulted, .. }) => Outcome::Succeeded(Receipt {
                vault: Some(seal(&vaulted)?),
                transaction_id: setup.into(),
                charged: None,
            }),
            Attempted::Answered(Answer::Declined(decline)) | Attempted::Kept(VaultOutcome::Declined(decline)) => {
                Outcome::Refused(failure(&decline))
            }
            Attempted::Answered(Answer::Challenge(challenge)) | Attempted::Kept(VaultOutcome::Challenge(challenge)) => {
                Outcome::Challenged(Challenge {
                    acs_url: challenge.acs_url.as_str().into(),
                    intent: challenge.intent.into(),
                })
            }
            Attempted::Answered(Answer::Voided { .. }) => {
                Outcome::Refused(Failure::new(FailureCause::PaymentError, "the payment was given up"))
            }
            Attempted::Answered(Answer::Held(_) | Answer::Undecided { .. })
            | Attempted::Kept(VaultOutcome::Undecided { .. }) => {
                return Err(Undone::failed("the processor has not decided yet"));
            }
        })
    }

    /// Charges a token, or keeps its card.
    async fn pay_with_token(&self, agreement: &Agreement, digest: [u8; 32], row: &OutboxRow) -> Result<Paid, Undone> {
        let stripe = self.stripe()?;
        let charges = agreement.terms.due_now().is_some();
        let known = if row.fresh { None } else { found(stripe, charges, row).await? };
        match known {
            // Keeping a card takes two requests, and the second never came: it is made up for.
            None | Some(Attempted::Kept(VaultOutcome::Undecided { .. })) => {}
            Some(known) => return Ok(Paid::Attempted(known)),
        }
        let age = self.clock.now().millis_since(row.created_at);
        let token = if age < SENT_FOR_MS { self.tokens.get(agreement.id, digest) } else { None };
        let Some(token) = token else {
            // After a crash, or too late: nobody sends it any more. What was sent last had its time to be seen.
            return Ok(if age >= NEVER_SEEN_MS { Paid::NotReached } else { Paid::Open });
        };
        let (merchant, attempt) = (agreement.merchant(), row.idempotency_key.as_str());
        let (networks, return_url) = (agreement.networks.as_deref(), self.return_url.as_ref());
        let attempted = if let Some(amount) = agreement.terms.due_now() {
            let wanted = Charge {
                amount,
                source: Source::Token(&token),
                merchant,
                attempt,
                description: None,
                statement: None,
                off_session: false,
                keep_card: agreement.terms.keeps_card(),
                networks,
                return_url,
            };
            stripe.charge(&wanted).await.map(Attempted::Answered)
        } else {
            let wanted = Vault { token: &token, merchant, attempt, networks, return_url };
            stripe.vault(&wanted).await.map(Attempted::Kept)
        };
        match attempted {
            Ok(attempted) => Ok(Paid::Attempted(attempted)),
            // Only what was never tried before is known not to have been charged.
            Err(CallFailed::NotSent | CallFailed::Busy { .. }) if row.fresh => Ok(Paid::NotReached),
            Err(CallFailed::Amount(error)) => {
                Ok(Paid::Refused(Failure::new(FailureCause::PaymentError, &error.to_string())))
            }
            Err(CallFailed::Refused { status, code }) if row.fresh => {
                tracing::error!(processor.status = status, processor.code = %code, "the processor refuses our requests");
                Ok(Paid::Refused(Failure::new(FailureCause::PaymentError, "the processor refused the request")))
            }
            Err(failed) => Err(undone_aloud(&self.alarms, &failed).await),
        }
    }

    /// How the transaction stands whose challenge the payer has passed, or not.
    async fn after_challenge(&self, intent: &str, amount: Option<Money>) -> Result<Attempted, Undone> {
        let stripe = self.stripe()?;
        let answer = match amount {
            Some(_) => stripe.confirm_after_challenge(intent).await.map(Attempted::Answered),
            None => stripe.vault_standing(intent).await.map(Attempted::Kept),
        };
        match answer {
            Ok(answer) => Ok(answer),
            Err(failed) => Err(undone_aloud(&self.alarms, &failed).await),
        }
    }

    /// The transaction of another booking's challenge, if that one lets this booking go on with it.
    async fn adopt(&self, agreement: &Arc<Agreement>, resumed: Resumed) -> Result<Option<Arc<str>>, Undone> {
        let input = Input::Adopt { attempt: resumed.attempt, by: agreement.id, wants: agreement.clone() };
        match self.bookings.ask(Ask::plain(resumed.first, input)).await.map(Told::into_reply) {
            Ok(Reply::Adopted { intent }) => Ok(Some(intent)),
            Ok(_) | Err(AskError::Rejected(_)) => Ok(None),
            Err(
                AskError::Overloaded | AskError::Unavailable | AskError::IdempotencyViolation | AskError::Refused(_),
            ) => Err(Undone::failed("the challenged booking could not be asked now")),
        }
    }

    /// Gives a challenged transaction up; what was charged meanwhile goes back.
    async fn abandon(&self, intent: Arc<str>, amount: Option<Money>, row: &OutboxRow) -> Result<Input, Undone> {
        let Some(amount) = amount else {
            // A card that nobody has kept is nothing to undo.
            return Ok(Input::Abandoned { intent, charged: None });
        };
        let stripe = self.stripe()?;
        let known =
            if row.fresh { None } else { Some(stripe.standing(&intent).await.map_err(|failed| undone(&failed))?) };
        let answer = match known {
            // The processor may repeat an error of its own for the key, whatever it has done.
            Some(over @ (Answer::Voided { .. } | Answer::Charged(_) | Answer::Declined(_))) => over,
            Some(Answer::Held(_) | Answer::Challenge(_) | Answer::Undecided { .. }) | None => {
                stripe.void(&intent, &row.idempotency_key).await.map_err(|failed| undone(&failed))?
            }
        };
        match answer {
            Answer::Voided { .. } | Answer::Declined(_) => Ok(Input::Abandoned { intent, charged: None }),
            Answer::Charged(taken) => {
                // All of it, whatever was agreed.
                let amount = taken.amount.unwrap_or(amount);
                let charge = Charged { intent: intent.clone(), amount };
                match self.refund(&charge, row).await? {
                    RefundStanding::Done { .. } => Ok(Input::Abandoned { intent, charged: Some(amount) }),
                    RefundStanding::InFlight | RefundStanding::Failed { .. } => {
                        Err(Undone::refused("an abandoned charge could not be given back"))
                    }
                }
            }
            Answer::Held(_) | Answer::Challenge(_) | Answer::Undecided { .. } => {
                Err(Undone::failed("the processor has not given the payment up yet"))
            }
        }
    }

    fn opened(&self, booking: TransactionId, card: &SealedCard) -> Result<Vaulted, Undone> {
        let opened = self.seal.open(booking.as_uuid().as_bytes(), &card.0);
        let plain = opened.map_err(|error| Undone::refused(format!("the kept card: {error}")))?;
        let (customer, payment_method) =
            plain.split_once(' ').ok_or_else(|| Undone::refused("the kept card was damaged"))?;
        Ok(Vaulted { customer: customer.to_owned(), payment_method: payment_method.to_owned() })
    }

    async fn collect(&self, wanted: &Charge<'_>, row: &OutboxRow) -> Result<Collected, Undone> {
        let stripe = self.stripe()?;
        let known = if row.fresh { None } else { found(stripe, true, row).await? };
        let answer = match known {
            Some(Attempted::Answered(answer)) => answer,
            Some(Attempted::Kept(_)) | None => match stripe.charge(wanted).await {
                Ok(answer) => answer,
                // Too small for the processor, or the card is gone there: a no that stands.
                Err(CallFailed::Refused { status: 400 | 404, code }) => {
                    return Ok(Collected::Declined { code: code.into() });
                }
                Err(failed) => return Err(undone_aloud(&self.alarms, &failed).await),
            },
        };
        match answer {
            Answer::Charged(taken) => Ok(match self.other_amount(&taken, Some(wanted.amount)).await? {
                Some(other) => Collected::ChargedOther(other),
                None => Collected::Charged { intent: taken.intent.into() },
            }),
            Answer::Declined(decline) => Ok(Collected::Declined { code: decline.code.into() }),
            // Nobody is there to pass it.
            Answer::Challenge(_) => Ok(Collected::Declined { code: "authentication_required".into() }),
            Answer::Voided { .. } => Ok(Collected::Declined { code: "voided".into() }),
            Answer::Held(_) | Answer::Undecided { .. } => Err(Undone::failed("the processor has not decided yet")),
        }
    }

    async fn refund(&self, charge: &Charged, row: &OutboxRow) -> Result<RefundStanding, Undone> {
        refund(self.stripe()?, (&charge.intent, charge.amount), row).await
    }
}

/// What Google is told.
pub(super) fn patch(notice: &Notice) -> BookingPatch {
    BookingPatch {
        booking_id: notice.booking.to_string(),
        merchant: notice.merchant.clone(),
        service: notice.service.clone(),
        status: Some(notice.status),
        moved: None,
        prepayment: notice.prepayment.as_ref().map(|(status, id)| (*status, Some(id.to_string()))),
        failure: None,
    }
}

/// What became of charging a token.
enum Paid {
    /// The processor answered.
    Attempted(Attempted),
    /// It was not reached, and has done nothing.
    NotReached,
    /// It cannot be done.
    Refused(Failure),
    /// Not known yet.
    Open,
}

impl Paid {
    /// Whether the token may still be needed.
    const fn goes_on(&self) -> bool {
        match self {
            Self::Open | Self::Attempted(Attempted::Kept(VaultOutcome::Undecided { .. })) => true,
            Self::Attempted(_) | Self::NotReached | Self::Refused(_) => false,
        }
    }
}

/// What the processor knows of an earlier try under this key.
async fn found(stripe: &Stripe, charges: bool, row: &OutboxRow) -> Result<Option<Attempted>, Undone> {
    let attempt = Attempt { key: &row.idempotency_key, since: Some(row.created_at) };
    let known = if charges {
        stripe.find_charge(&attempt).await.map(|known| known.map(Attempted::Answered))
    } else {
        stripe.find_vault(&attempt).await.map(|known| known.map(Attempted::Kept))
    };
    known.map_err(|failed| undone(&failed))
}

/// Section 6.9.
fn failure(decline: &Decline) -> Failure {
    let (cause, network) = match decline.kind {
        DeclineKind::CardDeclined => (FailureCause::CardDeclined, None),
        DeclineKind::NetworkRejected(Some(network)) => (FailureCause::CardTypeRejected, Some(network)),
        // Without the network Google could not tell the payer which card to leave.
        DeclineKind::NetworkRejected(None) => (FailureCause::CardDeclined, None),
        DeclineKind::TokenInvalid | DeclineKind::Other => (FailureCause::PaymentError, None),
    };
    Failure { network, ..Failure::new(cause, &decline.code) }
}
