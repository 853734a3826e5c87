//! A compact JWS inside a compact JWE (flows-security section 3.3), on aws-lc-rs, with fixed allow lists.

mod agreement;
mod algorithms;
mod content;
pub(super) mod describe;
pub(super) mod generate;
mod jwe;
pub(super) mod jwk;
mod jws;
mod key;
mod ring;

pub use algorithms::{InvalidAlgorithm, JoseAlgorithms, JweAlg, JweEnc, JwsAlg, Zip};
pub(super) use key::{OwnJwk, PeerJwk};
pub(super) use ring::{JoseOpener, JoseRing};
