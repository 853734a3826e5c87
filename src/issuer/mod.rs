//! Floor 2: connectors to issuers. One protocol so far: signed-redirect, IR1 (contract section 5).

mod calls;
mod message;
mod signed_redirect;

use std::collections::HashMap;
use std::sync::Arc;

pub use calls::{IssuerCallFailed, RefundCall, StatusAnswer, status_message};
pub use message::{EventMessage, InvalidMessage};
pub use signed_redirect::{EventError, ReturnError, SignedRedirect};

use crate::domain::redirect_payment::{Decline, Negative, RawCode};
use crate::domain::{IssuerId, Money};

/// All issuers of the configuration.
#[derive(Debug, Default)]
pub struct Issuers {
    by_id: HashMap<IssuerId, Arc<SignedRedirect>>,
    /// In the order of the configuration.
    order: Vec<IssuerId>,
}

impl Issuers {
    /// From the configuration.
    pub fn new(issuers: impl IntoIterator<Item = SignedRedirect>) -> Self {
        let (order, by_id) =
            issuers.into_iter().map(|issuer| (issuer.id().clone(), (issuer.id().clone(), Arc::new(issuer)))).unzip();
        Self { by_id, order }
    }

    /// The issuer with this id.
    pub fn get(&self, id: &IssuerId) -> Option<&Arc<SignedRedirect>> {
        self.by_id.get(id)
    }

    /// Every issuer, in the order of the configuration.
    pub fn all(&self) -> impl Iterator<Item = &Arc<SignedRedirect>> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Of `offered`, those that can take `amount`, in the order of the offer.
    pub fn fitting<'a>(&'a self, offered: &'a [IssuerId], amount: Money) -> Vec<&'a Arc<SignedRedirect>> {
        offered.iter().filter_map(|id| self.by_id.get(id)).filter(|issuer| issuer.refuses(amount).is_none()).collect()
    }

    /// Of all issuers, those that can take `amount`, in the order of the configuration: what the page of an invoice offers.
    pub fn fitting_of_all(&self, amount: Money) -> Vec<&Arc<SignedRedirect>> {
        self.fitting(&self.order, amount)
    }

    /// Why none of `offered` can take `amount`: the reason that all share, else a plain decline.
    pub fn why_none(&self, offered: &[IssuerId], amount: Money) -> Negative {
        let reasons: Vec<_> = offered.iter().filter_map(|id| self.by_id.get(id)?.refuses(amount)).collect();
        let all = |test: fn(&Decline) -> bool| !reasons.is_empty() && reasons.iter().all(test);
        let limits = reasons.iter().filter_map(|reason| match reason {
            Decline::OverLimit(limit) => Some(*limit),
            Decline::UnderLimit(limit) => *limit,
            Decline::InsufficientFunds
            | Decline::CurrencyNotSupported
            | Decline::Risk
            | Decline::ByIssuer
            | Decline::PayerLeft => None,
        });
        let decline = if all(|reason| *reason == Decline::CurrencyNotSupported) {
            Decline::CurrencyNotSupported
        } else if all(|reason| matches!(reason, Decline::OverLimit(_) | Decline::CurrencyNotSupported)) {
            limits.max_by_key(Money::micros).map_or(Decline::ByIssuer, Decline::OverLimit)
        } else if all(|reason| matches!(reason, Decline::UnderLimit(_) | Decline::CurrencyNotSupported)) {
            Decline::UnderLimit(limits.min_by_key(Money::micros))
        } else {
            Decline::ByIssuer
        };
        Negative { decline, raw: RawCode::new("no_issuer_fits") }
    }
}
