//! OpenPGP as Google asks for it (flows-security section 3.2): rPGP's packets, aws-lc-rs's RSA.

pub(super) mod cert;
mod component;
pub(super) mod describe;
pub(super) mod generate;
mod judge;
mod open;
mod seal;

pub(super) use cert::{OwnCert, PeerCert};
pub(super) use open::PgpOpener;
pub(super) use seal::PgpRing;
