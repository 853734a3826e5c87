//! IR1 messages: the issuer's word in a return URL, an event or a status answer, already authenticated.

use serde::Deserialize;

use crate::domain::redirect_payment::{
    Decline, IssuerReport, IssuerWord, Negative, RawCode, RefundDecline, RefundRefusal, RefundReport, RefundWord,
};
use crate::domain::{Currency, IssuerId, Money, RefundId, TransactionId};

/// An authenticated message that is not IR1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct InvalidMessage {
    /// The field.
    pub field: &'static str,
    /// What would have been accepted.
    pub expected: &'static str,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventMessage {
    /// `payment.updated`
    Payment(TransactionId, IssuerReport),
    /// `refund.updated`
    Refund(RefundReport),
}

/// The fields of a status answer and of a `payment.updated` event; amounts as digits in a string or as a number.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireReport {
    pub(super) transaction_id: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) issuer_reference: Option<String>,
    pub(super) amount_micros: Option<Micros>,
    pub(super) currency: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) raw_code: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Micros {
    Digits(String),
    Number(i64),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireEvent {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(flatten)]
    pub(super) report: WireReport,
}

/// The fields of a refund answer and of a `refund.updated` event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRefund {
    refund_id: Option<String>,
    outcome: Option<String>,
    reason: Option<String>,
    raw_code: Option<String>,
    issuer_refund_reference: Option<String>,
}

impl WireRefund {
    /// The word of `issuer`.
    pub(super) fn read(self, issuer: &IssuerId) -> Result<RefundReport, InvalidMessage> {
        let unknown = invalid("refundId", "the id that we sent");
        let id = RefundId::parse(self.refund_id.as_deref().ok_or(unknown.clone())?).map_err(|_| unknown)?;
        let reference = self.issuer_refund_reference.filter(|reference| !reference.is_empty());
        if reference.as_ref().is_some_and(|text| text.len() > 255 || text.chars().any(char::is_control)) {
            return Err(invalid("issuerRefundReference", "at most 255 bytes of text"));
        }
        let raw = self.raw_code.as_deref().and_then(RawCode::new);
        let word = match self.outcome.as_deref() {
            Some("refunded") => RefundWord::Refunded { reference },
            Some("refused") => RefundWord::Refused(refusal(self.reason.as_deref(), raw)),
            Some("pending") => RefundWord::Pending,
            Some(_) | None => return Err(invalid("outcome", "refunded, refused or pending")),
        };
        Ok(RefundReport { id, issuer: issuer.clone(), word })
    }
}

/// IR1 reasons in the words of RefundResult (API section 6.4). A reason that Google has no word for keeps its name as the
/// raw code.
fn refusal(reason: Option<&str>, raw: Option<RawCode>) -> RefundRefusal {
    let (known, decline) = match reason {
        Some("account_closed") => (true, RefundDecline::AccountClosed),
        Some("account_on_hold") => (true, RefundDecline::AccountOnHold),
        Some("over_limit") => (true, RefundDecline::ExceedsMaximumBalance),
        Some("refund_window_exceeded") => (true, RefundDecline::WindowExceeded),
        Some(_) | None => (false, RefundDecline::AccountOnHold),
    };
    let raw = match (raw, reason) {
        (None, Some(reason)) if !known => RawCode::new(reason),
        (raw, Some(_) | None) => raw,
    };
    RefundRefusal { reason: decline, raw }
}

const fn invalid(field: &'static str, expected: &'static str) -> InvalidMessage {
    InvalidMessage { field, expected }
}

impl WireReport {
    /// From the parameters of a return URL.
    pub(super) fn from_parameters(parameters: &[(String, String)]) -> Self {
        let find = |wanted: &str| parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        Self {
            transaction_id: find("transactionId"),
            outcome: find("outcome"),
            issuer_reference: find("issuerReference"),
            amount_micros: find("amountMicros").map(Micros::Digits),
            currency: find("currency"),
            reason: find("reason"),
            raw_code: find("rawCode"),
        }
    }

    /// The report of `issuer`; `maximum` and `minimum` are its limits, for the declines that speak of them.
    pub(super) fn read(
        self,
        issuer: &IssuerId,
        limits: (Option<i64>, Option<i64>),
    ) -> Result<(TransactionId, IssuerReport), InvalidMessage> {
        let id = self.transaction_id.as_deref().ok_or(invalid("transactionId", "the id that we sent"))?;
        let id = TransactionId::parse(id).map_err(|_| invalid("transactionId", "the id that we sent"))?;
        let currency = self.currency.as_deref().ok_or(invalid("currency", "an ISO 4217 code"))?;
        let currency = Currency::parse(currency).map_err(|_| invalid("currency", "an ISO 4217 code"))?;
        let micros = match self.amount_micros {
            Some(Micros::Digits(digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
            Some(Micros::Number(number)) if number >= 0 => Some(number),
            Some(Micros::Digits(_) | Micros::Number(_)) | None => None,
        };
        let amount = Money::new(micros.ok_or(invalid("amountMicros", "digits, at most 64 bits"))?, currency);
        let reference = self.issuer_reference.ok_or(invalid("issuerReference", "the issuer's reference"))?;
        if reference.len() > 255 || reference.chars().any(char::is_control) {
            return Err(invalid("issuerReference", "at most 255 bytes of text"));
        }
        let raw = self.raw_code.as_deref().and_then(RawCode::new);
        let word = match self.outcome.as_deref() {
            Some("approved") => IssuerWord::Approved,
            Some("pending") => IssuerWord::Pending,
            Some("cancelled") => IssuerWord::Cancelled(raw),
            Some("declined") => IssuerWord::Declined(decline(self.reason.as_deref(), raw, (currency, limits))),
            Some(_) | None => return Err(invalid("outcome", "approved, declined, cancelled or pending")),
        };
        Ok((id, IssuerReport { issuer: issuer.clone(), reference, amount, word }))
    }
}

/// IR1 reasons in the words of API section 3.8. A reason that Google has no word for keeps its name as the raw code
/// (contract section 7).
fn decline(
    reason: Option<&str>,
    raw: Option<RawCode>,
    (currency, (maximum, minimum)): (Currency, (Option<i64>, Option<i64>)),
) -> Negative {
    let decline = match reason {
        Some("insufficient_funds") => Decline::InsufficientFunds,
        // The limit is a required member (API section 3.8): without a configured one it cannot be said.
        Some("over_limit") => {
            maximum.map_or(Decline::ByIssuer, |micros| Decline::OverLimit(Money::new(micros, currency)))
        }
        Some("under_limit") => Decline::UnderLimit(minimum.map(|micros| Money::new(micros, currency))),
        Some("currency_not_supported") => Decline::CurrencyNotSupported,
        Some("risk") => Decline::Risk,
        Some(_) | None => Decline::ByIssuer,
    };
    let raw = match (raw, &decline, reason) {
        (None, Decline::ByIssuer, Some(reason)) if reason != "other" => RawCode::new(reason),
        (raw, _, _) => raw,
    };
    Negative { decline, raw }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(outcome: &str, reason: Option<&str>, raw_code: Option<&str>) -> IssuerWord {
        let wire = WireReport {
            transaction_id: Some("01930d2c-7a44-7000-8000-0123456789ab".into()),
            outcome: Some(outcome.into()),
            issuer_reference: Some("A/77".into()),
            amount_micros: Some(Micros::Digits("109900000".into())),
            currency: Some("INR".into()),
            reason: reason.map(Into::into),
            raw_code: raw_code.map(Into::into),
        };
        wire.read(&IssuerId::parse("BANK_A").unwrap(), (Some(5_000_000), None)).unwrap().1.word
    }

    #[test]
    fn every_reason_has_its_word() {
        let inr = Currency::parse("INR").unwrap();
        for (reason, decline, raw) in [
            (Some("insufficient_funds"), Decline::InsufficientFunds, None),
            (Some("over_limit"), Decline::OverLimit(Money::new(5_000_000, inr)), None),
            (Some("under_limit"), Decline::UnderLimit(None), None),
            (Some("currency_not_supported"), Decline::CurrencyNotSupported, None),
            (Some("risk"), Decline::Risk, None),
            (Some("account_closed"), Decline::ByIssuer, Some("account_closed")),
            (Some("account_on_hold"), Decline::ByIssuer, Some("account_on_hold")),
            (Some("something_new"), Decline::ByIssuer, Some("something_new")),
            (Some("other"), Decline::ByIssuer, None),
            (None, Decline::ByIssuer, None),
        ] {
            let expected = IssuerWord::Declined(Negative { decline, raw: raw.and_then(RawCode::new) });
            assert_eq!(read("declined", reason, None), expected, "{reason:?}");
        }
        assert_eq!(
            read("declined", None, Some("51")),
            IssuerWord::Declined(Negative { decline: Decline::ByIssuer, raw: RawCode::new("51") })
        );
    }

    #[test]
    fn a_message_that_is_not_ir1_names_its_field() {
        let issuer = IssuerId::parse("BANK_A").unwrap();
        let good = [
            ("transactionId", "01930d2c-7a44-7000-8000-0123456789ab"),
            ("outcome", "approved"),
            ("issuerReference", "A"),
            ("amountMicros", "1000000"),
            ("currency", "INR"),
        ];
        let with = |field: &str, value: Option<&str>| {
            let parameters: Vec<_> = good
                .iter()
                .filter_map(|(name, given)| {
                    let given = if *name == field { value? } else { given };
                    Some(((*name).to_owned(), given.to_owned()))
                })
                .collect();
            WireReport::from_parameters(&parameters).read(&issuer, (None, None))
        };
        assert!(with("", None).is_ok());
        for (field, value) in [
            ("transactionId", None),
            ("transactionId", Some("77")),
            ("outcome", Some("paid")),
            ("outcome", None),
            ("issuerReference", None),
            ("amountMicros", Some("-1")),
            ("amountMicros", Some("1e6")),
            ("amountMicros", Some("92233720368547758080")),
            ("amountMicros", None),
            ("currency", Some("inr")),
            ("currency", None),
        ] {
            assert_eq!(with(field, value).unwrap_err().field, field, "{value:?}");
        }
    }

    #[test]
    fn every_refusal_of_a_refund_has_its_word() {
        for (reason, decline, raw) in [
            (Some("account_closed"), RefundDecline::AccountClosed, None),
            (Some("account_on_hold"), RefundDecline::AccountOnHold, None),
            (Some("over_limit"), RefundDecline::ExceedsMaximumBalance, None),
            (Some("refund_window_exceeded"), RefundDecline::WindowExceeded, None),
            (Some("risk"), RefundDecline::AccountOnHold, Some("risk")),
            (Some("other"), RefundDecline::AccountOnHold, Some("other")),
            (None, RefundDecline::AccountOnHold, None),
        ] {
            let expected = RefundRefusal { reason: decline, raw: raw.and_then(RawCode::new) };
            assert_eq!(refusal(reason, None), expected, "{reason:?}");
        }
    }
}
