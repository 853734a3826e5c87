//! Finds the actor of a transaction, spawns it on a miss, lets idle ones go.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::sync::oneshot;

use super::shell::{Ask, AskError, Asked, Changed, Envelope, RememberAs, Seen, Shell, TransactionActor};
use crate::domain::TransactionId;
use crate::storage::Codec;

/// Asks that may wait for one shard; more are answered with "overloaded".
const MAILBOX: usize = 8_192;

/// How actors are kept.
#[derive(Debug, Clone, Copy)]
pub struct RegistrySettings {
    /// Threads that actors live on.
    pub shards: usize,
    /// An actor that is not asked for this long goes.
    pub idle: Duration,
    /// More actors than this, over all shards, are not kept: the longest idle go first.
    pub most_resident: usize,
}

/// The addresses of all transactions of one kind. Cheap to clone.
pub struct Registry<M: Codec> {
    shards: Arc<[Addr<Shard<M>>]>,
    shell: Arc<Shell<M>>,
}

impl<M: Codec> Clone for Registry<M> {
    fn clone(&self) -> Self {
        Self { shards: self.shards.clone(), shell: self.shell.clone() }
    }
}

impl<M: Codec> Registry<M> {
    /// Starts the shards, each on an arbiter of its own: everything one transaction needs happens on one thread.
    pub fn start(shell: Arc<Shell<M>>, settings: RegistrySettings) -> Self {
        let shards = (0..settings.shards.max(1))
            .map(|_| {
                let shell = shell.clone();
                Shard::start_in_arbiter(&Arbiter::new().handle(), move |ctx: &mut Context<Shard<M>>| {
                    ctx.set_mailbox_capacity(MAILBOX);
                    Shard { shell, settings, residents: HashMap::new() }
                })
            })
            .collect();
        Self { shards, shell }
    }

    /// Asks one transaction and waits for the committed answer.
    pub async fn ask(&self, ask: Ask<M>) -> Asked<M> {
        // Nothing was seen that could have changed.
        self.put(ask, None).await.unwrap_or(Err(AskError::Overloaded))
    }

    /// As [`Registry::ask`], for what a person decides on a page: only as long as it is what the page showed. It is compared
    /// where it is decided, so that of two who press the same button at once one is told that it has changed.
    ///
    /// # Errors
    /// [`Changed`]: nothing was done.
    pub async fn ask_as_seen(&self, ask: Ask<M>, seen: Seen<M>) -> Result<Asked<M>, Changed> {
        self.put(ask, Some(seen)).await
    }

    async fn put(&self, ask: Ask<M>, seen: Option<Seen<M>>) -> Result<Asked<M>, Changed> {
        let (reply, answer) = oneshot::channel();
        let Some(shard) = self.shard(ask.id) else { return Ok(Err(AskError::Unavailable)) };
        // `try_send`, not `do_send`: the mailbox bound is the back pressure.
        if shard.try_send(Envelope { ask, seen, reply }).is_err() {
            return Ok(Err(AskError::Overloaded));
        }
        answer.await.unwrap_or(Ok(Err(AskError::Overloaded)))
    }

    /// The remembered answer of an identical request, without deciding anything.
    pub async fn recall(&self, remember: &RememberAs) -> Option<Asked<M>> {
        self.shell.recall(Some(remember)).await
    }

    /// How many actors are resident, for metrics.
    pub async fn residents(&self) -> usize {
        let mut sum = 0;
        for shard in self.shards.iter() {
            sum += shard.send(CountResidents).await.unwrap_or_default();
        }
        sum
    }

    fn shard(&self, id: TransactionId) -> Option<&Addr<Shard<M>>> {
        let spread = id.as_uuid().as_u128() as usize;
        self.shards.get(spread % self.shards.len().max(1))
    }
}

struct Resident<M: Codec> {
    address: Addr<TransactionActor<M>>,
    used: Instant,
}

/// The actors of one thread.
struct Shard<M: Codec> {
    shell: Arc<Shell<M>>,
    settings: RegistrySettings,
    residents: HashMap<TransactionId, Resident<M>>,
}

impl<M: Codec> Actor for Shard<M> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let often = self.settings.idle.clamp(Duration::from_millis(100), Duration::from_secs(5));
        ctx.run_interval(often, |shard, _| shard.let_idle_ones_go());
    }
}

impl<M: Codec> Shard<M> {
    fn let_idle_ones_go(&mut self) {
        // Dropping the address stops the actor once its mailbox is empty; a commit in flight is finished first.
        let (now, idle) = (Instant::now(), self.settings.idle);
        self.residents.retain(|_, resident| resident.address.connected() && now.duration_since(resident.used) < idle);
        let most = self.settings.most_resident / self.settings.shards.max(1);
        if self.residents.len() > most {
            let mut used: Vec<_> = self.residents.values().map(|resident| resident.used).collect();
            used.sort_unstable();
            if let Some(&limit) = used.get(self.residents.len() - most) {
                self.residents.retain(|_, resident| resident.used >= limit);
            }
        }
        // A burst must not leave its memory behind.
        if self.residents.capacity() > 4 * self.residents.len() + 1024 {
            self.residents.shrink_to_fit();
        }
    }
}

impl<M: Codec> Handler<Envelope<M>> for Shard<M> {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<M>, _: &mut Self::Context) {
        let used = Instant::now();
        let id = envelope.ask.id;
        let envelope = match self.residents.get_mut(&id) {
            Some(resident) => {
                resident.used = used;
                match resident.address.try_send(envelope) {
                    // Where its mailbox is full, dropping the reply tells the asker.
                    Ok(()) | Err(SendError::Full(_)) => return,
                    Err(SendError::Closed(envelope)) => envelope,
                }
            }
            None => envelope,
        };
        let address = TransactionActor::begin(self.shell.clone());
        if address.try_send(envelope).is_ok() {
            self.residents.insert(id, Resident { address, used });
        }
    }
}

#[derive(Message)]
#[rtype(result = "usize")]
struct CountResidents;

impl<M: Codec> Handler<CountResidents> for Shard<M> {
    type Result = usize;

    fn handle(&mut self, _: CountResidents, _: &mut Self::Context) -> usize {
        self.residents.len()
    }
}
