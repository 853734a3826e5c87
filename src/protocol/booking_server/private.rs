//! Text that nobody else gets to see.

use std::fmt;

use zeroize::Zeroizing;

use crate::crypto::secrets_equal;

/// A secret, or what a user says: `[redacted]` in `Debug`, wiped when dropped, compared in constant time.
#[derive(Clone)]
pub struct Private(Zeroizing<String>);

impl Private {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Only what hands it on to its receiver may ask.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PartialEq for Private {
    fn eq(&self, other: &Self) -> bool {
        secrets_equal(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Private {}
