//! What a search finds, as a file: a job makes it.

use actix_web::web;
use maud::{Markup, html};

use super::asked;
use crate::actors::{NewJob, Work};
use crate::report::Format;
use crate::web::console::PREFIX;
use crate::web::console::form::Fields;
use crate::web::console::gate::see_other;
use crate::web::console::parts::{choice, submit};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::surface::Surface;

/// The formats that a job writes.
const FORMATS: [Format; 2] = [Format::Csv, Format::Xlsx];

/// The form below a list: the list's filter, and the format.
pub(super) fn form(signed: &Signed, fields: &Fields) -> Markup {
    let words = signed.words();
    let formats =
        FORMATS.map(|format| (format.extension().to_owned(), words.name("payments-format", format.extension())));
    let content = html! {
        @for name in asked::NAMES {
            @if let Some(value) = fields.text(name) { input type="hidden" name=(name) value=(value); }
        }
        div.actions {
            (choice(("format", &words.say("payments-format")), None, &formats, Some("csv")))
            (submit(&words.say("payments-export")))
        }
        p.hint { (words.say("payments-export-hint")) }
    };
    html! {
        section aria-labelledby="export" {
            h2 #export { (words.say("payments-export-title")) }
            (signed.form(&format!("{PREFIX}/payments/export"), &content))
        }
    }
}

pub(super) async fn export(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    let filter = asked::filter(&fields)?;
    let format = fields.needed("format", "payments-expected-format", |text| Format::parse(text).ok())?;
    let new = NewJob { work: Work::PaymentsExport(filter, format), by: signed.user.clone(), input: None };
    let job = surface.jobs.submit(new).await.map_err(|error| {
        tracing::error!(error = %error, "an export could not be submitted");
        Trouble::Unavailable
    })?;
    Ok(see_other(&format!("{PREFIX}/jobs/{job}")))
}
