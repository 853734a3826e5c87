//! Certificates.
use crate::crypto::key::KeyError;

pub(in crate::crypto) struct OwnCert {
    id: String,
}
pub(in crate::crypto) struct PeerCert {
    id: String,
}
impl OwnCert {
    pub(in crate::crypto) fn id(&self) -> &str {
        &self.id
    }
}
impl PeerCert {
    pub(in crate::crypto) fn id(&self) -> &str {
        &self.id
    }
}
pub(in crate::crypto) fn load_own(_file: &[u8]) -> Result<Vec<OwnCert>, KeyError> {
    Err(KeyError::ring("not built", ""))
}
pub(in crate::crypto) fn load_peers(_file: &[u8]) -> Result<Vec<PeerCert>, KeyError> {
    Err(KeyError::ring("not built", ""))
}
