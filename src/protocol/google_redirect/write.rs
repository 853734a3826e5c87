//! The answers, as clear text and sealed (API sections 3.8, 4.2, 5).

use serde_json::{Map, Value, json};
use url::Url;

use super::callback::request_id_in;
use super::error::Refusal;
use super::unseal::Accounts;
use crate::crypto::{Carrier, SealError};
use crate::domain::redirect_payment::{Decline, Negative, Outcome, RawCode, RefundDecline, RefundResult, Verdict};
use crate::domain::{IssuerId, Money, RequestId, Timestamp};

/// What a server-to-server call is answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// `echo`.
    Echo {
        /// The caller's text.
        client_message: String,
    },
    /// `generateRedirectPaymentUrl`: the URL.
    Link(String),
    /// `generateRedirectPaymentUrl`: a business decline.
    Declined(Negative),
    /// `getRedirectPaymentStatus`.
    Status(Verdict, Option<IssuerId>),
    /// `asynchronousRefund`: accepted for processing (API section 5.4).
    Acknowledged,
    /// `remittanceStatementNotification`: received (API section 5.5).
    Accepted,
    /// An `ErrorResponse` with our own id of this call.
    Error(Refusal, String),
}

impl Accounts {
    /// The sealed body of an answer to the account with this index.
    pub fn seal(&self, account: usize, answer: &Answer, now: Timestamp) -> Result<String, SealError> {
        self.seal_json(account, &clear_text(answer, now), Carrier::Body, now)
    }

    pub(super) fn seal_json(
        &self,
        account: usize,
        clear: &Value,
        carrier: Carrier,
        now: Timestamp,
    ) -> Result<String, SealError> {
        let account = self.get(account).ok_or(SealError::Failed)?;
        account.keyring.seal(clear.to_string().as_bytes(), carrier, now)
    }
}

fn clear_text(answer: &Answer, now: Timestamp) -> Value {
    let mut body = Map::new();
    body.insert("responseHeader".into(), json!({"responseTimestamp": timestamp(now)}));
    match answer {
        Answer::Echo { client_message } => {
            body.insert("clientMessage".into(), json!(client_message));
            body.insert("serverMessage".into(), json!("roundtrip"));
        }
        Answer::Link(url) => {
            body.insert("result".into(), json!({"success": {"redirectDetails": {"getMethod": {"url": url}}}}));
        }
        Answer::Declined(negative) => {
            // The members of GenerateRedirectPaymentUrlResult beyond these two are UNCONFIRMED (API section 5.2).
            let member = match negative.decline {
                Decline::InsufficientFunds => "insufficientFunds",
                Decline::OverLimit(_)
                | Decline::UnderLimit(_)
                | Decline::CurrencyNotSupported
                | Decline::Risk
                | Decline::ByIssuer
                | Decline::PayerLeft => "declinedByIssuer",
            };
            let raw = negative.raw.as_ref().map_or(decline_name(&negative.decline), RawCode::as_str);
            body.insert("result".into(), json!({ member: {"rawResult": {"rawCode": raw}} }));
        }
        Answer::Status(verdict, issuer) => {
            body.insert("result".into(), verdict_json(verdict));
            body.insert("formOfPayment".into(), form_of_payment(issuer.as_ref()));
        }
        Answer::Acknowledged => {
            body.insert("result".into(), json!({"acknowledged": {}}));
        }
        Answer::Accepted => {
            body.insert("result".into(), json!({"accepted": {}}));
        }
        Answer::Error(refusal, id) => {
            body.insert("errorDescription".into(), json!(refusal.description));
            body.insert("paymentIntegratorErrorIdentifier".into(), json!(id));
            if let Some(result) = refusal.code.server_result() {
                body.insert("errorResponseResult".into(), result);
            }
        }
    }
    Value::Object(body)
}

/// C1: the callback with the sealed outcome or error (API section 4.2). A fresh encryption each time, the same meaning.
pub fn complete_url(
    accounts: &Accounts,
    account: usize,
    callback: &Url,
    response: (&RequestId, Result<(&Verdict, Option<&IssuerId>), &Refusal>),
    now: Timestamp,
) -> Result<Url, SealError> {
    let (request_id, result) = response;
    let clear = match result {
        Ok((verdict, issuer)) => json!({
            "redirectRequestId": request_id.as_str(),
            "result": verdict_json(verdict),
            "formOfPayment": form_of_payment(issuer),
        }),
        Err(refusal) => json!({
            "redirectRequestId": request_id.as_str(),
            "errorResponse": {
                "errorDescription": refusal.description,
                "errorResponseResult": refusal.code.browser_result(),
            },
        }),
    };
    let piaid = accounts.get(account).ok_or(SealError::Failed)?.piaid.clone();
    let sealed = accounts.seal_json(account, &clear, Carrier::UrlParameter, now)?;
    let mut url = callback.clone();
    let has_id = request_id_in(&url).is_some();
    {
        let mut query = url.query_pairs_mut();
        if !has_id {
            query.append_pair("redirectRequestId", request_id.as_str());
        }
        query.append_pair("paymentIntegratorAccountId", piaid.as_str());
        query.append_pair("redirectResponse", &sealed);
    }
    Ok(url)
}

pub(super) fn timestamp(at: Timestamp) -> Value {
    json!({"epochMillis": at.to_string()})
}

pub(super) fn form_of_payment(issuer: Option<&IssuerId>) -> Value {
    match issuer {
        Some(issuer) => json!({"issuerId": {"value": issuer.as_str()}}),
        None => json!({"noneChosen": {}}),
    }
}

fn amount(money: Money) -> Value {
    json!({"amountMicros": money.micros().to_string(), "currencyCode": money.currency().code()})
}

fn verdict_json(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Pending => json!({"pending": {}}),
        Verdict::Final(outcome) => outcome_json(outcome),
    }
}

/// RedirectPaymentResult without `pending`: also RedirectPaymentNotificationRequestResult (API sections 5.3 and 6.3).
pub(super) fn outcome_json(outcome: &Outcome) -> Value {
    let Outcome::Negative(negative) = outcome else { return json!({"success": {}}) };
    let mut detail = Map::new();
    if let Some(raw) = &negative.raw {
        detail.insert("rawResult".into(), json!({"rawCode": raw.as_str()}));
    }
    match &negative.decline {
        Decline::OverLimit(limit) => {
            detail.insert("transactionLimit".into(), amount(*limit));
        }
        Decline::UnderLimit(Some(minimum)) => {
            detail.insert("minimumTransactionLimit".into(), amount(*minimum));
        }
        Decline::UnderLimit(None)
        | Decline::InsufficientFunds
        | Decline::CurrencyNotSupported
        | Decline::Risk
        | Decline::ByIssuer
        | Decline::PayerLeft => {}
    }
    json!({ decline_name(&negative.decline): detail })
}

/// RefundResult (API section 6.4). `rawResult` inside is UNCONFIRMED; like elsewhere it stands only where there is one.
pub(super) fn refund_result_json(result: &RefundResult) -> Value {
    let RefundResult::Refused(refusal) = result else { return json!({"success": {}}) };
    let member = match refusal.reason {
        RefundDecline::AccountClosed => "accountClosed",
        RefundDecline::AccountOnHold => "accountOnHold",
        RefundDecline::ExceedsMaximumBalance => "refundExceedsMaximumBalance",
        RefundDecline::WindowExceeded => "refundWindowExceeded",
    };
    let mut detail = Map::new();
    if let Some(raw) = &refusal.raw {
        detail.insert("rawResult".into(), json!({"rawCode": raw.as_str()}));
    }
    json!({ member: detail })
}

fn decline_name(decline: &Decline) -> &'static str {
    match decline {
        Decline::InsufficientFunds => "insufficientFunds",
        Decline::OverLimit(_) => "chargeExceedsTransactionLimit",
        Decline::UnderLimit(_) => "chargeUnderLimit",
        Decline::CurrencyNotSupported => "accountDoesNotSupportCurrency",
        Decline::Risk => "riskDeclined",
        Decline::ByIssuer => "declinedByIssuer",
        Decline::PayerLeft => "userExitedPaymentFlow",
    }
}
