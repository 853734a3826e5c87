//! How a booking looks in answers (google-booking-server sections 3.11 and 6.2).

use std::sync::Arc;

use super::message::View;
use super::state::{Booked, Refund, RefundStanding};
use super::words::PrepaymentStatus;

/// As CreateBooking answered it, and answers it to a repeated request (section 5.1, rule 1).
pub fn created(booked: &Booked) -> View {
    let prepayment = if takes_payment(booked) { PrepaymentStatus::Provided } else { PrepaymentStatus::NotProvided };
    View {
        agreement: booked.first.as_ref().unwrap_or(&booked.agreement).clone(),
        status: booked.answered,
        prepayment,
        refunding: false,
        transaction_id: booked.receipt.as_ref().map(|receipt| receipt.transaction_id.clone()),
        pack_left: booked.agreement.pack.as_ref().map(super::PackUse::after),
    }
}

/// As it stands.
pub fn view(booked: &Booked) -> View {
    let charged = booked.charge.as_ref().map(|charge| charge.intent.clone());
    let left = |pack: &super::PackUse| {
        if pack.bought && refund(booked).is_some() {
            0
        } else if booked.is_held() {
            pack.after()
        } else {
            pack.before
        }
    };
    View {
        agreement: booked.agreement.clone(),
        status: booked.status,
        prepayment: prepayment(booked),
        refunding: refund(booked).is_some_and(|refund| refund.standing == RefundStanding::InFlight),
        transaction_id: charged.or_else(|| transaction_id(booked)),
        pack_left: booked.agreement.pack.as_ref().map(left),
    }
}

fn transaction_id(booked: &Booked) -> Option<Arc<str>> {
    booked.receipt.as_ref().map(|receipt| receipt.transaction_id.clone())
}

/// What a pack pays is as good as prepaid.
fn takes_payment(booked: &Booked) -> bool {
    booked.agreement.terms.takes_payment() || booked.agreement.pack.is_some()
}

/// The refund of the prepayment or deposit, if there is one.
fn refund(booked: &Booked) -> Option<&Refund> {
    let charge = booked.charge.as_ref()?;
    booked.past.refunds.iter().find(|refund| refund.charge == *charge)
}

/// Given back is what was charged at first; a fee for not coming says nothing of it.
fn prepayment(booked: &Booked) -> PrepaymentStatus {
    if !takes_payment(booked) {
        return PrepaymentStatus::NotProvided;
    }
    match refund(booked) {
        Some(Refund { standing: RefundStanding::Done { .. }, .. }) => PrepaymentStatus::Refunded,
        Some(_) | None => PrepaymentStatus::Provided,
    }
}
