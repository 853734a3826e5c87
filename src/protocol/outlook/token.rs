//! The payment token (outlook-payments section 6.3): three parts that look like a JWS, split by hand, because the payload is not
//! JSON but the processor's token. Who calls is proven by the bearer token; the signature here was never specified.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::amount::StatedAmount;
use super::error::OutlookError;
use super::fields::Fields;
use super::moment::parse_moment;
use crate::crypto::content_hash;
use crate::domain::{Money, Timestamp};

/// Longer than any token, in bytes.
const LONGEST_TOKEN: usize = 16 * 1024;

/// A token as it came.
#[derive(Clone)]
pub struct PaymentToken {
    whole: Zeroizing<String>,
    header: Map<String, Value>,
    payload: Zeroizing<String>,
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentToken([redacted])")
    }
}

/// What a token has to be good for.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// What the invoice costs, shipped as asked.
    pub total: Money,
    /// Ours.
    pub merchant_id: &'a str,
    /// The call's.
    pub request_id: &'a str,
    /// Whether the processor is in test mode.
    pub test: bool,
    /// Now.
    pub now: Timestamp,
}

/// Which check a payment did not pass (section 6.7). Nothing is charged then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckFailed {
    /// The payer approved another amount or currency than the invoice's.
    #[error("the approved amount is not the invoice's")]
    Amount,
    /// `Amount`: the token is good for another one.
    #[error("the token is for another amount")]
    TokenAmount,
    /// `MerchantId`.
    #[error("the token is for another merchant")]
    Merchant,
    /// `PaymentRequestId`.
    #[error("the token is for another request")]
    Request,
    /// `Expiry`.
    #[error("the token has expired")]
    Expired,
    /// `TestMode`.
    #[error("the token is of the other mode")]
    Mode,
    /// `Format`, or an error instead of a token.
    #[error("the token is in a format that is not taken")]
    Format,
}

impl PaymentToken {
    /// Splits a token.
    pub(super) fn parse(text: &str) -> Result<Self, OutlookError> {
        let malformed = OutlookError::Malformed("paymentToken");
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(_signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed);
        };
        if text.len() > LONGEST_TOKEN {
            return Err(malformed);
        }
        let decoded = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).map_err(|_| malformed)?;
            Ok::<_, OutlookError>(Zeroizing::new(bytes))
        };
        let Ok(Value::Object(header)) = crate::protocol::parse_strict(&decoded(header)?) else { return Err(malformed) };
        let payload = decoded(payload)?;
        let payload = std::str::from_utf8(&payload).map_err(|_| malformed)?;
        Ok(Self { whole: Zeroizing::new(text.to_owned()), header, payload: Zeroizing::new(payload.to_owned()) })
    }

    /// The key that repetitions are told by, and all that is stored: SHA-256 of the token as it came (section 6.7).
    pub fn digest(&self) -> [u8; 32] {
        content_hash(self.whole.as_bytes())
    }

    /// The processor's token: opaque text, for the processor alone.
    pub fn expose(&self) -> &str {
        &self.payload
    }

    /// The checks of section 6.7 that are about the token. Absent members are not checked, present ones bind (section 6.3).
    pub(super) fn check(&self, expected: &Expected<'_>) -> Result<(), CheckFailed> {
        let header = Fields(&self.header);
        if let Some(amount) = header.get("Amount") {
            let amount = amount.as_object().and_then(|amount| StatedAmount::read(Fields(amount)).ok());
            amount.filter(|amount| amount.is(expected.total)).ok_or(CheckFailed::TokenAmount)?;
        }
        let ours = |merchant: &str| merchant.eq_ignore_ascii_case(expected.merchant_id);
        if header.get("MerchantId").is_some_and(|id| !id.as_str().is_some_and(ours)) {
            return Err(CheckFailed::Merchant);
        }
        if header.get("PaymentRequestId").is_some_and(|id| id.as_str() != Some(expected.request_id)) {
            return Err(CheckFailed::Request);
        }
        let lasts = |expiry: &Value| expiry.as_str().and_then(parse_moment).is_some_and(|until| expected.now < until);
        if header.get("Expiry").is_some_and(|expiry| !lasts(expiry)) {
            return Err(CheckFailed::Expired);
        }
        if header.get("TestMode").is_some_and(|mode| mode.as_bool() != Some(expected.test)) {
            return Err(CheckFailed::Mode);
        }
        // 2 is how the older flavour of the token numbers it.
        let stripe = match header.get("Format") {
            Some(Value::String(format)) => format.eq_ignore_ascii_case("stripe"),
            Some(Value::Number(format)) => format.as_u64() == Some(2),
            _ => false,
        };
        if stripe { Ok(()) } else { Err(CheckFailed::Format) }
    }
}
