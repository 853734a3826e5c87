//! Reports: small ones at once, large ones and those of a period as jobs.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::{address, find};
use crate::actors::{PeriodWork, Report, Work};
use crate::domain::Piaid;
use crate::domain::catalog::MerchantId;
use crate::domain::remittance::Reconciled;
use crate::finance::{FinanceError, Surfaces};
use crate::report::{Day, Format};
use crate::storage::StatementRow;
use crate::web::console::PREFIX;
use crate::web::console::complaints::{Complaints, Form, Reader};
use crate::web::console::form::Fields;
use crate::web::console::frame;
use crate::web::console::gate::see_other;
use crate::web::console::long_work::begin;
use crate::web::console::parts::submit;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::reports::{NotMade, statement_file};
use crate::web::surface::Surface;

/// Up to so many events a report is made while the person waits.
const AT_ONCE: u64 = 100_000;

/// The ways to a statement's report.
pub(super) fn downloads(signed: &Signed, row: &StatementRow, done: &Reconciled) -> Markup {
    let words = signed.words();
    html! {
        section aria-labelledby="downloads" {
            h2 #downloads { (words.say("report-heading")) }
            @if done.fetched.lines <= AT_ONCE {
                p.actions {
                    a.button.quiet href=(format!("{}/report.csv", address(row))) download { (words.say("report-csv")) }
                    a.button.quiet href=(format!("{}/report.xlsx", address(row))) download { (words.say("report-xlsx")) }
                }
            } @else {
                p { (words.tell("report-large", &[("lines", words.count(done.fetched.lines).into())])) }
                (signed.form(&format!("{}/report", address(row)), &html! {
                    div.actions {
                        button.quiet type="submit" name="format" value="csv" { (words.say("report-csv")) }
                        button.quiet type="submit" name="format" value="xlsx" { (words.say("report-xlsx")) }
                    }
                }))
            }
        }
    }
}

/// `GET /console/statements/{id}/report.csv`, `.xlsx`
pub(super) async fn statement(
    surface: web::Data<Surface>,
    signed: Signed,
    path: web::Path<(String, String)>,
) -> Answer {
    let (id, extension) = path.into_inner();
    let format = Format::parse(&extension).map_err(|_| Trouble::NotFound)?;
    let row = find(&surface, &id).await?;
    if row.state.reconciled().is_some_and(|done| done.fetched.lines > AT_ONCE) {
        // Its page offers the job instead.
        return Ok(see_other(&format!("{}#downloads", address(&row))));
    }
    statement_file(&surface, &row, format).await.map_err(|why| not_made(signed.words(), why))
}

fn not_made(words: &Words, why: NotMade) -> Trouble {
    match why {
        NotMade::Finance(FinanceError::Storage(error)) => error.into(),
        NotMade::Finance(FinanceError::NotReconciled(_)) => {
            Trouble::Refused(words.say("statement-refused-not-reconciled"))
        }
        NotMade::Finance(FinanceError::Backwards) => Trouble::Refused(words.say("period-backwards")),
        NotMade::Finance(FinanceError::Unknown) => Trouble::NotFound,
        NotMade::Finance(FinanceError::Report(error)) => {
            tracing::error!(error = %error, "a report could not be made");
            Trouble::Unavailable
        }
        NotMade::Ended => Trouble::Unavailable,
    }
}

/// `POST /console/statements/{id}/report`
pub(super) async fn make_statement(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    fields: Fields,
) -> Answer {
    let row = find(&surface, &id).await?;
    let format = fields.needed("format", "report-expected-format", |text| Format::parse(text).ok())?;
    if row.state.reconciled().is_none() {
        return Err(Trouble::Refused(signed.words().say("statement-refused-not-reconciled")));
    }
    begin(&surface, &signed, (Work::Report(Report::Statement(row.id), format), None)).await
}

/// `GET /console/statements/period`
pub(super) async fn period(surface: web::Data<Surface>, signed: Signed) -> Answer {
    Ok(period_page(&surface, &signed, (&Fields::default(), &Complaints::default())))
}

fn period_page(surface: &Surface, signed: &Signed, (asked, complaints): (&Fields, &Complaints)) -> HttpResponse {
    let words = signed.words();
    let mut form = Form::new(words, (asked, complaints));
    let mut accounts: Vec<(String, String)> =
        surface.policies.keys().map(|account| (account.to_string(), account.to_string())).collect();
    accounts.sort();
    let surfaces: Vec<(String, String)> = [Surfaces::All, Surfaces::Redirect, Surfaces::Booking, Surfaces::Outlook]
        .iter()
        .map(|of| (of.as_str().to_owned(), words.name("period-surface", of.as_str())))
        .collect();
    let formats: Vec<(String, String)> = [Format::Xlsx, Format::Csv]
        .iter()
        .map(|format| (format.extension().to_owned(), words.name("report", format.extension())))
        .collect();
    let fields = html! {
        (form.input("from", &words.say("period-from"), "date"))
        (form.input("to", &words.say("period-to"), "date"))
        (form.choice(("account", &words.say("statement-account")), Some(&words.say("statements-any")), &accounts))
        (form.input("merchant", &words.say("period-merchant"), "text"))
        (form.choice(("surface", &words.say("period-surface")), None, &surfaces))
        (form.choice(("format", &words.say("report-format")), None, &formats))
        (submit(&words.say("period-submit")))
    };
    let content = html! {
        h1 { (words.say("period-title")) }
        (form.summary())
        p.lead { (words.say("period-lead")) }
        section { (signed.form(&format!("{PREFIX}/statements/period"), &fields)) }
        p { a href=(format!("{PREFIX}/statements")) { (words.say("period-back")) } }
    };
    frame::page_as(complaints.status(), signed, &words.say("period-title"), &content)
}

/// `POST /console/statements/period`
pub(super) async fn make_period(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    match asked(&fields) {
        Ok((period, format)) => begin(&surface, &signed, (Work::Report(Report::Period(period), format), None)).await,
        Err(complaints) => Ok(period_page(&surface, &signed, (&fields, &complaints))),
    }
}

/// What the form says.
fn asked(fields: &Fields) -> Result<(PeriodWork, Format), Complaints> {
    let mut reader = Reader::of(fields);
    let day = |text: &str| Day::parse(text).ok();
    let from = reader.needed("from", "expected-day", day);
    let to = reader.needed("to", "expected-day", day);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        reader.complain("to", "period-backwards");
    }
    let account = reader.parsed("account", "statement-expected-account", |text| Piaid::parse(text).ok());
    let merchant = reader.parsed("merchant", "period-expected-merchant", |text| MerchantId::parse(text).ok());
    if account.is_some() && merchant.is_some() {
        reader.complain("merchant", "period-expected-one");
    }
    let surface = fields.text("surface").map_or(Some(Surfaces::All), Surfaces::parse);
    if surface.is_none() {
        reader.complain("surface", "period-expected-surface");
    }
    let format = reader.needed("format", "report-expected-format", |text| Format::parse(text).ok());
    match (from, to, surface, format) {
        (Some(from), Some(to), Some(surface), Some(format)) => {
            let surface = surface.as_str().to_owned();
            reader.end((PeriodWork { from, to, account, merchant, surface }, format))
        }
        _ => Err(reader.complaints()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_4_the_report_of_a_period_is_asked_for_by_days_and_one_filter() {
        let read = |text: &str| asked(&Fields::parse(text.as_bytes()).unwrap());
        let (period, format) =
            read("from=2026-01-01&to=2026-01-31&account=ExamplePay_INR&surface=redirect&format=csv").unwrap();
        assert_eq!((period.surface.as_str(), format), ("redirect", Format::Csv));
        for (text, field, wrong) in [
            ("from=2026-02-30&to=2026-03-01&format=csv", "from", "expected-day"),
            ("to=2026-03-01&format=csv", "from", "expected-day"),
            ("from=2026-03-02&to=2026-03-01&format=csv", "to", "period-backwards"),
            ("from=2026-03-01&to=2026-03-01&account=A&merchant=m&format=csv", "merchant", "period-expected-one"),
            ("from=2026-03-01&to=2026-03-01&surface=moon&format=csv", "surface", "period-expected-surface"),
            ("from=2026-03-01&to=2026-03-01&format=pdf", "format", "report-expected-format"),
        ] {
            assert_eq!(read(text).unwrap_err(), Complaints::one(field, wrong), "{text}");
        }
        let all = read("from=soon").unwrap_err();
        assert!(["from", "to", "format"].iter().all(|field| all.about(field).is_some()), "{all:?}");
    }
}
