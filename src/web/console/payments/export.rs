//! What a search finds, as a file: a job makes it.

use actix_web::web;
use maud::{Markup, html};

use super::asked;
use crate::storage::PaymentFilter;
use crate::web::console::PREFIX;
use crate::web::console::form::Fields;
use crate::web::console::gate::see_other;
use crate::web::console::parts::{choice, submit};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::surface::Surface;

/// The formats that a job writes.
const FORMATS: [&str; 2] = ["csv", "xlsx"];

/// The form below a list: the list's filter, and the format.
pub(super) fn form(signed: &Signed, fields: &Fields) -> Markup {
    let words = signed.words();
    let formats = FORMATS.map(|format| (format.to_owned(), words.name("payments-format", format)));
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
    let known = |text: &str| FORMATS.into_iter().find(|format| *format == text);
    let format = fields.needed("format", "payments-expected-format", known)?;
    let job = submit_job(&surface, &signed, (filter, format)).await?;
    Ok(see_other(&format!("{PREFIX}/jobs/{job}")))
}

#[expect(clippy::unused_async, reason = "jobs are merged later")]
async fn submit_job(_: &Surface, _: &Signed, _: (PaymentFilter, &'static str)) -> Result<String, Trouble> {
    Err(Trouble::Unavailable)
}
