//! What a booking is about: who comes, when, and on which terms, as agreed.

use std::fmt;
use std::sync::Arc;

use crate::domain::catalog::{
    CardNetwork, ConfirmationMode, MerchantId, OptionKind, PaymentOptionId, SlotId, SlotKey, Terms,
};
use crate::domain::{Money, Timestamp, TransactionId};

/// What was agreed, frozen: no feed changes it any more (google-booking-server section 6.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The booking.
    pub id: TransactionId,
    /// The slot.
    pub slot: SlotId,
    /// The slot's key.
    pub slot_key: SlotKey,
    /// `slot` exactly as Google sent it: the answer must equal it (section 5.1).
    pub slot_echo: Arc<str>,
    /// How it confirms.
    pub confirmation: ConfirmationMode,
    /// Who comes.
    pub guest: Guest,
    /// The terms (section 7.6).
    pub terms: Terms,
    /// `payment_information` as Google sent it, but for what is secret: the answer to an unpaid booking.
    pub payment_echo: Arc<str>,
    /// The networks that the merchant takes; `None`: all.
    pub networks: Option<Vec<CardNetwork>>,
    /// The pack or membership that pays, or that is bought.
    pub pack: Option<PackUse>,
}

/// Who comes (section 3.5). Personal data: prints nothing but Google's id.
#[derive(Clone, PartialEq, Eq)]
pub struct Guest {
    /// `user_id`, chosen by Google.
    pub user_id: Arc<str>,
    /// Given and family name.
    pub name: Arc<str>,
    /// `telephone`.
    pub telephone: Arc<str>,
    /// `email`, where there is one.
    pub email: Option<Arc<str>>,
    /// `additional_request`: a wish for the merchant.
    pub wish: Option<Arc<str>>,
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// A visit paid from a pack or membership (`UserPaymentOption`, section 3.14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackUse {
    /// `user_payment_option_id`.
    pub id: Arc<str>,
    /// `payment_option_id`.
    pub option: PaymentOptionId,
    /// What it is.
    pub kind: OptionKind,
    /// `original_count`; 0 without a limit.
    pub original: u32,
    /// `current_count` before this visit; the booking is refused when it is another by then.
    pub before: u32,
    /// Whether this booking buys it.
    pub bought: bool,
    /// From when on it is valid, in seconds since the Unix epoch.
    pub valid_from_s: Option<i64>,
    /// Until when, exclusive, in seconds since the Unix epoch.
    pub valid_until_s: Option<i64>,
}

impl PackUse {
    /// `current_count` after this visit.
    pub const fn after(&self) -> u32 {
        match self.kind {
            OptionKind::Unlimited => self.before,
            OptionKind::SingleUse | OptionKind::MultiUse { .. } => self.before.saturating_sub(1),
        }
    }
}

/// A request for a booking (CreateBooking, section 5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked for, on our terms.
    pub agreement: Arc<Agreement>,
    /// What Google says that it costs.
    pub stated: Stated,
    /// SHA-256 of the one-time token that came along. The token itself is never here.
    pub token: Option<[u8; 32]>,
    /// Whether the token is one of the merchant's processor, and this house can charge it.
    pub chargeable: bool,
    /// The attempt whose 3DS1 challenge was answered.
    pub resumes: Option<Resumed>,
    /// Until when the asker waits: a success that comes later is not booked unasked.
    pub answer_by: Timestamp,
    /// From when on the slot can be booked, in seconds since the Unix epoch.
    pub opens_s: Option<i64>,
    /// Until when, inclusive.
    pub closes_s: i64,
}

/// Amounts as Google states them: compared with our terms where present (sections 6.4 and 13.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stated {
    /// `price`.
    pub price: Option<Money>,
    /// `tax_amount`.
    pub tax: Option<Money>,
    /// The amount of `deposit`.
    pub deposit: Option<Money>,
    /// The amount of `no_show_fee`.
    pub no_show_fee: Option<Money>,
}

impl Stated {
    /// The first that differs from the terms, by Google's name. A stated zero is as good as nothing stated.
    pub fn differs_from(&self, terms: &Terms) -> Option<&'static str> {
        let other = |stated: Option<Money>, ours: Option<Money>| {
            stated.is_some_and(|stated| {
                ours.map_or(stated.micros() != 0, |ours| stated.micros() != ours.micros())
                    || ours.is_some_and(|ours| ours.currency() != stated.currency())
            })
        };
        if other(self.price, terms.price) {
            Some("price")
        } else if other(self.tax, terms.tax) {
            Some("tax_amount")
        } else if !terms.prepaid && other(self.deposit, terms.deposit.map(|due| due.deposit.amount)) {
            Some("deposit")
        } else if other(self.no_show_fee, terms.no_show_fee.map(|fee| fee.amount)) {
            Some("no_show_fee")
        } else {
            None
        }
    }
}

/// `md_merchant_data`, understood: which attempt a 3DS1 challenge belongs to (section 6.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// The booking that was challenged. Whether the retry repeats its idempotency token is open, so it may be another one.
    pub first: TransactionId,
    /// Its attempt.
    pub attempt: u32,
}

impl Resumed {
    /// Whichever attempt is challenged: where the retry does not say which.
    pub const OPEN: u32 = 0;
}

impl Agreement {
    /// Whose slot it is.
    pub const fn merchant(&self) -> &MerchantId {
        &self.slot.merchant
    }
}
