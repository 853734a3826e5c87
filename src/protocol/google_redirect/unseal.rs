//! From bytes to a call, in the order of flows-security section 8.3: decode, decrypt, verify, parse, version, account,
//! timestamp, required fields, field values. Idempotency and business rules come after, in the actor.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::error::{ErrorCode, ProtocolError, Refusal};
use super::read::Object;
use super::remittance::{StatementSummary, read_summary};
use crate::crypto::{Carrier, Keyring, OpenError, Opener, content_hash};
use crate::domain::{IssuerId, Money, Piaid, RequestId, Timestamp};
use crate::protocol::json::{canonical, parse_strict};

/// Google's answers are read, and inflated, up to this many bytes (contract section 3).
pub(super) const LONGEST_ANSWER: usize = 32 * 1024 * 1024;

/// One account (PIAID) and its keys.
#[derive(Debug)]
pub struct Account {
    /// Its name at Google.
    pub piaid: Piaid,
    /// Its keys, ours and Google's.
    pub keyring: Arc<Keyring>,
}

/// All accounts. Which one a message is for is only known once it is open.
#[derive(Debug)]
pub struct Accounts {
    accounts: Vec<Account>,
    by_piaid: HashMap<Piaid, usize>,
    opener: Opener,
    /// Google's answers may be larger than its requests (contract section 3).
    answer_opener: Opener,
    /// How far a requestTimestamp may be from now, in milliseconds (flows-security section 9.1).
    pub(super) clock_tolerance_ms: i64,
    /// Replays are answered before the clock is looked at (the switch of flows-security section 8.3).
    replay_before_clock: bool,
}

/// A verified, understood call of Google.
#[derive(Debug)]
pub struct Call {
    /// Index of the account; its keys seal the answer.
    pub account: usize,
    /// The account's name.
    pub piaid: Piaid,
    /// The idempotency key within the account.
    pub request_id: RequestId,
    /// SHA-256 over the canonical content without its timestamp (flows-security section 7).
    pub content_hash: [u8; 32],
    /// Outside the clock window, under the switch that lets replays pass.
    pub stale: Option<Refusal>,
    /// What is asked.
    pub request: Request,
}

/// The methods that Google calls (API section 5).
#[derive(Debug)]
pub enum Request {
    /// `echo`.
    Echo {
        /// To be sent back.
        client_message: String,
    },
    /// `generateRedirectPaymentUrl`.
    GenerateUrl(StartRequest),
    /// `getRedirectPaymentStatus`.
    Status {
        /// The start request whose outcome is asked for.
        redirect_request_id: RequestId,
    },
    /// `asynchronousRefund`.
    Refund {
        /// The start request of the payment.
        capture_request_id: RequestId,
        /// How much goes back: positive, whole minor units.
        amount: Money,
    },
    /// `remittanceStatementNotification`.
    Statement(StatementSummary),
}

/// What starts a payment in either flow.
#[derive(Debug, Clone)]
pub struct StartRequest {
    /// What is to be paid.
    pub amount: Money,
    /// May be shown to the payer.
    pub description: String,
    /// The issuer that the payer chose at Google, if any.
    pub issuer: Option<IssuerId>,
    /// Unverified as a URL: see `CallbackHosts::check`.
    pub callback_url: String,
}

/// Which method the path named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// `echo`
    Echo,
    /// `generateRedirectPaymentUrl`
    GenerateUrl,
    /// `getRedirectPaymentStatus`
    Status,
    /// `asynchronousRefund`
    Refund,
    /// `remittanceStatementNotification`
    Statement,
}

/// The clear text behind a verified signature, with what every method has in common.
pub(super) struct Authentic {
    pub(super) account: usize,
    pub(super) piaid: Piaid,
    /// Judged after the timestamp, as the order of flows-security section 8.3 has it.
    pub(super) request_id: Result<RequestId, Refusal>,
    pub(super) requested_at: Timestamp,
    pub(super) content_hash: [u8; 32],
    pub(super) body: Value,
}

impl Accounts {
    /// From the configuration's accounts, in its order.
    pub fn new(accounts: Vec<Account>, clock_tolerance_ms: i64, replay_before_clock: bool) -> Self {
        let rings: Vec<_> = accounts.iter().map(|account| account.keyring.clone()).collect();
        let opener = Opener::new(rings.clone());
        let answer_opener = Opener::new(rings).max_inflated(LONGEST_ANSWER);
        let by_piaid = accounts.iter().enumerate().map(|(index, account)| (account.piaid.clone(), index)).collect();
        Self { accounts, by_piaid, opener, answer_opener, clock_tolerance_ms, replay_before_clock }
    }

    /// The account with this index, as a [`Call`] names it.
    pub fn get(&self, index: usize) -> Option<&Account> {
        self.accounts.get(index)
    }

    /// The account with this name.
    pub fn find(&self, piaid: &Piaid) -> Option<(usize, &Account)> {
        let index = *self.by_piaid.get(piaid)?;
        self.accounts.get(index).map(|account| (index, account))
    }

    /// All accounts.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }

    /// From the body of a server-to-server request to a call.
    pub fn unseal(&self, unverified: &[u8], wanted: Wanted, now: Timestamp) -> Result<Call, ProtocolError> {
        let authentic = self.open(unverified, Carrier::Body, &[], now)?;
        let refuse = |refusal| ProtocolError::Refused { account: authentic.account, refusal };
        let stale = self.out_of_window(authentic.requested_at, now);
        if let (Some(refusal), false) = (&stale, self.replay_before_clock) {
            return Err(refuse(refusal.clone()));
        }
        let request_id = authentic.request_id.clone().map_err(refuse)?;
        let request = read_request(&authentic.body, wanted).map_err(refuse)?;
        let Authentic { account, piaid, content_hash, .. } = authentic;
        Ok(Call { account, piaid, request_id, content_hash, stale, request })
    }

    /// The clock check: exactly the tolerance is still good (flows-security section 9.1).
    pub(super) fn out_of_window(&self, requested: Timestamp, now: Timestamp) -> Option<Refusal> {
        let off = requested.millis_since(now).saturating_abs();
        (off > self.clock_tolerance_ms).then(|| {
            Refusal::new(
                ErrorCode::RequestTimestampOutOfRange { requested, current: now },
                format!(
                    "requestHeader.requestTimestamp is {off} ms from {now}, allowed are {} ms",
                    self.clock_tolerance_ms
                ),
            )
        })
    }

    /// Opens an answer's body; whether its signer may answer is for the caller to see.
    pub(super) fn open_raw(&self, unverified: &[u8], now: Timestamp) -> Option<crate::crypto::Opened> {
        self.answer_opener.open(unverified, Carrier::Body, now).ok()
    }

    /// Decode, decrypt, verify, parse, version, account. `bound` is further content that the request stands for.
    pub(super) fn open(
        &self,
        unverified: &[u8],
        carrier: Carrier,
        bound: &[u8],
        now: Timestamp,
    ) -> Result<Authentic, ProtocolError> {
        let opened = self.opener.open(unverified, carrier, now).map_err(unauthenticated)?;
        let Some(&signer) = opened.trusted_by.first() else {
            return Err(ProtocolError::Unauthenticated { code: ErrorCode::InvalidPayloadSignature, recipient: None });
        };
        let refuse = |refusal| ProtocolError::Refused { account: signer, refusal };
        let body = parse_strict(&opened.plaintext)
            .map_err(|error| refuse(Refusal::new(ErrorCode::InvalidDecryptedRequest, error.to_string())))?;
        let root = Object::root(&body).map_err(refuse)?;
        let header = root.object("requestHeader").map_err(refuse)?;
        let major = header.object("protocolVersion").and_then(|version| version.int64("major")).map_err(refuse)?;
        if major != 1 {
            let described = format!("protocolVersion.major {major} is not supported, expected 1");
            return Err(refuse(Refusal::new(ErrorCode::InvalidApiVersion(major), described)));
        }
        let piaid = header.text("paymentIntegratorAccountId").map_err(refuse)?;
        let unknown = || refuse(Refusal::identifier("requestHeader.paymentIntegratorAccountId"));
        let piaid = Piaid::parse(piaid).map_err(|_| unknown())?;
        let (account, _) = self.find(&piaid).ok_or_else(unknown)?;
        if !opened.trusted_by.contains(&account) {
            let described = "requestHeader.paymentIntegratorAccountId does not belong to the signing key";
            return Err(refuse(Refusal::new(ErrorCode::Forbidden, described)));
        }
        let refuse = |refusal| ProtocolError::Refused { account, refusal };
        header.require(&["requestTimestamp"]).map_err(refuse)?;
        let requested_at = header.timestamp("requestTimestamp").map_err(refuse)?;
        let request_id = header.text("requestId").and_then(|text| {
            RequestId::parse(text).map_err(|reason| Refusal::invalid("requestHeader.requestId", reason.expected))
        });
        let content_hash = hash_without_timestamp(&body, bound);
        Ok(Authentic { account, piaid, request_id, requested_at, content_hash, body })
    }
}

fn unauthenticated(error: OpenError) -> ProtocolError {
    let recipient = error.recipient_ring();
    let code = match error {
        OpenError::Undecodable | OpenError::Undecryptable { .. } => ErrorCode::InvalidPayloadEncryption,
        OpenError::Unverified { .. } => ErrorCode::InvalidPayloadSignature,
    };
    ProtocolError::Unauthenticated { code, recipient }
}

/// The content that a retry must repeat: everything but the timestamp, which a retry refreshes (flows-security section 7).
fn hash_without_timestamp(body: &Value, bound: &[u8]) -> [u8; 32] {
    let mut content = body.clone();
    if let Some(header) = content.get_mut("requestHeader").and_then(Value::as_object_mut) {
        header.remove("requestTimestamp");
    }
    let mut text = canonical(&content).into_bytes();
    text.push(b'\n');
    text.extend_from_slice(bound);
    content_hash(&text)
}

fn read_request(body: &Value, wanted: Wanted) -> Result<Request, Refusal> {
    let root = Object::root(body)?;
    match wanted {
        Wanted::Echo => Ok(Request::Echo { client_message: root.text("clientMessage")?.to_owned() }),
        Wanted::Status => {
            let id = root.text("redirectRequestId")?;
            let redirect_request_id =
                RequestId::parse(id).map_err(|reason| Refusal::invalid("redirectRequestId", reason.expected))?;
            Ok(Request::Status { redirect_request_id })
        }
        Wanted::Refund => {
            root.require(&["captureRequestId", "refundAmount"])?;
            let capture_request_id = RequestId::parse(root.text("captureRequestId")?)
                .map_err(|reason| Refusal::invalid("captureRequestId", reason.expected))?;
            Ok(Request::Refund { capture_request_id, amount: root.payable("refundAmount")? })
        }
        Wanted::Statement => Ok(Request::Statement(read_summary(&root)?)),
        Wanted::GenerateUrl => {
            root.require(&["transactionAmount", "transactionDescription", "formOfPayment", "callbackUrl"])?;
            let callback_url = root.text("callbackUrl")?.to_owned();
            Ok(Request::GenerateUrl(read_start(&root, callback_url)?))
        }
    }
}

/// The fields that both ways of starting share (API sections 4.1 and 5.2).
pub(super) fn read_start(root: &Object<'_>, callback_url: String) -> Result<StartRequest, Refusal> {
    root.require(&["transactionAmount", "transactionDescription", "formOfPayment"])?;
    let description = root.text("transactionDescription")?;
    if description.chars().count() > 1000 {
        return Err(Refusal::invalid("transactionDescription", "at most 1000 characters"));
    }
    Ok(StartRequest {
        amount: root.payable("transactionAmount")?,
        description: description.to_owned(),
        issuer: root.form_of_payment("formOfPayment")?,
        callback_url,
    })
}
