//! Finds slots whose spots have changed, and has Google told (google-booking-server section 8.5).
//!
//! A commit that changes spots leaves a mark on the slot. Whoever finds marks hands their services' windows over to the
//! transactions that tell Google, and takes the marks away once those have committed: whatever happens in between, the
//! marks are found again.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::StreamExt as _;

use super::registry::Registry;
use super::shell::Ask;
use crate::crypto::availability_id;
use crate::domain::inventory::{Input, Inventory, Subject, Window};
use crate::storage::{StorageError, Store, UntoldSlot};

/// How often marks are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How much longer the next look waits for each window that was found: a window is sent whole, so under load fewer and
/// fuller updates are worth the wait, and Google counts them. Google must hear within minutes (section 8.5).
const EACH_WAITS: Duration = Duration::from_millis(20);
/// The longest wait between two looks.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Marks of one look.
const AT_ONCE: u64 = 20_000;
/// Services that are asked at once: their commits share database transactions with those of bookings, which wait for as long as
/// such a transaction takes.
const SIDE_BY_SIDE: usize = 8;
/// Slots of a service that begin further apart are told apart, in seconds.
const APART_S: i64 = 86_400;

/// Looks for changed slots. Several nodes may look at one database: what both find is told twice, which is harmless.
pub struct AvailabilityWatch {
    /// Where the slots are.
    pub store: Store,
    /// Who tells Google.
    pub services: Registry<Inventory>,
}

impl Actor for AvailabilityWatch {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.notify(Look);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Look;

impl Handler<Look> for AvailabilityWatch {
    type Result = ();

    fn handle(&mut self, _: Look, ctx: &mut Self::Context) {
        let (store, services) = (self.store.clone(), self.services.clone());
        let task = actix_rt::spawn(async move { look(&store, &services).await });
        let done = async move {
            match task.await {
                Ok(Ok(next)) => next,
                Ok(Err(error)) => {
                    tracing::error!(error = %error, "changed slots could not be looked for");
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::error!(error = %error, "a look for changed slots ended abnormally");
                    LOOK_EVERY
                }
            }
        };
        ctx.spawn(done.into_actor(self).map(|next, _, ctx| {
            ctx.notify_later(Look, next);
        }));
    }
}

/// One look; answers when the next one is due.
async fn look(store: &Store, services: &Registry<Inventory>) -> Result<Duration, StorageError> {
    let found = store.untold_slots(AT_ONCE).await?;
    let full = found.len() as u64 == AT_ONCE;
    // Side by side, so that their commits share database transactions with those of the bookings.
    let told: Vec<Option<&[UntoldSlot]>> = futures_util::stream::iter(windows(&found))
        .map(|slots| async move { take_on(services, slots).await.then_some(slots) })
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    let asked = u32::try_from(told.len()).unwrap_or(u32::MAX);
    let taken_on: Vec<UntoldSlot> = told.into_iter().flatten().flatten().cloned().collect();
    store.clear_untold(&taken_on).await?;
    if full && !taken_on.is_empty() {
        return Ok(Duration::ZERO);
    }
    Ok(EACH_WAITS.saturating_mul(asked).clamp(LOOK_EVERY, LONGEST_WAIT))
}

/// Whether the service's transaction has committed to tell Google of these slots.
async fn take_on(services: &Registry<Inventory>, slots: &[UntoldSlot]) -> bool {
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return false };
    let Some(window) = Window::new(first.start_s, last.start_s.saturating_add(1)) else { return false };
    let id = availability_id(&first.merchant, &first.service);
    let subject = Arc::new(Subject { id, merchant: first.merchant.clone(), service: first.service.clone() });
    match services.ask(Ask::plain(id, Input::SpotsChanged { subject, window })).await {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(transaction.id = %id, error = %error, "a change of slots waits to be told");
            false
        }
    }
}

/// Neighbours of one service.
fn windows(found: &[UntoldSlot]) -> impl Iterator<Item = &[UntoldSlot]> {
    found.chunk_by(|one, next| {
        one.merchant == next.merchant
            && one.service == next.service
            && next.start_s.saturating_sub(one.start_s) <= APART_S
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::catalog::{MerchantId, ServiceId, SlotKey};

    #[test]
    fn bk_8_5_changes_are_told_by_service_and_neighbourhood() {
        let slot = |service: &str, start_s: i64| UntoldSlot {
            key: SlotKey::from_uuid(Uuid::from_u128(1)),
            merchant: MerchantId::parse("spa").unwrap(),
            service: ServiceId::parse(service).unwrap(),
            start_s,
            mark: 1,
        };
        let found = [slot("cut", 0), slot("cut", APART_S), slot("cut", 3 * APART_S), slot("wash", 3 * APART_S)];
        let lengths: Vec<usize> = windows(&found).map(<[UntoldSlot]>::len).collect();
        assert_eq!(lengths, [2, 1, 1]);
    }
}
