//! Jobs: long work with its progress and its files.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;
use maud::{Markup, html};

use super::PREFIX;
use super::form::Fields;
use super::frame::page;
use super::gate::see_other;
use super::parts::{Column, Mood, badge, moment, nothing, pager, submit, table};
use super::routes::{self, Fields as Noted, LOOK, Needs, Route, form, get, post};
use super::signed::Signed;
use super::trouble::{Answer, Trouble};
use super::words::Words;
use crate::domain::{Capability, Timestamp};
use crate::storage::{Job, JobId, JobState};
use crate::web::surface::Surface;

/// The pages. A file is for everybody who may look: reports and exports hold what the pages show already, and over the API every
/// role may read them too. Cancelling is for whoever asked for the job, and for operators: the handler judges that.
pub(super) const ROUTES: &[Route] = &[
    routes::page("/jobs", LOOK, || get().to(list)),
    routes::page("/jobs/{jobId}", LOOK, || get().to(show)),
    routes::page("/jobs/{jobId}/file", LOOK, || get().to(file)),
    form("/jobs/{jobId}/cancel", Needs::SignedIn, ("job.cancel", Noted::Secret), || post().to(cancel)),
];

/// Jobs of a page.
const ROWS: u64 = 50;

fn place(cursor: &str) -> Option<(Timestamp, JobId)> {
    let (at, id) = cursor.split_once('~')?;
    Some((Timestamp::from_millis(at.parse().ok()?), JobId::parse(id).ok()?))
}

async fn list(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let words = signed.words();
    let asked = Fields::of_query(&request);
    let before = asked.parsed("cursor", "expected-cursor", place)?;
    let jobs = surface.store.jobs(before, ROWS).await?;
    let next = jobs.last().filter(|_| jobs.len() as u64 == ROWS);
    let next = next.map(|last| format!("{}~{}", last.created_at.as_millis(), last.id));
    let columns = [
        (words.say("jobs-kind"), Column::Head),
        (words.say("jobs-state"), Column::Text),
        (words.say("jobs-by"), Column::Text),
        (words.say("jobs-created"), Column::Text),
        (words.say("jobs-done"), Column::Number),
    ];
    let rows: Vec<_> = jobs
        .iter()
        .map(|job| {
            vec![
                html! { a href=(format!("{PREFIX}/jobs/{}", job.id)) { (words.name("job-kind", &job.kind)) } },
                state(words, job),
                html! { bdi { (job.by) } },
                moment(job.created_at),
                html! { (progress_text(words, job)) },
            ]
        })
        .collect();
    let content = html! {
        h1 { (words.say("jobs-title")) }
        p.lead { (words.say("jobs-lead")) }
        @if rows.is_empty() { (nothing(&words.say("jobs-nothing"))) }
        @else { (table(&words.say("jobs-title"), &columns, &rows)) }
        (pager(&signed.at, &asked, next.as_deref()))
    };
    page(&signed, &words.say("jobs-title"), &content)
}

fn state(words: &Words, job: &Job) -> Markup {
    let mood = match job.state {
        JobState::Waiting | JobState::Running => Mood::Waiting,
        JobState::Done => Mood::Good,
        JobState::Failed => Mood::Attention,
        JobState::Cancelled => Mood::Over,
    };
    badge(mood, &words.name("job-state", job.state.as_str()))
}

fn progress_text(words: &Words, job: &Job) -> String {
    match job.total {
        Some(total) => {
            words.tell("jobs-of", &[("done", words.count(job.done).into()), ("total", words.count(total).into())])
        }
        None => words.count(job.done),
    }
}

async fn found(surface: &Surface, id: &str) -> Result<Job, Trouble> {
    let id = JobId::parse(id).map_err(|_| Trouble::NotFound)?;
    surface.store.job(id).await?.ok_or(Trouble::NotFound)
}

/// Whoever asked for it, and operators.
fn may_cancel(signed: &Signed, job: &Job) -> bool {
    job.by == signed.user || signed.may(Capability::Operate)
}

async fn show(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    let job = found(&surface, &id).await?;
    let words = signed.words();
    let title = words.name("job-kind", &job.kind);
    let content = html! {
        h1 { (title) }
        // The script looks again at this part for as long as the job goes on; without script the link does.
        div.card data-live[!job.state.is_over()] aria-live="polite" { (progress(words, &job)) }
        @if !job.state.is_over() {
            p { a href=(format!("{PREFIX}/jobs/{}", job.id)) { (words.say("jobs-look-again")) } }
            @if job.cancel_asked { p { (words.say("jobs-cancel-asked")) } }
            @else if may_cancel(&signed, &job) {
                (signed.form(&format!("{PREFIX}/jobs/{}/cancel", job.id), &submit(&words.say("jobs-cancel"))))
            }
        }
        dl.facts {
            div { dt { (words.say("jobs-by")) } dd { bdi { (job.by) } } }
            div { dt { (words.say("jobs-created")) } dd { (moment(job.created_at)) } }
            @if let Some(ended) = job.ended_at { div { dt { (words.say("jobs-ended")) } dd { (moment(ended)) } } }
        }
        section aria-labelledby="asked" {
            h2 #asked { (words.say("jobs-asked")) }
            dl.facts { @for (name, value) in members(&job.params) { div { dt { (name) } dd { bdi { (value) } } } } }
        }
    };
    page(&signed, &title, &content)
}

fn progress(words: &Words, job: &Job) -> Markup {
    html! {
        p { (state(words, job)) " " (progress_text(words, job)) }
        @if let (Some(total), false) = (job.total.filter(|total| *total > 0), job.state.is_over()) {
            progress max=(total) value=(job.done.min(total)) aria-label=(words.say("jobs-progress")) {}
        }
        @if let Some(error) = &job.error { p.wrong { bdi { (error) } } }
        @if let Some(summary) = &job.summary {
            dl.facts { @for (name, value) in members(summary) { div { dt { (words.name("job-summary", &name)) } dd { bdi { (value) } } } } }
        }
        @if let Some(file) = &job.file {
            @if job.file_removed { p { (words.say("jobs-file-removed")) } }
            @else {
                p {
                    a.button href=(format!("{PREFIX}/jobs/{}/file", job.id)) download {
                        (words.tell("jobs-download", &[("name", file.name.as_str().into())]))
                    }
                    " " span.muted { (words.tell("jobs-bytes", &[("bytes", words.count(file.bytes).into())])) }
                }
            }
        }
    }
}

/// The members of a flat object, as text.
fn members(value: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let members = value.as_object().into_iter().flatten();
    members.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), text(value))).collect()
}

/// The file, part by part.
async fn file(surface: web::Data<Surface>, id: web::Path<String>) -> Answer {
    let job = found(&surface, &id).await?;
    let Some(file) = job.file.filter(|_| !job.file_removed) else { return Err(Trouble::NotFound) };
    let (store, id, parts) = (surface.store.clone(), job.id, file.parts);
    let chunks = stream::unfold(0, move |number| {
        let store = store.clone();
        async move {
            if number >= parts {
                return None;
            }
            let part = match store.job_output(id, number).await {
                Ok(Some(part)) => Ok(web::Bytes::from(part)),
                // The file is removed under the reader's eyes: it breaks off rather than looking whole.
                Ok(None) => Err(std::io::Error::other("the file is not there any more")),
                Err(error) => Err(std::io::Error::other(error)),
            };
            Some((part, number + 1))
        }
    });
    let name: String =
        file.name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    Ok(HttpResponse::Ok()
        .content_type(file.mime)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .no_chunking(file.bytes)
        .streaming(chunks))
}

async fn cancel(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    let job = found(&surface, &id).await?;
    if !may_cancel(&signed, &job) {
        return Err(Trouble::Forbidden);
    }
    surface.jobs.cancel(job.id).await?;
    Ok(see_other(&format!("{PREFIX}/jobs/{}?done=job-cancelled", job.id)))
}
