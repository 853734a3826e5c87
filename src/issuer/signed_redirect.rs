//! The signed-redirect connector, IR1: authorize, return and event (contract section 5). Its calls are in `calls.rs`.

use url::Url;

use super::message::{EventMessage, InvalidMessage, WireEvent, WireRefund, WireReport};
use crate::crypto::{ExpiryCheck, Purpose, SignedUrlError, UnverifiedWebhook, UrlKeys, WebhookError};
use crate::domain::redirect_payment::{Decline, IssuerReport, Terms};
use crate::domain::{Currency, IssuerId, Money, Timestamp, TransactionId};

/// The longest description that is put into an authorize URL, in characters.
const LONGEST_DESCRIPTION: usize = 255;

/// One issuer that speaks IR1.
#[derive(Debug)]
pub struct SignedRedirect {
    /// Google's name of it.
    pub id: IssuerId,
    /// For the payer.
    pub name: String,
    /// Where the payer is sent.
    pub authorize_url: Url,
    /// Where its status is asked.
    pub status_url: Url,
    /// Where its refunds are ordered.
    pub refund_url: Url,
    /// Ours: `{public_url}/return/{issuerId}`.
    pub return_url: Url,
    /// Shared with the issuer; the first signs, all verify.
    pub keys: UrlKeys,
    /// What it takes.
    pub currencies: Vec<Currency>,
    /// Least amount in micros, if it has one.
    pub minimum_micros: Option<i64>,
    /// Greatest amount in micros, if it has one.
    pub maximum_micros: Option<i64>,
    /// From sending the payer there to asking the issuer, in milliseconds.
    pub payment_timeout_ms: i64,
    /// For `status_url` and `refund_url`.
    pub http: reqwest::Client,
}

/// Why a return is not honoured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReturnError {
    /// Not genuine: 403. The reason is for our log.
    #[error("return refused: {0}")]
    Refused(&'static str),
    /// Genuine, but its time is over: 410.
    #[error("return expired")]
    Expired,
    /// Genuine, but not IR1.
    #[error("return not understood: {0}")]
    Invalid(#[from] InvalidMessage),
}

/// Why an event is not stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not genuine.
    #[error("event refused: {0}")]
    Refused(#[from] WebhookError),
    /// Genuine, but not IR1.
    #[error("event not understood: {0}")]
    Invalid(#[from] InvalidMessage),
}

impl SignedRedirect {
    /// Its id.
    pub const fn id(&self) -> &IssuerId {
        &self.id
    }

    /// Why it cannot take `amount`, if it cannot.
    pub fn refuses(&self, amount: Money) -> Option<Decline> {
        let limit = |micros| Money::new(micros, amount.currency());
        if !self.currencies.contains(&amount.currency()) {
            return Some(Decline::CurrencyNotSupported);
        }
        if let Some(maximum) = self.maximum_micros.filter(|maximum| amount.micros() > *maximum) {
            return Some(Decline::OverLimit(limit(maximum)));
        }
        self.minimum_micros
            .filter(|minimum| amount.micros() < *minimum)
            .map(|minimum| Decline::UnderLimit(Some(limit(minimum))))
    }

    /// Where the payer is sent: the same payment and the same parameters each time, valid no longer than the payment's own
    /// deadline, so that nobody pays what has ended meanwhile.
    pub fn authorize(&self, terms: &Terms, until: Timestamp) -> Url {
        let mut url = self.authorize_url.clone();
        let description: String = terms.description.chars().take(LONGEST_DESCRIPTION).collect();
        url.query_pairs_mut()
            .append_pair("transactionId", &terms.id.to_string())
            .append_pair("amountMicros", &terms.amount.micros().to_string())
            .append_pair("currency", terms.amount.currency().code())
            .append_pair("description", &description)
            .append_pair("returnUrl", self.return_url.as_str());
        self.keys.sign(Purpose::IssuerAuthorize, url, until)
    }

    /// The issuer's word in the browser's return.
    pub fn read_return(
        &self,
        unverified_query: &str,
        now: Timestamp,
    ) -> Result<(TransactionId, IssuerReport), ReturnError> {
        let check = ExpiryCheck::within_a_week(now);
        let parameters = self
            .keys
            .verify(Purpose::IssuerReturn, self.return_url.as_str(), unverified_query, check)
            .map_err(|error| match error {
                SignedUrlError::Refused(reason) => ReturnError::Refused(reason),
                SignedUrlError::Expired => ReturnError::Expired,
            })?;
        Ok(WireReport::from_parameters(&parameters).read(&self.id, self.limits())?)
    }

    /// The issuer's word in a webhook.
    pub fn read_event(&self, message: &UnverifiedWebhook<'_>, now: Timestamp) -> Result<EventMessage, EventError> {
        self.keys.verify_webhook(message, now)?;
        let invalid =
            InvalidMessage { field: "body", expected: "the JSON of a payment.updated or refund.updated event" };
        let event: WireEvent = serde_json::from_slice(message.body).map_err(|_| invalid.clone())?;
        match event.kind.as_str() {
            "payment.updated" => {
                let (id, report) = event.report.read(&self.id, self.limits())?;
                Ok(EventMessage::Payment(id, report))
            }
            "refund.updated" => {
                let refund: WireRefund = serde_json::from_slice(message.body).map_err(|_| invalid)?;
                Ok(EventMessage::Refund(refund.read(&self.id)?))
            }
            _ => Err(InvalidMessage { field: "type", expected: "payment.updated or refund.updated" }.into()),
        }
    }

    /// Our signature under an answer to the issuer; answers are signed like requests, also over an empty body.
    pub fn sign_answer(&self, id: &str, now: Timestamp, body: &[u8]) -> String {
        self.keys.sign_webhook(id, now, body)
    }

    pub(super) const fn limits(&self) -> (Option<i64>, Option<i64>) {
        (self.maximum_micros, self.minimum_micros)
    }
}
