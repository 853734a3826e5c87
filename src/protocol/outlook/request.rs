//! The PaymentRequest webhook: what the payer's pane asks (outlook-payments sections 5.1 to 5.6).

use super::address::ShippingAddress;
use super::context::UnverifiedContext;
use super::error::OutlookError;
use super::fields::{Fields, parse_object};
use serde_json::Value;

/// The only method of payment (section 5.3).
pub const METHOD: &str = "https://pay.microsoft.com/microsoftpay";
/// Longer ids are none of ours, in bytes.
const LONGEST_ID: usize = 128;

/// What has happened in the pane. The answer is the same function of invoice, address and way for all three, so that a
/// mislabelled event is harmless (section 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaneEvent {
    /// The payer has opened it.
    LoadEntity,
    /// An address was chosen.
    ShippingAddressChange,
    /// A way of shipping was chosen.
    ShippingOptionChange,
}

impl PaneEvent {
    fn parse(text: &str) -> Result<Self, OutlookError> {
        [Self::LoadEntity, Self::ShippingAddressChange, Self::ShippingOptionChange]
            .into_iter()
            .find(|event| event.word().eq_ignore_ascii_case(text))
            .ok_or(OutlookError::UnknownEvent)
    }

    /// `event`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::LoadEntity => "loadentity",
            Self::ShippingAddressChange => "shippingaddresschange",
            Self::ShippingOptionChange => "shippingoptionchange",
        }
    }
}

/// A call of the pane. No amount of it is kept: amounts are never taken from a request (R6).
#[derive(Debug, Clone)]
pub struct PaymentRequest {
    /// What has happened.
    pub event: PaneEvent,
    /// Which invoice it is about, not verified.
    pub context: UnverifiedContext,
    /// The id that our first answer gave; only in shipping events.
    pub session: Option<String>,
    /// Where the goods are to go.
    pub address: Option<ShippingAddress>,
    /// The chosen way, by id.
    pub way: Option<String>,
}

impl PaymentRequest {
    /// Reads the body.
    ///
    /// # Errors
    /// 400, 404 or 413.
    pub fn unseal(unverified: &[u8]) -> Result<Self, OutlookError> {
        let body = parse_object(unverified)?;
        let body = Fields(&body);
        let method = match body.get("methodData") {
            Some(Value::Array(methods)) => methods.first().and_then(Value::as_object).map(Fields),
            _ => None,
        };
        let method = method.ok_or(OutlookError::Malformed("methodData"))?;
        if !is_ours(method.get("supportedMethods")) {
            return Err(OutlookError::Malformed("supportedMethods"));
        }
        let data = method.object("data")?.ok_or(OutlookError::Malformed("data"))?;
        let context = UnverifiedContext::read(data)?;
        let event = PaneEvent::parse(data.required("event")?)?;
        Ok(Self {
            event,
            context,
            session: if event == PaneEvent::LoadEntity { None } else { session(body) },
            address: ShippingAddress::read(body)?,
            way: body.text("shippingOption")?.map(str::to_owned),
        })
    }
}

/// `supportedMethods` is a text; as an array it is read too (section 5.3).
fn is_ours(methods: Option<&Value>) -> bool {
    match methods {
        Some(Value::String(method)) => method == METHOD,
        Some(Value::Array(methods)) => methods.iter().any(|method| method.as_str() == Some(METHOD)),
        _ => false,
    }
}

/// `id`, or else `details.id` (section 5.8). Anything unfit counts as missing: the answer then has a new one.
fn session(body: Fields<'_>) -> Option<String> {
    let details = body.object("details").ok().flatten();
    let id = body.text("id").ok().flatten().or_else(|| details?.text("id").ok().flatten())?;
    let fits = (1..=LONGEST_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    fits.then(|| id.to_owned())
}
