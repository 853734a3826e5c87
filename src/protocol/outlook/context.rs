//! The product context of a mail: the invoice's reference and its nonce, handed back with every call (outlook-payments
//! section 3.3).

use std::fmt;

use serde_json::Value;

use super::error::OutlookError;
use super::fields::Fields;
use super::json::Json;
use crate::crypto::secrets_equal;
use crate::domain::invoice::{Content, InvoiceReference};

/// A product context that came with a call.
#[derive(Clone)]
pub struct UnverifiedContext {
    /// Which invoice it names.
    pub reference: InvoiceReference,
    unverified_nonce: String,
    echo: Value,
}

impl fmt::Debug for UnverifiedContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedContext").field("reference", &self.reference).finish_non_exhaustive()
    }
}

impl UnverifiedContext {
    /// From the object that holds it. A context that cannot be ours is unknown, not malformed.
    pub(super) fn read(of: Fields<'_>) -> Result<Self, OutlookError> {
        let echo = of.get("productContext").ok_or(OutlookError::Malformed("productContext"))?;
        let fields = Fields(echo.as_object().ok_or(OutlookError::Malformed("productContext"))?);
        let text = |name| fields.text(name).ok().flatten().ok_or(OutlookError::UnknownContext);
        let reference = InvoiceReference::parse(text("ref")?).map_err(|_| OutlookError::UnknownContext)?;
        Ok(Self { reference, unverified_nonce: text("nonce")?.to_owned(), echo: echo.clone() })
    }

    /// Checks the nonce, in constant time (M5).
    ///
    /// # Errors
    /// It is not this invoice's.
    pub fn verify(&self, content: &Content) -> Result<(), OutlookError> {
        let ours = self.reference == content.reference
            && secrets_equal(self.unverified_nonce.as_bytes(), content.nonce.as_bytes());
        if ours { Ok(()) } else { Err(OutlookError::UnknownContext) }
    }

    /// As it arrived.
    pub(super) fn echo(&self) -> Json {
        Json::Echo(self.echo.clone())
    }
}

/// The product context of an invoice's mail.
pub(super) fn of_invoice(content: &Content) -> Json {
    Json::Object(vec![("ref", Json::text(content.reference.as_str())), ("nonce", Json::text(content.nonce.as_ref()))])
}
