//! Calls to an issuer: status and refund (contract section 5). One attempt each; the outbox decides about the next one.

use serde_json::{Value, json};
use url::Url;

use super::message::{WireRefund, WireReport};
use super::signed_redirect::SignedRedirect;
use crate::crypto::UnverifiedWebhook;
use crate::domain::redirect_payment::{IssuerReport, RefundReport};
use crate::domain::{Money, RefundId, Timestamp, TransactionId};

/// What an issuer's answer may weigh.
const LONGEST_ANSWER: usize = 256 * 1024;

/// What `status_url` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusAnswer {
    /// The issuer's word.
    Report(IssuerReport),
    /// 404: the issuer never saw the payment.
    NeverSeen,
}

/// What `refund_url` is asked for.
#[derive(Debug)]
pub struct RefundCall<'a> {
    /// The issuer's idempotency key.
    pub refund: &'a RefundId,
    /// The issuer's reference of the payment.
    pub reference: &'a str,
    /// How much goes back.
    pub amount: Money,
}

impl RefundCall<'_> {
    /// The body, before it is signed.
    pub fn message(&self) -> Value {
        json!({
            "refundId": self.refund.to_string(),
            "transactionId": self.refund.payment.to_string(),
            "issuerReference": self.reference,
            "amountMicros": self.amount.micros().to_string(),
            "currency": self.amount.currency().code(),
        })
    }
}

/// What `status_url` is asked, before it is signed.
pub fn status_message(transaction: TransactionId) -> Value {
    json!({"transactionId": transaction.to_string()})
}

/// The call gave nothing to rely on; the outbox asks again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IssuerCallFailed(String);

fn failed(text: &str) -> IssuerCallFailed {
    IssuerCallFailed(text.to_owned())
}

impl SignedRedirect {
    /// Asks `status_url`. `request_id` is the same on every attempt of one question.
    pub async fn ask_status(
        &self,
        transaction: TransactionId,
        request_id: &str,
        now: Timestamp,
    ) -> Result<StatusAnswer, IssuerCallFailed> {
        let body = status_message(transaction).to_string();
        let Some(answer) = self.post(&self.status_url, body, request_id, now).await? else {
            return Ok(StatusAnswer::NeverSeen);
        };
        let report: WireReport =
            serde_json::from_slice(&answer).map_err(|_| failed("HTTP 200, not a status answer"))?;
        let read = report.read(&self.id, self.limits());
        let (id, report) = read.map_err(|error| IssuerCallFailed(format!("HTTP 200, {error}")))?;
        if id != transaction {
            return Err(failed("HTTP 200, about another transactionId"));
        }
        Ok(StatusAnswer::Report(report))
    }

    /// Orders a refund at `refund_url`, or asks how it stands: the call is idempotent on the refund's id.
    pub async fn refund(
        &self,
        call: &RefundCall<'_>,
        request_id: &str,
        now: Timestamp,
    ) -> Result<RefundReport, IssuerCallFailed> {
        let answer = self.post(&self.refund_url, call.message().to_string(), request_id, now).await?;
        // A 404 is no word about money: it may be the wrong address.
        let answer = answer.ok_or_else(|| failed("HTTP 404"))?;
        let refund: WireRefund =
            serde_json::from_slice(&answer).map_err(|_| failed("HTTP 200, not a refund answer"))?;
        let report = refund.read(&self.id).map_err(|error| IssuerCallFailed(format!("HTTP 200, {error}")))?;
        if report.id != *call.refund {
            return Err(failed("HTTP 200, about another refundId"));
        }
        Ok(report)
    }

    /// One signed message and its signed answer; `None` for a 404, whose body proves nothing.
    async fn post(
        &self,
        url: &Url,
        body: String,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, IssuerCallFailed> {
        let mut response = self
            .http
            .post(url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", request_id)
            .header("webhook-timestamp", now.as_secs().to_string())
            .header("webhook-signature", self.keys.sign_webhook(request_id, now, body.as_bytes()))
            .body(body)
            .send()
            .await
            .map_err(|error| failed(if error.is_timeout() { "no answer in time" } else { "no connection" }))?;
        let status = response.status();
        if status == reqwest::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !status.is_success() {
            return Err(IssuerCallFailed(format!("HTTP {}", status.as_u16())));
        }
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| failed("the connection broke"))? {
            if answer.len() + chunk.len() > LONGEST_ANSWER {
                return Err(failed("the answer is longer than 256 KiB"));
            }
            answer.extend_from_slice(&chunk);
        }
        let header =
            |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let message = UnverifiedWebhook {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
            body: &answer,
        };
        self.keys.verify_webhook(&message, now).map_err(|error| IssuerCallFailed(format!("HTTP 200, {error}")))?;
        Ok(Some(answer))
    }
}
