//! Bearer tokens of Microsoft's that accompany calls from Outlook (outlook-payments sections 7.2, 7.3 and 13.6).
//!
//! [`BearerKeys`] is what a key server publishes, [`BearerProfile`] what a token has to say, [`BearerProfile::verify`] the judgement:
//! pure, with the time as an argument. Who fetches and keeps the keys is not this module's matter. [`BearerIssuer`] is the other
//! side, for stand-ins and tests.

mod claims;
mod issuer;
mod keys;
mod profile;
#[cfg(test)]
mod proof;

pub use claims::BearerClaims;
pub use issuer::BearerIssuer;
pub use keys::{BearerKeys, Discovery, InvalidKeys};
pub use profile::{
    BearerProfile, BearerRefused, EntraProfile, LEGACY_ISSUER, LegacyProfile, OUTLOOK_CALLER, UnverifiedBearer,
    bearer_of,
};
