//! What bounds the server on this machine, measured in the same run: the bare cryptography of one payment, the bare commit
//! of one payment, a bare route.

mod commit;
mod crypto;
mod route;

pub(super) use commit::{BareCommit, Wanted, bare_commits};
pub(super) use crypto::{BareCrypto, bare_crypto};
pub(super) use route::{BareRoute, bare_answers, bare_route};
