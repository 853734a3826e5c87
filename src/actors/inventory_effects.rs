//! Tells Google how a service's slots stand (google-booking-server section 8.5).

use std::sync::Arc;

use super::preview::{self, Description};
use super::route::{Carried, Effects, Failure};
use crate::domain::inventory::{Effect, Input, Inventory};
use crate::ports::Clock;
use crate::protocol::maps_booking::{MapsBooking, ServiceWindow};
use crate::storage::{OutboxRow, Store};

/// What the slots' tellings reach.
pub struct InventoryEffects {
    /// Where the slots are.
    pub store: Store,
    /// Google.
    pub google: MapsBooking,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Effects for InventoryEffects {
    type Machine = Inventory;

    async fn describe(&self, effect: Effect, _: &OutboxRow) -> Description {
        preview::house::slots(self, &effect).await
    }

    async fn carry_out(&self, effect: Effect, _: &OutboxRow) -> Carried<Input> {
        let Effect::TellAvailability { subject, number, window } = effect;
        let (start_s, end_s) = (window.start_s(), window.end_s());
        // As they stand now: the present is told, never an older state after a newer one.
        let slots = match self.store.published_between(&subject.merchant, &subject.service, start_s, end_s).await {
            Ok(slots) => slots,
            Err(error) => return Carried::Failed(Failure::failed(error.to_string())),
        };
        let (merchant, service) = (subject.merchant.clone(), subject.service.clone());
        let told = ServiceWindow { merchant, service, start_s, end_s, slots };
        match self.google.replace_availability(&told, self.clock.now()).await {
            Ok(()) => Carried::Done(Box::new(Input::Told { number, left: false })),
            Err(failed) => Carried::Failed(Failure {
                description: failed.description,
                retry_after_ms: failed.retry_after_ms,
                // Until this is heard nothing else of the service is told: a refusal is waited out as a failure is.
                refused: false,
            }),
        }
    }
}
