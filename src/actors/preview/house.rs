//! Effects of bank transfers, alarms and inventory.

use super::{Description, Hindrance};
use crate::actors::alarm_effects::{self, AlarmEffects};
use crate::actors::inventory_effects::InventoryEffects;
use crate::domain::{alarm, bank_transfer, inventory};
use crate::protocol::maps_booking::ServiceWindow;

pub(in crate::actors) fn transfer(effect: &bank_transfer::Effect) -> Description {
    match effect {
        bank_transfer::Effect::OfferToStatement { transfer, offer, amount, booked_at } => {
            Description::of(format!("statement {}", offer.statement), "transferred")
                .with("transfer", transfer)
                .with("amount", amount)
                .with("bookedAt", booked_at.to_utc())
        }
        bank_transfer::Effect::TakeFromStatement { transfer, offer, by, why } => {
            Description::of(format!("statement {}", offer.statement), "transfer taken back")
                .with("transfer", transfer)
                .with("by", by)
                .with("why", why)
        }
    }
}

pub(in crate::actors) fn alarm(effects: &AlarmEffects, effect: &alarm::Effect) -> Description {
    match effect {
        alarm::Effect::MailAlarm(telling) => {
            let readers = effects.mail_to.len();
            let described = Description::of("alerts.mail_to", "mail")
                .now("readers", readers)
                .with("subject", alarm_effects::subject(telling))
                .message(&alarm_effects::body(telling, &effects.server), &["data.server"]);
            if effects.mailer.is_none() {
                described.hindered(Hindrance::NotConfigured("smtp".to_owned()))
            } else if readers == 0 {
                described.hindered(Hindrance::NotConfigured("alerts.mail_to".to_owned()))
            } else {
                described
            }
        }
        alarm::Effect::PostAlarm(telling) => {
            let body = alarm_effects::body(telling, &effects.server);
            match &effects.webhook {
                // Its path may be the token that it is protected by.
                Some(webhook) => Description::of(webhook.url.origin().ascii_serialization(), "webhook"),
                None => Description::of("alerts.webhook_url", "webhook")
                    .hindered(Hindrance::NotConfigured("alerts.webhook_url".to_owned())),
            }
            .message(&body, &["data.server"])
        }
    }
}

pub(in crate::actors) async fn slots(effects: &InventoryEffects, effect: &inventory::Effect) -> Description {
    let inventory::Effect::TellAvailability { subject, window, .. } = effect;
    let (start_s, end_s) = (window.start_s(), window.end_s());
    match effects.store.published_between(&subject.merchant, &subject.service, start_s, end_s).await {
        Ok(slots) => {
            let (merchant, service) = (subject.merchant.clone(), subject.service.clone());
            let told = ServiceWindow { merchant, service, start_s, end_s, slots };
            let (url, body) = effects.google.availability_message(&told);
            Description::to_url(url, "availability:replace").message(&body, &["serviceAvailability.availability"])
        }
        Err(error) => Description::of(subject.service.as_str(), "availability:replace")
            .hindered(Hindrance::Unwritten(error.to_string())),
    }
}
