//! People (signatures only, to be replaced by the merge).
#![allow(missing_docs, clippy::unused_async, dead_code)]
use crate::domain::{Role, Timestamp, UserName};
use crate::storage::StorageError;
use secrecy::SecretString;

#[derive(Clone)]
pub struct People;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    SecondFactor,
    Enrol,
    Full,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub user: UserName,
    pub role: Role,
    pub stage: Stage,
    pub id: [u8; 32],
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
pub struct NewSession {
    pub token: String,
    pub stage: Stage,
    pub user: UserName,
}
pub enum SignInRefused {
    Wrong,
    TooMany { retry_after_s: u64 },
    Unavailable(StorageError),
}
pub enum ChangeRefused {
    Wrong,
    Weak(&'static str),
    TooMany { retry_after_s: u64 },
    Unavailable(StorageError),
}
pub enum EnrolRefused {
    Already,
    Unavailable(StorageError),
    Unsealable,
}
pub struct Enrolment {
    pub secret_base32: String,
    pub uri: String,
    pub modules: Vec<Vec<bool>>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Asked,
    Done,
    Refused,
}
pub struct AuditNote {
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub outcome: Outcome,
    pub detail: serde_json::Value,
}
impl People {
    pub async fn password(&self, _: &str, _: &SecretString) -> Result<NewSession, SignInRefused> {
        Err(SignInRefused::Wrong)
    }
    pub async fn second_factor(&self, _: &Session, _: &str) -> Result<NewSession, SignInRefused> {
        Err(SignInRefused::Wrong)
    }
    pub async fn enrolment(&self, _: &Session) -> Result<Enrolment, EnrolRefused> {
        Err(EnrolRefused::Already)
    }
    pub async fn enrol(&self, _: &Session, _: &str) -> Result<NewSession, SignInRefused> {
        Err(SignInRefused::Wrong)
    }
    pub async fn session(&self, _: &str) -> Result<Option<Session>, StorageError> {
        Ok(None)
    }
    pub async fn sign_out(&self, _: &Session) -> Result<(), StorageError> {
        Ok(())
    }
    pub async fn sign_out_everywhere(&self, _: &UserName) -> Result<(), StorageError> {
        Ok(())
    }
    pub async fn change_password(
        &self,
        _: &Session,
        _: &SecretString,
        _: &SecretString,
    ) -> Result<NewSession, ChangeRefused> {
        Err(ChangeRefused::Wrong)
    }
    pub fn csrf(_: &str) -> String {
        String::new()
    }
    pub fn csrf_fits(_: &str, _: &str) -> bool {
        false
    }
    pub async fn note(&self, _: AuditNote) -> Result<i64, StorageError> {
        Ok(0)
    }
}
