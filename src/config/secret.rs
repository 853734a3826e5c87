//! Secrets as the configuration holds them: wiped when dropped, `[redacted]` in every output.

use std::fmt;

use secrecy::{ExposeSecret, SecretBox};

/// Secret bytes: an HMAC key, a private key file.
pub struct Secret(SecretBox<Vec<u8>>);

impl Secret {
    /// Takes the bytes over.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// The bytes themselves. Only what signs, verifies or decrypts with them may ask.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self::new(self.expose().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A secret that is text: a password, a processor's key.
#[derive(Clone)]
pub struct SecretText(secrecy::SecretString);

impl SecretText {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text itself. Only what presents it to its owner may ask.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
