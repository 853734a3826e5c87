//! Long work: handed to a job, whose page shows how far it is.

use std::fs::File;

use super::PREFIX;
use super::gate::see_other;
use super::signed::Signed;
use super::trouble::{Answer, Trouble};
use crate::actors::{NewJob, SubmitError, Work};
use crate::web::surface::Surface;

/// Stores the job, with the file that it is about, and leads to its page.
pub(super) async fn begin(surface: &Surface, signed: &Signed, (work, input): (Work, Option<File>)) -> Answer {
    let new = NewJob { work, by: signed.user.clone(), input };
    match surface.jobs.submit(new).await {
        Ok(job) => Ok(see_other(&format!("{PREFIX}/jobs/{job}"))),
        Err(SubmitError::TooMany) => Err(Trouble::Refused(signed.words().say("jobs-too-many"))),
        Err(SubmitError::Storage(error)) => Err(error.into()),
        Err(SubmitError::Unreadable(error)) => {
            tracing::error!(error = %error, "the file of a job could not be read");
            Err(Trouble::Unavailable)
        }
    }
}
