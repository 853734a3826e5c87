//! Sweeps the deadline column (architecture section 4, contract section 5: at least every 2 s).

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::StreamExt;

use super::registry::Registry;
use super::shell::{Ask, AskError};
use crate::ports::Clock;
use crate::storage::{Codec, Store};

/// How often the column is looked at.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How many transactions one look takes.
const AT_ONCE: u64 = 500;
/// How many of them are asked side by side.
const SIDE_BY_SIDE: usize = 32;

/// Tells every transaction whose deadline has passed. Several nodes may sweep one database: the second finds nothing due.
pub struct Deadlines<M: Codec> {
    /// Where the column is.
    pub store: Store,
    /// Whom to tell.
    pub registry: Registry<M>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl<M: Codec> Actor for Deadlines<M> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.notify(Sweep);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Sweep;

impl<M: Codec> Handler<Sweep> for Deadlines<M> {
    type Result = ();

    fn handle(&mut self, _: Sweep, ctx: &mut Self::Context) {
        let (store, registry, clock) = (self.store.clone(), self.registry.clone(), self.clock.clone());
        let task = actix_rt::spawn(async move { sweep(&store, &registry, &*clock).await });
        let sweep = async move {
            task.await.unwrap_or_else(|error| {
                tracing::error!(error = %error, "a sweep of the deadlines ended abnormally");
                false
            })
        };
        ctx.spawn(sweep.into_actor(self).map(|more, _, ctx| {
            if more {
                ctx.notify(Sweep);
            } else {
                ctx.notify_later(Sweep, SWEEP_EVERY);
            }
        }));
    }
}

/// One look; `true` when more may be due right away.
async fn sweep<M: Codec>(store: &Store, registry: &Registry<M>, clock: &dyn Clock) -> bool {
    let due = match store.due(M::KIND, clock.now(), AT_ONCE).await {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(error = %error, "deadlines could not be read");
            return false;
        }
    };
    let full = due.len() as u64 == AT_ONCE;
    let told = futures_util::stream::iter(due)
        .map(|id| async move { (id, registry.ask(Ask::plain(id, M::deadline_reached())).await) })
        .buffer_unordered(SIDE_BY_SIDE);
    let mut progress = false;
    futures_util::pin_mut!(told);
    while let Some((id, asked)) = told.next().await {
        match asked {
            Ok(_) => progress = true,
            Err(AskError::Overloaded) => {}
            Err(
                AskError::Rejected(_) | AskError::IdempotencyViolation | AskError::Refused(_) | AskError::Unavailable,
            ) => {
                tracing::warn!(transaction.id = %id, "a deadline could not be told");
            }
        }
    }
    full && progress
}
