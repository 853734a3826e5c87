//! JSON Web Keys.
use crate::crypto::key::KeyError;

pub(in crate::crypto) struct OwnJwk {
    kid: String,
}
pub(in crate::crypto) struct PeerJwk {
    kid: String,
}
impl OwnJwk {
    pub(in crate::crypto) fn kid(&self) -> &str {
        &self.kid
    }
}
impl PeerJwk {
    pub(in crate::crypto) fn kid(&self) -> &str {
        &self.kid
    }
}
pub(in crate::crypto) fn load_own(_file: &[u8]) -> Result<Vec<OwnJwk>, KeyError> {
    Err(KeyError::ring("not built", ""))
}
pub(in crate::crypto) fn load_peers(_file: &[u8]) -> Result<Vec<PeerJwk>, KeyError> {
    Err(KeyError::ring("not built", ""))
}
