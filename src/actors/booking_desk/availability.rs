//! What can be booked at this moment (google-booking-server section 4).

use std::collections::{BTreeSet, HashMap};

use super::request::{Sought, published, was_offered};
use super::{BookingDesk, DeskError};
use crate::domain::Timestamp;
use crate::domain::booking::is_open;
use crate::domain::catalog::{MerchantId, Service, ServiceId, SlotId, SlotOffer};
use crate::protocol::booking_server::{AvailabilityLookup, BadRequest, Resources, SlotTime, StatedSlot};
use crate::storage::Availability;

/// Services of one lookup that a merchant who is not published is remembered by, at most: Google names one (section 4.2).
const MOST_ASKED: usize = 10;

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
    /// An unknown merchant. What its service does not offer, or what is published no more, is simply not available.
    pub async fn lookup(&self, wanted: &AvailabilityLookup) -> Result<Vec<bool>, DeskError> {
        let now = self.clock.now();
        let named: Vec<Option<SlotId>> = wanted.slot_times.iter().map(|time| named(&wanted.merchant, time)).collect();
        let whole: Vec<SlotId> = named.iter().flatten().cloned().collect();
        let Availability { slots, catalog } = self.store.availability(&whole).await?;
        if catalog.merchant(&wanted.merchant).is_none() {
            return self.of_an_absent_merchant(wanted).await;
        }
        let beginning = self.without_duration(wanted).await?;
        let mut found = slots.into_iter();
        let answers = wanted.slot_times.iter().zip(&named).map(|(time, named)| {
            let offers = match named {
                Some(_) => found.next().flatten().into_iter().collect(),
                None => beginning.get(&(time.service.clone(), time.start_s)).cloned().unwrap_or_default(),
            };
            let service = catalog.service(&wanted.merchant, &time.service);
            service.is_some_and(|service| offers.iter().any(|offer| open(service, offer, (time, now))))
        });
        Ok(answers.collect())
    }

    /// A merchant that a newer feed has dropped offers nothing; Google, whose feed is older, is not refused for it.
    async fn of_an_absent_merchant(&self, wanted: &AvailabilityLookup) -> Result<Vec<bool>, DeskError> {
        let services: BTreeSet<&ServiceId> = wanted.slot_times.iter().map(|time| &time.service).collect();
        for service in services.into_iter().take(MOST_ASKED) {
            if was_offered(&self.store, &wanted.merchant, service).await? {
                return Ok(vec![false; wanted.slot_times.len()]);
            }
        }
        Err(BadRequest::unknown("merchant_id").into())
    }

    /// An entry may leave its duration out (section 3.2): every slot that begins then. One query for all of them.
    async fn without_duration(&self, wanted: &AvailabilityLookup) -> Result<Beginning, DeskError> {
        let loose = wanted.slot_times.iter().filter(|time| time.duration_s.is_none());
        let starts: Vec<_> = loose.map(|time| (&time.service, time.start_s)).collect();
        let mut beginning = Beginning::new();
        for offer in self.store.slots_beginning(&wanted.merchant, &starts).await? {
            beginning.entry((offer.id.service.clone(), offer.id.start_s)).or_default().push(offer);
        }
        Ok(beginning)
    }

    /// CheckAvailability (section 4.3).
    ///
    /// # Errors
    /// A slot that was never published. One that is published no more has no spots.
    pub async fn check(&self, wanted: &StatedSlot) -> Result<Checked, DeskError> {
        let published = match published(&self.store, &wanted.id, wanted.tag.as_deref()).await? {
            Sought::Published(published) => published,
            Sought::Dropped => return Ok(Checked { open: 0, last_online_cancellable_s: None }),
            Sought::Never(bad) => return Err(bad.into()),
        };
        let (opens_s, closes_s) = published.window();
        let bookable = is_open(opens_s, closes_s, self.clock.now());
        Ok(Checked {
            open: if bookable { published.offer.spots_open } else { 0 },
            last_online_cancellable_s: published.offer.overrides.last_online_cancellable_s,
        })
    }
}

/// The slots that begin at a time, by service and time.
type Beginning = HashMap<(ServiceId, i64), Vec<SlotOffer>>;

/// Whether the slot is for the same people and things; with a duration its key says so already.
fn fits(time: &SlotTime, offer: &SlotOffer) -> bool {
    let Resources { staff, room, party_size } = &time.resources;
    (&offer.id.staff, &offer.id.room, &offer.id.party_size) == (staff, room, party_size)
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
        && fits(time, offer)
        && is_open(offer.overrides.first_bookable_s, closes, now)
        && (time.tag.is_none() || time.tag.as_deref() == offer.tag.as_deref())
}
