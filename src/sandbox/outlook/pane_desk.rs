//! What the payer does in the pane, and what the service says to the merchant then (outlook-payments section 1.2).

use std::sync::{MutexGuard, PoisonError};

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;

use super::calls::Call;
use super::markup::Drawn;
use super::messages::{self, Approval, CARDS, Change, Manner, PLACES};
use super::pane::{Pane, Panes, Shipping, Step};
use super::tokens::Actor;
use super::{Outlook, pages, pane_pages};
use crate::sandbox::page::see_other;

/// The payer's name in their Microsoft account.
pub(super) const NAME: &str = "Dana Lindqvist";
const REQUEST: &str = "/outlook/payment-request";
const COMPLETE: &str = "/outlook/payment-complete";

impl Outlook {
    pub(super) fn panes(&self) -> MutexGuard<'_, Panes> {
        self.panes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pane(&self, id: &str) -> Result<Pane, HttpResponse> {
        let found = self.panes().find(id).cloned();
        found.ok_or_else(|| {
            pages::notice(StatusCode::NOT_FOUND, "Unknown pane", "It was opened before a restart, or never.")
        })
    }

    /// Changes a pane and goes back to it.
    fn change(&self, id: &str, change: impl FnOnce(&mut Pane)) -> HttpResponse {
        if let Some(pane) = self.panes().find(id) {
            change(pane);
        }
        see_other(&format!("/panes/{id}"))
    }

    /// A shipping event, and what the pane hears of it.
    async fn ship(&self, pane: &Pane, event: &str, wanted: Shipping) -> HttpResponse {
        let (Some(last), Some((_, address))) = (&pane.last, &wanted.place) else { return nothing_to_pay() };
        let message = messages::changed(last, &Change { event, address, option: wanted.option.as_deref() });
        let call = self.webhook_call((event, REQUEST), &pane.actor, &message).await;
        self.change(&pane.id, |pane| pane.hear_request(call, wanted))
    }

    async fn approve(&self, pane: &Pane, message: &Value) -> Call {
        self.webhook_call(("PaymentComplete", COMPLETE), &pane.actor, message).await
    }
}

fn nothing_to_pay() -> HttpResponse {
    pages::notice(StatusCode::CONFLICT, "Nothing to pay", "The merchant has not said what is to be paid.")
}

/// `POST /mails/{mail}/pay`: *Review and pay*.
pub(super) async fn open(outlook: web::Data<Outlook>, mail: web::Path<u64>) -> HttpResponse {
    let Some(mail) = outlook.mailbox.find(*mail) else { return pages::no_mail() };
    let Drawn::Payment(request) = &mail.drawn else { return nothing_to_pay() };
    let actor = Actor { user: mail.recipient().to_owned(), sender: mail.from.clone() };
    let message = messages::load(&request.context);
    let call = outlook.webhook_call(("loadentity", REQUEST), &actor, &message).await;
    let mut pane = Pane::new(messages::new_pane(), mail.id, actor);
    pane.hear_request(call, Shipping::default());
    let location = format!("/panes/{}", pane.id);
    outlook.panes().add(pane);
    see_other(&location)
}

/// `GET /panes/{pane}`.
pub(super) async fn show(outlook: web::Data<Outlook>, pane: web::Path<String>) -> HttpResponse {
    outlook.pane(&pane).map_or_else(|refused| refused, |pane| pane_pages::pane(&pane))
}

/// `GET /panes/{pane}/json`: for tests.
pub(super) async fn json(outlook: web::Data<Outlook>, pane: web::Path<String>) -> HttpResponse {
    outlook.pane(&pane).map_or_else(|refused| refused, |pane| HttpResponse::Ok().json(pane.json()))
}

/// `POST /panes/{pane}/confirm`: from the first pane to the second.
pub(super) async fn confirm(outlook: web::Data<Outlook>, pane: web::Path<String>) -> HttpResponse {
    outlook.change(&pane, |pane| {
        if pane.last.is_some() {
            pane.step = Step::Payment;
        }
    })
}

/// `POST /panes/{pane}/back`: to the first pane, or after a decline to the second.
pub(super) async fn back(outlook: web::Data<Outlook>, pane: web::Path<String>) -> HttpResponse {
    outlook.change(&pane, |pane| {
        pane.step = match pane.step {
            Step::Review | Step::Payment => Step::Review,
            Step::Result => Step::Payment,
        };
    })
}

/// The form of the addresses.
#[derive(Deserialize)]
pub(super) struct AddressForm {
    place: String,
}

/// `POST /panes/{pane}/address`: `shippingaddresschange`.
pub(super) async fn address(
    outlook: web::Data<Outlook>,
    pane: web::Path<String>,
    form: web::Form<AddressForm>,
) -> HttpResponse {
    let pane = match outlook.pane(&pane) {
        Ok(pane) => pane,
        Err(refused) => return refused,
    };
    let Some(place) = PLACES.iter().find(|place| place.name == form.place) else {
        return pages::notice(StatusCode::BAD_REQUEST, "No such address", "Choose one of the list.");
    };
    outlook.ship(&pane, "shippingaddresschange", Shipping::at(place, NAME)).await
}

/// The form of the shipping options.
#[derive(Deserialize)]
pub(super) struct OptionForm {
    option: String,
    /// Whether the event is named as in Microsoft's own example (section 5.6, the trap).
    #[serde(default)]
    mislabelled: bool,
}

/// `POST /panes/{pane}/option`: `shippingoptionchange`.
pub(super) async fn option(
    outlook: web::Data<Outlook>,
    pane: web::Path<String>,
    form: web::Form<OptionForm>,
) -> HttpResponse {
    let pane = match outlook.pane(&pane) {
        Ok(pane) => pane,
        Err(refused) => return refused,
    };
    let event = if form.mislabelled { "shippingaddresschange" } else { "shippingoptionchange" };
    let wanted = Shipping { option: Some(form.into_inner().option), ..pane.shipping.clone() };
    outlook.ship(&pane, event, wanted).await
}

/// The form of the second pane.
#[derive(Deserialize)]
pub(super) struct PayForm {
    card: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    manner: String,
}

/// `POST /panes/{pane}/pay`: the payer approves.
pub(super) async fn pay(
    outlook: web::Data<Outlook>,
    pane: web::Path<String>,
    form: web::Form<PayForm>,
) -> HttpResponse {
    let pane = match outlook.pane(&pane) {
        Ok(pane) => pane,
        Err(refused) => return refused,
    };
    let Some(last) = pane.last.as_ref().filter(|_| pane.can_be_paid()) else { return nothing_to_pay() };
    let Some(card) = CARDS.into_iter().find(|card| card.name == form.card) else {
        return pages::notice(StatusCode::BAD_REQUEST, "No such card", "Choose one of the list.");
    };
    let message = messages::complete(&Approval {
        last,
        card,
        merchant_id: &outlook.registered.merchant_id,
        address: pane.shipping.place.as_ref().map(|(_, address)| address),
        option: pane.shipping.option.as_deref(),
        name: NAME,
        email: if form.email.is_empty() { &pane.actor.user } else { &form.email },
        phone: &form.phone,
        manner: Manner::parse(&form.manner).unwrap_or(Manner::Proper),
        now: outlook.clock.now(),
    });
    let call = outlook.approve(&pane, &message).await;
    outlook.change(&pane.id, |pane| pane.hear_complete(call))
}

/// `POST /panes/{pane}/again`: the same approval once more, as a service that got no answer would (section 6.8).
pub(super) async fn again(outlook: web::Data<Outlook>, pane: web::Path<String>) -> HttpResponse {
    let pane = match outlook.pane(&pane) {
        Ok(pane) => pane,
        Err(refused) => return refused,
    };
    let Some(message) = &pane.approval else { return nothing_to_pay() };
    let call = outlook.approve(&pane, message).await;
    outlook.change(&pane.id, |pane| pane.hear_complete(call))
}
