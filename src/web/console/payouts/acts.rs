//! What finance does about payouts: record one to a merchant, take it back, close one of the processor's that failed.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use maud::{Markup, html};

use super::show::find;
use crate::actors::{Ask, Told};
use crate::domain::payout::{Input, PayoutReference, Reply};
use crate::domain::{Currency, Money, TransactionId};
use crate::web::console::PREFIX;
use crate::web::console::amount::{micros, typed};
use crate::web::console::complaints::{Complaints, Field, Form};
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::gate::see_other;
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::payouts::{LONGEST_REASON, known_merchant, to_record};
use crate::web::surface::Surface;

/// `GET /payouts/new`
pub(super) async fn record_page(signed: Signed, request: HttpRequest) -> Answer {
    let content = drawn(&signed, &Fields::of_query(&request), &Complaints::default());
    Ok(page_as(Complaints::default().status(), &signed, &signed.words().say("payout-new-title"), &content))
}

/// The form; with what was typed, and what does not fit.
fn drawn(signed: &Signed, typed_before: &Fields, complaints: &Complaints) -> Markup {
    let words = signed.words();
    let example = Currency::parse("EUR").map(|eur| typed(words, Money::new(1_099_500_000, eur))).unwrap_or_default();
    let mut form = Form::new(words, (typed_before, complaints));
    let mut field = |name: &str, label: String, hint: Option<String>| {
        let value = typed_before.text(name).unwrap_or_default();
        form.field(&Field { id: name, name, label, kind: "text", value, hint, required: true })
    };
    let fields = html! {
        (field("merchant", words.say("payout-new-merchant"), None))
        (field("reference", words.say("payout-new-reference"), Some(words.say("payout-new-reference-hint"))))
        (field("currency", words.say("payout-new-currency"), None))
        (field(
            "amount",
            words.say("payout-new-amount"),
            Some(words.tell("payout-amount-hint", &[("example", example.into())])),
        ))
        button type="submit" { (words.say("payout-new-do")) }
    };
    html! {
        h1 { (words.say("payout-new-title")) }
        (form.summary())
        p.lead { (words.say("payout-new-lead")) }
        (signed.form(&format!("{PREFIX}/payouts/new"), &fields))
    }
}

/// `POST /payouts/new`
pub(super) async fn record(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    let words = signed.words();
    let wrong = |field: &'static str, sentence: &'static str| {
        let complaints = Complaints::one(field, sentence);
        let content = drawn(&signed, &fields, &complaints);
        Ok(page_as(complaints.status(), &signed, &words.say("payout-new-title"), &content))
    };
    let Some((merchant, _)) = known_merchant(&surface, fields.text("merchant").unwrap_or_default()).await? else {
        return wrong("merchant", "payouts-no-merchant");
    };
    let Ok(reference) = PayoutReference::parse(fields.text("reference").unwrap_or_default()) else {
        return wrong("reference", "payout-wrong-reference");
    };
    let Ok(currency) = Currency::parse(&fields.text("currency").unwrap_or_default().to_ascii_uppercase()) else {
        return wrong("currency", "payout-wrong-currency");
    };
    let Some(amount) = micros(words, fields.text("amount").unwrap_or_default(), currency).filter(|sum| *sum > 0) else {
        return wrong("amount", "payout-wrong-amount");
    };
    let said = (reference, Money::new(amount, currency));
    let (id, payout) = to_record(&surface, merchant, said, signed.user.clone()).await?;
    told(&surface, (id, Input::Record(payout))).await?;
    Ok(see_other(&format!("{PREFIX}/payouts/{id}?done=payout-recorded")))
}

fn why(fields: &Fields) -> Result<Arc<str>, Trouble> {
    let fits = |why: &str| (why.chars().count() <= LONGEST_REASON).then(|| why.into());
    fields.needed("why", "payout-expected-why", fits)
}

/// `POST /payouts/{id}/take-back`
pub(super) async fn take_back(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    fields: Fields,
) -> Answer {
    let (id, _) = find(&surface, &id).await?;
    let input = Input::TakeBack { by: signed.user.clone(), why: why(&fields)? };
    told(&surface, (id, input)).await?;
    Ok(see_other(&format!("{PREFIX}/payouts/{id}?done=payout-taken-back")))
}

/// `POST /payouts/{id}/close`
pub(super) async fn close(
    surface: web::Data<Surface>,
    signed: Signed,
    id: web::Path<String>,
    fields: Fields,
) -> Answer {
    let (id, _) = find(&surface, &id).await?;
    let input = Input::Close { by: signed.user.clone(), why: why(&fields)? };
    told(&surface, (id, input)).await?;
    Ok(see_other(&format!("{PREFIX}/payouts/{id}?done=payout-closed")))
}

async fn told(surface: &Surface, (id, input): (TransactionId, Input)) -> Result<(), Trouble> {
    match surface.payouts.ask(Ask::plain(id, input)).await.map(Told::into_reply) {
        Ok(Reply::Booked(_) | Reply::Stands(_)) => Ok(()),
        Err(why) => Err(why.into()),
    }
}
