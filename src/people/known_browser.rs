//! Browsers that are known again: whoever guesses at a name locks it, and shall not keep its owner out with that. After a whole
//! sign-in the browser keeps a sealed mark; attempts that carry it count on their own.
//!
//! A mark is worth nothing but that. It opens for one name and one password: another password makes it worthless. No state is
//! kept: only who signed in gets one, and it gives as many attempts in a row as a name has.

use super::People;
use crate::crypto::{content_hash, random_token};
use crate::domain::UserName;
use crate::storage::{Credentials, StorageError};

/// A browser that a person has signed in with before.
#[derive(Clone)]
pub(super) struct KnownBrowser {
    /// What its attempts are counted by. Nobody else learns it.
    id: String,
}

impl KnownBrowser {
    fn drawn() -> Self {
        Self { id: random_token() }
    }

    /// Beside what is counted for the name alone: no name that somebody gives comes to the same.
    pub(super) fn digest(&self, name_digest: &[u8; 32]) -> [u8; 32] {
        content_hash(&[name_digest, b"\0known browser\0".as_slice(), self.id.as_bytes()].concat())
    }
}

/// What a mark is bound to: the name, and the password as it is stored. Names hold no control characters.
fn bound(name: &str, password_hash: Option<&str>) -> Vec<u8> {
    let password = content_hash(password_hash.unwrap_or_default().as_bytes());
    [name.to_lowercase().as_bytes(), b"\0", &password].concat()
}

impl People {
    /// The browser that shows this mark, if it is a genuine one of this name and its present password. As much is done for a
    /// name that nobody has.
    pub(super) fn known_browser(
        &self,
        name: &str,
        known: Option<&Credentials>,
        unverified: Option<&str>,
    ) -> Option<KnownBrowser> {
        let hash = known.and_then(|known| known.password_hash.as_deref());
        let opened = self.0.browsers.open(&bound(name, hash), unverified?).ok();
        opened.filter(|_| hash.is_some()).map(|id| KnownBrowser { id: id.to_string() })
    }

    /// The mark for a browser that somebody has just signed in with; one that is known stays the same one. `None`: there is no
    /// password that it could be bound to, or it cannot be sealed, and the browser stays a stranger.
    pub(super) async fn mark(
        &self,
        user: &UserName,
        browser: Option<KnownBrowser>,
    ) -> Result<Option<String>, StorageError> {
        let Some(known) = self.0.store.credentials(user).await? else { return Ok(None) };
        let Some(hash) = known.password_hash else { return Ok(None) };
        let browser = browser.unwrap_or_else(KnownBrowser::drawn);
        Ok(self.0.browsers.seal(&bound(user.as_str(), Some(&hash)), &browser.id).ok())
    }
}
