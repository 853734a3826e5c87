//! Finds slots whose spots have changed, and has Google told (google-booking-server section 8.5).
//!
//! A commit that changes spots leaves a mark on the slot. Whoever finds marks hands their services' windows over to the
//! transactions that tell Google, and takes the marks away once those have committed: whatever happens in between, the
//! marks are found again.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;

use super::registry::Registry;
use super::shell::Ask;
use crate::crypto::availability_id;
use crate::domain::inventory::{Input, Inventory, Subject, Window};
use crate::storage::{StorageError, Store, UntoldSlot};

/// How often marks are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Marks of one look.
const AT_ONCE: u64 = 5_000;
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
                Ok(Ok(more)) => more,
                Ok(Err(error)) => {
                    tracing::error!(error = %error, "changed slots could not be looked for");
                    false
                }
                Err(error) => {
                    tracing::error!(error = %error, "a look for changed slots ended abnormally");
                    false
                }
            }
        };
        ctx.spawn(done.into_actor(self).map(|more, _, ctx| {
            if more {
                ctx.notify(Look);
            } else {
                ctx.notify_later(Look, LOOK_EVERY);
            }
        }));
    }
}

/// One look; `true` when there may be more.
async fn look(store: &Store, services: &Registry<Inventory>) -> Result<bool, StorageError> {
    let found = store.untold_slots(AT_ONCE).await?;
    let full = found.len() as u64 == AT_ONCE;
    let mut taken_on = false;
    for slots in windows(&found) {
        let (Some(first), Some(last)) = (slots.first(), slots.last()) else { continue };
        let Some(window) = Window::new(first.start_s, last.start_s.saturating_add(1)) else { continue };
        let id = availability_id(&first.merchant, &first.service);
        let subject = Arc::new(Subject { id, merchant: first.merchant.clone(), service: first.service.clone() });
        match services.ask(Ask::plain(id, Input::SpotsChanged { subject, window })).await {
            Ok(_) => {
                store.clear_untold(slots).await?;
                taken_on = true;
            }
            Err(error) => tracing::warn!(transaction.id = %id, error = %error, "a change of slots waits to be told"),
        }
    }
    Ok(full && taken_on)
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
