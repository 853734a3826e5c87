//! Hashes and comparisons. Everything that is hashed for a meaning is length-prefixed and separated by domain, so that
//! no two different inputs share an encoding.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Builder;

use crate::domain::{Piaid, RequestId, TransactionId};

fn absorb(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_be_bytes());
    hasher.update(part);
}

/// The id of the transaction that Google's `requestId` names within an account: identical requests meet in one row, on
/// whatever node they arrive. SHA-256, cut into a UUID of version 8.
pub fn transaction_id(piaid: &Piaid, request_id: &RequestId) -> TransactionId {
    derived(&[b"roundtrip transaction 1", piaid.as_str().as_bytes(), request_id.as_str().as_bytes()])
}

/// The id of the remittance statement that Google announced under `requestId`. Another one than a payment's of the same
/// `requestId`, which the request log refuses.
pub fn statement_id(piaid: &Piaid, request_id: &RequestId) -> TransactionId {
    derived(&[b"roundtrip statement 1", piaid.as_str().as_bytes(), request_id.as_str().as_bytes()])
}

/// The id of the alarm of this kind about this subject: however many nodes see it, it is one alarm.
pub fn alarm_id(kind: &str, subject: &str) -> TransactionId {
    derived(&[b"roundtrip alarm 1", kind.as_bytes(), subject.as_bytes()])
}

fn derived(parts: &[&[u8]]) -> TransactionId {
    let mut hasher = Sha256::new();
    for part in parts {
        absorb(&mut hasher, part);
    }
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hasher.finalize()) {
        *to = from;
    }
    TransactionId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}

/// SHA-256 of `bytes`: recognises a repeated request body, or stands in for a token that must not be stored.
pub fn content_hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 of what comes in parts and is never held whole, such as a report while it is written.
#[derive(Default)]
pub struct ContentHasher(Sha256);

impl ContentHasher {
    /// Takes the next part.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// What [`content_hash`] says of all parts in one.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// The next link of a hash chain: SHA-256 over `previous` and the length-prefixed `parts` (the journal's chain).
pub fn chain_hash(previous: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    absorb(&mut hasher, b"roundtrip chain 1");
    hasher.update(previous);
    hasher.update((parts.len() as u64).to_be_bytes());
    for part in parts {
        absorb(&mut hasher, part);
    }
    hasher.finalize().into()
}

/// Compares two secrets in a time that does not depend on where they differ.
pub fn secrets_equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(piaid: &str, request: &str) -> TransactionId {
        transaction_id(&Piaid::parse(piaid).unwrap(), &RequestId::parse(request).unwrap())
    }

    #[test]
    fn transaction_ids_depend_on_account_and_request_and_not_on_where_one_ends() {
        assert_eq!(id("A", "rq1"), id("A", "rq1"));
        assert_ne!(id("A", "rq1"), id("B", "rq1"));
        assert_ne!(id("A", "rq1"), id("A", "rq2"));
        assert_ne!(id("Ar", "q1"), id("A", "rq1"));
        let uuid = id("A", "rq1").as_uuid();
        assert_eq!(uuid.get_version_num(), 8);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn transaction_ids_never_change_between_releases() {
        assert_eq!(id("ExamplePay_INR", "rq-0001").to_string(), "6b16c714-a57d-864f-af82-a290902ea1eb");
    }

    #[test]
    fn alarm_ids_depend_on_kind_and_subject_alone() {
        assert_eq!(alarm_id("dead_letters", "outbox"), alarm_id("dead_letters", "outbox"));
        assert_ne!(alarm_id("dead_letters", "outbox"), alarm_id("dead_letter", "soutbox"));
        assert_ne!(alarm_id("A", "rq1"), id("A", "rq1"));
    }

    #[test]
    fn chain_hashes_bind_the_boundaries_of_their_parts() {
        let start = [0; 32];
        let one = chain_hash(&start, &[b"ab", b"c"]);
        assert_ne!(one, chain_hash(&start, &[b"a", b"bc"]));
        assert_ne!(one, chain_hash(&start, &[b"abc"]));
        assert_ne!(one, chain_hash(&one, &[b"ab", b"c"]));
        assert_eq!(one, chain_hash(&start, &[b"ab", b"c"]));
    }

    #[test]
    fn secrets_of_different_length_are_unequal() {
        assert!(secrets_equal(b"abc", b"abc"));
        assert!(!secrets_equal(b"abc", b"abd"));
        assert!(!secrets_equal(b"abc", b"abcd"));
    }
}
