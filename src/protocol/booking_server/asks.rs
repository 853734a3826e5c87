//! The requests that change no booking (google-booking-server sections 4.2, 4.3 and 5.3 to 5.5).

use std::fmt;

use super::echo::Echo;
use super::error::BadRequest;
use super::fields::Fields;
use super::messages::{AVAILABILITY_LOOKUP, BOOKING_STATUS, CHECK_AVAILABILITY, LIST_BOOKINGS, MARKETING_PREFERENCE};
use super::slot::{Resources, SlotParts, StatedSlot};
use crate::domain::catalog::{ConfirmationMode, MerchantId, ServiceId};

/// `BatchAvailabilityLookupRequest` (section 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailabilityLookup {
    /// `merchant_id`.
    pub merchant: MerchantId,
    /// `slot_time`: each is answered, in this order.
    pub slot_times: Vec<SlotTime>,
}

/// `SlotTime` (section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotTime {
    /// `service_id`.
    pub service: ServiceId,
    /// `start_sec`, since the Unix epoch.
    pub start_s: i64,
    /// `duration_sec`; `None`: any.
    pub duration_s: Option<i64>,
    /// `resource_ids`.
    pub resources: Resources,
    /// `availability_tag`: when it is stated it must match.
    pub tag: Option<String>,
    /// `confirmation_mode`; `None`: unspecified.
    pub confirmation: Option<ConfirmationMode>,
    /// The entry as it was sent.
    pub echo: Echo,
}

/// `SetMarketingPreferenceRequest` (section 5.5). Holds personal data: `Debug` shows the wish alone.
#[derive(Clone, PartialEq, Eq)]
pub struct MarketingPreference {
    /// `user_information.user_id`.
    pub user_id: String,
    /// `user_to_receive_marketing`; proto3 leaves out a `false`.
    pub wanted: bool,
    /// `user_information`, as it was sent.
    pub(super) user: Echo,
}

impl fmt::Debug for MarketingPreference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MarketingPreference").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

/// Reads `BatchAvailabilityLookupRequest`.
///
/// # Errors
/// What is not JSON, a required field that is missing, a value of a wrong kind.
pub fn read_availability_lookup(unverified: &[u8]) -> Result<AvailabilityLookup, BadRequest> {
    let mut root = Fields::read(unverified, AVAILABILITY_LOOKUP)?;
    let merchant = root.parsed("merchant_id", MerchantId::parse)?.ok_or_else(|| BadRequest::missing("merchant_id"))?;
    let entries = root.list("slot_time").ok_or_else(|| BadRequest::missing("slot_time"))?;
    let one = |(index, entry)| read_slot_time(entry).map_err(|wrong| wrong.within(&format!("slot_time[{index}]")));
    Ok(AvailabilityLookup { merchant, slot_times: entries.into_iter().enumerate().map(one).collect::<Result<_, _>>()? })
}

fn read_slot_time(entry: Fields) -> Result<SlotTime, BadRequest> {
    let parts = SlotParts::read(entry, "resource_ids")?;
    Ok(SlotTime {
        service: parts.service.ok_or_else(|| BadRequest::missing("service_id"))?,
        start_s: parts.start_s.ok_or_else(|| BadRequest::missing("start_sec"))?,
        duration_s: parts.duration_s,
        resources: parts.resources,
        tag: parts.tag,
        confirmation: parts.confirmation,
        echo: parts.echo,
    })
}

/// Reads `CheckAvailabilityRequest` (section 4.3).
///
/// # Errors
/// What is not JSON, a required field that is missing, a value of a wrong kind.
pub fn read_check_availability(unverified: &[u8]) -> Result<StatedSlot, BadRequest> {
    let slot = Fields::read(unverified, CHECK_AVAILABILITY)?.required_message("slot")?;
    StatedSlot::read(slot).map_err(|wrong| wrong.within("slot"))
}

/// Reads `GetBookingStatusRequest` (section 5.3): the `booking_id`.
///
/// # Errors
/// What is not JSON, and no `booking_id`.
pub fn read_booking_status(unverified: &[u8]) -> Result<String, BadRequest> {
    Fields::read(unverified, BOOKING_STATUS)?.id("booking_id")
}

/// Reads `ListBookingsRequest` (section 5.4): the `user_id`.
///
/// # Errors
/// What is not JSON, and no `user_id`.
pub fn read_list_bookings(unverified: &[u8]) -> Result<String, BadRequest> {
    Fields::read(unverified, LIST_BOOKINGS)?.id("user_id")
}

/// Reads `SetMarketingPreferenceRequest`. Of the user only the id is required.
///
/// # Errors
/// What is not JSON, and no `user_information.user_id`.
pub fn read_marketing_preference(unverified: &[u8]) -> Result<MarketingPreference, BadRequest> {
    let mut root = Fields::read(unverified, MARKETING_PREFERENCE)?;
    let wanted = root.flag("user_to_receive_marketing").unwrap_or(false);
    let mut user = root.required_message("user_information")?;
    let echo = user.echo();
    let user_id = user.id("user_id").map_err(|wrong| wrong.within("user_information"))?;
    Ok(MarketingPreference { user_id, wanted, user: echo })
}
