//! What a JWK file holds.
use crate::crypto::key::KeyError;
use crate::crypto::key_care::KeyDescription;
pub(in crate::crypto) fn describe(_file: &[u8]) -> Result<Vec<KeyDescription>, KeyError> {
    Err(KeyError::ring("not built", ""))
}
pub(in crate::crypto) fn export(_file: &[u8]) -> Result<String, KeyError> {
    Err(KeyError::ring("not built", ""))
}
