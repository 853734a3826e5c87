//! Keeping a card for a later charge (google-booking-server sections 6.5 to 6.7).

use url::Url;

use super::calls::{Answer, CallFailed, Form, Step, Stripe};
use super::charge::{declined, of_attempt, same, unshown};
use super::wire::{Intent, Reference};
use super::words::{Challenge, Decline, DeclineKind, Token, Vaulted};
use crate::domain::catalog::{CardNetwork, MerchantId};

/// A card that is to be kept; nothing is charged.
#[derive(Debug, Clone, Copy)]
pub struct Vault<'a> {
    /// The payer's token.
    pub token: &'a Token,
    /// For whom; stands in the metadata.
    pub merchant: &'a MerchantId,
    /// As [`Charge::attempt`](super::Charge::attempt).
    pub attempt: &'a str,
    /// The networks that the merchant takes; `None`: all.
    pub networks: Option<&'a [CardNetwork]>,
    /// Where the payer goes after a challenge.
    pub return_url: Option<&'a Url>,
}

/// How the keeping of a card stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultOutcome {
    /// It is kept.
    Kept {
        /// `seti_…`: unique, and the transaction's id where nothing is charged (google-booking-server section 6.2).
        setup: String,
        /// What charges it.
        vaulted: Vaulted,
        /// Its network, if the processor told it.
        network: Option<CardNetwork>,
    },
    /// It is not.
    Declined(Decline),
    /// The payer has to prove who they are.
    Challenge(Challenge),
    /// The processor has not decided: ask again.
    Undecided {
        /// `seti_…`
        setup: String,
    },
}

impl Stripe {
    /// Keeps the token's card: a payment method, a customer whose it is, and a setup intent that prepares it for charges
    /// without the payer.
    pub async fn vault(&self, wanted: &Vault<'_>) -> Result<VaultOutcome, CallFailed> {
        let deadline = self.deadline();
        let attempt = wanted.attempt;
        let method = match self.method(wanted.token, (attempt, wanted.networks), deadline).await? {
            Ok(method) => method,
            Err(decline) => return Ok(VaultOutcome::Declined(decline)),
        };
        let network = method.network();
        let customer = self.customer(&method.id, (attempt, wanted.merchant), deadline).await;
        let customer = match customer.map_err(|f| if wanted.token.is_method() { f } else { f.halfway() })? {
            Ok(customer) => customer,
            Err(decline) => return Ok(VaultOutcome::Declined(decline)),
        };
        let form: Form<'_> = vec![
            ("customer", customer.clone()),
            ("usage", "off_session".to_owned()),
            ("payment_method_types[]", "card".to_owned()),
            ("metadata[attempt]", attempt.to_owned()),
            ("metadata[merchant]", wanted.merchant.as_str().to_owned()),
        ];
        let step = Step { key: format!("{attempt}-setup"), path: &["setup_intents"], money: false };
        let made: Intent = self.post(step, &form, deadline).await.map_err(CallFailed::halfway)?.done()?;
        let mut form: Form<'_> = vec![("payment_method", method.id)];
        form.extend(wanted.return_url.map(|url| ("return_url", url.to_string())));
        let path = ["setup_intents", made.id.as_str(), "confirm"];
        let step = Step { key: format!("{attempt}-confirm"), path: &path, money: false };
        match self.post::<Intent>(step, &form, deadline).await.map_err(CallFailed::halfway)? {
            Answer::Done(intent) => {
                let mut intent = of_attempt(intent, attempt)?;
                // Some leave out of the answer what they were told.
                intent.customer.get_or_insert(Reference::Id(customer));
                kept(intent, network)
            }
            Answer::Refused(status, problem) => declined(status, problem, network).map(VaultOutcome::Declined),
        }
    }

    /// How the keeping of a card stands, by its setup intent: after a challenge, for example.
    pub async fn vault_standing(&self, setup: &str) -> Result<VaultOutcome, CallFailed> {
        let found: Intent = self.get(&["setup_intents", setup], &Vec::new(), self.deadline()).await?.done()?;
        kept(same(found, setup)?, None)
    }
}

/// How a setup intent stands.
pub(super) fn kept(intent: Intent, network: Option<CardNetwork>) -> Result<VaultOutcome, CallFailed> {
    let Intent { id, status, customer, payment_method, next_action, last_setup_error, .. } = intent;
    Ok(match status.as_str() {
        "succeeded" => {
            let (Some(customer), Some(method)) = (customer, payment_method) else {
                return Err(CallFailed::Unknown { money: false, why: "it names no card" });
            };
            let vaulted = Vaulted { customer: customer.into_id(), payment_method: method.into_id() };
            VaultOutcome::Kept { setup: id, vaulted, network }
        }
        "requires_action" => {
            match next_action.and_then(|action| action.redirect_to_url?.url).and_then(|url| Url::parse(&url).ok()) {
                Some(acs_url) => VaultOutcome::Challenge(Challenge { intent: id, acs_url }),
                None => VaultOutcome::Declined(unshown(id)),
            }
        }
        "requires_payment_method" if last_setup_error.is_some() => {
            let problem = last_setup_error.map(|problem| *problem).unwrap_or_default();
            let decline = declined(402, problem, network)?;
            VaultOutcome::Declined(Decline { intent: Some(id), ..decline })
        }
        // Made, and the confirmation never came.
        "requires_payment_method" | "requires_confirmation" | "processing" => VaultOutcome::Undecided { setup: id },
        "canceled" => {
            let code = "canceled".to_owned();
            VaultOutcome::Declined(Decline { kind: DeclineKind::Other, code, intent: Some(id) })
        }
        _ => return Err(CallFailed::Unknown { money: false, why: "its status is not known" }),
    })
}
