//! Whether the right person acts, from the right mail (outlook-payments sections 7.4 and 13.6).

use super::error::OutlookError;
use crate::crypto::BearerClaims;

/// What happens to another user than the invoice's recipient (section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserPolicy {
    /// 403.
    #[default]
    Strict,
    /// Noted, and allowed: paying another's bill harms nobody, but it shows the invoice.
    Warn,
}

/// Whom a call has to come from.
#[derive(Debug, Clone, Copy)]
pub struct Party<'a> {
    /// The bare address that the invoice was mailed from.
    pub sender: &'a str,
    /// The bare address that it was mailed to.
    pub recipient: &'a str,
    /// What happens to others.
    pub policy: UserPolicy,
}

/// That a call is allowed, and whether it is worth a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// It is the recipient, or nobody can be told by an address: tokens of Entra hold none, and the service token binds
    /// (section 13.6).
    Expected,
    /// Another user, and the policy is to warn.
    OtherUser,
}

impl Party<'_> {
    /// Judges verified claims. Addresses are compared without letter case.
    ///
    /// # Errors
    /// 403.
    pub fn permit(&self, claims: &BearerClaims) -> Result<Permit, OutlookError> {
        let (subject, sender) = match claims {
            BearerClaims::Legacy { subject, sender } => (subject, sender),
            BearerClaims::Entra { .. } => return Ok(Permit::Expected),
        };
        let same = |claimed: &Option<String>, ours: &str| {
            claimed.as_ref().is_some_and(|claimed| claimed.to_lowercase() == ours.to_lowercase())
        };
        match (same(sender, self.sender), same(subject, self.recipient), self.policy) {
            (true, true, _) => Ok(Permit::Expected),
            (true, false, UserPolicy::Warn) => Ok(Permit::OtherUser),
            (false, _, _) | (true, false, UserPolicy::Strict) => Err(OutlookError::WrongParty),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legacy(subject: Option<&str>, sender: Option<&str>) -> BearerClaims {
        BearerClaims::Legacy { subject: subject.map(str::to_owned), sender: sender.map(str::to_owned) }
    }

    #[test]
    fn s2_sender_and_user_are_the_mail_s() {
        let strict = Party {
            sender: "billing@nordlicht.example",
            recipient: "dana@fabrikat.example",
            policy: UserPolicy::Strict,
        };
        let warn = Party { policy: UserPolicy::Warn, ..strict };
        let right = legacy(Some("Dana@Fabrikat.example"), Some("BILLING@nordlicht.example"));
        assert_eq!(strict.permit(&right), Ok(Permit::Expected));
        let other_user = legacy(Some("eve@fabrikat.example"), Some("billing@nordlicht.example"));
        assert_eq!(strict.permit(&other_user), Err(OutlookError::WrongParty));
        assert_eq!(warn.permit(&other_user), Ok(Permit::OtherUser));
        for wrong in [
            legacy(Some("dana@fabrikat.example"), Some("billing@elsewhere.example")),
            legacy(Some("dana@fabrikat.example"), None),
            legacy(None, None),
        ] {
            assert_eq!(strict.permit(&wrong), Err(OutlookError::WrongParty));
            assert_eq!(warn.permit(&wrong), Err(OutlookError::WrongParty));
        }
        assert_eq!(strict.permit(&legacy(None, Some("billing@nordlicht.example"))), Err(OutlookError::WrongParty));
        let entra = BearerClaims::Entra { tenant: None, object: None };
        assert_eq!(strict.permit(&entra), Ok(Permit::Expected));
    }
}
