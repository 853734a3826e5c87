//! Why differences are accepted: written down in the statement's own journal, by kind or event by event, until it is accepted.

use std::collections::BTreeMap;

use actix_web::web;
use maud::{Markup, html};

use super::{address, find, findings};
use crate::actors::Ask;
use crate::domain::TransactionId;
use crate::domain::remittance::{FindingKind, Input, Reconciled};
use crate::storage::{StatementRow, StorageError, Store};
use crate::web::console::complaints::{Complaints, Field, Form};
use crate::web::console::form::Fields;
use crate::web::console::gate::see_other;
use crate::web::console::parts::moment;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::statements::{Covered, fits_reason};
use crate::web::surface::Surface;

/// The reasons that are written down and still about something.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    /// By finding or by an event's id.
    pub(super) texts: BTreeMap<String, String>,
    /// How many events of each finding have one of their own.
    pub(super) covered: BTreeMap<FindingKind, u64>,
    /// The findings that lack one.
    pub(super) lacking: Vec<FindingKind>,
}

impl Reasons {
    /// Holds what is written down against what was found: a statement that was judged again may differ no more.
    pub(super) async fn load(store: &Store, id: TransactionId, done: &Reconciled) -> Result<Self, StorageError> {
        let covered = Covered::load(store, id, done.drafts.keys().map(String::as_str)).await?;
        let counts = |about: &str| match FindingKind::parse(about) {
            Some(kind) => done.tally.kinds.get(&kind).is_some_and(|sum| sum.count > 0),
            None => !covered.unknown.iter().any(|unknown| unknown == about),
        };
        let texts: BTreeMap<String, String> = done
            .drafts
            .iter()
            .filter(|(about, _)| counts(about))
            .map(|(about, draft)| (about.clone(), draft.text.clone()))
            .collect();
        let lacking = done.unexplained(&texts, &covered.events);
        Ok(Self { texts, covered: covered.events, lacking })
    }
}

/// The form of a reason: of one event where `about` names it, else of the kind that the list is narrowed to.
pub(super) fn reason_form(signed: &Signed, (row, done): (&StatementRow, &Reconciled), form: &mut Form<'_>) -> Markup {
    let (words, asked) = (form.words(), form.typed());
    let Some(kind) = asked.text("kind").and_then(FindingKind::parse) else {
        return html! { p.note { (words.say("reason-choose-kind")) } };
    };
    let event = asked.text("about").filter(|about| FindingKind::parse(about).is_none());
    let about = event.unwrap_or(kind.as_str());
    let known = done.drafts.get(about);
    // What was typed and did not fit, else what is written down: no link puts words into anybody's mouth.
    let typed = asked.raw("text").filter(|_| form.is_wrong("text"));
    let text = typed.unwrap_or_else(|| known.map_or("", |draft| draft.text.as_str()));
    let name = words.name("finding", kind.as_str());
    let count = done.tally.kinds.get(&kind).map_or(0, |sum| sum.count);
    let fields = html! {
        input type="hidden" name="kind" value=(kind.as_str());
        input type="hidden" name="about" value=(about);
        (form.area(
            &Field { id: "text", name: "text", label: words.say("reason-label"), value: text, ..Field::default() },
            1_000,
        ))
        div.actions {
            button type="submit" name="act" value="keep" { (words.say("reason-keep")) }
            @if known.is_some() {
                button.quiet type="submit" name="act" value="remove" { (words.say("reason-remove")) }
            }
        }
    };
    html! {
        section #reason aria-labelledby="reason-heading" {
            h2 #reason-heading {
                @match event {
                    Some(event) => {
                        (words.say("reason-of-event")) " " bdi { (event) }
                    }
                    None => {
                        (words.tell("reason-of-kind", &[("kind", name.into()), ("count", words.count(count).into())]))
                    }
                }
            }
            @if let Some(draft) = known {
                p.muted { (words.say("reason-written-by")) " " bdi { (draft.by) } ", " (moment(draft.at)) }
            }
            (signed.form(&format!("{}/reasons", address(row)), &fields))
        }
    }
}

/// `POST /console/statements/{id}/reasons`
pub(super) async fn keep(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>, fields: Fields) -> Answer {
    let row = find(&surface, &id).await?;
    let unfit = async |field: &'static str, sentence| {
        findings::answer(&surface, &signed, (&row, &fields), Complaints::one(field, sentence)).await
    };
    let Some(kind) = fields.text("kind").and_then(FindingKind::parse) else {
        return unfit("kind", "statement-expected-kind").await;
    };
    let about = fields.text("about").unwrap_or(kind.as_str());
    if about != kind.as_str() {
        // An event that has this finding; the name of another finding is none.
        let events = surface.store.findings_of(row.id, &[about.to_owned()]).await?;
        if FindingKind::parse(about).is_some() || !events.iter().any(|(_, found)| *found == kind) {
            return Err(Trouble::NotFound);
        }
    }
    let text = if fields.text("act") == Some("remove") {
        None
    } else {
        let text = one_line(fields.text("text").unwrap_or_default());
        if !fits_reason(&text) {
            return unfit("text", "reason-expected").await;
        }
        Some(text)
    };
    let done = if text.is_some() { "reason-kept" } else { "reason-removed" };
    let input = Input::Draft { about: about.to_owned(), kind, by: signed.user.clone(), text };
    match surface.statements.ask(Ask::plain(row.id, input)).await {
        Ok(_) => Ok(see_other(&format!("{}/findings?kind={}&done={done}", address(&row), kind.as_str()))),
        Err(why) => Err(why.into()),
    }
}

/// Without line breaks: reasons stand in ledger entries and in the cells of reports.
fn one_line(unverified: &str) -> String {
    unverified.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_4_a_reason_is_one_line() {
        assert_eq!(one_line(" asked\r\nGoogle \t twice "), "asked Google twice");
        assert!(fits_reason(&one_line(&"x".repeat(1_000))) && !fits_reason(&one_line(&"x".repeat(1_001))));
        assert!(!fits_reason(&one_line(" \n ")));
    }
}
