//! People sign in, on both databases and by a clock that is moved by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod api;
mod factor;
mod hands;
mod known_browser;
mod lockout;
mod passwords;
mod sessions;

use std::sync::Arc;

use roundtrip::crypto::{Totp, UrlKey, UrlKeys};
use roundtrip::domain::{Hands, Role, UserName};
use roundtrip::people::{NewSession, People, PeopleSettings, SecondFactor, Session, SignInRefused, Stage};
use roundtrip::ports::{Clock as _, ManualClock};
use roundtrip::storage::{AuditFilter, Store};
use secrecy::SecretString;

use crate::storage::fixture::{Home, NOW};

const IDLE_MS: i64 = 1_800_000;
const ABSOLUTE_MS: i64 = 12 * 3_600_000;
const PASSWORD: &str = "correct horse battery";

/// A house with `ada` (finance), who has a password.
struct House {
    people: People,
    clock: ManualClock,
    store: Store,
}

fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn keys(id: &str) -> UrlKeys {
    UrlKeys::new(vec![UrlKey::from_secret(id, &[1; 32]).unwrap()]).unwrap()
}

fn people(store: &Store, clock: &ManualClock, second_factor: SecondFactor, keys: &UrlKeys) -> People {
    let settings = PeopleSettings {
        idle_ms: IDLE_MS,
        absolute_ms: ABSOLUTE_MS,
        second_factor,
        issuer_name: "pay.example.com".to_owned(),
    };
    People::new(store.clone(), Arc::new(clock.clone()), keys, settings).unwrap()
}

impl House {
    async fn with(home: &Home, second_factor: SecondFactor) -> Self {
        let (store, clock) = (home.store.clone(), ManualClock::at(NOW));
        let people = people(&store, &clock, second_factor, &keys("2026-11"));
        assert!(people.add_user(name("ada"), Role::Finance, &Hands::none()).await.unwrap());
        people.set_password(&name("ada"), &secret(PASSWORD)).await.unwrap();
        Self { people, clock, store }
    }

    async fn password(&self, given: &str, password: &str) -> Result<NewSession, SignInRefused> {
        self.people.password(given, &secret(password), None).await
    }

    /// The session that a token opens.
    async fn session(&self, new: &NewSession) -> Option<Session> {
        self.people.session(&new.token).await.unwrap()
    }

    /// As far as the password goes.
    async fn first_step(&self) -> Session {
        let new = self.password("ada", PASSWORD).await.unwrap();
        self.session(&new).await.unwrap()
    }

    /// Sets up a second factor; what an authenticator keeps of it, and the full session.
    async fn enrolled(&self) -> (Totp, NewSession) {
        let session = self.first_step().await;
        assert_eq!(session.stage, Stage::Enrol);
        let shown = self.people.enrolment(&session).await.unwrap();
        let totp = Totp::from_secret(&shown.secret_base32, "ada", "pay.example.com").unwrap();
        let new = self.people.enrol(&session, &totp.code_at(self.clock.now()), None).await.unwrap();
        (totp, new)
    }

    /// Who did what and how far it came, the oldest first.
    async fn noted(&self) -> Vec<(String, String, &'static str)> {
        let rows = self.store.audit(&AuditFilter::default(), None, 100).await.unwrap();
        rows.into_iter().rev().map(|row| (row.actor, row.subject, row.outcome.as_str())).collect()
    }
}

fn is_wrong<T>(result: &Result<T, SignInRefused>) -> bool {
    matches!(result, Err(SignInRefused::Wrong))
}

fn locked_s<T>(result: &Result<T, SignInRefused>) -> Option<u64> {
    match result {
        Err(SignInRefused::TooMany { retry_after_s }) => Some(*retry_after_s),
        Err(SignInRefused::Wrong | SignInRefused::Unavailable(_)) | Ok(_) => None,
    }
}
