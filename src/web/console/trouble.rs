//! What a page answers when it cannot do what was asked; the gate draws it in the visitor's language.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::refusals::Refusal;
use crate::actors::AskError;
use crate::storage::StorageError;

/// What every handler of the console answers.
pub(in crate::web) type Answer = Result<HttpResponse, Trouble>;

/// Why a page is not what was asked for. What it says is for the person who asked; nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) enum Trouble {
    /// There is no such thing.
    NotFound,
    /// A field does not fit: its name, and the key of the sentence that says what was expected.
    Field(&'static str, &'static str),
    /// It cannot be done; why, in the person's words.
    Refused(String),
    /// The machine says no.
    No(Refusal),
    /// This path has no such method.
    NotAllowed,
    /// The role lacks what it takes.
    Forbidden,
    /// The form did not come from a page of this session.
    Forged,
    /// Too much was sent, or it broke off.
    Body,
    /// The form or file came too slowly.
    TooSlow,
    /// Too many attempts; seconds to wait.
    TooMany(u64),
    /// Ours; try again.
    Unavailable,
}

impl Trouble {
    /// The status.
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Field(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Refused(_) | Self::No(_) => StatusCode::CONFLICT,
            Self::NotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Forbidden | Self::Forged => StatusCode::FORBIDDEN,
            Self::Body => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl ResponseError for Trouble {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// Without a body: the gate draws the page.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status())
    }
}

impl From<StorageError> for Trouble {
    fn from(error: StorageError) -> Self {
        tracing::error!(error = %error, "storage failed");
        Self::Unavailable
    }
}

impl From<Refusal> for Trouble {
    fn from(no: Refusal) -> Self {
        if no.is_unknown() { Self::NotFound } else { Self::No(no) }
    }
}

/// What an actor answered instead of doing it.
impl<R: Into<Refusal>> From<AskError<R>> for Trouble {
    fn from(why: AskError<R>) -> Self {
        match why {
            AskError::Rejected(rejection) => rejection.into().into(),
            AskError::IdempotencyViolation => Self::No(Refusal::other_request()),
            AskError::Refused(taken) => Refusal::from(taken).into(),
            AskError::Overloaded | AskError::Unavailable => Self::Unavailable,
        }
    }
}

pub(super) async fn not_found() -> Answer {
    Err(Trouble::NotFound)
}

pub(super) async fn not_allowed() -> Answer {
    Err(Trouble::NotAllowed)
}
