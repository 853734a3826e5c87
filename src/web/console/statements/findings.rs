//! What does not match on a statement, event by event: of one kind or of all, a page at a time.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::reasons::reason_form;
use super::{address, find, findings_of, sum};
use crate::domain::remittance::{Finding, FindingKind, Reconciled, State};
use crate::domain::{Capability, Currency, TransactionId};
use crate::storage::{LinePage, StatementRow};
use crate::web::console::PREFIX;
use crate::web::console::complaints::{Complaints, Form};
use crate::web::console::form::Fields;
use crate::web::console::frame;
use crate::web::console::parts::{Column, nothing, pager, submit, table};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// Differences on one page.
const PAGE: u64 = 50;

/// `GET /console/statements/{id}/findings`
pub(super) async fn list(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    request: HttpRequest,
) -> Answer {
    let row = find(&surface, &id).await?;
    let asked = Fields::of_query(&request);
    answer(&surface, &signed, (&row, &asked), Complaints::default()).await
}

/// The page; with what was typed, and what did not fit of it.
pub(super) async fn answer(
    surface: &Surface,
    signed: &Signed,
    (row, asked): (&StatementRow, &Fields),
    mut complaints: Complaints,
) -> Result<HttpResponse, Trouble> {
    let words = signed.words();
    let notice = row.state.notice().ok_or(Trouble::NotFound)?;
    // The address of a form that did not fit is no page of the list.
    let looked = complaints.is_empty();
    let kind = asked.text("kind").and_then(FindingKind::parse);
    if asked.text("kind").is_some() && kind.is_none() {
        complaints.add("kind", "statement-expected-kind");
    }
    let after = asked.text("cursor").map_or(Some(0), |text| text.parse().ok());
    if after.is_none() {
        complaints.add("cursor", "expected-cursor");
    }
    let page = LinePage { statement: row.id, after: after.unwrap_or(0), limit: PAGE };
    let found = match asked.text("event") {
        // What does not fit finds nothing; a reason that does not leaves the list standing.
        _ if complaints.about("kind").is_some() || after.is_none() => Vec::new(),
        Some(event) => surface.store.findings_on(page, event).await?,
        None => surface.store.findings(page, kind).await?,
    };
    let next = found.last().filter(|_| found.len() as u64 == PAGE).map(|last| last.line.to_string());
    let ids: Vec<&str> = found.iter().map(|finding| finding.request_id.as_str()).collect();
    let payments = surface.store.payments_of(&notice.piaid, &ids).await?;
    let decides = signed.may(Capability::DecideMoney) && matches!(row.state, State::Matched(_) | State::Disputed(_));
    let title = words.tell("findings-title", &[("id", notice.statement_id.as_str().into())]);
    let list = Shown { row, done: row.state.reconciled(), decides, currency: notice.total.currency() };
    let payment = |id: &str| payments.get(id).copied();
    let mut form = Form::new(words, (asked, &complaints));
    let filter = filter(&mut form, row);
    let reason = match list.done {
        Some(done) if decides => reason_form(signed, (row, done), &mut form),
        Some(_) | None => html! {},
    };
    let content = html! {
        h1 { (title) }
        (form.summary())
        p { a href=(address(row)) { (words.say("findings-back")) } }
        (filter)
        @if let Some(kind) = kind { p { (words.name("finding-means", kind.as_str())) } }
        (reason)
        @if !found.is_empty() { (rows(words, &list, (found.as_slice(), &payment))) }
        @else if complaints.is_empty() { (nothing(&words.say("findings-nothing"))) }
        @if looked { (pager(&signed.at, asked, next.as_deref())) }
    };
    Ok(frame::page_as(complaints.status(), signed, &title, &content))
}

fn filter(form: &mut Form<'_>, row: &StatementRow) -> Markup {
    let words = form.words();
    let kinds: Vec<(String, String)> = FindingKind::ALL
        .iter()
        .filter(|kind| **kind != FindingKind::Matched)
        .map(|kind| (kind.as_str().to_owned(), words.name("finding", kind.as_str())))
        .collect();
    html! {
        form.filter method="get" action=(format!("{}/findings", address(row))) {
            (form.choice(("kind", &words.say("findings-kind")), Some(&words.say("statements-any")), &kinds))
            (form.input("event", &words.say("findings-event"), "text"))
            (submit(&words.say("statements-filter")))
        }
    }
}

/// What the rows are about.
struct Shown<'a> {
    row: &'a StatementRow,
    done: Option<&'a Reconciled>,
    decides: bool,
    currency: Currency,
}

type Payments<'a> = &'a dyn Fn(&str) -> Option<TransactionId>;

fn rows(words: &Words, shown: &Shown<'_>, (found, payments): (&[Finding], Payments<'_>)) -> Markup {
    let columns = [
        (words.say("findings-line"), Column::Number),
        (words.say("findings-event"), Column::Head),
        (words.say("findings-kind"), Column::Text),
        (words.say("findings-stated"), Column::Number),
        (words.say("findings-ours"), Column::Number),
        (words.say("findings-difference"), Column::Number),
        (words.say("findings-fee"), Column::Number),
        (words.say("findings-fee-expected"), Column::Number),
        (words.say("findings-reason"), Column::Text),
    ];
    let micros = |micros: Option<i64>| {
        micros.map_or_else(|| html! { "\u{2013}" }, |micros| sum(words, i128::from(micros), shown.currency))
    };
    let line = |finding: &Finding| {
        let difference = i128::from(finding.stated_micros.unwrap_or(0)) - i128::from(finding.ours_micros.unwrap_or(0));
        vec![
            html! { (words.count(finding.line)) },
            event(words, finding, payments(&finding.request_id)),
            html! { (words.name("finding", finding.kind.as_str())) },
            micros(finding.stated_micros),
            micros(finding.ours_micros),
            sum(words, difference, shown.currency),
            micros(finding.fee_micros),
            micros(finding.expected_fee_micros),
            reason(words, shown, finding),
        ]
    };
    table(&words.say("findings-lines-caption"), &columns, &found.iter().map(line).collect::<Vec<_>>())
}

/// Google's id of the event, and the way to the payment that it is about.
fn event(words: &Words, finding: &Finding, payment: Option<TransactionId>) -> Markup {
    html! {
        span.id { bdi { @if finding.request_id.is_empty() { (words.say("findings-no-id")) } @else { (finding.request_id) } } }
        @if let Some(payment) = payment {
            " " a href=(format!("{PREFIX}/payments/{payment}"))
                aria-label=(words.tell("findings-payment-of", &[("id", finding.request_id.as_str().into())])) {
                (words.say("findings-payment"))
            }
        }
    }
}

/// The reason of this one event, the reason of its kind, or none; and the way to write one down.
fn reason(words: &Words, shown: &Shown<'_>, finding: &Finding) -> Markup {
    let Some(done) = shown.done else { return html! {} };
    let said = |about: &str| {
        let approved = done.approvals.iter().rev().find_map(|approval| approval.reasons.get(about));
        approved.or_else(|| done.drafts.get(about).map(|draft| &draft.text))
    };
    let own = said(&finding.request_id);
    let of_kind = said(finding.kind.as_str());
    let event: String = url::form_urlencoded::byte_serialize(finding.request_id.as_bytes()).collect();
    html! {
        @if let Some(own) = own { bdi { (own) } }
        @else if let Some(of_kind) = of_kind { span.muted { (words.say("findings-reason-of-kind")) } " " bdi { (of_kind) } }
        @else { (words.say("findings-reason-lacks")) }
        @if shown.decides && !finding.request_id.is_empty() {
            " " a href=(format!("{}&about={event}#reason", findings_of(shown.row, finding.kind)))
                aria-label=(words.tell("findings-explain-of", &[("id", finding.request_id.as_str().into())])) {
                (words.say("findings-explain"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;

    #[test]
    fn con_9_ids_of_googles_are_escaped() {
        let finding = Finding {
            line: 1,
            kind: FindingKind::Unknown,
            request_id: "\"><img src=x onerror=alert(1)>".to_owned(),
            stated_micros: Some(5),
            ours_micros: None,
            fee_micros: None,
            expected_fee_micros: None,
        };
        let payment = TransactionId::from_uuid(uuid::Uuid::from_u128(7));
        let shown = event(Words::of(Locale::En), &finding, Some(payment)).into_string();
        assert!(!shown.contains("<img") && shown.contains("&lt;img"), "{shown}");
        assert!(!shown.contains("=\"\""), "the attribute does not end early: {shown}");
        assert!(shown.contains(&format!("/console/payments/{payment}")), "{shown}");
    }
}
