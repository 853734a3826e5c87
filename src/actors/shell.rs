//! The shell of a machine: decide, commit, swap memory, answer, wake the outbox (architecture section 4).

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::oneshot;

use super::outbox::OutboxHandle;
use crate::domain::{ClaimRefused, Decision, Timestamp, TransactionId};
use crate::ports::Clock;
use crate::storage::{
    Answer, Change, Codec, Commit, CommitError, Committed, Loaded, NodeId, OutboxKey, Position, RequestKey,
    StorageError, Store,
};

/// How often a stale version is reloaded and decided again before the caller is told to come back.
const ATTEMPTS: usize = 4;
/// Messages that may wait for one transaction; more are answered with "overloaded".
const MAILBOX: usize = 64;

/// An input for one transaction.
#[derive(Debug)]
pub struct Ask<M: Codec> {
    /// Which transaction.
    pub id: TransactionId,
    /// What happens to it.
    pub input: M::Input,
    /// Under which request the answer is remembered, in the same commit.
    pub remember: Option<RememberAs>,
    /// The outbox row that this input is the outcome of; settled in the same commit.
    pub settles: Option<OutboxKey>,
}

impl<M: Codec> Ask<M> {
    /// An input that nobody will repeat under a request id.
    pub const fn plain(id: TransactionId, input: M::Input) -> Self {
        Self { id, input, remember: None, settles: None }
    }
}

/// The identity of a request (flows-security section 7).
#[derive(Debug, Clone)]
pub struct RememberAs {
    /// Who asks, and under which id.
    pub key: RequestKey,
    /// The method.
    pub method: &'static str,
    /// The content without its timestamp.
    pub content_hash: [u8; 32],
}

/// An answer that is committed.
#[derive(Debug, Clone, PartialEq)]
pub enum Told<R> {
    /// Decided now.
    Fresh(R),
    /// Decided by an earlier, identical request.
    Replayed(R),
}

impl<R> Told<R> {
    /// The answer, whenever it was decided.
    pub fn into_reply(self) -> R {
        match self {
            Self::Fresh(reply) | Self::Replayed(reply) => reply,
        }
    }
}

/// No answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError<J> {
    /// The machine says no.
    #[error("rejected")]
    Rejected(J),
    /// The request id was used before with another method or content.
    #[error("the request id was used before with different content")]
    IdempotencyViolation,
    /// What the decision wanted to take is not there any more.
    #[error(transparent)]
    Refused(ClaimRefused),
    /// Too many wait, here or on another node: come back.
    #[error("overloaded")]
    Overloaded,
    /// Ours: storage failed or did not answer in time. What was asked may or may not have been committed.
    #[error("unavailable")]
    Unavailable,
}

/// What asking gives.
pub type Asked<M> =
    Result<Told<<M as crate::domain::Machine>::Reply>, AskError<<M as crate::domain::Machine>::Rejection>>;

/// What a person had before them when they decided. A decision on anything else is not theirs.
pub struct Seen<M: Codec> {
    /// The version of the row that the page was drawn from.
    pub version: i64,
    /// Whether the decision that would be committed comes to what the page said; time may have passed over a row that nobody
    /// has touched. `None`: it follows from the row alone. Where the page said what would come of it, a refusal of the machine
    /// is a change too.
    pub means: Option<Box<Means<M>>>,
}

/// Judges a decision on this state.
pub type Means<M> = dyn Fn(&<M as crate::domain::Machine>::State, &Decision<M>) -> bool + Send + Sync;

impl<M: Codec> Seen<M> {
    fn agrees(&self, known: &Held<M>, decision: &Decision<M>) -> bool {
        self.is_of(known) && self.means.as_ref().is_none_or(|means| means(&known.state, decision))
    }

    fn is_of(&self, known: &Held<M>) -> bool {
        known.position.map(|position| position.version) == Some(self.version)
    }
}

/// It is not what was seen any more, or would come to something else: nothing was done, and a person has to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has changed since it was seen")]
pub struct Changed;

/// What every actor of a kind shares.
pub struct Shell<M: Codec> {
    /// Where snapshots live.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where new effects are handed over.
    pub outbox: OutboxHandle,
    /// This process.
    pub node: NodeId,
    /// A commit that takes longer is answered with "unavailable".
    pub commit_timeout: Duration,
    /// How long a new effect belongs to this node before others may take it.
    pub lease_ms: i64,
    /// The kind of machine.
    pub machine: std::marker::PhantomData<fn() -> M>,
}

/// What the actor holds between messages.
struct Held<M: Codec> {
    state: M::State,
    position: Option<Position>,
}

enum Step<M: Codec> {
    /// Answered; what is to be kept in memory, if anything can be.
    Done(Asked<M>, Option<Held<M>>),
    /// It is not what was seen.
    Changed(Held<M>),
    /// The memory was stale.
    Again,
}

impl<M: Codec> Shell<M> {
    async fn handle(
        &self,
        mut held: Option<Held<M>>,
        (ask, seen): (&Ask<M>, Option<&Seen<M>>),
    ) -> (Result<Asked<M>, Changed>, Option<Held<M>>) {
        for _ in 0..ATTEMPTS {
            let (known, from_memory) = match held.take() {
                Some(known) => (known, true),
                None => match self.store.load::<M>(ask.id).await {
                    Ok(Some(Loaded { state, position })) => (Held { state, position: Some(position) }, false),
                    Ok(None) => (Held { state: M::State::default(), position: None }, false),
                    Err(error) => return (Ok(Err(self.unavailable(ask.id, &error))), None),
                },
            };
            match self.step(known, from_memory, (ask, seen)).await {
                Step::Done(asked, keep) => return (Ok(asked), keep),
                Step::Changed(keep) => return (Err(Changed), Some(keep)),
                Step::Again => {}
            }
        }
        (Ok(Err(AskError::Overloaded)), None)
    }

    async fn step(&self, known: Held<M>, from_memory: bool, (ask, seen): (&Ask<M>, Option<&Seen<M>>)) -> Step<M> {
        let now = self.clock.now();
        // Memory of a row that another node, or a commit that outlived its time limit, may have moved on is good enough to
        // decide a commit, which checks the version, but not to say anything else.
        let may_be_stale = from_memory;
        let decided = M::decide(&known.state, &ask.input, now);
        let as_seen = seen.is_none_or(|seen| match &decided {
            Ok(decision) => seen.agrees(&known, decision),
            Err(_) => seen.means.is_none() && seen.is_of(&known),
        });
        match decided {
            Err(_) if may_be_stale => Step::Again,
            _ if !as_seen && may_be_stale => Step::Again,
            // The same button pressed twice has its answer: it is what changed the row.
            _ if !as_seen => match self.recall(ask.remember.as_ref()).await {
                Some(asked) => Step::Done(asked, Some(known)),
                None => Step::Changed(known),
            },
            Err(rejection) => match self.recall(ask.remember.as_ref()).await {
                Some(asked) => Step::Done(asked, Some(known)),
                None => Step::Done(Err(AskError::Rejected(rejection)), Some(known)),
            },
            Ok(decision) if decision.events.is_empty() && ask.remember.is_none() && ask.settles.is_none() => {
                if may_be_stale && !self.is_current(ask.id, &known).await {
                    return Step::Again;
                }
                Step::Done(Ok(Told::Fresh(decision.reply)), Some(known))
            }
            Ok(decision) => self.commit(known, decision, ask, now).await,
        }
    }

    async fn is_current(&self, id: TransactionId, known: &Held<M>) -> bool {
        let version = self.store.version(id).await;
        matches!(version, Ok(found) if found == known.position.map(|position| position.version))
    }

    async fn commit(&self, known: Held<M>, decision: Decision<M>, ask: &Ask<M>, now: Timestamp) -> Step<M> {
        let Held { state, position } = known;
        let after = decision.events.iter().fold(state, M::apply);
        let changes = !decision.events.is_empty();
        let commit = Commit::<M> {
            id: ask.id,
            position,
            change: changes.then(|| Change {
                state: after.clone(),
                events: decision.events,
                effects: decision.effects,
                entries: decision.entries,
                records: decision.records,
            }),
            answer: ask.remember.clone().map(|remember| Answer {
                key: remember.key,
                method: remember.method,
                content_hash: remember.content_hash,
                reply: M::remembered(&decision.reply),
            }),
            settles: ask.settles,
            now,
            node: self.node,
            lease_ms: self.lease_ms,
        };
        match tokio::time::timeout(self.commit_timeout, self.store.commit(commit)).await {
            Ok(Ok(Committed { position, leased })) => {
                if !leased.is_empty() {
                    self.outbox.carry_out(leased);
                }
                let held = Held { state: after, position: Some(position) };
                Step::Done(Ok(Told::Fresh(decision.reply)), Some(held))
            }
            Ok(Err(CommitError::Conflict)) => Step::Again,
            Ok(Err(CommitError::RequestKnown)) => match self.recall(ask.remember.as_ref()).await {
                Some(asked) => Step::Done(asked, None),
                None => Step::Again,
            },
            Ok(Err(CommitError::Refused(why))) => Step::Done(Err(AskError::Refused(why)), None),
            Ok(Err(CommitError::Unbalanced)) => {
                tracing::error!(transaction.id = %ask.id, "refused ledger entries that do not sum to zero");
                Step::Done(Err(AskError::Unavailable), None)
            }
            Ok(Err(CommitError::Storage(StorageError::Overloaded))) => Step::Done(Err(AskError::Overloaded), None),
            Ok(Err(CommitError::Storage(error))) => Step::Done(Err(self.unavailable(ask.id, &error)), None),
            Err(_) => {
                tracing::error!(transaction.id = %ask.id, "a commit took longer than its time limit");
                Step::Done(Err(AskError::Unavailable), None)
            }
        }
    }

    /// The remembered answer of an identical request, or the violation of one that is not identical.
    pub async fn recall(&self, remember: Option<&RememberAs>) -> Option<Asked<M>> {
        let remember = remember?;
        match self.store.remembered::<M>(&remember.key).await {
            Ok(Some(found)) if found.method == remember.method && found.content_hash == remember.content_hash => {
                Some(Ok(Told::Replayed(found.reply)))
            }
            Ok(Some(_)) => Some(Err(AskError::IdempotencyViolation)),
            Ok(None) => None,
            // Another kind of transaction gave the answer: nothing here can read it, and it is not this request's.
            Err(StorageError::CorruptRow { .. }) if self.is_anothers(remember).await => {
                Some(Err(AskError::IdempotencyViolation))
            }
            Err(error) => {
                tracing::error!(error = %error, "the request log could not be read");
                Some(Err(AskError::Unavailable))
            }
        }
    }

    async fn is_anothers(&self, remember: &RememberAs) -> bool {
        let answered = self.store.answered(&remember.key).await;
        matches!(answered, Ok(Some((method, content)))
            if method != remember.method || content != remember.content_hash)
    }

    fn unavailable(&self, id: TransactionId, error: &StorageError) -> AskError<M::Rejection> {
        tracing::error!(transaction.id = %id, node = ?self.node, error = %error, "storage failed");
        AskError::Unavailable
    }
}

/// One ask on its way, with where its answer goes.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Envelope<M: Codec> {
    pub(super) ask: Ask<M>,
    /// What it is a decision on; `None`: on whatever there is.
    pub(super) seen: Option<Seen<M>>,
    pub(super) reply: oneshot::Sender<Result<Asked<M>, Changed>>,
}

/// The actor of one transaction: order and cache, nothing else.
pub(super) struct TransactionActor<M: Codec> {
    shell: Arc<Shell<M>>,
    held: Option<Box<Held<M>>>,
}

impl<M: Codec> TransactionActor<M> {
    /// Starts the actor. Its mailbox is as large as it shall be from the first moment: many may ask at once for what nobody has
    /// asked for before.
    pub(super) fn begin(shell: Arc<Shell<M>>) -> Addr<Self> {
        Self::create(|ctx| {
            ctx.set_mailbox_capacity(MAILBOX);
            Self { shell, held: None }
        })
    }
}

impl<M: Codec> Actor for TransactionActor<M> {
    type Context = Context<Self>;
}

impl<M: Codec> Handler<Envelope<M>> for TransactionActor<M> {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<M>, ctx: &mut Self::Context) {
        let Envelope { ask, seen, reply } = envelope;
        let shell = self.shell.clone();
        let held = self.held.take().map(|held| *held);
        let work = async move { shell.handle(held, (&ask, seen.as_ref())).await };
        // `wait`, not `spawn`: the next message sees what this one committed.
        ctx.wait(work.into_actor(self).map(|(asked, held), actor, _| {
            // Nothing is known of it, or memory cannot be trusted: the next message starts from the row.
            actor.held = held.filter(|held| held.position.is_some()).map(Box::new);
            // The asker may have gone away; what was committed stays.
            let _gone = reply.send(asked);
        }));
    }
}
