//! One-time tokens of payers, in memory and for minutes: they are never stored (google-booking-server section 3.12).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{Timestamp, TransactionId};
use crate::processor::Token;

/// A token is good for minutes (google-booking-server section 13.4).
const KEPT_MS: i64 = 5 * 60 * 1_000;

/// Tokens that wait for the effect that charges them, by booking and digest. Cheap to clone.
#[derive(Clone, Default)]
pub struct TokenVault(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    tokens: HashMap<(TransactionId, [u8; 32]), (Arc<Token>, Timestamp)>,
    cleaned: Option<Timestamp>,
}

impl TokenVault {
    /// Keeps a token for as long as it may be charged.
    pub fn put(&self, booking: TransactionId, digest: [u8; 32], token: Token, now: Timestamp) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.cleaned.is_none_or(|cleaned| now.millis_since(cleaned) > KEPT_MS / 10) {
            held.tokens.retain(|_, (_, until)| *until > now);
            held.cleaned = Some(now);
        }
        held.tokens.insert((booking, digest), (Arc::new(token), now.plus_millis(KEPT_MS)));
    }

    /// The token, if it is still here.
    pub fn get(&self, booking: TransactionId, digest: [u8; 32]) -> Option<Arc<Token>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.tokens.get(&(booking, digest)).map(|(token, _)| token.clone())
    }

    /// Forgets the tokens of a booking whose attempt is over.
    pub fn forget(&self, booking: TransactionId, digest: [u8; 32]) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.tokens.remove(&(booking, digest));
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn bk_3_12_tokens_are_found_for_minutes_by_booking_and_digest_and_then_gone() {
        let vault = TokenVault::default();
        let (a, b) = (TransactionId::from_uuid(Uuid::from_u128(1)), TransactionId::from_uuid(Uuid::from_u128(2)));
        let now = Timestamp::from_secs(1_790_000_000);
        vault.put(a, [1; 32], Token::parse("tok_visa").unwrap(), now);
        assert!(vault.get(a, [1; 32]).is_some());
        assert!(vault.get(a, [2; 32]).is_none() && vault.get(b, [1; 32]).is_none());
        vault.put(b, [1; 32], Token::parse("tok_visa").unwrap(), now.plus_millis(KEPT_MS + 1));
        assert!(vault.get(a, [1; 32]).is_none(), "swept");
        vault.forget(b, [1; 32]);
        assert!(vault.get(b, [1; 32]).is_none());
    }
}
