//! One booking: who, what, when, on which terms, where the money is, what Google knows, and what happened.

use actix_web::web;
use maud::{Markup, html};

use super::google::{self, Asked};
use super::list::{merchant, service, status};
use super::preview::{cancelling, preview, refundable};
use super::{Found, find, terms, timeline};
use crate::domain::booking::{Agreement, Booking, Canceller, Event, Fee, Input, Later, Refund, State};
use crate::domain::{Capability, Machine as _, Timestamp};
use crate::storage::{Catalog, LedgerRow, OutboxRow};
use crate::web::console::PREFIX;
use crate::web::console::books::{attention, disputes, entries, refund_standing, timeline as history};
use crate::web::console::frame::page;
use crate::web::console::parts::{Column, Mood, badge, moment, money, nothing, table};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::Answer;
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// `GET /bookings/{id}`
pub(super) async fn show(surface: web::Data<Surface>, signed: Signed, id: web::Path<String>) -> Answer {
    let found = find(&surface, &id).await?;
    let words = signed.words();
    let mut journal: Vec<(Timestamp, Event)> = Vec::new();
    for row in surface.store.journal(found.id()).await? {
        journal.push((row.at, row.decode::<Booking>()?));
    }
    let sheet = Sheet {
        catalog: &*surface.store.catalog().await?,
        ledger: &surface.store.ledger_of(found.id()).await?,
        outbox: &surface.store.outbox_of(found.id()).await?,
        asked: &google::asked(&journal),
        now: surface.clock.now(),
        found: &found,
    };
    let said: Vec<_> = journal.iter().map(|(at, event)| (*at, timeline::said(words, event))).collect();
    let content = html! {
        (sheet.head(&signed))
        div.columns { (sheet.who_and_what(words)) (sheet.terms(words)) }
        (sheet.money(&signed))
        section aria-labelledby="google" {
            h2 #google { (words.say("booking-google")) }
            (google::told(words, &found.state, (sheet.asked, sheet.outbox)))
        }
        section aria-labelledby="timeline" { h2 #timeline { (words.say("booking-timeline")) } (history(words, &said)) }
    };
    page(&signed, &words.tell("booking-title", &[("id", found.id().to_string().into())]), &content)
}

struct Sheet<'a> {
    found: &'a Found,
    catalog: &'a Catalog,
    ledger: &'a [LedgerRow],
    outbox: &'a [OutboxRow],
    asked: &'a [Asked],
    now: Timestamp,
}

impl Sheet<'_> {
    fn address(&self, tail: &str) -> String {
        format!("{PREFIX}/bookings/{}{tail}", self.found.id())
    }

    fn head(&self, signed: &Signed) -> Markup {
        let words = signed.words();
        html! {
            h1 { (words.tell("booking-title", &[("id", self.found.id().to_string().into())])) }
            p { (status(words, Booking::state_name(&self.found.state))) }
            (attention(words, self.found.overview.attention.as_deref()))
            (self.acts(signed))
        }
    }

    /// What can be done now by this person: what the machine would accept and the role allows.
    fn acts(&self, signed: &Signed) -> Markup {
        let (words, state) = (signed.words(), &self.found.state);
        if !signed.may(Capability::DecideMoney) && !signed.may(Capability::Operate) {
            return html! {};
        }
        let possible = |input: &Input| matches!(preview(state, input, self.now), Ok(Some(_)));
        let cancels =
            [Canceller::Merchant, Canceller::Customer].into_iter().any(|by| cancelling(state, by, self.now).is_some());
        let absent = possible(&Input::NoShow { charge: false })
            || (signed.may(Capability::DecideMoney) && possible(&Input::NoShow { charge: true }));
        html! {
            div.actions {
                @if possible(&Input::Accept) {
                    (signed.form(&self.address("/confirm"), &html! {
                        button type="submit" { (words.say("booking-confirm")) }
                    }))
                }
                @if possible(&Input::Decline) {
                    (signed.form(&self.address("/decline"), &html! {
                        button.danger type="submit" { (words.say("booking-decline")) }
                    }))
                }
                @if cancels { a.button.quiet href=(self.address("/cancel")) { (words.say("booking-to-cancel")) } }
                @if absent { a.button.quiet href=(self.address("/no-show")) { (words.say("booking-to-no-show")) } }
                @if signed.may(Capability::DecideMoney) && !refundable(state, &signed.user, self.now).is_empty() {
                    a.button.quiet href=(self.address("/refund")) { (words.say("booking-to-refund")) }
                }
            }
        }
    }

    fn who_and_what(&self, words: &Words) -> Markup {
        let Some(agreement) = self.found.state.agreement() else { return html! {} };
        html! {
            section aria-labelledby="about" {
                h2 #about { (words.say("booking-about")) }
                (about(words, self.catalog, agreement))
                dl.facts {
                    div { dt { (words.say("booking-made")) } dd { (moment(self.found.overview.created_at)) } }
                    div { dt { (words.say("booking-changed")) } dd { (moment(self.found.overview.updated_at)) } }
                }
            }
        }
    }

    fn terms(&self, words: &Words) -> Markup {
        let Some(agreement) = self.found.state.agreement() else { return html! {} };
        html! {
            section aria-labelledby="terms" {
                h2 #terms { (words.say("booking-terms")) }
                (terms::agreed(words, agreement))
            }
        }
    }

    fn money(&self, signed: &Signed) -> Markup {
        let (words, state) = (signed.words(), &self.found.state);
        let past = state.past();
        let own = if let State::Booked(booked) = state { booked.disputes.as_slice() } else { &[] };
        html! {
            section aria-labelledby="money" {
                h2 #money { (words.say("booking-money")) }
                (charges(words, state))
                (refunds(words, &past.refunds))
                @if let Some(table) = disputes(words, own.iter().chain(&past.disputes)) { (table) }
                (entries(words, self.ledger))
            }
        }
    }
}

/// Who comes, and for what.
pub(super) fn about(words: &Words, catalog: &Catalog, agreement: &Agreement) -> Markup {
    let (slot, guest) = (&agreement.slot, &agreement.guest);
    html! {
        dl.facts {
            div { dt { (words.say("booking-guest")) } dd { bdi { (guest.name) } } }
            @if let Some(email) = &guest.email { div { dt { (words.say("booking-email")) } dd { bdi { (email) } } } }
            div { dt { (words.say("booking-user")) } dd { bdi.id { (guest.user_id) } } }
            @if let Some(wish) = &guest.wish { div { dt { (words.say("booking-wish")) } dd { bdi { (wish) } } } }
            div {
                dt { (words.say("booking-service")) }
                dd { (service(catalog, slot.merchant.as_str(), slot.service.as_str())) }
            }
            div { dt { (words.say("booking-merchant")) } dd { (merchant(catalog, slot.merchant.as_str())) } }
            div { dt { (words.say("booking-start")) } dd { (moment(Timestamp::from_secs(slot.start_s))) } }
            div { dt { (words.say("booking-end")) } dd { (moment(Timestamp::from_secs(slot.end_s()))) } }
            @if let Some(size) = slot.party_size {
                div { dt { (words.say("booking-party")) } dd { (words.count(size)) } }
            }
            @if let Some(staff) = &slot.staff { div { dt { (words.say("booking-staff")) } dd { bdi { (staff) } } } }
            @if let Some(room) = &slot.room { div { dt { (words.say("booking-room")) } dd { bdi { (room) } } } }
        }
    }
}

/// What was charged, and what is still to be.
fn charges(words: &Words, state: &State) -> Markup {
    let State::Booked(booked) = state else { return nothing(&words.say("booking-no-charge")) };
    let mut rows: Vec<Vec<Markup>> = Vec::new();
    let mut add = |name: &str, amount, standing: (Mood, &str), detail: Option<&str>| {
        rows.push(vec![
            html! { (words.name("booking-charge", name)) },
            html! { @if let Some(amount) = amount { (money(words, amount)) } },
            html! {
                (badge(standing.0, &words.name("booking-charge-standing", standing.1)))
                @if let Some(detail) = detail { " " bdi.id { (detail) } }
            },
        ]);
    };
    let terms = &booked.agreement.terms;
    let first = if terms.prepaid { "prepayment" } else { "deposit" };
    if let Some(charge) = &booked.charge {
        add(first, Some(charge.amount), (Mood::Good, "charged"), Some(&charge.intent));
    }
    match &booked.later {
        Later::Nothing => {}
        Later::Due { .. } => add(first, terms.deposit_total(), (Mood::Waiting, "due"), None),
        Later::Charging { .. } => add(first, terms.deposit_total(), (Mood::Waiting, "charging"), None),
        Later::GivenUp { code } => add(first, terms.deposit_total(), (Mood::Attention, "given-up"), Some(code)),
    }
    match &booked.fee {
        Fee::Nothing => {}
        Fee::Charging { .. } => add("fee", terms.no_show_total(), (Mood::Waiting, "charging"), None),
        Fee::Charged(charge) => add("fee", Some(charge.amount), (Mood::Good, "charged"), Some(&charge.intent)),
        Fee::Declined { code, .. } => add("fee", terms.no_show_total(), (Mood::Over, "declined"), Some(code)),
    }
    if rows.is_empty() {
        return nothing(&words.say("booking-no-charge"));
    }
    let columns = [
        (words.say("booking-charge-what"), Column::Head),
        (words.say("booking-charge-amount"), Column::Number),
        (words.say("booking-charge-state"), Column::Text),
    ];
    table(&words.say("booking-charges"), &columns, &rows)
}

fn refunds(words: &Words, refunds: &[Refund]) -> Markup {
    if refunds.is_empty() {
        return html! {};
    }
    let row = |refund: &Refund| {
        vec![
            html! { bdi.id { (refund.charge.intent) } },
            money(words, refund.charge.amount),
            refund_standing(words, &refund.standing),
            html! { (words.count(refund.tries)) },
        ]
    };
    let columns = [
        (words.say("booking-refund-charge"), Column::Head),
        (words.say("booking-refund-amount"), Column::Number),
        (words.say("booking-refund-state"), Column::Text),
        (words.say("booking-refund-tries"), Column::Number),
    ];
    table(&words.say("booking-refunds"), &columns, &refunds.iter().map(row).collect::<Vec<_>>())
}
