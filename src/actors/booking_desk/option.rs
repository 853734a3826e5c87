//! Packs and memberships: bought, or used (google-booking-server sections 3.14 and 7.7).

use super::request::Published;
use super::{BookingDesk, DeskError};
use crate::domain::booking::{Failure, FailureCause, PackUse};
use crate::domain::catalog::{Activation, OptionKind, PaymentOption, PaymentOptionId, Terms};
use crate::domain::{Timestamp, TransactionId};
use crate::storage::Pack;

impl BookingDesk {
    /// What pays for the visit, if a pack does: one that the user owns, or one that is bought now.
    pub(super) async fn pack(
        &self,
        (booking, user_id, now): (TransactionId, &str, Timestamp),
        owned: Option<&str>,
        terms: &Terms,
        published: &Published,
    ) -> Result<Result<Option<PackUse>, Failure>, DeskError> {
        if let Some(id) = owned {
            let pack = self.store.pack(id).await?.filter(|pack| pack.user_id == user_id);
            return Ok(pack
                .map_or_else(|| Err(not_valid("the user owns no such pack")), |pack| used(pack, published).map(Some)));
        }
        let Some(option) = &terms.bought else { return Ok(Ok(None)) };
        if option.purchase_interval.is_some_and(|interval| !interval.holds(now)) {
            return Ok(Err(not_valid("the payment option cannot be bought at this time")));
        }
        let known_there = option.new_to_merchant && self.store.has_booked(user_id, &published.merchant.id).await?;
        if known_there || (option.new_to_option && self.store.has_bought(user_id, &option.id).await?) {
            let why = "the payment option is for new users";
            return Ok(Err(Failure::new(FailureCause::UserCannotUsePaymentOption, why)));
        }
        Ok(bought(booking, option, (published.offer.id.start_s, now)).map(Some))
    }
}

fn not_valid(why: &str) -> Failure {
    Failure::new(FailureCause::PaymentOptionNotValid, why)
}

/// Whether a visit at `start_s` lies in `[from, until)`.
fn covers(from: Option<i64>, until: Option<i64>, start_s: i64) -> bool {
    from.is_none_or(|from| from <= start_s) && until.is_none_or(|until| start_s < until)
}

fn is_offered(option: &PaymentOptionId, published: &Published) -> bool {
    let own = &published.offer.overrides.options;
    let offered = if own.is_empty() { &published.service.options } else { own };
    offered.contains(option)
}

/// Whether the pack that pays a booking pays it in another slot, too.
pub(super) fn still_valid(pack: &PackUse, published: &Published) -> Result<(), Failure> {
    let start_s = published.offer.id.start_s;
    if is_offered(&pack.option, published) && covers(pack.valid_from_s, pack.valid_until_s, start_s) {
        Ok(())
    } else {
        Err(Failure::new(FailureCause::SlotUnavailable, "the pack is not valid for this slot"))
    }
}

fn used(pack: Pack, published: &Published) -> Result<PackUse, Failure> {
    if !is_offered(&pack.option, published) {
        return Err(not_valid("the pack is not for this slot"));
    }
    if pack.kind != OptionKind::Unlimited && pack.left == 0 {
        return Err(not_valid("the pack is used up"));
    }
    if !covers(pack.valid_from_s, pack.valid_until_s, published.offer.id.start_s) {
        return Err(not_valid("the pack is not valid at the time of the visit"));
    }
    Ok(PackUse {
        id: pack.id.into(),
        option: pack.option,
        kind: pack.kind,
        original: pack.original,
        before: pack.left,
        bought: false,
        valid_from_s: pack.valid_from_s,
        valid_until_s: pack.valid_until_s,
    })
}

fn bought(
    booking: TransactionId,
    option: &PaymentOption,
    (start_s, now): (i64, Timestamp),
) -> Result<PackUse, Failure> {
    let uses = match option.kind {
        OptionKind::SingleUse => 1,
        OptionKind::MultiUse { sessions } => sessions,
        OptionKind::Unlimited => 0,
    };
    let activated = match option.activation {
        Activation::OnPurchase => now.as_secs(),
        Activation::OnFirstUse => start_s,
    };
    let interval = option.valid_interval.map(|interval| (interval.start.as_secs(), interval.end.as_secs()));
    let from = interval.map_or(activated, |(start, _)| start.max(activated));
    let runs_out = option.valid_duration_s.map(|duration| from.saturating_add(duration));
    let until = match (interval, runs_out) {
        (Some((_, end)), Some(runs_out)) => Some(end.min(runs_out)),
        (Some((_, end)), None) => Some(end),
        (None, runs_out) => runs_out,
    };
    if !covers(Some(from), until, start_s) {
        return Err(not_valid("the payment option is not valid at the time of the visit"));
    }
    Ok(PackUse {
        id: format!("upo-{booking}").into(),
        option: option.id.clone(),
        kind: option.kind,
        original: uses,
        before: uses,
        bought: true,
        valid_from_s: Some(from),
        valid_until_s: until,
    })
}
