//! OpenPGP as Google asks for it (flows-security section 3.2): rPGP's packets, aws-lc-rs's RSA.

pub(super) mod cert;
mod ring;

pub(super) use cert::{OwnCert, PeerCert};
pub(super) use ring::{PgpOpener, PgpRing};
