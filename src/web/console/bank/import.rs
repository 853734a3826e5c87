//! Import of a bank statement: the file is streamed into a file of our own, and a job books it.

use actix_multipart::{Field, Multipart};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::TryStreamExt as _;
use maud::html;

use crate::actors::Work;
use crate::web::console::PREFIX;
use crate::web::console::complaints::{Complaints, Form};
use crate::web::console::form::Fields;
use crate::web::console::frame;
use crate::web::console::long_work::begin;
use crate::web::console::parts::submit;
use crate::web::console::signed::{CSRF, Signed};
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::spool::{LONGEST_FILE, Spooling, keep};
use crate::web::surface::Surface;

/// The part that holds the file.
const FILE: &str = "file";
/// What stands around the file in the body: the token, and the parts' heads.
const AROUND: u64 = 64 * 1024;
/// A CSRF token is shorter.
const LONGEST_TOKEN: usize = 256;

/// `GET /console/bank/import`
pub(super) async fn page(signed: Signed) -> Answer {
    Ok(drawn(&signed, &Complaints::default()))
}

fn drawn(signed: &Signed, complaints: &Complaints) -> HttpResponse {
    let (words, typed) = (signed.words(), Fields::default());
    let mut form = Form::new(words, (&typed, complaints));
    let wrong = form.wrong(FILE, &words.say("bank-import-file"));
    let content = html! {
        h1 { (words.say("bank-import-title")) }
        (form.summary())
        p.lead { (words.say("bank-import-lead")) }
        section {
            form method="post" action=(format!("{PREFIX}/bank/import")) enctype="multipart/form-data" {
                // The token comes first: what is not ours is refused before the file is read.
                (signed.at.csrf_field())
                div.field {
                    label for="file" { (words.say("bank-import-file")) }
                    @if let Some(wrong) = &wrong { (wrong) }
                    input #file name=(FILE) type="file" required accept=".xml,.gz,application/xml,text/xml,application/gzip"
                        aria-invalid=[wrong.is_some().then_some("true")]
                        aria-describedby=(if wrong.is_some() { "file-wrong file-hint" } else { "file-hint" });
                    span.hint #file-hint { (words.say("bank-import-hint")) }
                }
                (submit(&words.say("bank-import-submit")))
            }
        }
        p { a href=(format!("{PREFIX}/bank")) { (words.say("bank-back")) } }
    };
    frame::page_as(complaints.status(), signed, &words.say("bank-import-title"), &content)
}

/// `POST /console/bank/import`
pub(super) async fn import(
    surface: web::Data<Surface>,
    signed: Signed,
    request: HttpRequest,
    unverified: Multipart,
) -> Answer {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let unfit = |sentence| Ok(drawn(&signed, &Complaints::one(FILE, sentence)));
    // Refused before it is sent, where that can be known.
    if length.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length > LONGEST_FILE + AROUND) {
        return unfit("bank-import-too-long");
    }
    let mut unverified = unverified;
    let mut token = part(&mut unverified, CSRF).await?.ok_or(Trouble::Forged)?;
    let given = token.bytes(LONGEST_TOKEN).await.map_err(|_| Trouble::Forged)?.map_err(|_| Trouble::Body)?;
    if !std::str::from_utf8(&given).is_ok_and(|given| signed.at.csrf_fits(given)) {
        return Err(Trouble::Forged);
    }
    drop(token);
    let Some(file) = part(&mut unverified, FILE).await? else { return unfit("bank-import-expected") };
    let file = match keep(file).await {
        Ok(file) => file,
        Err(Spooling::TooLong) => return unfit("bank-import-too-long"),
        Err(Spooling::Theirs) => return Err(Trouble::Body),
        Err(Spooling::Ours(error)) => {
            tracing::error!(error = %error, "an upload could not be kept in a file");
            return Err(Trouble::Unavailable);
        }
    };
    let empty = file.metadata().map_or(true, |known| known.len() == 0);
    if empty {
        return unfit("bank-import-expected");
    }
    begin(&surface, &signed, (Work::BankImport, Some(file))).await
}

/// The next part, if it has this name.
async fn part(unverified: &mut Multipart, name: &str) -> Result<Option<Field>, Trouble> {
    let next = unverified.try_next().await.map_err(|_| Trouble::Body)?;
    Ok(next.filter(|field| field.name() == Some(name)))
}
