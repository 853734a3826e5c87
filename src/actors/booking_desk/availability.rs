//! What can be booked at this moment (google-booking-server section 4).

use super::request::{Published, published};
use super::{BookingDesk, DeskError};
use crate::domain::Timestamp;
use crate::domain::booking::is_open;
use crate::domain::catalog::{MerchantId, Service, SlotId, SlotOffer};
use crate::protocol::booking_server::{AvailabilityLookup, BadRequest, SlotTime, StatedSlot};
use crate::storage::Availability;

/// A slot that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// `count_available`.
    pub open: u32,
    /// `last_online_cancellable_sec`, where the slot has one of its own.
    pub last_online_cancellable_s: Option<i64>,
}

impl BookingDesk {
    /// BatchAvailabilityLookup (section 4.2): one answer for each entry, in their order. Reserves nothing.
    ///
    /// # Errors
    /// An unknown merchant. What its service does not offer is simply not available.
    pub async fn lookup(&self, wanted: &AvailabilityLookup) -> Result<Vec<bool>, DeskError> {
        let now = self.clock.now();
        let named: Vec<Option<SlotId>> = wanted.slot_times.iter().map(|time| named(&wanted.merchant, time)).collect();
        let whole: Vec<SlotId> = named.iter().flatten().cloned().collect();
        let Availability { slots, catalog } = self.store.availability(&whole).await?;
        if catalog.merchant(&wanted.merchant).is_none() {
            return Err(BadRequest::unknown("merchant_id").into());
        }
        let mut found = slots.into_iter();
        let mut answers = Vec::with_capacity(named.len());
        for (time, named) in wanted.slot_times.iter().zip(&named) {
            let offers: Vec<SlotOffer> = match named {
                Some(_) => found.next().flatten().into_iter().collect(),
                None => self.without_duration(&wanted.merchant, time).await?,
            };
            let service = catalog.service(&wanted.merchant, &time.service);
            let open = service.is_some_and(|service| offers.iter().any(|offer| open(service, offer, (time, now))));
            answers.push(open);
        }
        Ok(answers)
    }

    /// An entry may leave its duration out (section 3.2): every slot that begins then, with the same resources.
    async fn without_duration(&self, merchant: &MerchantId, time: &SlotTime) -> Result<Vec<SlotOffer>, DeskError> {
        let at = time.start_s;
        let mut offers = self.store.slots_between(merchant, &time.service, at, at.saturating_add(1)).await?;
        let wanted = &time.resources;
        offers.retain(|offer| {
            offer.id.staff == wanted.staff && offer.id.room == wanted.room && offer.id.party_size == wanted.party_size
        });
        Ok(offers)
    }

    /// CheckAvailability (section 4.3).
    ///
    /// # Errors
    /// A slot that was never published.
    pub async fn check(&self, wanted: &StatedSlot) -> Result<Checked, DeskError> {
        let published: Published = published(&self.store, &wanted.id, wanted.tag.as_deref()).await??;
        let (opens_s, closes_s) = published.window();
        let bookable = is_open(opens_s, closes_s, self.clock.now());
        Ok(Checked {
            open: if bookable { published.offer.spots_open } else { 0 },
            last_online_cancellable_s: published.offer.overrides.last_online_cancellable_s,
        })
    }
}

fn named(merchant: &MerchantId, time: &SlotTime) -> Option<SlotId> {
    Some(SlotId {
        merchant: merchant.clone(),
        service: time.service.clone(),
        start_s: time.start_s,
        duration_s: time.duration_s?,
        staff: time.resources.staff.clone(),
        room: time.resources.room.clone(),
        party_size: time.resources.party_size,
    })
}

fn open(service: &Service, offer: &SlotOffer, (time, now): (&SlotTime, Timestamp)) -> bool {
    let start = offer.id.start_s;
    let in_advance = start.saturating_sub(service.rules.min_advance_booking_s.unwrap_or(0));
    let closes = offer.overrides.last_bookable_s.unwrap_or(in_advance).min(start);
    offer.spots_open > 0
        && is_open(offer.overrides.first_bookable_s, closes, now)
        && (time.tag.is_none() || time.tag.as_deref() == offer.tag.as_deref())
}
