//! The alarm of money that the processor speaks of and that no booking explains: it lasts until a person ends it.

use std::sync::Arc;

use super::registry::Registry;
use super::shell::{Ask, AskError};
use crate::crypto::alarm_id;
use crate::domain::alarm::{About, Alarm, AlarmKind, Input, Rejection};

/// The alarm is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the alarm could not be raised now")]
pub(super) struct NotRaised;

/// Raises the alarm about `subject`, the processor's id of what is not explained. The same again is the same alarm.
pub(super) async fn unexplained(alarms: &Registry<Alarm>, subject: &str, what: &str) -> Result<(), NotRaised> {
    let kind = AlarmKind::UnexplainedCharge;
    let id = alarm_id(kind.as_str(), subject);
    let detail = format!("{what} Look at it there, then end this alarm with `POST /api/v1/alarms/{id}/end`.");
    let about = Arc::new(About { id, kind, subject: subject.to_owned() });
    match alarms.ask(Ask::plain(id, Input::Seen { about, detail })).await {
        Ok(_) | Err(AskError::Rejected(Rejection::Unknown)) => Ok(()),
        Err(AskError::Refused(_) | AskError::IdempotencyViolation | AskError::Overloaded | AskError::Unavailable) => {
            Err(NotRaised)
        }
    }
}
