//! From what Google asks for to a request on our terms (google-booking-server sections 5.1, 5.2 and 7.6).

use std::sync::Arc;

use super::option::still_valid;
use super::{ANSWER_MS, BookingDesk, DeskError, Turned};
use crate::crypto::{availability_id, content_hash, slot_key};
use crate::domain::booking::{
    Agreement, Booked, Failure, FailureCause, Guest, Move, PackUse, Request, Resumed, Stated,
};
use crate::domain::catalog::{
    Merchant, MerchantId, NoTerms, PaymentOptionId, Prepayment, Service, ServiceId, SlotId, SlotOffer, Terms,
    effective_terms,
};
use crate::domain::inventory::Inventory;
use crate::domain::{Timestamp, TransactionId};
use crate::processor::Token;
use crate::protocol::booking_server::{BadRequest, CreateBooking, Echo, SlotMove, StatedPayment};
use crate::storage::{Availability, Store};

/// The gateway whose tokens this house charges, by its name in feeds and requests (section 3.13).
const GATEWAY: &str = "stripe";

/// A slot as it is published, with whose it is.
pub(super) struct Published {
    pub(super) merchant: Arc<Merchant>,
    pub(super) service: Arc<Service>,
    pub(super) offer: SlotOffer,
}

impl Published {
    /// From when on it can be booked, if not at once, and until when, in seconds since the Unix epoch (sections 7.4, 7.5).
    pub(super) fn window(&self) -> (Option<i64>, i64) {
        let start = self.offer.id.start_s;
        let in_advance = start.saturating_sub(self.service.rules.min_advance_booking_s.unwrap_or(0));
        let last = self.offer.overrides.last_bookable_s.unwrap_or(in_advance);
        (self.offer.overrides.first_bookable_s, last.min(start))
    }
}

/// Where a slot that is asked for stands.
pub(super) enum Sought {
    /// It is published.
    Published(Box<Published>),
    /// It may have been: a newer feed has dropped it. Google has not read that feed yet.
    Dropped,
    /// It never was: a bad request (section 2.4).
    Never(BadRequest),
}

/// Why a slot that was dropped cannot be booked.
pub(super) fn dropped() -> Failure {
    Failure::new(FailureCause::SlotUnavailable, "the slot is published no more")
}

/// Finds a slot. An identifier or a shape that was never published is a bad request; what was published and is no more, is
/// not available (section 2.4).
pub(super) async fn published(store: &Store, slot: &SlotId, tag: Option<&str>) -> Result<Sought, DeskError> {
    let Availability { slots, catalog } = store.availability(std::slice::from_ref(slot)).await?;
    // The slots of earlier loads are not kept. The first load has all that was ever published; with a later one, a slot
    // that could have been may have been.
    let maybe_was = catalog.replaced_another() && slot.is_publishable();
    let gone = |field| if maybe_was { Sought::Dropped } else { Sought::Never(BadRequest::unknown(field)) };
    let found = catalog.merchant(&slot.merchant).cloned().zip(catalog.service(&slot.merchant, &slot.service).cloned());
    let Some((merchant, service)) = found else {
        if was_offered(store, &slot.merchant, &slot.service).await? {
            return Ok(Sought::Dropped);
        }
        let known = catalog.merchant(&slot.merchant).is_some();
        let field = if known { "slot.service_id" } else { "slot.merchant_id" };
        return Ok(Sought::Never(BadRequest::unknown(field)));
    };
    let Some(offer) = slots.into_iter().flatten().next() else { return Ok(gone("slot")) };
    if tag.is_some() && tag != offer.tag.as_deref() {
        return Ok(gone("slot.availability_tag"));
    }
    Ok(Sought::Published(Box::new(Published { merchant, service, offer })))
}

/// Whether a service that is not published was once: whatever was booked of it, Google was told of, and that stays.
pub(super) async fn was_offered(store: &Store, merchant: &MerchantId, service: &ServiceId) -> Result<bool, DeskError> {
    Ok(store.load::<Inventory>(availability_id(merchant, service)).await?.is_some())
}

/// The token, as the processor takes it.
pub(super) fn processor_token(wanted: &CreateBooking) -> Option<Token> {
    Token::parse(wanted.token.as_ref()?.token.expose()).ok()
}

impl BookingDesk {
    pub(super) async fn read_request(
        &self,
        id: TransactionId,
        wanted: &CreateBooking,
        now: Timestamp,
    ) -> Result<Turned, DeskError> {
        let slot = &wanted.slot;
        let published = match published(&self.store, &slot.id, slot.tag.as_deref()).await? {
            Sought::Published(published) => *published,
            Sought::Dropped => return Ok(Turned::Failed(dropped())),
            Sought::Never(bad) => return Ok(Turned::Bad(bad)),
        };
        let stated = wanted.payment.as_ref();
        let chosen = stated.and_then(|payment| payment.payment_option_id.as_ref());
        let mut terms = match effective_terms(&published.merchant, &published.service, &published.offer, chosen) {
            Ok(terms) => terms,
            Err(why) => return Ok(Turned::Failed(no_terms(why))),
        };
        let owned = stated.and_then(|payment| payment.user_payment_option_id.as_deref());
        let pack = match self.pack((id, &wanted.user.user_id, now), owned, &terms, &published).await? {
            Ok(pack) => pack,
            Err(failure) => return Ok(Turned::Failed(failure)),
        };
        if pack.as_ref().is_some_and(|pack| !pack.bought) {
            paid_by_pack(&mut terms);
        } else if let Some(failure) = unpriced(&terms, &published) {
            return Ok(Turned::Failed(failure));
        }
        let (opens_s, closes_s) = published.window();
        let token = wanted.token.as_ref();
        let gateway = published.merchant.gateway.as_deref();
        let chargeable = self.charges
            && gateway.is_some_and(|gateway| gateway.eq_ignore_ascii_case(GATEWAY))
            && token.is_none_or(|token| {
                let named = token.processor.as_deref();
                named.is_none_or(|named| named.eq_ignore_ascii_case(GATEWAY)) && processor_token(wanted).is_some()
            });
        Ok(Turned::Request(Box::new(Request {
            stated: stated.map(stated_amounts).unwrap_or_default(),
            token: token.map(|token| content_hash(token.token.expose().as_bytes())),
            chargeable,
            resumes: stated.and_then(|payment| resumed(id, payment)),
            answer_by: now.plus_millis(ANSWER_MS),
            opens_s,
            closes_s,
            agreement: Arc::new(agreement(id, wanted, published, (terms, pack))),
        })))
    }

    /// The other slot of an UpdateBooking: first as a slot of its own, then as a change of the one that is held.
    pub(super) async fn read_move(&self, booked: &Booked, to: &SlotMove) -> Result<Result<Move, Failure>, DeskError> {
        let held = &booked.agreement;
        let held_echo = Echo::restore(&held.slot_echo).map_err(|_| DeskError::Unavailable)?;
        let merged = to.merged(&held.slot);
        let mut found = None;
        if let Some(whole) = to.complete()
            && let Sought::Published(whole) = published(&self.store, &whole, to.tag.as_deref()).await?
        {
            found = Some((whole, to.echo.clone()));
        }
        let (published, echo) = match found {
            Some(found) => found,
            None => match published(&self.store, &merged, to.tag.as_deref()).await? {
                Sought::Published(found) => (found, to.merged_echo(&held_echo)),
                Sought::Dropped => return Ok(Err(dropped())),
                Sought::Never(bad) => return Err(bad.into()),
            },
        };
        let published = *published;
        if published.offer.id.merchant != held.slot.merchant || published.offer.id.service != held.slot.service {
            let why = "a booking keeps its merchant and its service";
            return Ok(Err(Failure::new(FailureCause::SlotUnavailable, why)));
        }
        let bought = held.terms.bought.as_ref().map(|option| option.id.clone());
        let mut terms = match terms_of(&published, bought.as_ref()) {
            Ok(terms) => terms,
            Err(failure) => return Ok(Err(failure)),
        };
        if let Some(pack) = &held.pack {
            if let Err(failure) = still_valid(pack, &published) {
                return Ok(Err(failure));
            }
            if !pack.bought {
                paid_by_pack(&mut terms);
            }
        }
        let (opens_s, closes_s) = published.window();
        let agreement = Agreement {
            slot_key: slot_key(&published.offer.id),
            slot: published.offer.id,
            slot_echo: echo.text().into(),
            confirmation: published.offer.confirmation,
            terms,
            ..held.as_ref().clone()
        };
        Ok(Ok(Move { agreement: Arc::new(agreement), opens_s, closes_s }))
    }
}

fn terms_of(published: &Published, chosen: Option<&PaymentOptionId>) -> Result<Terms, Failure> {
    effective_terms(&published.merchant, &published.service, &published.offer, chosen).map_err(no_terms)
}

/// What has to be paid in full, or is paid by options alone, has no price without one of them (sections 6.4 and 7.6).
fn unpriced(terms: &Terms, published: &Published) -> Option<Failure> {
    let Published { service, offer, .. } = published;
    let by_options = !service.options.is_empty() || !offer.overrides.options.is_empty();
    let wanted = service.prepayment == Prepayment::Required || by_options;
    (terms.price.is_none() && wanted)
        .then(|| Failure::new(FailureCause::PaymentOptionNotValid, "a payment option has to be chosen"))
}

fn no_terms(why: NoTerms) -> Failure {
    let cause = match why {
        NoTerms::OptionNotOffered => FailureCause::PaymentOptionNotValid,
        NoTerms::TooLarge => FailureCause::PaymentError,
    };
    Failure::new(cause, &why.to_string())
}

/// A visit from a pack costs nothing more; a fee for not coming stays agreed.
fn paid_by_pack(terms: &mut Terms) {
    terms.prepaid = false;
    terms.bought = None;
    terms.deposit = None;
}

fn stated_amounts(payment: &StatedPayment) -> Stated {
    let StatedPayment { price, tax, deposit, no_show_fee, .. } = payment;
    Stated { price: *price, tax: *tax, deposit: *deposit, no_show_fee: *no_show_fee }
}

/// Which challenge was answered (section 6.8): `md_merchant_data` says it, whatever the idempotency token is.
fn resumed(own: TransactionId, payment: &StatedPayment) -> Option<Resumed> {
    let data = payment.md_merchant_data.as_deref().and_then(|data| data.split_once('.'));
    let named = data.and_then(|(first, attempt)| {
        Some(Resumed { first: TransactionId::parse(first).ok()?, attempt: attempt.parse().ok()? })
    });
    let unnamed = payment.pa_response.as_ref().map(|_| Resumed { first: own, attempt: Resumed::OPEN });
    named.or(unnamed)
}

fn agreement(
    id: TransactionId,
    wanted: &CreateBooking,
    published: Published,
    (terms, pack): (Terms, Option<PackUse>),
) -> Agreement {
    let user = &wanted.user;
    let name = format!("{} {}", user.given_name, user.family_name);
    Agreement {
        id,
        slot: wanted.slot.id.clone(),
        slot_key: slot_key(&wanted.slot.id),
        slot_echo: wanted.slot.echo.text().into(),
        confirmation: published.offer.confirmation,
        guest: Guest {
            user_id: user.user_id.as_str().into(),
            name: name.trim().into(),
            telephone: user.telephone.as_str().into(),
            email: Some(user.email.as_str().into()),
            wish: wanted.additional_request.as_ref().map(|wish| wish.expose().into()),
        },
        terms,
        payment_echo: wanted.payment_echo.text().into(),
        networks: published.merchant.networks.clone(),
        pack,
    }
}
