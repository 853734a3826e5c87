//! Randomness for keys, nonces and tokens, straight from aws-lc-rs.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Fills `buffer` with unpredictable bytes.
pub(super) fn fill(buffer: &mut [u8]) {
    if rand::fill(buffer).is_err() {
        // Without randomness every key and nonce to come would be weak; nothing sensible is left to do.
        std::process::abort();
    }
}

/// `N` unpredictable bytes, fit for keys and nonces.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// An unguessable token of 256 bits: 43 characters, safe in URLs and headers.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// The same source in the shape that rPGP asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct AwsRng;

impl rand_core_06::RngCore for AwsRng {
    fn next_u32(&mut self) -> u32 {
        u32::from_ne_bytes(random_bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_ne_bytes(random_bytes())
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core_06::Error> {
        fill(dest);
        Ok(())
    }
}

impl rand_core_06::CryptoRng for AwsRng {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_url_safe_and_never_twice_the_same() {
        let token = random_token();
        assert_eq!(token.len(), 43);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_ne!(token, random_token());
    }
}
