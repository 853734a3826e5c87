//! The inbox, a mail and its card, the merchant's form, and the key server.

use std::sync::PoisonError;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;

use super::biller::{ACTS, EXAMPLES};
use super::calls::{ACTION_LIMIT, AUTO_LIMIT, Action};
use super::mailbox::Mail;
use super::markup::Drawn;
use super::tokens::{Actor, Forged, Forging};
use super::{Outlook, pages, strict};
use crate::sandbox::page::see_other;

/// How many of the invoices made here are asked for on the home page.
const SHOWN: usize = 8;

/// `GET /`.
pub(super) async fn home(outlook: web::Data<Outlook>) -> HttpResponse {
    let made: Vec<_> = outlook.made().iter().take(SHOWN).cloned().collect();
    let states = join_all(made.iter().map(|made| outlook.look_at(&made.reference))).await;
    pages::home(&outlook, &made.into_iter().zip(states).collect::<Vec<_>>())
}

/// `GET /mails/json`: for tests.
pub(super) async fn mails_json(outlook: web::Data<Outlook>) -> HttpResponse {
    let mails: Vec<Value> = outlook.mailbox.all().iter().map(|mail| mail.json()).collect();
    HttpResponse::Ok().json(mails)
}

/// `GET /mails/{mail}`: opens it, which has the card refresh itself (section 13.2).
pub(super) async fn mail(outlook: web::Data<Outlook>, mail: web::Path<u64>) -> HttpResponse {
    let Some(mut mail) = outlook.mailbox.find(*mail) else { return pages::no_mail() };
    if let Drawn::Card { card, .. } = &mail.drawn
        && let Some(action) = card.get("autoInvokeAction")
    {
        outlook.invoke(&mail, ("autoInvokeAction", action), AUTO_LIMIT).await;
        let Some(refreshed) = outlook.mailbox.find(mail.id) else { return pages::no_mail() };
        mail = refreshed;
    }
    pages::mail(&outlook, &mail)
}

/// `GET /mails/{mail}/body`: the mail as it came, for a frame that runs nothing. Links lead out of the frame.
pub(super) async fn body(outlook: web::Data<Outlook>, mail: web::Path<u64>) -> HttpResponse {
    let Some(mail) = outlook.mailbox.find(*mail) else { return pages::no_mail() };
    let Some(html) = &mail.html else { return pages::no_mail() };
    let html = html.replacen("<head>", "<head><base target=\"_top\">", 1);
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("cache-control", "no-store"))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header((
            "content-security-policy",
            "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; \
             img-src https: data:; frame-ancestors 'self'",
        ))
        .body(html)
}

/// Which of a card's actions.
#[derive(Deserialize)]
pub(super) struct ActForm {
    action: usize,
}

/// `POST /mails/{mail}/act`: a button of the card.
pub(super) async fn act(outlook: web::Data<Outlook>, mail: web::Path<u64>, form: web::Form<ActForm>) -> HttpResponse {
    let Some(mail) = outlook.mailbox.find(*mail) else { return pages::no_mail() };
    let Drawn::Card { card, .. } = &mail.drawn else { return pages::no_mail() };
    let Some(action) = card["actions"].get(form.action) else {
        return pages::notice(StatusCode::CONFLICT, "No such button", "The card has changed. Open the mail again.");
    };
    let title = action["title"].as_str().unwrap_or("Action.Http");
    outlook.invoke(&mail, (title, action), ACTION_LIMIT).await;
    // Without opening the mail again: what the button was answered shall be seen.
    let Some(mail) = outlook.mailbox.find(mail.id) else { return pages::no_mail() };
    pages::mail(&outlook, &mail)
}

impl Outlook {
    /// Carries out an `Action.Http`, and puts the card that it answers in the place of the drawn one (section 13.7).
    async fn invoke(&self, mail: &Mail, (what, action): (&str, &Value), limit: Duration) {
        let Drawn::Card { card, .. } = &mail.drawn else { return };
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let headers = action["headers"].as_array().into_iter().flatten();
        let actor = Actor { user: mail.recipient().to_owned(), sender: mail.from.clone() };
        let (url, body) = (text(action, "url"), text(action, "body"));
        let asked = Action {
            what,
            url: &url,
            headers: headers.map(|header| (text(header, "name"), text(header, "value"))).collect(),
            body: &body,
            correlation: card["correlationId"].as_str(),
            limit,
        };
        let mut call = self.action_call(&actor, asked).await;
        call.complaints = strict::action_answer(&call, &card["originator"]);
        let new = call.body().filter(|_| strict::replaces_card(&call));
        self.mailbox.hear(mail.id, call, new);
    }
}

/// The form of a new invoice.
#[derive(Deserialize)]
pub(super) struct InvoiceForm {
    example: String,
    name: String,
    email: String,
}

/// `POST /invoices`: makes one and has it mailed.
pub(super) async fn make_invoice(outlook: web::Data<Outlook>, form: web::Form<InvoiceForm>) -> HttpResponse {
    let Some(example) = EXAMPLES.iter().find(|example| example.name == form.example) else {
        return pages::notice(StatusCode::BAD_REQUEST, "No such invoice", "Choose one of the list.");
    };
    let reference = outlook.make(example, (form.name.trim(), form.email.trim())).await;
    see_other(&format!("/invoices/{reference}"))
}

/// `GET /invoices/{reference}`.
pub(super) async fn invoice(outlook: web::Data<Outlook>, reference: web::Path<String>) -> HttpResponse {
    let made = outlook.made().iter().find(|made| made.reference == *reference).cloned();
    let Some(made) = made else {
        return pages::notice(StatusCode::NOT_FOUND, "Unknown invoice", "It was made before a restart, or never.");
    };
    let looked = outlook.look_at(&made.reference).await;
    pages::invoice(&outlook, &made, &looked)
}

/// `POST /invoices/{reference}/{act}`.
pub(super) async fn invoice_act(outlook: web::Data<Outlook>, path: web::Path<(String, String)>) -> HttpResponse {
    let (reference, act) = path.into_inner();
    let made = outlook.made().iter().any(|made| made.reference == reference);
    let Some((act, _)) = ACTS.into_iter().find(|(known, _)| made && *known == act) else { return not_found().await };
    outlook.act_and_note(&reference, act).await;
    see_other(&format!("/invoices/{reference}"))
}

/// The form of what goes wrong.
#[derive(Deserialize)]
pub(super) struct MisbehaveForm {
    with: String,
    times: u32,
}

/// `POST /misbehave`: the next calls carry a wrong token.
pub(super) async fn misbehave(outlook: web::Data<Outlook>, form: web::Form<MisbehaveForm>) -> HttpResponse {
    let forging = Forging { left: form.times, with: Forged::parse(&form.with) };
    *outlook.forging.lock().unwrap_or_else(PoisonError::into_inner) = forging;
    see_other("/")
}

/// `GET /.well-known/openid-configuration`.
pub(super) async fn discovery(outlook: web::Data<Outlook>) -> HttpResponse {
    HttpResponse::Ok().json(outlook.tokens.discovery())
}

/// `GET /keys`.
pub(super) async fn keys(outlook: web::Data<Outlook>) -> HttpResponse {
    HttpResponse::Ok().json(outlook.tokens.keys())
}

/// Everything else.
pub(super) async fn not_found() -> HttpResponse {
    pages::notice(StatusCode::NOT_FOUND, "Not found", "There is no such page here.")
}
