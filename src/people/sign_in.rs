//! The way of a sign-in: a password, then a code.

use secrecy::SecretString;

use super::lockout::Attempt;
use super::session::{NewSession, Session};
use super::{People, SignInRefused, Stage};
use crate::crypto::{AtRestError, Totp, TotpError, password_fits};
use crate::domain::UserName;
use crate::storage::{AuditActor, AuditNote, AuditOutcome, Credentials, Proof, StorageError};

/// What signing in is called in the audit log.
const SIGN_IN: &str = "sign in";

impl People {
    /// The first step. What follows stands in the new session's stage. The answer and its time are the same for a name that
    /// nobody has, for a disabled user and for one without a password. `unverified_mark` is what the browser shows of an
    /// earlier sign-in ([`NewSession::browser`]).
    pub async fn password(
        &self,
        name: &str,
        password: &SecretString,
        unverified_mark: Option<&str>,
    ) -> Result<NewSession, SignInRefused> {
        let name = name.trim();
        let known = match UserName::parse(name) {
            Ok(name) => self.0.store.credentials(&name).await?,
            Err(_) => None,
        };
        let attempt = self.attempt(name, (known.as_ref(), unverified_mark)).await?;
        let known = known.filter(|known| known.user.disabled_at.is_none());
        let Some(known) = self.fitting(known.clone(), password).await else {
            return Err(self.wrong(known.as_ref().map(|known| &known.user.name)).await?);
        };
        let stage = self.next_stage(&known.user);
        // Hashing takes a while: it may be another password by now.
        let proof = Proof::Password(known.password_hash.as_deref().unwrap_or_default());
        match stage {
            Stage::Full => self.complete(&known.user.name, proof, attempt).await,
            Stage::SecondFactor | Stage::Enrol => {
                self.forgive(attempt).await?;
                let began = self.begin(&known.user.name, stage, self.span(stage), proof).await?;
                began.ok_or(SignInRefused::Wrong)
            }
        }
    }

    /// The second step, for who has a second factor. A code counts once.
    pub async fn second_factor(
        &self,
        session: &Session,
        code: &str,
        unverified_mark: Option<&str>,
    ) -> Result<NewSession, SignInRefused> {
        if session.stage != Stage::SecondFactor {
            return Err(SignInRefused::Wrong);
        }
        let user = &session.user;
        let known = self.0.store.credentials(user).await?.filter(|known| known.user.disabled_at.is_none());
        let attempt = self.attempt(user.as_str(), (known.as_ref(), unverified_mark)).await?;
        let sealed = known.and_then(|known| known.totp_secret).ok_or(SignInRefused::Wrong)?;
        let totp = self.opened(user, &sealed)?;
        let step = totp.step_of(&typed(code), self.0.clock.now());
        let fresh = match step {
            Some(step) => self.0.store.use_step(user, step).await?,
            None => false,
        };
        if !fresh {
            return Err(self.wrong(Some(user)).await?);
        }
        self.complete(user, Proof::Session(session.id), attempt).await
    }

    /// Those whose password this is.
    pub(super) async fn fitting(&self, known: Option<Credentials>, password: &SecretString) -> Option<Credentials> {
        let hash = known.as_ref().and_then(|known| known.password_hash.clone());
        let password = password.clone();
        let fits = self.hashing(move || password_fits(hash.as_deref(), &password)).await;
        known.filter(|_| fits == Some(true))
    }

    /// Notes a refused sign-in. The subject is the user's name; what else was given as one is not kept, it may be a password.
    pub(super) async fn wrong(&self, known: Option<&UserName>) -> Result<SignInRefused, StorageError> {
        let subject = known.map_or_else(String::new, ToString::to_string);
        self.note(AuditNote::new(AuditActor::Anybody, SIGN_IN, subject, AuditOutcome::Refused)).await?;
        Ok(SignInRefused::Wrong)
    }

    /// Notes that who is signed in did not prove to be the user.
    pub(super) async fn not_proved(&self, user: &UserName, action: &str) -> Result<SignInRefused, StorageError> {
        let actor = AuditActor::User(user.clone());
        self.note(AuditNote::new(actor, action, user.as_str(), AuditOutcome::Refused)).await?;
        Ok(SignInRefused::Wrong)
    }

    /// Everything was proved. The token leaves only when the sign-in stands in the audit log.
    pub(super) async fn complete(
        &self,
        user: &UserName,
        proof: Proof<'_>,
        attempt: Attempt,
    ) -> Result<NewSession, SignInRefused> {
        let done = AuditNote::new(AuditActor::User(user.clone()), SIGN_IN, user.as_str(), AuditOutcome::Done);
        let began = self.begin(user, Stage::Full, self.span(Stage::Full), proof).await?;
        let new = began.ok_or(SignInRefused::Wrong)?;
        self.note(done).await?;
        let browser = self.mark(user, attempt.browser.clone()).await?;
        self.forget(attempt).await?;
        Ok(NewSession { browser, ..new })
    }

    /// The second factor of a user, from what is stored.
    fn opened(&self, user: &UserName, sealed: &str) -> Result<Totp, StorageError> {
        let secret = self.0.seal.open(user.as_str().as_bytes(), sealed).map_err(|why| unreadable(user, &why))?;
        let totp = Totp::from_secret(&secret, user.as_str(), &self.0.settings.issuer_name);
        totp.map_err(|TotpError| unreadable(user, &AtRestError::Damaged))
    }
}

/// What is kept of a user's second factor cannot be used.
pub(super) fn unreadable(user: &UserName, why: &AtRestError) -> StorageError {
    let (row, reason) = (user.to_string(), why.to_string());
    StorageError::CorruptRow { table: "users", column: "totp_secret", row, reason }
}

/// A code as authenticators show it, without the space between its halves.
pub(super) fn typed(code: &str) -> String {
    code.chars().filter(|character| !character.is_whitespace()).collect()
}
