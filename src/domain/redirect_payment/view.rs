//! What can be read off a snapshot.

use std::sync::Arc;

use super::outcome::{Outcome, Verdict};
use super::state::{Closing, Stage, Standing, State, Terms};
use crate::domain::{IssuerId, Money};

impl State {
    /// What was agreed, once it was.
    pub fn terms(&self) -> Option<Arc<Terms>> {
        match self {
            Self::Unstarted => None,
            Self::AwaitingIssuerChoice { terms, .. }
            | Self::AtIssuer { terms, .. }
            | Self::Pending { terms, .. }
            | Self::Paid { terms, .. } => Some(terms.clone()),
            Self::Declined(closing) | Self::Abandoned(closing) | Self::Expired(closing) => Some(closing.terms.clone()),
            Self::PaidAfterClose { closing, .. } => Some(closing.terms.clone()),
        }
    }

    /// The issuer the payer was sent to, or came with.
    pub fn issuer(&self) -> Option<IssuerId> {
        match self {
            Self::Unstarted => None,
            Self::AwaitingIssuerChoice { preselected, .. } => preselected.as_ref().map(|(issuer, _)| issuer.clone()),
            Self::AtIssuer { issuer, .. } | Self::Pending { issuer, .. } => Some(issuer.clone()),
            Self::Paid { receipt, .. } => Some(receipt.issuer.clone()),
            Self::Declined(closing) | Self::Abandoned(closing) | Self::Expired(closing) => closing.issuer.clone(),
            Self::PaidAfterClose { closing, .. } => closing.issuer.clone(),
        }
    }

    /// The differing amount that the issuer approved, if it did.
    pub fn difference(&self) -> Option<Money> {
        match self {
            Self::Pending { difference, .. } => *difference,
            Self::Declined(closing) | Self::Abandoned(closing) | Self::Expired(closing) => closing.difference,
            Self::PaidAfterClose { closing, .. } => closing.difference,
            Self::Unstarted | Self::AwaitingIssuerChoice { .. } | Self::AtIssuer { .. } | Self::Paid { .. } => None,
        }
    }

    /// Whether a person has dealt with what stands before finance.
    pub fn is_dealt_with(&self) -> bool {
        match self {
            Self::Pending { dealt_with, .. }
            | Self::Paid { dealt_with, .. }
            | Self::PaidAfterClose { dealt_with, .. } => *dealt_with,
            Self::Declined(closing) | Self::Abandoned(closing) | Self::Expired(closing) => closing.dealt_with,
            Self::Unstarted | Self::AwaitingIssuerChoice { .. } | Self::AtIssuer { .. } => false,
        }
    }

    /// What all three completion channels say (flows-security section 5.3): one state, one verdict.
    pub fn verdict(&self) -> Verdict {
        let negative = |closing: &Closing| Verdict::Final(Outcome::Negative(closing.negative.clone()));
        match self {
            Self::Unstarted | Self::AwaitingIssuerChoice { .. } | Self::AtIssuer { .. } | Self::Pending { .. } => {
                Verdict::Pending
            }
            Self::Paid { .. } => Verdict::Final(Outcome::Success),
            Self::Declined(closing) | Self::Abandoned(closing) | Self::Expired(closing) => negative(closing),
            // What was reported stays reported: the late success is finance's business, not the channels'.
            Self::PaidAfterClose { closing, .. } => negative(closing),
        }
    }

    /// How it stands for the payer; `sent_now` when this very input sent the payer to the issuer.
    pub fn standing(&self, sent_now: bool) -> Option<Standing> {
        let terms = self.terms()?;
        let stage = match self {
            Self::Unstarted => return None,
            Self::AwaitingIssuerChoice { .. } => Stage::Choosing,
            Self::AtIssuer { issuer, deadline, .. } => {
                Stage::AtIssuer { issuer: issuer.clone(), sent_now, until: *deadline }
            }
            Self::Pending { issuer, difference, .. } => {
                Stage::Undecided { issuer: issuer.clone(), differs: difference.is_some() }
            }
            Self::Paid { .. }
            | Self::Declined(_)
            | Self::Abandoned(_)
            | Self::Expired(_)
            | Self::PaidAfterClose { .. } => {
                let Verdict::Final(outcome) = self.verdict() else { return None };
                Stage::Closed { outcome, issuer: self.issuer() }
            }
        };
        Some(Standing { terms, stage })
    }
}
