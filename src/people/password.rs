//! Choosing a password.

use secrecy::{ExposeSecret, SecretString};

use super::session::{NewSession, Session};
use super::{People, SignInRefused, Stage};
use crate::crypto::{PasswordError, hash_password, random_bytes};
use crate::domain::{Hands, Timestamp, UserName};
use crate::storage::{PasswordFrom, Proof, StorageError, Store};

/// Characters of a password, at least and at most.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=1024;
/// What a password that is given to somebody is made of: nothing that is read for something else.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of such a password, five bits each.
const GIVEN_LETTERS: usize = 20;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Fewer than 12 characters.
    #[error("a password has at least 12 characters")]
    Short,
    /// More than 1,024 characters.
    #[error("a password has at most 1,024 characters")]
    Long,
    /// It is the user's name.
    #[error("a password is not the user's name")]
    Name,
    /// It is one character, repeated.
    #[error("a password is more than one character repeated")]
    Repeated,
    /// It is the one that they have.
    #[error("this is the password already: choose another")]
    Same,
}

/// Why a password was not set.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PasswordNotSet {
    /// It is not taken.
    #[error(transparent)]
    Refused(#[from] PasswordRefused),
    /// There is no user of this name that is enabled, or their password is another one by now.
    #[error("there is no enabled user of this name, or their password was changed meanwhile")]
    Unknown,
    /// It cannot be hashed.
    #[error(transparent)]
    Hash(#[from] PasswordError),
    /// Storage failed.
    #[error(transparent)]
    Unavailable(#[from] StorageError),
}

/// Why somebody's own password was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChangeRefused {
    /// The old one does not fit, or was tried too often.
    #[error(transparent)]
    NotProved(#[from] SignInRefused),
    /// The new one was not set.
    #[error(transparent)]
    NotSet(#[from] PasswordNotSet),
}

impl From<StorageError> for ChangeRefused {
    fn from(error: StorageError) -> Self {
        Self::NotProved(error.into())
    }
}

/// Whether a password may be this user's.
fn check(name: &UserName, password: &SecretString) -> Result<(), PasswordRefused> {
    let text = password.expose_secret();
    let length = text.chars().count();
    if length < *LENGTH.start() {
        return Err(PasswordRefused::Short);
    }
    if length > *LENGTH.end() {
        return Err(PasswordRefused::Long);
    }
    if text.trim().to_lowercase() == name.as_str() {
        return Err(PasswordRefused::Name);
    }
    let first = text.chars().next();
    if text.chars().all(|character| Some(character) == first) {
        return Err(PasswordRefused::Repeated);
    }
    Ok(())
}

/// Sets the password of a user and ends their sessions; for commands: nobody else's hands, where nobody else waits for the machine.
pub async fn set_password(
    store: &Store,
    name: &UserName,
    new: &SecretString,
    now: Timestamp,
) -> Result<(), PasswordNotSet> {
    check(name, new)?;
    keep(store, name, &hash_password(new)?, PasswordFrom::Shell(now)).await
}

async fn keep(store: &Store, name: &UserName, hash: &str, from: PasswordFrom<'_>) -> Result<(), PasswordNotSet> {
    let set = store.set_password(name, hash, from).await?;
    if set { Ok(()) } else { Err(PasswordNotSet::Unknown) }
}

impl People {
    /// Changes somebody's own password, ends all of their sessions, and goes on in a new one that lasts no longer than the old.
    pub async fn change_password(
        &self,
        session: &Session,
        (old, new): (&SecretString, &SecretString),
        unverified_mark: Option<&str>,
    ) -> Result<NewSession, ChangeRefused> {
        let user = &session.user;
        if session.stage != Stage::Full {
            return Err(SignInRefused::Wrong.into());
        }
        check(user, new).map_err(PasswordNotSet::from)?;
        let known = self.0.store.credentials(user).await?.filter(|known| known.user.disabled_at.is_none());
        let attempt = self.attempt(user.as_str(), (known.as_ref(), unverified_mark)).await?;
        let Some(before) = self.fitting(known, old).await.and_then(|known| known.password_hash) else {
            return Err(self.not_proved(user, "change password").await?.into());
        };
        let browser = attempt.browser.clone();
        self.forgive(attempt).await?;
        if old.expose_secret() == new.expose_secret() {
            return Err(PasswordNotSet::from(PasswordRefused::Same).into());
        }
        let hash = self.hashed(new).await.map_err(PasswordNotSet::from)?;
        keep(&self.0.store, user, &hash, PasswordFrom::Owner { at: self.0.clock.now(), before: &before }).await?;
        let began = self.begin(user, Stage::Full, session.span(), Proof::Password(&hash)).await?;
        let began = began.ok_or(SignInRefused::Wrong)?;
        // What the browser kept was bound to the old one.
        Ok(NewSession { browser: self.mark(user, browser).await?, ..began })
    }

    /// Sets the password of a user at the shell, as they chose it, and ends their sessions.
    pub async fn set_password(&self, name: &UserName, new: &SecretString) -> Result<(), PasswordNotSet> {
        check(name, new)?;
        let hash = self.hashed(new).await?;
        keep(&self.0.store, name, &hash, PasswordFrom::Shell(self.0.clock.now())).await
    }

    /// Gives a user a password that they have to change ([`Session::must_change_password`]), and ends their sessions. Shown
    /// once and kept nowhere: 100 random bits in letters and digits. Whoever has these hands knows it.
    pub async fn reset_password(&self, name: &UserName, by: &Hands) -> Result<String, PasswordNotSet> {
        let given = given();
        let hash = self.hashed(&SecretString::from(given.clone())).await?;
        keep(&self.0.store, name, &hash, PasswordFrom::Given(by)).await?;
        Ok(given)
    }

    async fn hashed(&self, password: &SecretString) -> Result<String, PasswordError> {
        let password = password.clone();
        self.hashing(move || hash_password(&password)).await.ok_or(PasswordError)?
    }
}

/// Four groups of five.
fn given() -> String {
    let mut text = String::new();
    for (place, byte) in random_bytes::<GIVEN_LETTERS>().into_iter().enumerate() {
        if place > 0 && place % 5 == 0 {
            text.push('-');
        }
        // 256 is a multiple of 32: each letter is as likely as the others.
        let letter = LETTERS.get(usize::from(byte) % LETTERS.len()).copied().unwrap_or(b'a');
        text.push(char::from(letter));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_passwords_are_long_and_neither_the_name_nor_one_character() {
        let name = UserName::parse("ada.lovelace@example.com").unwrap();
        let judge = |text: &str| check(&name, &SecretString::from(text));
        assert_eq!(judge("correct hors"), Ok(()));
        assert_eq!(judge("straße-äöüß!"), Ok(()), "characters, not bytes");
        assert_eq!(judge("correct hor"), Err(PasswordRefused::Short));
        assert_eq!(judge("äöüäöüäöüäö"), Err(PasswordRefused::Short));
        assert_eq!(judge(&format!("{}b", "a".repeat(1023))), Ok(()));
        assert_eq!(judge(&format!("{}b", "a".repeat(1024))), Err(PasswordRefused::Long));
        assert_eq!(judge("Ada.Lovelace@Example.com"), Err(PasswordRefused::Name));
        assert_eq!(judge("ßßßßßßßßßßßßßß"), Err(PasswordRefused::Repeated));
    }

    #[test]
    fn con_1_given_passwords_are_good_ones_and_never_twice_the_same() {
        let given = given();
        assert_eq!(given.len(), 23);
        assert!(given.bytes().all(|byte| byte == b'-' || LETTERS.contains(&byte)), "{given}");
        assert_eq!(check(&UserName::parse("ada").unwrap(), &SecretString::from(given.clone())), Ok(()));
        assert_ne!(given, super::given());
    }
}
