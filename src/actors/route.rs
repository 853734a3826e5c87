//! From an outbox row to whoever can carry it out, and back to the transaction that asked for it.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;

use super::preview::Description;
use super::registry::Registry;
use super::shell::{Ask, AskError};
use crate::domain::{EffectLane, Machine};
use crate::storage::{Codec, OutboxRow, StorageError};

/// What one attempt at an effect gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried<I> {
    /// It is done; this is what the machine hears.
    Done(Box<I>),
    /// It is not done. Never terminal: the outbox tries again.
    Failed(Failure),
}

/// Why an attempt did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// For the log and the dead letter; no secrets, no personal data.
    pub description: String,
    /// What the peer asked for, in milliseconds.
    pub retry_after_ms: Option<i64>,
    /// Refused rather than failed: retried slowly (flows-security section 8.4).
    pub refused: bool,
}

impl Failure {
    /// A refusal: worth trying again, but not soon.
    pub fn refused(description: impl Into<String>) -> Self {
        Self { description: description.into(), retry_after_ms: None, refused: true }
    }

    /// A failure: worth trying again soon.
    pub fn failed(description: impl Into<String>) -> Self {
        Self { description: description.into(), retry_after_ms: None, refused: false }
    }
}

/// The outside world of one kind of transaction.
pub trait Effects: Send + Sync + 'static {
    /// Whose effects these are.
    type Machine: Codec;

    /// One attempt at an effect. `row` carries its idempotency key.
    fn carry_out(
        &self,
        effect: <Self::Machine as Machine>::Effect,
        row: &OutboxRow,
    ) -> impl Future<Output = Carried<<Self::Machine as Machine>::Input>>;

    /// What carrying it out now would come to, without doing it.
    fn describe(
        &self,
        effect: <Self::Machine as Machine>::Effect,
        row: &OutboxRow,
    ) -> impl Future<Output = Description>;

    /// The outcome of an effect is committed, and this is what the machine answered: for whoever waits for it.
    fn settled(&self, _row: &OutboxRow, _reply: &<Self::Machine as Machine>::Reply) {}
}

/// How long the outbox waits between two attempts at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// 1 s doubling to 15 min; what was refused waits longer from the first, and both end after seven days.
    #[default]
    Patient,
    /// The other side has to hear within five minutes of being there again (google-booking-server sections 2.5 and 8.1): 1 s
    /// doubling to 1 min, to 4 min after some hours, refused or not. What was refused for a whole day is parked, so that what
    /// the transaction says later is heard.
    Prompt,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Delivered {
    /// Carried out, and its outcome is committed: the row is gone.
    Settled,
    /// Carried out, but its outcome could not be recorded now.
    Unrecorded,
    /// Carried out, but the transaction refuses its outcome.
    Unwanted,
    /// Not carried out.
    Failed(Failure),
}

trait Deliver: Send + Sync {
    fn pace(&self, lane: &str) -> Pace;
    fn deliver<'a>(&'a self, row: &'a OutboxRow) -> LocalBoxFuture<'a, Delivered>;
    fn describe<'a>(&'a self, row: &'a OutboxRow) -> LocalBoxFuture<'a, Result<Description, StorageError>>;
}

struct Route<E: Effects> {
    effects: Arc<E>,
    registry: Registry<E::Machine>,
    prompt: &'static [EffectLane],
}

impl<E: Effects> Deliver for Route<E> {
    fn pace(&self, lane: &str) -> Pace {
        if self.prompt.iter().any(|prompt| prompt.as_str() == lane) { Pace::Prompt } else { Pace::Patient }
    }

    fn describe<'a>(&'a self, row: &'a OutboxRow) -> LocalBoxFuture<'a, Result<Description, StorageError>> {
        Box::pin(async move { Ok(self.effects.describe(row.effect::<E::Machine>()?, row).await) })
    }

    fn deliver<'a>(&'a self, row: &'a OutboxRow) -> LocalBoxFuture<'a, Delivered> {
        Box::pin(async move {
            let effect = match row.effect::<E::Machine>() {
                Ok(effect) => effect,
                // A newer node may have written it: one that knows it will carry it out.
                Err(error) => return Delivered::Failed(Failure::refused(error.to_string())),
            };
            match self.effects.carry_out(effect, row).await {
                Carried::Failed(failure) => Delivered::Failed(failure),
                Carried::Done(input) => {
                    let ask = Ask { id: row.key.transaction, input: *input, remember: None, settles: Some(row.key) };
                    match self.registry.ask(ask).await {
                        Ok(told) => {
                            self.effects.settled(row, &told.into_reply());
                            Delivered::Settled
                        }
                        Err(AskError::Overloaded | AskError::Unavailable) => Delivered::Unrecorded,
                        Err(AskError::Rejected(_) | AskError::IdempotencyViolation | AskError::Refused(_)) => {
                            Delivered::Unwanted
                        }
                    }
                }
            }
        })
    }
}

/// Who carries out the effects of which kind of transaction.
#[derive(Clone, Default)]
pub struct Routes(HashMap<&'static str, Arc<dyn Deliver>>);

impl Routes {
    /// With a kind of transaction more.
    #[must_use]
    pub fn with<E: Effects>(self, effects: E, registry: Registry<E::Machine>) -> Self {
        self.with_prompt(effects, registry, &[])
    }

    /// With a kind of transaction more, whose calls on these lanes are made at [`Pace::Prompt`].
    #[must_use]
    pub fn with_prompt<E: Effects>(
        mut self,
        effects: E,
        registry: Registry<E::Machine>,
        prompt: &'static [EffectLane],
    ) -> Self {
        let route = Route { effects: Arc::new(effects), registry, prompt };
        self.0.insert(E::Machine::KIND, Arc::new(route));
        self
    }

    /// How soon a row is tried again.
    pub(super) fn pace(&self, row: &OutboxRow) -> Pace {
        self.0.get(row.kind.as_str()).map(|route| route.pace(&row.lane)).unwrap_or_default()
    }

    /// What carrying a row out now would come to; `None`: this node carries out no effects of its kind.
    pub(super) async fn describe(&self, row: &OutboxRow) -> Option<Result<Description, StorageError>> {
        Some(self.0.get(row.kind.as_str())?.describe(row).await)
    }

    pub(super) async fn deliver(&self, row: &OutboxRow) -> Delivered {
        match self.0.get(row.kind.as_str()) {
            Some(route) => route.deliver(row).await,
            // Another node may run a later binary, or have a surface configured that this one has not.
            None => Delivered::Failed(Failure::refused(format!("this node carries out no effects of a {}", row.kind))),
        }
    }
}
