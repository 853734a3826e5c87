//! What people do about a payment: give late money back, ask the issuer, send again what waits, and record what was dealt
//! with. The machine decides; what it would refuse is not offered.

use actix_web::web;
use maud::{Markup, html};

use super::dossier::Dossier;
use super::payment::{NotDone, again};
use super::{done, path_of, reason};
use crate::actors::{Ask, Changed, Seen};
use crate::domain::redirect_payment::{Event, Input, Origin, RedirectPayment, Refund, State};
use crate::domain::{Attention, Capability, EffectLane, Machine as _, Timestamp, TransactionId};
use crate::storage::{OutboxKey, OutboxRow};
use crate::web::console::PREFIX;
use crate::web::console::complaints::{Complaints, Field, Form};
use crate::web::console::form::Fields;
use crate::web::console::parts::submit;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// Fields for reasons.
const GIVE_BACK_WHY: &str = "give-back-why";
const DEALT_WITH_WHY: &str = "dealt-with-why";
/// The longest reason, in characters.
const LONGEST_REASON: usize = 1_000;

/// The section: every act that this person may do and the payment takes.
pub(super) fn section(signed: &Signed, dossier: &Dossier, (now, fields): (Timestamp, &mut Form<'_>)) -> Markup {
    let words = signed.words();
    let decides = signed.may(Capability::DecideMoney);
    let back = if decides { would_go_back(signed, &dossier.state, now) } else { Vec::new() };
    let attention = RedirectPayment::attention(&dossier.state).filter(|_| decides);
    let ask = signed.may(Capability::Operate) && changes(&dossier.state, &Input::AskNow, now);
    html! {
        section aria-labelledby="acts" {
            h2 #acts { (words.say("payment-acts-title")) }
            (refund_note(words, dossier))
            @if !back.is_empty() { (give_back_form(signed, dossier, (&back, fields))) }
            @if let Some(reason) = attention { (dealt_with_form(signed, dossier, (reason, fields))) }
            @if ask {
                p { (words.say("payment-act-ask-means")) }
                (signed.form(&format!("{}/ask", path_of(dossier.id())), &submit(&words.say("payment-act-ask"))))
            }
            @if back.is_empty() && attention.is_none() && !ask { p.nothing { (words.say("payment-acts-none")) } }
        }
    }
}

/// Who orders refunds of what was paid in time.
fn refund_note(words: &Words, dossier: &Dossier) -> Markup {
    let State::Paid { .. } = dossier.state else { return html! {} };
    match &dossier.terms.origin {
        Origin::Google(_) => html! { p { (words.say("payment-act-refund-google")) } },
        Origin::Invoice(of) => html! {
            p {
                (words.say("payment-act-refund-invoice")) " "
                a href=(format!("{PREFIX}/invoices/{}", of.reference)) {
                    (words.say("payment-summary-origin-invoice")) " " bdi { (of.reference) }
                }
            }
        },
    }
}

/// Whether the machine would do something.
fn changes(state: &State, input: &Input, now: Timestamp) -> bool {
    RedirectPayment::decide(state, input, now).is_ok_and(|decision| !decision.events.is_empty())
}

/// What would go back if it were asked now.
fn would_go_back(signed: &Signed, state: &State, now: Timestamp) -> Vec<Refund> {
    let input = Input::GiveBack { by: Some(signed.user.clone()) };
    let decided = RedirectPayment::decide(state, &input, now);
    let events = decided.map(|decision| decision.events).unwrap_or_default();
    let ordered = |event| if let Event::RefundOrdered(refund) = event { Some(refund) } else { None };
    events.into_iter().filter_map(ordered).collect()
}

fn give_back_form(signed: &Signed, dossier: &Dossier, (back, fields): (&[Refund], &mut Form<'_>)) -> Markup {
    let words = signed.words();
    let amounts: Vec<String> = back.iter().map(|refund| words.money(refund.amount)).collect();
    let sum = amounts.join(" + ");
    html! {
        details open[fields.is_wrong(GIVE_BACK_WHY)] {
            summary { (words.tell("payment-act-give-back-open", &[("amount", sum.clone().into())])) }
            p { (words.tell("payment-act-give-back-means", &[("amount", sum.clone().into())])) }
            (signed.form(&format!("{}/give-back", path_of(dossier.id())), &html! {
                (seen(dossier))
                (why(fields, GIVE_BACK_WHY))
                button.danger type="submit" { (words.tell("payment-act-give-back", &[("amount", sum.into())])) }
            }))
        }
    }
}

fn dealt_with_form(signed: &Signed, dossier: &Dossier, (about, fields): (Attention, &mut Form<'_>)) -> Markup {
    let words = signed.words();
    html! {
        details open[fields.is_wrong(DEALT_WITH_WHY)] {
            summary { (words.say("payment-act-dealt-with-open")) }
            p { (words.say("payment-act-dealt-with-means")) }
            (signed.form(&format!("{}/dealt-with", path_of(dossier.id())), &html! {
                (seen(dossier))
                input type="hidden" name="about" value=(about.as_str());
                (why(fields, DEALT_WITH_WHY))
                (submit(&words.say("payment-act-dealt-with")))
            }))
        }
    }
}

/// Which version of the payment a person has before them.
fn seen(dossier: &Dossier) -> Markup {
    html! { input type="hidden" name="version" value=(dossier.line.version); }
}

/// The reason, in a person's words, with what was wrong about it.
fn why(fields: &mut Form<'_>, name: &'static str) -> Markup {
    let (label, value) = (fields.words().say("payment-act-why"), fields.typed().text(name).unwrap_or_default());
    fields.area(&Field { id: name, name, label, value, required: true, ..Field::default() }, LONGEST_REASON)
}

/// A payment's id in a path.
fn id(path: &str) -> Result<TransactionId, Trouble> {
    TransactionId::parse(path).map_err(|_| Trouble::NotFound)
}

/// The reason that was given; `None`: there is none, or it is too long.
fn given<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.text(name).filter(|why| why.chars().count() <= LONGEST_REASON)
}

fn unexplained(field: &'static str) -> NotDone {
    NotDone::Unfit(Complaints::one(field, "payments-expected-why"))
}

/// Puts a decision before the payment as it was seen: whatever happened since is looked at first, also what happens while
/// this form is on its way. `false`: it has changed, and nothing was done.
async fn decided(surface: &Surface, (id, input): (TransactionId, Input), fields: &Fields) -> Result<bool, Trouble> {
    let Some(version) = fields.text("version").and_then(|seen| seen.parse().ok()) else { return Ok(false) };
    let seen = Seen { version, means: None };
    match surface.payments.ask_as_seen(Ask::plain(id, input), seen).await {
        Ok(asked) => Ok(asked.map(|_| true)?),
        Err(Changed) => Ok(false),
    }
}

pub(super) async fn give_back(
    surface: web::Data<Surface>,
    signed: Signed,
    (path, fields): (web::Path<String>, Fields),
) -> Answer {
    let id = id(&path)?;
    if given(&fields, GIVE_BACK_WHY).is_none() {
        return again(&surface, &signed, (id, &fields, unexplained(GIVE_BACK_WHY))).await;
    }
    // The reason stands in the audit log, with the person.
    let input = Input::GiveBack { by: Some(signed.user.clone()) };
    if !decided(&surface, (id, input), &fields).await? {
        return again(&surface, &signed, (id, &fields, NotDone::Changed)).await;
    }
    Ok(done(id, "payment-given-back"))
}

pub(super) async fn dealt_with(
    surface: web::Data<Surface>,
    signed: Signed,
    (path, fields): (web::Path<String>, Fields),
) -> Answer {
    let id = id(&path)?;
    let about = fields.text("about").and_then(reason);
    let (Some(why), Some(about)) = (given(&fields, DEALT_WITH_WHY), about) else {
        return again(&surface, &signed, (id, &fields, unexplained(DEALT_WITH_WHY))).await;
    };
    let input = Input::DealtWith { about, by: signed.user.clone(), why: why.to_owned() };
    if !decided(&surface, (id, input), &fields).await? {
        return again(&surface, &signed, (id, &fields, NotDone::Changed)).await;
    }
    Ok(done(id, "payment-dealt-with"))
}

pub(super) async fn ask(surface: web::Data<Surface>, path: web::Path<String>) -> Answer {
    let id = id(&path)?;
    surface.payments.ask(Ask::plain(id, Input::AskNow)).await?;
    Ok(done(id, "payment-asked"))
}

pub(super) async fn retry(surface: web::Data<Surface>, (path, fields): (web::Path<String>, Fields)) -> Answer {
    let id = id(&path)?;
    let number: i64 = fields.needed("number", "payments-expected-number", |text| text.parse().ok())?;
    let key = OutboxKey { transaction: id, number };
    let waiting = surface.store.outbox_of(id).await?.into_iter().find(|row| row.key == key);
    // It may have been carried out since the page was drawn: then there is nothing to do.
    let Some(waiting) = waiting else { return Ok(done(id, "payment-nothing-waits")) };
    let again = sent_again(&surface, &waiting).await?;
    Ok(done(id, if again { "payment-retried" } else { "payment-nothing-waits" }))
}

async fn sent_again(surface: &Surface, row: &OutboxRow) -> Result<bool, Trouble> {
    let key = row.key;
    if row.parked_at.is_some() {
        return Ok(surface.dead_letters.retry(key).await?);
    }
    let lane =
        [EffectLane::Google, EffectLane::Issuer, EffectLane::House].into_iter().find(|lane| lane.as_str() == row.lane);
    match lane {
        Some(lane) => Ok(surface.dead_letters.hasten(key.transaction, lane).await?),
        None => Ok(false),
    }
}
