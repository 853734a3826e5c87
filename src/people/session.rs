//! Sessions: found by the token's SHA-256, over when unused, when old, and when their user is disabled.

use std::fmt;

use super::{People, SecondFactor, Stage};
use crate::crypto::{csrf_fits, csrf_token, random_token, session_id};
use crate::domain::{Language, Role, Timestamp, UserName};
use crate::storage::{Proof, SessionRow, StorageError, User};

/// How long a sign-in may stay unfinished, in milliseconds.
const UNFINISHED_MS: i64 = 600_000;
/// How often it is noted that a session is in use, in milliseconds.
const NOTE_USE_MS: i64 = 60_000;

/// A session that is not over, and its user as of now.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub user: UserName,
    /// What they may do now.
    pub role: Role,
    /// What the session may do.
    pub stage: Stage,
    /// SHA-256 of the token.
    pub id: [u8; 32],
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends, however much it is used.
    pub expires_at: Timestamp,
    /// The language that they chose.
    pub language: Option<Language>,
    /// Their password is one that they were given: they have to choose another.
    pub must_change_password: bool,
    /// Whether they have a second factor.
    pub has_second_factor: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user)
            .field("role", &self.role)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

/// A session that just began, in place of the one that it went on from, if there was one.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    /// 32 random bytes, base64url: goes into the cookie and nowhere else.
    pub token: String,
    /// What the session may do.
    pub stage: Stage,
    /// Whose it is.
    pub user: UserName,
    /// After a whole sign-in, what the browser shows when somebody signs in with it again: who locks the name from elsewhere
    /// does not lock this browser. Goes into a cookie of its own; `None`: the one that it has stays good.
    pub browser: Option<String>,
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession")
            .field("token", &"[redacted]")
            .field("stage", &self.stage)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// From when to when a session lasts.
pub(super) struct Span {
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl People {
    /// The session of a token; `None`: there is none, or it is over.
    pub async fn session(&self, token: &str) -> Result<Option<Session>, StorageError> {
        let (store, now, id) = (&self.0.store, self.0.clock.now(), session_id(token));
        let Some(row) = store.find_session(&id).await? else { return Ok(None) };
        let idle_ms = self.0.settings.idle_ms;
        let user = store.find_user(&row.user).await?.filter(|user| user.disabled_at.is_none());
        let over = now >= row.expires_at || now.millis_since(row.seen_at) >= idle_ms;
        let Some(user) = user.filter(|_| !over) else {
            store.end_session(&id).await?;
            return Ok(None);
        };
        if now.millis_since(row.seen_at) >= NOTE_USE_MS.min(idle_ms / 4) {
            store.touch_session(&id, now).await?;
        }
        Ok(Some(Session {
            role: user.role,
            stage: row.stage,
            id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            language: user.language,
            must_change_password: user.has_password && user.password_changed_at.is_none(),
            has_second_factor: user.has_second_factor,
            user: user.name,
        }))
    }

    /// Ends a session.
    pub async fn sign_out(&self, session: &Session) -> Result<(), StorageError> {
        let _or_it_was_over = self.0.store.end_session(&session.id).await?;
        Ok(())
    }

    /// Ends all sessions of a user. How many there were.
    pub async fn sign_out_everywhere(&self, user: &UserName) -> Result<u64, StorageError> {
        self.0.store.end_sessions(user).await
    }

    /// What the forms of a session carry, so that no other site can send them.
    pub fn csrf(token: &str) -> String {
        csrf_token(token)
    }

    /// Whether a form came from this session. In constant time.
    pub fn csrf_fits(token: &str, given: &str) -> bool {
        csrf_fits(token, given)
    }

    /// What somebody whose password fits has to do next.
    pub(super) fn next_stage(&self, user: &User) -> Stage {
        match (user.has_second_factor, self.0.settings.second_factor) {
            (true, SecondFactor::Required | SecondFactor::Optional) => Stage::SecondFactor,
            (false, SecondFactor::Required) => Stage::Enrol,
            (false, SecondFactor::Optional) => Stage::Full,
        }
    }

    /// How long a session of this stage lasts if it begins now.
    pub(super) fn span(&self, stage: Stage) -> Span {
        let created_at = self.0.clock.now();
        let lasts_ms = match stage {
            Stage::SecondFactor | Stage::Enrol => UNFINISHED_MS,
            Stage::Full => self.0.settings.absolute_ms,
        };
        Span { created_at, expires_at: created_at.plus_millis(lasts_ms) }
    }

    /// Begins a session with what was proved. `None`: that is worth nothing by now.
    pub(super) async fn begin(
        &self,
        user: &UserName,
        stage: Stage,
        span: Span,
        proof: Proof<'_>,
    ) -> Result<Option<NewSession>, StorageError> {
        let token = random_token();
        let row = SessionRow {
            id: session_id(&token),
            user: user.clone(),
            stage,
            created_at: span.created_at,
            seen_at: self.0.clock.now(),
            expires_at: span.expires_at,
        };
        let began = self.0.store.begin_session(row, proof).await?;
        Ok(began.then(|| NewSession { token, stage, user: user.clone(), browser: None }))
    }
}

impl Session {
    /// The same span again: going on does not make a session last longer.
    pub(super) fn span(&self) -> Span {
        Span { created_at: self.created_at, expires_at: self.expires_at }
    }
}
