//! Which card a token stands for: the processor's own test tokens. With more text behind (`tok_visa_7`) a token is for one
//! use; without, it can be used again, as at the processor itself.

use serde::{Deserialize, Serialize};

/// How a card behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Manner {
    /// Everything works.
    Works,
    /// Every charge is declined, and keeping it too.
    Declined(Why),
    /// It can be kept, and every charge is declined.
    FailsWhenCharged,
    /// The payer has to prove who they are.
    Challenges,
    /// As before, and is declined then.
    ChallengesInVain,
    /// A charge works; a refund of it fails after it was said to be done.
    RefundsFail,
    /// A refund takes until somebody says that it is done.
    RefundsPend,
}

/// Why a card is declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Why {
    Generic,
    InsufficientFunds,
    LostCard,
    StolenCard,
    ExpiredCard,
    IncorrectCvc,
    ProcessingError,
    NotSupported,
}

impl Why {
    /// `code` and `decline_code` of the processor's error.
    pub(super) const fn codes(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Generic => ("card_declined", Some("generic_decline")),
            Self::InsufficientFunds => ("card_declined", Some("insufficient_funds")),
            Self::LostCard => ("card_declined", Some("lost_card")),
            Self::StolenCard => ("card_declined", Some("stolen_card")),
            Self::ExpiredCard => ("expired_card", None),
            Self::IncorrectCvc => ("incorrect_cvc", None),
            Self::ProcessingError => ("processing_error", None),
            Self::NotSupported => ("card_declined", Some("card_not_supported")),
        }
    }
}

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) brand: &'static str,
    pub(super) last4: &'static str,
    pub(super) manner: Manner,
}

const fn card(brand: &'static str, last4: &'static str, manner: Manner) -> Card {
    Card { brand, last4, manner }
}

/// The longer name stands before the one that it begins with.
const TOKENS: &[(&str, Card)] = &[
    ("tok_visa", card("visa", "4242", Manner::Works)),
    ("tok_mastercard", card("mastercard", "4444", Manner::Works)),
    ("tok_amex", card("amex", "8431", Manner::Works)),
    ("tok_discover", card("discover", "1117", Manner::Works)),
    ("tok_jcb", card("jcb", "0505", Manner::Works)),
    ("tok_diners", card("diners", "0004", Manner::Works)),
    ("tok_chargeDeclinedInsufficientFunds", card("visa", "9995", Manner::Declined(Why::InsufficientFunds))),
    ("tok_chargeDeclinedLostCard", card("visa", "9987", Manner::Declined(Why::LostCard))),
    ("tok_chargeDeclinedStolenCard", card("visa", "9979", Manner::Declined(Why::StolenCard))),
    ("tok_chargeDeclinedExpiredCard", card("visa", "0069", Manner::Declined(Why::ExpiredCard))),
    ("tok_chargeDeclinedIncorrectCvc", card("visa", "0127", Manner::Declined(Why::IncorrectCvc))),
    ("tok_chargeDeclinedProcessingError", card("visa", "0119", Manner::Declined(Why::ProcessingError))),
    ("tok_cardNotSupported", card("visa", "0010", Manner::Declined(Why::NotSupported))),
    ("tok_chargeDeclined", card("visa", "0002", Manner::Declined(Why::Generic))),
    ("tok_chargeCustomerFail", card("visa", "0341", Manner::FailsWhenCharged)),
    ("tok_threeDSecureRequiredChargeDeclined", card("visa", "1629", Manner::ChallengesInVain)),
    ("tok_threeDSecure2Required", card("visa", "3220", Manner::Challenges)),
    ("tok_threeDSecureRequired", card("visa", "3184", Manner::Challenges)),
    ("tok_threeDSecure", card("visa", "3155", Manner::Challenges)),
    ("tok_refundFail", card("visa", "5126", Manner::RefundsFail)),
    ("tok_pendingRefund", card("visa", "7726", Manner::RefundsPend)),
];

/// The card of a token, and whether the token is for one use.
pub(super) fn of_token(token: &str) -> Option<(Card, bool)> {
    TOKENS.iter().find_map(|(name, card)| {
        let rest = token.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with('_')).then_some((*card, !rest.is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_with_more_text_are_for_one_use() {
        let (visa, once) = of_token("tok_visa").unwrap();
        assert_eq!((visa.brand, once), ("visa", false));
        assert!(of_token("tok_visa_7").unwrap().1);
        let (declined, _) = of_token("tok_chargeDeclinedInsufficientFunds_x").unwrap();
        assert_eq!(declined.manner, Manner::Declined(Why::InsufficientFunds));
        assert!(of_token("tok_visas").is_none());
        assert!(of_token("tok_unknown").is_none());
    }
}
