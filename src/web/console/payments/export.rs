//! What a search finds, as a file: a job makes it.

use actix_web::web;
use maud::{Markup, html};

use super::{asked, list};
use crate::actors::Work;
use crate::report::Format;
use crate::web::console::PREFIX;
use crate::web::console::complaints::{Form, Reader};
use crate::web::console::form::Fields;
use crate::web::console::long_work::begin;
use crate::web::console::parts::submit;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::Answer;
use crate::web::surface::Surface;

/// The formats that a job writes.
const FORMATS: [Format; 2] = [Format::Csv, Format::Xlsx];

/// The form below a list: the list's filter, and the format.
pub(super) fn form(signed: &Signed, form: &mut Form<'_>) -> Markup {
    let (words, fields) = (form.words(), form.typed());
    let formats =
        FORMATS.map(|format| (format.extension().to_owned(), words.name("payments-format", format.extension())));
    let content = html! {
        @for name in asked::NAMES {
            @if let Some(value) = fields.text(name) { input type="hidden" name=(name) value=(value); }
        }
        div.actions {
            (form.choice(("format", &words.say("payments-format")), None, &formats))
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
    let mut reader = Reader::of(&fields);
    let format = reader.needed("format", "payments-expected-format", |text| Format::parse(text).ok());
    let (filter, format) = match (asked::filter(&fields), format) {
        (Ok(filter), Some(format)) => (filter, format),
        (Ok(_), None) => return Ok(list::unfit(&surface, &signed, (&fields, reader.complaints()))),
        (Err(complaints), _) => return Ok(list::unfit(&surface, &signed, (&fields, complaints))),
    };
    begin(&surface, &signed, (Work::PaymentsExport(filter, format), None)).await
}
