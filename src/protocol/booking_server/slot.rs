//! Slots as requests state them (google-booking-server sections 3.1 to 3.4).

use std::sync::Arc;

use super::echo::Echo;
use super::error::BadRequest;
use super::fields::Fields;
use crate::domain::catalog::{ConfirmationMode, MerchantId, ServiceId, SlotId};

/// `ResourceIds` (section 3.3); what is empty or 0 is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resources {
    /// `staff_id`.
    pub staff: Option<Arc<str>>,
    /// `room_id`.
    pub room: Option<Arc<str>>,
    /// `party_size`.
    pub party_size: Option<u32>,
}

/// A `Slot` (section 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedSlot {
    /// Its identity.
    pub id: SlotId,
    /// `availability_tag`: when it is stated it must match (section 3.3).
    pub tag: Option<String>,
    /// `confirmation_mode`; `None`: unspecified, which counts as synchronous (section 3.4).
    pub confirmation: Option<ConfirmationMode>,
    /// The slot as it was sent.
    pub echo: Echo,
}

/// The parts of a slot, as far as they are stated.
pub(super) struct SlotParts {
    pub(super) merchant: Option<MerchantId>,
    pub(super) service: Option<ServiceId>,
    pub(super) start_s: Option<i64>,
    pub(super) duration_s: Option<i64>,
    pub(super) resources: Resources,
    pub(super) tag: Option<String>,
    pub(super) confirmation: Option<ConfirmationMode>,
    pub(super) echo: Echo,
}

impl SlotParts {
    /// From a `Slot`, or a `SlotTime`, whose resources have the name `resources`.
    pub(super) fn read(mut slot: Fields, resources: &str) -> Result<Self, BadRequest> {
        let echo = slot.echo();
        Ok(Self {
            merchant: slot.parsed("merchant_id", MerchantId::parse)?,
            service: slot.parsed("service_id", ServiceId::parse)?,
            start_s: slot.int64("start_sec"),
            duration_s: slot.int64("duration_sec"),
            resources: match slot.message(resources) {
                Some(ids) => read_resources(ids).map_err(|wrong| wrong.within(resources))?,
                None => Resources::default(),
            },
            tag: slot.text("availability_tag"),
            confirmation: match slot.text("confirmation_mode").as_deref() {
                Some("CONFIRMATION_MODE_SYNCHRONOUS") => Some(ConfirmationMode::Synchronous),
                Some("CONFIRMATION_MODE_ASYNCHRONOUS") => Some(ConfirmationMode::Asynchronous),
                Some(_) | None => None,
            },
            echo,
        })
    }
}

fn read_resources(mut ids: Fields) -> Result<Resources, BadRequest> {
    let party_size = match ids.int32("party_size").map(u32::try_from) {
        Some(Ok(size)) => Some(size).filter(|size| *size > 0),
        Some(Err(_)) => return Err(BadRequest::invalid("party_size", "0 or more")),
        None => None,
    };
    Ok(Resources { staff: ids.text("staff_id").map(Arc::from), room: ids.text("room_id").map(Arc::from), party_size })
}

impl StatedSlot {
    /// A `Slot` with everything that identifies one.
    pub(super) fn read(slot: Fields) -> Result<Self, BadRequest> {
        let parts = SlotParts::read(slot, "resources")?;
        let missing = BadRequest::missing;
        Ok(Self {
            id: SlotId {
                merchant: parts.merchant.ok_or_else(|| missing("merchant_id"))?,
                service: parts.service.ok_or_else(|| missing("service_id"))?,
                start_s: parts.start_s.ok_or_else(|| missing("start_sec"))?,
                duration_s: parts.duration_s.ok_or_else(|| missing("duration_sec"))?,
                staff: parts.resources.staff,
                room: parts.resources.room,
                party_size: parts.resources.party_size,
            },
            tag: parts.tag,
            confirmation: parts.confirmation,
            echo: parts.echo,
        })
    }
}
