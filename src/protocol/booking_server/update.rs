//! `UpdateBookingRequest` (google-booking-server section 5.2).

use serde_json::{Map, Value};

use super::echo::Echo;
use super::error::BadRequest;
use super::fields::Fields;
use super::messages::UPDATE_BOOKING;
use super::slot::{Resources, SlotParts};
use crate::domain::booking::BookingStatus;
use crate::domain::catalog::{ConfirmationMode, MerchantId, ServiceId, SlotId};

/// What Google asks to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateBooking {
    /// `booking_id`, 1 to 255 bytes: ours, if it is one.
    pub booking_id: String,
    /// To what.
    pub change: Change,
}

/// The two changes that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `status: CANCELED`, whatever else is stated.
    Cancel,
    /// Another time, or another party.
    Move(Box<SlotMove>),
}

/// The slot to move to: "unchanged fields are absent, so merge". One that names merchant, service, start and duration is
/// a slot of its own ([`SlotMove::complete`]); any other changes the slot that is held ([`SlotMove::merged`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotMove {
    /// `merchant_id`; a booking never changes it.
    pub merchant: Option<MerchantId>,
    /// `service_id`; a booking never changes it.
    pub service: Option<ServiceId>,
    /// `start_sec`, since the Unix epoch.
    pub start_s: Option<i64>,
    /// `duration_sec`.
    pub duration_s: Option<i64>,
    /// `resources`.
    pub resources: Resources,
    /// `availability_tag`.
    pub tag: Option<String>,
    /// `confirmation_mode`; `None`: unspecified.
    pub confirmation: Option<ConfirmationMode>,
    /// What was stated, as it was sent.
    pub echo: Echo,
}

impl SlotMove {
    /// The slot, where everything that a `Slot` requires is stated (section 3.1): what it leaves out, it has not.
    pub fn complete(&self) -> Option<SlotId> {
        let Resources { staff, room, party_size } = self.resources.clone();
        Some(SlotId {
            merchant: self.merchant.clone()?,
            service: self.service.clone()?,
            start_s: self.start_s?,
            duration_s: self.duration_s?,
            staff,
            room,
            party_size,
        })
    }

    /// The slot that `held` becomes: what is not stated stays.
    pub fn merged(&self, held: &SlotId) -> SlotId {
        let Resources { staff, room, party_size } = self.resources.clone();
        SlotId {
            merchant: self.merchant.clone().unwrap_or_else(|| held.merchant.clone()),
            service: self.service.clone().unwrap_or_else(|| held.service.clone()),
            start_s: self.start_s.unwrap_or(held.start_s),
            duration_s: self.duration_s.unwrap_or(held.duration_s),
            staff: staff.or_else(|| held.staff.clone()),
            room: room.or_else(|| held.room.clone()),
            party_size: party_size.or(held.party_size),
        }
    }

    /// How answers show the slot that `held` becomes. The tag of another time is not kept.
    pub fn merged_echo(&self, held: &Echo) -> Echo {
        let mut members = held.members().clone();
        if self.start_s.is_some() || self.duration_s.is_some() {
            members.remove("availability_tag");
        }
        merge(&mut members, self.echo.members());
        Echo::new(members)
    }
}

/// As proto merges messages: members of messages one by one.
fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (Some(Value::Object(held)), Value::Object(stated)) => merge(held, stated),
            (_, stated) => {
                into.insert(name.clone(), stated.clone());
            }
        }
    }
}

/// Reads `UpdateBookingRequest`.
///
/// # Errors
/// What is not JSON, no `booking_id`, and whatever is neither a cancellation nor a move.
pub fn read_update_booking(unverified: &[u8]) -> Result<UpdateBooking, BadRequest> {
    let booking = Fields::read(unverified, UPDATE_BOOKING)?.required_message("booking")?;
    read_booking(booking).map_err(|wrong| wrong.within("booking"))
}

fn read_booking(mut booking: Fields) -> Result<UpdateBooking, BadRequest> {
    let booking_id = booking.id("booking_id")?;
    let status = booking.text("status");
    let slot = booking.message("slot");
    let change = match (status.as_deref().and_then(BookingStatus::parse), slot) {
        (Some(BookingStatus::Canceled), _) => Change::Cancel,
        // A booking that is moved may say that it stays confirmed.
        (None | Some(BookingStatus::Confirmed | BookingStatus::PendingMerchantConfirmation), Some(slot)) => {
            Change::Move(Box::new(read_move(slot).map_err(|wrong| wrong.within("slot"))?))
        }
        (
            None
            | Some(
                BookingStatus::Confirmed
                | BookingStatus::PendingMerchantConfirmation
                | BookingStatus::NoShow
                | BookingStatus::NoShowPenalized
                | BookingStatus::Failed
                | BookingStatus::DeclinedByMerchant,
            ),
            _,
        ) => return Err(BadRequest::invalid("status", "CANCELED, or a slot to move to")),
    };
    Ok(UpdateBooking { booking_id, change })
}

fn read_move(slot: Fields) -> Result<SlotMove, BadRequest> {
    let parts = SlotParts::read(slot, "resources")?;
    if parts.start_s.is_none() && parts.duration_s.is_none() && parts.resources == Resources::default() {
        return Err(BadRequest::invalid("", "start_sec, duration_sec or resources to move to"));
    }
    Ok(SlotMove {
        merchant: parts.merchant,
        service: parts.service,
        start_s: parts.start_s,
        duration_s: parts.duration_s,
        resources: parts.resources,
        tag: parts.tag,
        confirmation: parts.confirmation,
        echo: parts.echo,
    })
}
