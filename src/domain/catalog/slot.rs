//! What can be booked: one time of one service (google-booking-server sections 3.1, 3.3, 3.4 and 7.5).

use std::sync::Arc;

use super::{CardRequirement, Deposit, MerchantId, NoShowFee, PaymentOptionId, ServiceId};

/// Identity of a slot for matching: merchant, service, start, duration, staff, room, party size (section 3.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SlotId {
    /// `merchant_id`.
    pub merchant: MerchantId,
    /// `service_id`.
    pub service: ServiceId,
    /// `start_sec`: seconds since the Unix epoch, UTC.
    pub start_s: i64,
    /// `duration_sec`.
    pub duration_s: i64,
    /// `staff_id`.
    pub staff: Option<Arc<str>>,
    /// `room_id`.
    pub room: Option<Arc<str>>,
    /// `party_size`.
    pub party_size: Option<u32>,
}

/// The last second that a slot may begin at: of the year 9999.
pub const LAST_SECOND: i64 = 253_402_300_799;
/// A hundred years, in seconds: longer than anything may last.
pub const LONGEST_S: i64 = 100 * 366 * 86_400;

impl SlotId {
    /// Whether a feed could hold it (section 7.5): what could not was never published.
    pub fn is_publishable(&self) -> bool {
        (0..=LAST_SECOND).contains(&self.start_s) && (1..=LONGEST_S).contains(&self.duration_s)
    }

    /// When it is over, in seconds since the Unix epoch.
    pub const fn end_s(&self) -> i64 {
        self.start_s.saturating_add(self.duration_s)
    }
}

/// How a slot confirms (section 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConfirmationMode {
    /// Confirmed or denied at once.
    #[default]
    Synchronous,
    /// Denied at once, or created and left to the merchant. Never with payments.
    Asynchronous,
}

impl ConfirmationMode {
    /// Google's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Synchronous => "CONFIRMATION_MODE_SYNCHRONOUS",
            Self::Asynchronous => "CONFIRMATION_MODE_ASYNCHRONOUS",
        }
    }
}

/// A slot as published (section 7.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotOffer {
    /// What it is.
    pub id: SlotId,
    /// `availability_tag`: must match when a request states one.
    pub tag: Option<Arc<str>>,
    /// `spots_total`.
    pub spots_total: u32,
    /// `spots_open`.
    pub spots_open: u32,
    /// `confirmation_mode`.
    pub confirmation: ConfirmationMode,
    /// What differs from the service.
    pub overrides: Overrides,
}

/// What a slot says differently from its service (section 7.6).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// `payment_option_id`: replaces the service's list unless empty.
    pub options: Vec<PaymentOptionId>,
    /// `deposit`: replaces the service's as a whole.
    pub deposit: Option<Deposit>,
    /// `no_show_fee`: replaces the service's as a whole.
    pub no_show_fee: Option<NoShowFee>,
    /// `require_credit_card`, when set.
    pub card: Option<CardRequirement>,
    /// `scheduling_rule_overrides.first_bookable_sec`, seconds since the Unix epoch.
    pub first_bookable_s: Option<i64>,
    /// `scheduling_rule_overrides.last_bookable_sec`, seconds since the Unix epoch.
    pub last_bookable_s: Option<i64>,
    /// `scheduling_rule_overrides.last_online_cancellable_sec`, seconds since the Unix epoch.
    pub last_online_cancellable_s: Option<i64>,
}
