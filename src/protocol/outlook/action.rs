//! The actions of a card: what is posted, and what is answered (outlook-payments sections 13.2, 13.5 and 13.7).

use super::error::OutlookError;
use super::fields::{Fields, parse_object};
use crate::crypto::ServiceAct;

/// `POST /outlook/actions/{action}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardAction {
    /// To draw the card anew; called by itself when the mail is opened.
    Refresh,
    /// "I paid by transfer".
    Transferred,
    /// "Dispute".
    Dispute,
}

impl CardAction {
    /// From the path's last segment. `None`: no such action, 404.
    pub fn parse(segment: &str) -> Option<Self> {
        [Self::Refresh, Self::Transferred, Self::Dispute].into_iter().find(|action| action.segment() == segment)
    }

    /// The path's last segment.
    pub const fn segment(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Transferred => "transferred",
            Self::Dispute => "dispute",
        }
    }

    /// What its service token is for.
    pub const fn act(self) -> ServiceAct {
        match self {
            Self::Refresh => ServiceAct::Refresh,
            Self::Transferred => ServiceAct::Transferred,
            Self::Dispute => ServiceAct::Dispute,
        }
    }
}

/// Reads the body of an action, `{"t": "<service token>"}`: the token, not verified.
///
/// # Errors
/// 400 or 413.
pub fn unseal_action(unverified: &[u8]) -> Result<String, OutlookError> {
    let body = parse_object(unverified)?;
    Ok(Fields(&body).required("t")?.to_owned())
}

/// The header that has the card replaced by the one in the body.
pub const CARD_UPDATE: (&str, &str) = ("CARD-UPDATE-IN-BODY", "true");
/// The header that tells the actor why nothing was done; its value is [`status_sentence`]'s.
pub const CARD_STATUS: &str = "CARD-ACTION-STATUS";

/// Why an action was refused, as the value of [`CARD_STATUS`]: one line of ASCII, without a name or a time (section 13.7).
pub const fn status_sentence(error: OutlookError) -> &'static str {
    match error {
        OutlookError::Unavailable => "The invoice cannot be reached at the moment. Please try again.",
        OutlookError::WrongParty => "This card is no longer valid. Please open the invoice page.",
        OutlookError::Malformed(_)
        | OutlookError::UnknownEvent
        | OutlookError::TooLong
        | OutlookError::Unauthorized
        | OutlookError::UnknownContext
        | OutlookError::Method
        | OutlookError::MediaType => "This action is not possible.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m1_actions_are_known_by_their_path_and_carry_a_token() {
        for action in [CardAction::Refresh, CardAction::Transferred, CardAction::Dispute] {
            assert_eq!(CardAction::parse(action.segment()), Some(action));
        }
        assert_eq!(CardAction::parse("pay"), None);
        assert_eq!(unseal_action(br#"{"T":"a.b","more":1}"#).as_deref(), Ok("a.b"));
        for bad in ["", "{}", "[]", r#"{"t":null}"#, r#"{"t":7}"#] {
            assert!(unseal_action(bad.as_bytes()).is_err(), "{bad}");
        }
        for error in [OutlookError::WrongParty, OutlookError::Unavailable, OutlookError::Malformed("t")] {
            assert!(status_sentence(error).is_ascii());
        }
    }
}
