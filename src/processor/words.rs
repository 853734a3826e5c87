//! What is said about a payment.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::domain::Money;
use crate::domain::catalog::CardNetwork;

/// The longest token, in bytes, once it is taken out of its JSON.
const LONGEST_TOKEN: usize = 255;

/// A one-time token of the payer's card (google-booking-server section 3.12). Never logged, never stored.
#[derive(Clone)]
pub struct Token(SecretString);

/// The text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payment token is malformed")]
pub struct InvalidToken;

impl Token {
    /// Takes `unparsed_payment_method_token` or the deprecated `payment_method_token`: the bare `tok_…` (or `pm_…`, for a
    /// payment method that the payer's side has made), or the JSON object whose `id` it is (contract section 6).
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        #[derive(Deserialize)]
        struct Shaped {
            id: String,
        }
        let text = text.trim();
        let bare = if text.starts_with('{') {
            serde_json::from_str::<Shaped>(text).map_err(|_| InvalidToken)?.id
        } else {
            text.to_owned()
        };
        let fits = (1..=LONGEST_TOKEN).contains(&bare.len())
            && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if fits { Ok(Self(bare.into())) } else { Err(InvalidToken) }
    }

    /// What is sent to the processor.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it is a payment method already.
    pub(super) fn is_method(&self) -> bool {
        self.expose().starts_with("pm_")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// A card that is kept: the processor's references. They charge without the payer, so whoever stores them seals them.
#[derive(Clone, PartialEq, Eq)]
pub struct Vaulted {
    /// `cus_…`
    pub customer: String,
    /// `pm_…`
    pub payment_method: String,
}

impl fmt::Debug for Vaulted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vaulted([redacted])")
    }
}

/// Money that was taken, or is held for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// `pi_…`: what is captured, voided, refunded and disputed later.
    pub intent: String,
    /// How much, in the processor's own words; whoever asked compares it with what was asked for. `None`: it did not say.
    pub amount: Option<Money>,
    /// The card's network, if the processor told it.
    pub network: Option<CardNetwork>,
    /// The card, if it was to be kept.
    pub vaulted: Option<Vaulted>,
}

/// A payer who has to prove who they are (google-booking-server section 6.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// `pi_…` or `seti_…`: what goes on after the challenge.
    pub intent: String,
    /// Where the payer proves it: `acs_url`.
    pub acs_url: Url,
}

/// A no that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// What kind of no (google-booking-server section 6.9).
    pub kind: DeclineKind,
    /// The processor's own word, for people: `insufficient_funds`.
    pub code: String,
    /// The intent that was declined, if there is one.
    pub intent: Option<String>,
}

/// What kind of no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclineKind {
    /// The card's issuer declined: `PAYMENT_ERROR_CARD_DECLINED`.
    CardDeclined,
    /// Cards of this network are not taken: `PAYMENT_ERROR_CARD_TYPE_REJECTED`.
    NetworkRejected(Option<CardNetwork>),
    /// The token is malformed, expired, used, or another merchant's: `PAYMENT_ERROR`.
    TokenInvalid,
    /// Anything else: `PAYMENT_ERROR`.
    Other,
}

/// How a payment stands at the processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money is taken.
    Charged(Taken),
    /// The money is held until it is captured or voided.
    Held(Taken),
    /// It is not, and will not be by itself.
    Declined(Decline),
    /// The payer has to prove who they are. Nothing is taken.
    Challenge(Challenge),
    /// The processor has not decided: ask again.
    Undecided {
        /// `pi_…`
        intent: String,
    },
    /// Given up: nothing was taken, nothing is held.
    Voided {
        /// `pi_…`
        intent: String,
    },
}

/// The network of a brand, in the processor's words.
pub(super) fn network(brand: &str) -> Option<CardNetwork> {
    match brand {
        "visa" => Some(CardNetwork::Visa),
        "mastercard" => Some(CardNetwork::Mastercard),
        "amex" | "american_express" => Some(CardNetwork::AmericanExpress),
        "discover" => Some(CardNetwork::Discover),
        "jcb" => Some(CardNetwork::Jcb),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bk_3_12_tokens_come_bare_or_as_the_id_of_a_json_token() {
        for text in ["tok_visa", " tok_visa\n", r#"{"id":"tok_visa","object":"token","card":{"brand":"Visa"}}"#] {
            assert_eq!(Token::parse(text).unwrap().expose(), "tok_visa", "{text}");
        }
        assert!(Token::parse("pm_1").unwrap().is_method());
        for bad in ["", "{}", r#"{"id":7}"#, "{", "tok visa", "tok_ä", "a/b", r#"{"id":""}"#, &"x".repeat(256)] {
            assert_eq!(Token::parse(bad).err(), Some(InvalidToken), "{bad}");
        }
    }

    #[test]
    fn bk_6_9_no_token_and_no_kept_card_is_shown() {
        let token = Token::parse("tok_secret").unwrap();
        let vaulted = Vaulted { customer: "cus_secret".to_owned(), payment_method: "pm_secret".to_owned() };
        assert!(!format!("{token:?}{vaulted:?}").contains("secret"));
    }
}
