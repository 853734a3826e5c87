//! Effects of bookings. What is sent to the card processor is shown by what it says, never by the card.

use super::{Description, Hindrance, REDACTED};
use crate::actors::booking_effects::{BookingEffects, patch};
use crate::domain::booking::{Effect, Means};
use crate::storage::OutboxRow;

pub(in crate::actors) fn describe(effects: &BookingEffects, effect: &Effect, row: &OutboxRow) -> Description {
    let at_processor = |what| {
        let described = Description::of("processor.stripe", what).with("idempotencyKey", &row.idempotency_key);
        match effects.stripe {
            Some(_) => described,
            None => described.hindered(Hindrance::NotConfigured("processor.stripe".to_owned())),
        }
    };
    match effect {
        Effect::Tell(notice) => {
            let (url, body) = effects.google.patch_message(&patch(notice));
            Description::to_url(url, "bookings.patch").message(&body, &[])
        }
        Effect::Pay { attempt, agreement, means } => {
            let what = if agreement.terms.due_now().is_some() { "charge" } else { "keepCard" };
            let mut described = at_processor(what)
                .with("booking", agreement.id)
                .with("merchant", agreement.merchant())
                .with("attempt", attempt);
            if let Some(amount) = agreement.terms.due_now() {
                described = described.with("amount", amount);
            }
            match means {
                Means::Token(digest) => {
                    let there = effects.tokens.get(agreement.id, *digest).is_some();
                    let described = described.with("token", REDACTED);
                    if there || described.hindrance.is_some() {
                        described
                    } else {
                        described.hindered(Hindrance::TokenGone)
                    }
                }
                Means::Challenge(intent) => described.with("intent", intent),
                Means::Adopted(resumed) => described.with("challengeOf", resumed.first),
            }
        }
        Effect::Abandon { booking, intent, amount } => {
            let described = at_processor("void").with("booking", booking).with("intent", intent);
            match amount {
                Some(amount) => described.with("amount", amount),
                None => described,
            }
        }
        Effect::Collect { booking, merchant, number, amount, .. } => at_processor("chargeKeptCard")
            .with("booking", booking)
            .with("merchant", merchant)
            .with("number", number)
            .with("amount", amount)
            .with("card", REDACTED),
        Effect::Refund { booking, number, tries, charge } => at_processor("refund")
            .with("booking", booking)
            .with("number", number)
            .with("tries", tries)
            .with("intent", &charge.intent)
            .with("amount", charge.amount),
    }
}
