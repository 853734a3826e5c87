//! OpenPGP keyrings.
use std::sync::Arc;

use super::{OwnCert, PeerCert};
use crate::crypto::keyring::{Keyring, OpenError, Opened, SealError};
use crate::domain::Timestamp;

#[derive(Debug)]
pub(in crate::crypto) struct PgpRing {
    pub(in crate::crypto) sign_with_all: bool,
}
impl PgpRing {
    pub(in crate::crypto) fn new(_own: Vec<Arc<OwnCert>>, _peers: Vec<Arc<PeerCert>>) -> Self {
        Self { sign_with_all: false }
    }
    pub(in crate::crypto) fn seal(&self, _plain: &[u8], _now: Timestamp) -> Result<Vec<u8>, SealError> {
        Err(SealError::Failed)
    }
}
#[derive(Debug)]
pub(in crate::crypto) struct PgpOpener;
impl PgpOpener {
    pub(in crate::crypto) fn new(_rings: &[Arc<Keyring>]) -> Self {
        Self
    }
    pub(in crate::crypto) fn open(&self, _m: &[u8], _now: Timestamp, _max: usize) -> Result<Opened, OpenError> {
        Err(OpenError::Undecodable)
    }
}
