//! A compact JWS inside a compact JWE (flows-security section 3.3), on aws-lc-rs, with fixed allow lists.

mod algorithms;
pub(super) mod describe;
pub(super) mod generate;
pub(super) mod jwk;
mod ring;

pub use algorithms::{InvalidAlgorithm, JoseAlgorithms, JweAlg, JweEnc, JwsAlg, Zip};
pub(super) use jwk::{OwnJwk, PeerJwk};
pub(super) use ring::{JoseOpener, JoseRing};
