//! Addresses (outlook-payments section 4.4): both spellings of the locality are read, and what arrived is handed back.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::error::OutlookError;
use super::fields::Fields;
use super::json::Json;
use crate::domain::invoice::Address;

/// More street lines than any address has.
const MOST_LINES: usize = 20;

/// Where goods are to go. Personal: not in logs.
#[derive(Clone)]
pub struct ShippingAddress {
    /// As the domain knows it.
    pub address: Address,
    echo: Value,
}

impl fmt::Debug for ShippingAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.address, f)
    }
}

impl ShippingAddress {
    /// `shippingAddress` of a body, if it is there.
    pub(super) fn read(body: Fields<'_>) -> Result<Option<Self>, OutlookError> {
        let malformed = OutlookError::Malformed("shippingAddress");
        let Some(echo) = body.get("shippingAddress") else { return Ok(None) };
        let fields = Fields(echo.as_object().ok_or(malformed)?);
        let text = |name| -> Result<Option<Arc<str>>, OutlookError> {
            Ok(fields.text(name)?.filter(|text| !text.is_empty()).map(Into::into))
        };
        let lines = match fields.get("addressLine") {
            None => Vec::new(),
            Some(Value::String(line)) => vec![Arc::from(line.as_str())],
            Some(Value::Array(lines)) => lines
                .iter()
                .take(MOST_LINES)
                .map(|line| line.as_str().map(Arc::from).ok_or(OutlookError::Malformed("addressLine")))
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(OutlookError::Malformed("addressLine")),
        };
        let locality = match text("dependentLocality")? {
            Some(locality) => Some(locality),
            None => text("dependantLocality")?,
        };
        let address = Address {
            country: text("country")?,
            lines,
            region: text("region")?,
            city: text("city")?,
            dependent_locality: locality,
            postal_code: text("postalCode")?,
            sorting_code: text("sortingCode")?,
            organization: text("organization")?,
            recipient: text("recipient")?,
            phone: text("phone")?,
        };
        Ok(Some(Self { address, echo: echo.clone() }))
    }

    /// As it arrived.
    pub(super) fn echo(&self) -> Json {
        Json::Echo(self.echo.clone())
    }
}
