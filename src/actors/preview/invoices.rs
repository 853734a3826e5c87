//! Effects of invoices. A letter is written as it would be now, and shown without its links and its reader.

use super::{Description, Hindrance, REDACTED};
use crate::actors::invoice_effects::InvoiceEffects;
use crate::actors::invoice_letters::is_true;
use crate::domain::TransactionId;
use crate::domain::invoice::{Effect, Letter};
use crate::storage::OutboxRow;

pub(in crate::actors) async fn describe(effects: &InvoiceEffects, effect: &Effect, row: &OutboxRow) -> Description {
    let at_processor = |what| {
        let described = Description::of("processor.stripe", what).with("idempotencyKey", &row.idempotency_key);
        match effects.stripe {
            Some(_) => described,
            None => described.hindered(Hindrance::NotConfigured("processor.stripe".to_owned())),
        }
    };
    match effect {
        Effect::Charge { invoice, reference, attempt, amount, digest } => {
            let described = at_processor("charge")
                .with("reference", reference)
                .with("attempt", attempt)
                .with("amount", amount)
                .with("token", REDACTED);
            let gone = effects.tokens.get(*invoice, *digest).is_none() && described.hindrance.is_none();
            if gone { described.hindered(Hindrance::TokenGone) } else { described }
        }
        Effect::RefundCard { number, tries, intent, amount, .. } => at_processor("refund")
            .with("number", number)
            .with("tries", tries)
            .with("intent", intent)
            .with("amount", amount),
        Effect::StartPayment { reference, attempt, amount, issuer, .. } => {
            let described = Description::of("a redirect payment", "start")
                .with("reference", reference)
                .with("attempt", attempt)
                .with("amount", amount);
            match issuer {
                Some((issuer, _)) => described.with("issuerId", issuer),
                None => described,
            }
        }
        Effect::RefundPayment { attempt, number, tries, amount, .. } => Description::of("a redirect payment", "refund")
            .with("attempt", attempt)
            .with("number", number)
            .with("tries", tries)
            .with("amount", amount),
        Effect::Mail { invoice, number, letter } => mail(effects, *invoice, (*number, *letter)).await,
    }
}

async fn mail(effects: &InvoiceEffects, invoice: TransactionId, (number, letter): (u32, Letter)) -> Description {
    let described =
        Description::of("the recipient", "mail").with("letter", format!("{letter:?}")).with("number", number);
    if effects.mailer.is_none() {
        return described.hindered(Hindrance::NotConfigured("smtp".to_owned()));
    }
    let view = match effects.view(invoice).await {
        Ok(view) => view,
        Err(failure) => return described.hindered(Hindrance::Unwritten(failure.description)),
    };
    let described = described
        .with("reference", &view.content.reference)
        .with("recipient", REDACTED)
        .now("total", view.content.total);
    if !is_true(letter, &view) {
        return described.hindered(Hindrance::NotTrueAnyMore);
    }
    match effects.letters.write(letter, &view, effects.clock.now()) {
        Ok(written) => described
            .now("subject", &written.subject)
            .now("text", without_links(&written.text, &view.content.recipient.name)),
        Err(error) => described.hindered(Hindrance::Unwritten(error.to_string())),
    }
}

/// A link is a key to the invoice's page, and the salutation is the recipient's name.
fn without_links(text: &str, name: &str) -> String {
    let hidden = text.replace(name, REDACTED);
    let words = hidden.split_whitespace();
    let shown = words.map(|word| if word.contains("://") { REDACTED } else { word });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_6_a_letter_is_shown_without_its_link_and_its_readers_name() {
        let text = "Dear Ada Lovelace,\n\npay here:\nhttps://pay.example/invoices/1?sig=x\n\nBye";
        assert_eq!(without_links(text, "Ada Lovelace"), "Dear [redacted], pay here: [redacted] Bye");
    }
}
