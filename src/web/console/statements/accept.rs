//! Acceptance: what it comes to before the button, and the button; and judging again.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, Render, html};
use serde_json::{Map, Value};

use super::reasons::Reasons;
use super::show::modified;
use super::totals::adds_up;
use super::{address, find, findings_of, standing, sum};
use crate::actors::{Ask, AskError, Seen, Told};
use crate::domain::remittance::{
    Approval, FeeConvention, Input, Modification, Reconciled, Rejection, Reply, Rules, State,
};
use crate::storage::StatementRow;
use crate::web::console::complaints::{Complaints, Field, Form, Reader};
use crate::web::console::form::Fields;
use crate::web::console::frame;
use crate::web::console::gate::see_other;
use crate::web::console::parts::{Mood, badge, facts, moment, money, submit};
use crate::web::console::refusals::Refusal;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// `GET /console/statements/{id}/accept`
pub(super) async fn preview(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    request: HttpRequest,
) -> Answer {
    let row = find(&surface, &id).await?;
    let asked = Fields::of_query(&request);
    answer(&surface, &signed, (&row, &asked), false).await
}

/// The page, with what is wrong with what was sent; `changed`: it is no more what the person saw.
async fn answer(surface: &Surface, signed: &Signed, (row, asked): (&StatementRow, &Fields), changed: bool) -> Answer {
    let words = signed.words();
    let notice = row.state.notice().ok_or(Trouble::NotFound)?;
    let title = words.tell("accept-title", &[("id", notice.statement_id.as_str().into())]);
    let back = html! { p { a href=(address(row)) { (words.say("findings-back")) } } };
    let (State::Matched(done) | State::Disputed(done)) = &row.state else {
        let content = html! {
            h1 { (title) }
            p { (standing(words, &row.state)) " " (words.say("accept-not-now")) }
            (back)
        };
        return frame::page(signed, &title, &content);
    };
    // What the first person chose is what the second one is asked.
    let first = done.approvals.last().map(|approval| &approval.modification);
    let untouched = asked.raw("vat").is_none() && asked.raw("rate").is_none();
    let chosen = match first {
        Some(first) if untouched => Ok(first.clone()),
        Some(_) | None => modification(asked),
    };
    let (chosen, complaints) = match chosen {
        Ok(chosen) => (chosen, Complaints::default()),
        Err(complaints) => (Modification::default(), complaints),
    };
    let fits = complaints.is_empty();
    let mut form = Form::new(words, (asked, &complaints));
    let offered = Offered {
        row,
        done,
        reasons: Reasons::load(&surface.store, row.id, done).await?,
        rules: surface.policies.get(&notice.piaid).copied().unwrap_or_default().rules,
        chosen,
        not_second: done.not_second(&approval(surface, signed).await?),
    };
    let choose = choose(&mut form, &offered);
    let content = html! {
        h1 { (title) }
        (form.summary())
        (back)
        @if changed { p.wrong role="alert" { (words.say("accept-changed")) } }
        (before(words, &offered))
        (choose)
        // What it comes to is shown of what can be read.
        @if fits { (outcome(words, &offered)) }
        @if fits && !changed { (decide(signed, &offered)) }
    };
    let status = if changed { StatusCode::CONFLICT } else { complaints.status() };
    Ok(frame::page_as(status, signed, &title, &content))
}

/// What is about to be accepted.
struct Offered<'a> {
    row: &'a StatementRow,
    done: &'a Reconciled,
    reasons: Reasons,
    rules: Rules,
    chosen: Modification,
    /// Why this person's approval would not be a second one's.
    not_second: Option<Rejection>,
}

/// This person's approval, as it is before anything is said with it.
async fn approval(surface: &Surface, signed: &Signed) -> Result<Approval, Trouble> {
    let held_by = surface.console.people.held_by(&signed.session).await?.ok_or(Trouble::Forbidden)?;
    Ok(Approval {
        by: Some(signed.user.clone()),
        held_by,
        at: surface.clock.now(),
        reasons: BTreeMap::new(),
        modification: Modification::default(),
    })
}

/// What has to be so before anything can be accepted.
fn before(words: &Words, offered: &Offered<'_>) -> Markup {
    html! {
        section aria-labelledby="before" {
            h2 #before { (words.say("accept-before")) }
            (adds_up(words, offered.done))
            @if offered.reasons.lacking.is_empty() {
                p { (badge(Mood::Good, &words.say("accept-explained"))) " "
                    (words.tell("accept-reasons", &[("count", offered.reasons.texts.len().into())])) }
            } @else {
                p { (badge(Mood::Attention, &words.say("findings-reason-lacks"))) " " (words.say("accept-lacking")) }
                ul {
                    @for kind in &offered.reasons.lacking {
                        li { a href=(findings_of(offered.row, *kind)) { (words.name("finding", kind.as_str())) } }
                    }
                }
            }
        }
    }
}

/// As it is, or modified: the page is asked again with it.
fn choose(form: &mut Form<'_>, offered: &Offered<'_>) -> Markup {
    let (words, asked) = (form.words(), form.typed());
    let shown = offered.chosen.vat_to_fee_millionths.map(percent_text).unwrap_or_default();
    let vat = asked.raw("vat").unwrap_or(&shown);
    let rate = asked.raw("rate").or(offered.chosen.exchange_rate.as_deref()).unwrap_or_default();
    let open = !vat.trim().is_empty() || !rate.trim().is_empty();
    html! {
        details open[open] {
            summary { (words.say("accept-modify")) }
            form method="get" action=(format!("{}/accept", address(offered.row))) {
                (form.field(&Field {
                    id: "vat",
                    name: "vat",
                    label: words.say("accept-vat"),
                    kind: "text",
                    value: vat,
                    hint: Some(words.say("accept-vat-hint")),
                    required: false,
                }))
                (form.area(
                    &Field {
                        id: "rate",
                        name: "rate",
                        label: words.say("accept-rate"),
                        value: rate,
                        hint: Some(words.say("accept-rate-hint")),
                        ..Field::default()
                    },
                    2_000,
                ))
                (submit(&words.say("accept-preview")))
            }
        }
    }
}

/// What accepting comes to, by the function that acceptance itself books with.
fn outcome(words: &Words, offered: &Offered<'_>) -> Markup {
    let (done, currency) = (offered.done, offered.done.notice.total.currency());
    let preview = done.preview(&offered.chosen);
    let mut rows = vec![(
        words.say("outcome-due"),
        html! {
            @if let Some(due) = preview.due { strong { (money(words, due)) } }
            @else { (words.say("outcome-google-says")) }
        },
    )];
    if done.adds_up() == Ok(FeeConvention::Deducted) {
        rows.push((words.say("outcome-fees"), sum(words, preview.fees_micros, currency)));
        rows.push((words.say("outcome-vat"), sum(words, preview.vat_micros, currency)));
    }
    for (kind, difference) in &preview.differences {
        let name = words.name("finding", kind.as_str());
        rows.push((words.tell("outcome-suspense", &[("kind", name.into())]), sum(words, *difference, currency)));
    }
    html! {
        section aria-labelledby="outcome" {
            h2 #outcome { (words.say("outcome-heading")) }
            p { (modified(words, &offered.chosen)) }
            (facts(rows.iter().map(|(name, value)| (name.clone(), value as &dyn Render))))
            p.lead { (words.say("outcome-lead")) }
        }
    }
}

/// The button, or why there is none for this person.
fn decide(signed: &Signed, offered: &Offered<'_>) -> Markup {
    let words = signed.words();
    let total = offered.done.notice.total;
    let two = offered.rules.two_persons(total);
    let approvals = &offered.done.approvals;
    let not_second = offered.not_second.as_ref().filter(|_| two).map(|why| Refusal::from(why.clone()).say(words));
    let differs = two && approvals.last().is_some_and(|first| first.modification != offered.chosen);
    let amount = [("amount", words.money(total).into())];
    let button = match (two, approvals.is_empty(), offered.chosen.is_none()) {
        (true, true, _) => words.tell("accept-submit-first", &amount),
        (true, false, _) => words.tell("accept-submit-second", &amount),
        (false, _, true) => words.tell("accept-submit", &amount),
        (false, _, false) => words.tell("accept-submit-modified", &amount),
    };
    let ready =
        offered.reasons.lacking.is_empty() && offered.done.adds_up().is_ok() && not_second.is_none() && !differs;
    html! {
        section aria-labelledby="decide" {
            h2 #decide { (words.say("accept-heading")) }
            @if two { p.note { (words.say("accept-two-persons")) } }
            @for approval in approvals {
                p {
                    (words.say("accept-first-was")) " "
                    @if let Some(by) = &approval.by { bdi { (by) } }
                    ", " (moment(approval.at)) ": " (modified(words, &approval.modification))
                }
            }
            @if let Some(why) = &not_second { p.wrong { (why) } }
            @if differs { p.wrong { (words.say("accept-differs")) } }
            @if ready {
                p { (words.say("accept-consequence")) }
                (signed.form(&format!("{}/accept", address(offered.row)), &html! {
                    input type="hidden" name="vat" value=(offered.chosen.vat_to_fee_millionths.map(percent_text).unwrap_or_default());
                    input type="hidden" name="rate" value=(offered.chosen.exchange_rate.as_deref().unwrap_or_default());
                    input type="hidden" name="seen" value=(offered.row.updated_at.as_millis());
                    (submit(&button))
                }))
            } @else {
                p.nothing { (words.say("accept-not-ready")) }
            }
        }
    }
}

/// `POST /console/statements/{id}/accept`
pub(super) async fn accept(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    fields: Fields,
) -> Answer {
    let known = find(&surface, &id).await?.id;
    // Before what it stands for: whatever comes between the two is then seen as a change.
    let version = surface.store.version(known).await?.ok_or(Trouble::NotFound)?;
    let row = find(&surface, &id).await?;
    let (State::Matched(done) | State::Disputed(done)) = &row.state else {
        return answer(&surface, &signed, (&row, &fields), false).await;
    };
    let Ok(modification) = modification(&fields) else {
        return answer(&surface, &signed, (&row, &fields), false).await;
    };
    // Somebody may have written another reason, or judged it again, since this person looked.
    if fields.text("seen") != Some(row.updated_at.as_millis().to_string().as_str()) {
        return answer(&surface, &signed, (&row, &fields), true).await;
    }
    let reasons = Reasons::load(&surface.store, row.id, done).await?;
    let rules = surface.policies.get(&done.notice.piaid).copied().unwrap_or_default().rules;
    let approval = Approval { reasons: reasons.texts, modification, ..approval(&surface, &signed).await? };
    let input = Input::Approve { approval, round: done.round, covered: reasons.covered, rules };
    let seen = Seen { version, means: None };
    let Ok(asked) = surface.statements.ask_as_seen(Ask::plain(row.id, input), seen).await else {
        let row = find(&surface, &id).await?;
        return answer(&surface, &signed, (&row, &fields), true).await;
    };
    match asked.map(Told::into_reply) {
        Ok(Reply::Standing { second_person: true, .. }) => Ok(led(&row, "approved-first")),
        Ok(
            Reply::Standing { .. }
            | Reply::Noted
            | Reply::TransferTaken
            | Reply::TransferRefused(_)
            | Reply::TransferLetGo,
        ) => Ok(led(&row, "accepted")),
        Err(why) => Err(why.into()),
    }
}

/// `POST /console/statements/{id}/reconcile`
pub(super) async fn judge_again(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    let row = find(&surface, &id).await?;
    let waits = || Trouble::Refused(signed.words().say("statement-refused-not-waiting"));
    match surface.statements.ask(Ask::plain(row.id, Input::ReconcileAgain)).await.map(Told::into_reply) {
        Ok(Reply::Standing { state: "Reconciling", .. }) => Ok(led(&row, "judged-again")),
        Ok(_) | Err(AskError::Rejected(_)) => Err(waits()),
        Err(why) => Err(why.into()),
    }
}

fn led(row: &StatementRow, done: &str) -> HttpResponse {
    see_other(&format!("{}?done={done}", address(row)))
}

/// What the fields say.
fn modification(fields: &Fields) -> Result<Modification, Complaints> {
    let mut reader = Reader::of(fields);
    let vat = reader.parsed("vat", "accept-vat-expected", percent);
    // Its members are what was agreed with Google: they are passed on as they are.
    let rate =
        reader.parsed("rate", "accept-rate-expected", |text| serde_json::from_str::<Map<String, Value>>(text).ok());
    let exchange_rate = rate.map(|members| Value::Object(members).to_string());
    reader.end(Modification { vat_to_fee_millionths: vat, exchange_rate })
}

/// A share in percent, in millionths: up to four decimals, with a point or a comma; 0 to 100.
fn percent(unverified: &str) -> Option<i64> {
    let text = unverified.trim_end_matches('%').trim_end().replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || part.len() > 4 || !digits(whole) || !digits(part) {
        return None;
    }
    let millionths = whole.parse::<i64>().ok()? * 10_000 + format!("{part:0<4}").parse::<i64>().ok()?;
    (millionths <= 1_000_000).then_some(millionths)
}

/// What [`percent`] reads.
pub(super) fn percent_text(millionths: i64) -> String {
    let (whole, part) = (millionths / 10_000, millionths % 10_000);
    let text = format!("{whole}.{part:04}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_4_a_share_is_read_without_floating_point() {
        for (text, millionths) in
            [("15", 150_000), ("15,25", 152_500), ("0.0001", 1), ("100", 1_000_000), ("0", 0), ("7.5 %", 75_000)]
        {
            assert_eq!(percent(text), Some(millionths), "{text}");
            assert_eq!(percent(&percent_text(millionths)), Some(millionths), "{text}");
        }
        for text in ["", "-1", "100.0001", "1.00001", "1e2", ".5", "1.2.3", "١٥", "9999999999999999999999"] {
            assert_eq!(percent(text), None, "{text}");
        }
        assert_eq!(percent_text(152_500), "15.25");
        assert_eq!(percent_text(1_000_000), "100");
    }

    #[test]
    fn con_4_a_modification_is_read_as_the_api_takes_it() {
        let fields = |text: &str| Fields::parse(text.as_bytes()).unwrap();
        assert_eq!(modification(&fields("vat=&rate=")), Ok(Modification::default()));
        let both = modification(&fields("vat=15&rate=%7B%22rate%22%3A%221.01%22%7D")).unwrap();
        assert_eq!(both.vat_to_fee_millionths, Some(150_000));
        assert_eq!(both.exchange_rate.as_deref(), Some("{\"rate\":\"1.01\"}"));
        assert_eq!(modification(&fields("vat=150")), Err(Complaints::one("vat", "accept-vat-expected")));
        assert_eq!(modification(&fields("rate=%5B%5D")), Err(Complaints::one("rate", "accept-rate-expected")));
    }
}
