//! `notification.partners.bookings.patch` (google-booking-server sections 8.2 to 8.4).

use serde_json::{Map, Value, json};

use crate::domain::Timestamp;
use crate::domain::booking::{BookingStatus, FailureCause, PrepaymentStatus};
use crate::domain::catalog::{MerchantId, ServiceId};

/// What changed on a booking that Google made. What is `None` did not change and is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingPatch {
    /// `booking_id`, as CreateBooking answered it.
    pub booking_id: String,
    /// `merchant_id` of its slot.
    pub merchant: MerchantId,
    /// `service_id` of its slot.
    pub service: ServiceId,
    /// Its new status.
    pub status: Option<BookingStatus>,
    /// Where it was moved to.
    pub moved: Option<Moved>,
    /// The new prepayment status, with the transaction that it is about.
    pub prepayment: Option<(PrepaymentStatus, Option<String>)>,
    /// Why it failed; sent only with [`BookingStatus::Failed`], for Google heeds it nowhere else.
    pub failure: Option<FailureCause>,
}

/// The new time of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Seconds since the Unix epoch.
    pub start_s: i64,
    /// Its length in seconds.
    pub duration_s: i64,
    /// The size of the party, where the slot has one.
    pub party_size: Option<u32>,
}

impl BookingPatch {
    /// The path below the API's version, the query and the body.
    pub(super) fn write(&self, partner_id: &str) -> Written {
        let mut body = Map::new();
        let mut mask = Vec::new();
        // Always in the body, never in the mask.
        body.insert("name".to_owned(), json!(format!("partners/{partner_id}/bookings/{}", self.booking_id)));
        body.insert("merchantId".to_owned(), json!(self.merchant.as_str()));
        body.insert("serviceId".to_owned(), json!(self.service.as_str()));
        let mut put = |path: &'static str, value: Value| {
            body.insert(path.to_owned(), value);
            mask.push(path);
        };
        if let Some(status) = self.status {
            put("status", json!(status.as_str()));
        }
        if let Some(moved) = self.moved {
            put("startTime", json!(Timestamp::from_secs(moved.start_s).to_utc()));
            put("duration", json!(duration(moved.duration_s)));
            if let Some(size) = moved.party_size {
                put("partySize", json!(size.to_string()));
            }
        }
        if let Some((status, transaction)) = &self.prepayment {
            let mut payment = json!({"prepaymentStatus": status.as_str()});
            mask.push("paymentInformation.prepaymentStatus");
            let named = transaction.as_deref().filter(|transaction| !transaction.is_empty());
            if let (Some(transaction), Some(members)) = (named, payment.as_object_mut()) {
                members.insert("paymentTransactionId".to_owned(), json!(transaction));
                // By the rules of field masks what is sent and not named is dropped.
                mask.push("paymentInformation.paymentTransactionId");
            }
            body.insert("paymentInformation".to_owned(), payment);
        }
        let mut query = format!("updateMask={}", mask.join(","));
        if let (Some(BookingStatus::Failed), Some(cause)) = (self.status, self.failure) {
            query.push_str("&bookingFailure.cause=");
            query.push_str(cause.as_str());
        }
        Written { query, body: Value::Object(body) }
    }

    /// Whether there is anything to tell.
    pub const fn is_empty(&self) -> bool {
        self.status.is_none() && self.moved.is_none() && self.prepayment.is_none()
    }
}

/// A call's query and body.
pub(super) struct Written {
    pub(super) query: String,
    pub(super) body: Value,
}

/// `"2700s"` (section 8.1).
pub(super) fn duration(seconds: i64) -> String {
    format!("{seconds}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch() -> BookingPatch {
        BookingPatch {
            booking_id: "bk_77".to_owned(),
            merchant: MerchantId::parse("spa-1").unwrap(),
            service: ServiceId::parse("massage").unwrap(),
            status: None,
            moved: None,
            prepayment: None,
            failure: None,
        }
    }

    /// Every leaf of the body but the three that stand in each.
    fn leaves(body: &Value) -> Vec<String> {
        let mut found = Vec::new();
        for (name, value) in body.as_object().unwrap() {
            match value.as_object() {
                Some(members) => found.extend(members.keys().map(|inner| format!("{name}.{inner}"))),
                None => found.push(name.clone()),
            }
        }
        found.retain(|path| !["name", "merchantId", "serviceId"].contains(&path.as_str()));
        found.sort();
        found
    }

    #[test]
    fn bk_8_2_the_mask_names_exactly_what_is_sent() {
        let statuses = [None, Some(BookingStatus::Canceled)];
        let times = [None, Some(None), Some(Some(4))];
        let prepayments = [None, Some(None), Some(Some(String::new())), Some(Some("ch_1".to_owned()))];
        for status in statuses {
            for party_size in times {
                for transaction in &prepayments {
                    let patch = BookingPatch {
                        status,
                        moved: party_size.map(|party_size| Moved { start_s: 0, duration_s: 60, party_size }),
                        prepayment: transaction.clone().map(|id| (PrepaymentStatus::Refunded, id)),
                        ..patch()
                    };
                    let written = patch.write("12345678");
                    let mask = written.query.strip_prefix("updateMask=").unwrap();
                    let mut named: Vec<_> = mask.split(',').filter(|path| !path.is_empty()).collect();
                    named.sort_unstable();
                    assert_eq!(named, leaves(&written.body), "{patch:?}");
                    let said = written.body["paymentInformation"]["paymentTransactionId"].as_str();
                    assert_eq!(said.is_some(), matches!(transaction, Some(Some(id)) if !id.is_empty()), "{patch:?}");
                    assert_eq!(patch.is_empty(), named.is_empty());
                    for name in ["name", "merchantId", "serviceId"] {
                        assert!(written.body[name].is_string(), "{name}");
                    }
                }
            }
        }
    }

    #[test]
    fn bk_8_2_a_failure_is_explained_only_with_the_status_failed() {
        let failure = Some(FailureCause::PaymentError);
        for status in BookingStatus::ALL {
            let written = BookingPatch { status: Some(*status), failure, ..patch() }.write("1");
            let explained = written.query.ends_with("&bookingFailure.cause=PAYMENT_ERROR");
            assert_eq!(explained, *status == BookingStatus::Failed, "{status:?}");
        }
        let written = BookingPatch { status: Some(BookingStatus::Failed), ..patch() }.write("1");
        assert_eq!(written.query, "updateMask=status");
    }
}
