//! Begin Redirect: the browser brings Google's request (API section 4.1, flows-security section 4.1).

use url::Url;

use super::callback::{CallbackHosts, InvalidCallback, request_id_in};
use super::error::{ErrorCode, ProtocolError, Refusal};
use super::read::Object;
use super::unseal::{Accounts, Authentic, StartRequest, read_start};
use crate::crypto::Carrier;
use crate::domain::{Piaid, RequestId, Timestamp};

/// The two parameters as they came; nothing of them is verified.
#[derive(Debug)]
pub struct BeginQuery {
    /// `callbackUrl`, decoded.
    pub unverified_callback: Option<String>,
    /// `redirectRequest`, decoded.
    pub unverified_request: Option<String>,
}

/// A verified request to begin a payment.
#[derive(Debug)]
pub struct BeginCall {
    /// Index of the account.
    pub account: usize,
    /// The account's name.
    pub piaid: Piaid,
    /// The payment's identity.
    pub request_id: RequestId,
    /// Over the clear text without its timestamp, and the callback.
    pub content_hash: [u8; 32],
    /// What starts.
    pub start: StartRequest,
    /// Outside the clock window: may resume, not start (contract section 7).
    pub stale: Option<Refusal>,
}

/// A request that does not begin a payment.
#[derive(Debug)]
pub struct BeginError {
    /// What is wrong.
    pub error: ProtocolError,
    /// Where the browser may be sent with an `errorResponse`: the callback, if it is on the allow list, and the id that
    /// Google finds it by. `None`: the neutral page, never a redirect (checklist BEG-7).
    pub way_back: Option<(Url, RequestId)>,
}

impl BeginQuery {
    /// Reads a raw query string. Refuses any parameter that stands twice (flows-security section 4.1, step 1): `None` then.
    pub fn parse(raw_query: &str) -> Option<Self> {
        let mut query = Self { unverified_callback: None, unverified_request: None };
        let mut seen = std::collections::HashSet::new();
        for (name, value) in url::form_urlencoded::parse(raw_query.as_bytes()) {
            if !seen.insert(name.clone()) {
                return None;
            }
            let place = match &*name {
                "callbackUrl" => &mut query.unverified_callback,
                "redirectRequest" => &mut query.unverified_request,
                // Google may add parameters.
                _ => continue,
            };
            *place = Some(value.into_owned());
        }
        Some(query)
    }
}

impl Accounts {
    /// From the browser's query to a call that begins a payment.
    pub fn begin(
        &self,
        query: &BeginQuery,
        hosts: &CallbackHosts,
        now: Timestamp,
    ) -> Result<BeginCall, Box<BeginError>> {
        let callback = query.unverified_callback.as_deref().map(|text| hosts.check(text));
        let home = callback.as_ref().and_then(|checked| checked.as_ref().ok()).cloned();
        let sealed = query.unverified_request.as_deref().unwrap_or_default();
        let bound = query.unverified_callback.as_deref().unwrap_or_default().as_bytes();
        let opened = self.open(sealed.as_bytes(), Carrier::UrlParameter, bound, now);
        // Google finds a failed payment by the id in the callback; where that lacks one, by the verified request's.
        let found_by = match home.as_ref().and_then(request_id_in) {
            Some(claimed) => RequestId::parse(&claimed).ok(),
            None => opened.as_ref().ok().and_then(|authentic| authentic.request_id.clone().ok()),
        };
        let way_back = home.zip(found_by);
        opened
            .and_then(|authentic| self.read_begin(authentic, callback, now))
            .map_err(|error| Box::new(BeginError { error, way_back }))
    }

    fn read_begin(
        &self,
        authentic: Authentic,
        callback: Option<Result<Url, InvalidCallback>>,
        now: Timestamp,
    ) -> Result<BeginCall, ProtocolError> {
        let account = authentic.account;
        let stale = self.out_of_window(authentic.requested_at, now);
        // What cannot have begun a payment cannot resume one: for it the clock comes first (flows-security section 8.3).
        let refuse = |refusal| ProtocolError::Refused { account, refusal: stale.clone().unwrap_or(refusal) };
        let callback = callback.ok_or_else(|| refuse(Refusal::missing("callbackUrl")))?.map_err(|reason| {
            refuse(Refusal::new(ErrorCode::InvalidFieldValue("callbackUrl".into()), reason.to_string()))
        })?;
        let request_id = authentic.request_id.clone().map_err(refuse)?;
        // The two parts must belong together (checklist BEG-1).
        if request_id_in(&callback).as_deref() != Some(request_id.as_str()) {
            let described = "redirectRequestId in callbackUrl is not requestHeader.requestId";
            return Err(refuse(Refusal::new(ErrorCode::InvalidIdentifier("redirectRequestId".into()), described)));
        }
        let root = Object::root(&authentic.body).map_err(refuse)?;
        let start = read_start(&root, callback.into()).map_err(refuse)?;
        Ok(BeginCall {
            account: authentic.account,
            stale,
            piaid: authentic.piaid,
            request_id,
            content_hash: authentic.content_hash,
            start,
        })
    }
}
