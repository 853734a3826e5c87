//! One payout, and what may be done about it.

use actix_web::web;
use maud::{Markup, html};

use super::list::{Told, state};
use crate::domain::payout::{Event, Payout, State};
use crate::domain::{Capability, Machine as _, Timestamp, TransactionId};
use crate::storage::Codec as _;
use crate::web::console::PREFIX;
use crate::web::console::books::{Said, attention, entries, timeline};
use crate::web::console::frame::page;
use crate::web::console::parts::{moment, money, reason};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// The payout of this address.
pub(super) async fn find(surface: &Surface, id: &str) -> Result<(TransactionId, State), Trouble> {
    let id = TransactionId::parse(id).map_err(|_| Trouble::NotFound)?;
    let overview = surface.store.overview(id).await?.filter(|found| found.kind == Payout::KIND);
    let overview = overview.ok_or(Trouble::NotFound)?;
    let loaded = surface.store.load::<Payout>(overview.id).await?.ok_or(Trouble::NotFound)?;
    Ok((id, loaded.state))
}

/// `GET /payouts/{id}`
pub(super) async fn show(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    let (id, payout) = find(&surface, &id).await?;
    let words = signed.words();
    let mut happened: Vec<(Timestamp, Said)> = Vec::new();
    for row in surface.store.journal(id).await? {
        happened.push((row.at, said(words, &row.decode::<Payout>()?)));
    }
    let ledger = surface.store.ledger_of(id).await?;
    let told = Told::of(&payout).ok_or(Trouble::NotFound)?;
    let title = words.tell("payout-title", &[("reference", told.reference.to_owned().into())]);
    let content = html! {
        h1 { (title) }
        p { (state(words, &payout)) }
        (attention(words, Payout::attention(&payout).map(crate::domain::Attention::as_str)))
        dl.facts {
            div { dt { (words.say("payout-amount")) } dd { (money(words, told.amount)) } }
            @match &payout {
                State::Recorded { payout } | State::TakenBack { payout, .. } => {
                    div {
                        dt { (words.say("payout-merchant")) }
                        dd {
                            a href=(format!("{PREFIX}/payouts?{}", query(payout.merchant.as_str()))) {
                                bdi { (payout.merchant.as_str()) }
                            }
                        }
                    }
                    div { dt { (words.say("payout-sent")) } dd { (moment(told.at)) } }
                    div { dt { (words.say("payout-recorded-by")) } dd { bdi { (payout.by) } } }
                }
                State::Unheard | State::Paid { .. } | State::Failed { .. } | State::Closed { .. } => {
                    div { dt { (words.say("payout-arrives")) } dd { (moment(told.at)) } }
                }
            }
        }
        (acts(&signed, id, (&payout, &told)))
        section aria-labelledby="ledger" { h2 #ledger { (words.say("payout-ledger")) } (entries(words, &ledger)) }
        section aria-labelledby="timeline" { h2 #timeline { (words.say("payout-timeline")) } (timeline(words, &happened)) }
    };
    page(&signed, &title, &content)
}

fn query(merchant: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair("merchant", merchant).finish()
}

fn acts(signed: &Signed, id: TransactionId, (payout, told): (&State, &Told<'_>)) -> Markup {
    let words = signed.words();
    let (tail, lead, button) = match payout {
        State::Recorded { .. } => ("take-back", "payout-take-back-lead", "payout-take-back"),
        State::Failed { .. } => ("close", "payout-close-lead", "payout-close"),
        State::Unheard | State::Paid { .. } | State::Closed { .. } | State::TakenBack { .. } => return html! {},
    };
    if !signed.may(Capability::DecideMoney) {
        return html! {};
    }
    let amount = || [("amount", words.money(told.amount).into())];
    html! {
        section aria-labelledby="act" {
            h2 #act { (words.tell(button, &amount())) }
            p { (words.tell(lead, &amount())) }
            (signed.form(&format!("{PREFIX}/payouts/{id}/{tail}"), &html! {
                (reason("why", &words.say("payout-why")))
                button.danger type="submit" { (words.tell(button, &amount())) }
            }))
        }
    }
}

fn said(words: &Words, event: &Event) -> Said {
    match event {
        Event::Paid { .. } => Said::plain(words.say("payout-event-paid")),
        Event::Failed { .. } => Said::plain(words.say("payout-event-failed")),
        Event::Recorded { payout } => Said::plain(words.say("payout-event-recorded")).by(Some(&payout.by)),
        Event::TakenBack { by, why } => Said::plain(words.say("payout-event-taken-back")).with(&**why).by(Some(by)),
        Event::Closed { by, why } => Said::plain(words.say("payout-event-closed")).with(&**why).by(Some(by)),
    }
}
