//! How a booking looks in answers (google-booking-server sections 3.11 and 6.2).

use std::sync::Arc;

use super::state::{Booked, RefundStanding, View};
use super::words::PrepaymentStatus;

/// As CreateBooking answered it, and answers it to a repeated request (section 5.1, rule 1).
pub(super) fn created(booked: &Booked) -> View {
    let prepayment =
        if booked.agreement.terms.takes_payment() { PrepaymentStatus::Provided } else { PrepaymentStatus::NotProvided };
    View {
        agreement: booked.agreement.clone(),
        status: booked.answered,
        prepayment,
        transaction_id: booked.receipt.as_ref().map(|receipt| receipt.transaction_id.clone()),
        pack_left: booked.agreement.pack.as_ref().map(super::PackUse::after),
    }
}

/// As it stands.
pub(super) fn view(booked: &Booked) -> View {
    let charged = booked.charge.as_ref().map(|charge| charge.intent.clone());
    let left = |pack: &super::PackUse| if booked.is_held() { pack.after() } else { pack.before };
    View {
        status: booked.status,
        prepayment: prepayment(booked),
        transaction_id: charged.or_else(|| transaction_id(booked)),
        pack_left: booked.agreement.pack.as_ref().map(left),
        ..created(booked)
    }
}

fn transaction_id(booked: &Booked) -> Option<Arc<str>> {
    booked.receipt.as_ref().map(|receipt| receipt.transaction_id.clone())
}

/// Given back is what was charged at first; a fee for not coming says nothing of it.
fn prepayment(booked: &Booked) -> PrepaymentStatus {
    if !booked.agreement.terms.takes_payment() {
        return PrepaymentStatus::NotProvided;
    }
    let back = booked.charge.as_ref().is_some_and(|charge| {
        booked
            .past
            .refunds
            .iter()
            .any(|refund| refund.charge == *charge && matches!(refund.standing, RefundStanding::Done { .. }))
    });
    if back { PrepaymentStatus::Refunded } else { PrepaymentStatus::Provided }
}
