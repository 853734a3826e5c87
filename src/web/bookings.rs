//! The admin API's view of bookings, and what merchants decide about them (contract section 6).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{Caller, allowed, moment, person, person_if_known, unavailable};
use super::respond::problem;
use super::statements::{Answered, amount, either, no_store, remember};
use super::surface::Surface;
use crate::actors::{Ask, AskError, BookingDesk, Told};
use crate::domain::TransactionId;
use crate::domain::booking::{
    Booked, Booking, Canceller, DisputeStanding, Failure, Fee, Input, Later, Refund, RefundStanding, Rejection, Reply,
    State, view,
};
use crate::storage::{BookingFilter, ListedBooking, Loaded};

/// Lines of a list, unless `limit` says otherwise.
const USUAL_LIMIT: u64 = 50;

/// Which bookings are asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    merchant_id: Option<String>,
    user_id: Option<String>,
    from_sec: Option<i64>,
    to_sec: Option<i64>,
    limit: Option<u64>,
    cursor: Option<String>,
}

impl Wanted {
    fn limit(&self) -> Result<u64, HttpResponse> {
        match self.limit.unwrap_or(USUAL_LIMIT) {
            limit @ 1..=1_000 => Ok(limit),
            _ => Err(problem(StatusCode::BAD_REQUEST, "limit: expected 1 to 1000")),
        }
    }

    fn filter(&self) -> Result<BookingFilter, HttpResponse> {
        let bad = || problem(StatusCode::BAD_REQUEST, "cursor: expected the nextCursor of an earlier answer");
        let after = self.cursor.as_ref().map(|cursor| place(cursor).ok_or_else(bad)).transpose()?;
        Ok(BookingFilter {
            user_id: self.user_id.clone(),
            merchant: self.merchant_id.clone(),
            ends_after_s: self.from_sec,
            begins_before_s: self.to_sec,
            begins_from_s: None,
            status: None,
            after,
        })
    }
}

/// What [`cursor`] wrote: start and id of the last booking that was seen.
pub(super) fn place(cursor: &str) -> Option<(i64, TransactionId)> {
    let (start, id) = cursor.split_once('~')?;
    Some((start.parse().ok()?, TransactionId::parse(id).ok()?))
}

/// Where a list that ended here goes on.
pub(super) fn cursor(last: &ListedBooking) -> String {
    format!("{}~{}", last.start_s, last.id)
}

fn desk(surface: &Surface) -> Result<&BookingDesk, HttpResponse> {
    let booking = surface.booking.as_ref();
    booking
        .map(|booking| &booking.desk)
        .ok_or_else(|| problem(StatusCode::NOT_FOUND, "no booking server is configured"))
}

/// `GET /api/v1/bookings`: by their start.
pub(super) async fn list(
    surface: web::Data<Surface>,
    request: HttpRequest,
    wanted: web::Query<Wanted>,
) -> HttpResponse {
    let listed = async {
        allowed(&surface, &request, "bookings:read").await?;
        let desk = desk(&surface)?;
        let limit = wanted.limit()?;
        let found = desk.store.bookings(&wanted.filter()?, limit).await.map_err(|error| unavailable(&error))?;
        let next = found.last().filter(|_| found.len() as u64 == limit);
        let next = next.map(cursor);
        Ok(no_store(json!({"bookings": found.iter().map(brief).collect::<Vec<_>>(), "nextCursor": next})))
    };
    either(listed.await)
}

fn brief(listed: &ListedBooking) -> Value {
    json!({
        "bookingId": listed.id.to_string(),
        "merchantId": listed.merchant,
        "serviceId": listed.service,
        "userId": listed.user_id,
        "startSec": listed.start_s,
        "endSec": listed.end_s,
        "status": listed.status,
        "createdAtMs": listed.created_at.as_millis(),
    })
}

/// `GET /api/v1/bookings/{bookingId}`
pub(super) async fn show(surface: web::Data<Surface>, id: web::Path<String>, request: HttpRequest) -> HttpResponse {
    let shown = async {
        allowed(&surface, &request, "bookings:read").await?;
        let desk = desk(&surface)?;
        let id = parsed(&id)?;
        let loaded = desk.store.load::<Booking>(id).await.map_err(|error| unavailable(&error))?;
        let Some(Loaded { state: State::Booked(booked), .. }) = loaded else { return Err(unknown()) };
        let journal = desk.store.journal(id).await.map_err(|error| unavailable(&error))?;
        let mut body = whole(&booked);
        if let Some(members) = body.as_object_mut() {
            members.insert("timeline".into(), journal.iter().map(moment).collect());
        }
        Ok(no_store(body))
    };
    either(shown.await)
}

fn parsed(id: &str) -> Result<TransactionId, HttpResponse> {
    TransactionId::parse(id).map_err(|_| unknown())
}

fn unknown() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "no such booking")
}

/// Who comes, when, on which terms, and where the money is. The merchant's staff have to reach the guest.
fn whole(booked: &Booked) -> Value {
    let agreement = &booked.agreement;
    let (slot, guest, terms) = (&agreement.slot, &agreement.guest, &agreement.terms);
    let view = view(booked);
    json!({
        "bookingId": agreement.id.to_string(),
        "merchantId": slot.merchant.as_str(),
        "serviceId": slot.service.as_str(),
        "startSec": slot.start_s,
        "durationSec": slot.duration_s,
        "staffId": slot.staff,
        "roomId": slot.room,
        "partySize": slot.party_size,
        "guest": {
            "userId": guest.user_id,
            "name": guest.name,
            "telephone": guest.telephone,
            "email": guest.email,
            "additionalRequest": guest.wish,
        },
        "status": booked.status.as_str(),
        "prepaymentStatus": view.prepayment.as_str(),
        "paymentTransactionId": view.transaction_id,
        "terms": {
            "price": terms.price.map(amount),
            "tax": terms.tax.map(amount),
            "prepaid": terms.prepaid,
            "deposit": terms.deposit_total().map(amount),
            "noShowFee": terms.no_show_total().map(amount),
            "cancelBySec": terms.cancel_by_s,
            "refundBySec": terms.refund_by_s,
        },
        "charge": booked.charge.as_ref().map(|charge| json!({"id": charge.intent, "amount": amount(charge.amount)})),
        "laterDeposit": later(&booked.later),
        "noShowFee": fee(&booked.fee),
        "refunds": booked.past.refunds.iter().map(refunded).collect::<Vec<_>>(),
        "disputes": booked.disputes.iter().chain(&booked.past.disputes).map(|dispute| {
            json!({"id": dispute.id, "amount": amount(dispute.amount), "state": dispute_word(dispute.standing)})
        }).collect::<Vec<_>>(),
        "cancelledBy": booked.cancelled.map(|cancelled| canceller_word(cancelled.by)),
    })
}

fn later(later: &Later) -> Option<Value> {
    match later {
        Later::Nothing => None,
        Later::Due { at, .. } => Some(json!({"state": "due", "atMs": at.as_millis()})),
        Later::Charging { .. } => Some(json!({"state": "charging"})),
        Later::GivenUp { code } => Some(json!({"state": "given_up", "code": code})),
    }
}

fn fee(fee: &Fee) -> Option<Value> {
    match fee {
        Fee::Nothing => None,
        Fee::Charging { .. } => Some(json!({"state": "charging"})),
        Fee::Charged(charge) => Some(json!({"state": "charged", "id": charge.intent, "amount": amount(charge.amount)})),
        Fee::Declined { code, .. } => Some(json!({"state": "declined", "code": code})),
    }
}

fn refunded(refund: &Refund) -> Value {
    let (state, detail) = match &refund.standing {
        RefundStanding::InFlight => ("in_flight", None),
        RefundStanding::Done { id } => ("done", Some(id)),
        RefundStanding::Failed { code } => ("failed", Some(code)),
    };
    json!({
        "charge": refund.charge.intent,
        "amount": amount(refund.charge.amount),
        "state": state,
        "detail": detail,
        "tries": refund.tries,
    })
}

pub(super) const fn dispute_word(standing: DisputeStanding) -> &'static str {
    match standing {
        DisputeStanding::Open => "open",
        DisputeStanding::Won => "won",
        DisputeStanding::Lost => "lost",
    }
}

pub(super) const fn canceller_word(by: Canceller) -> &'static str {
    match by {
        Canceller::User => "user",
        Canceller::Merchant => "merchant",
        Canceller::Customer => "customer",
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelBody {
    by: String,
}

/// `POST /api/v1/bookings/{bookingId}/cancel`
pub(super) async fn cancel(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    let expected = || problem(StatusCode::BAD_REQUEST, "by: expected \"merchant\" or \"customer\"");
    let read = |_: &Caller| {
        let body: CancelBody = serde_json::from_slice(&unverified).map_err(|_| expected())?;
        match body.by.as_str() {
            "merchant" => Ok(Input::Cancel { by: Canceller::Merchant }),
            "customer" => Ok(Input::Cancel { by: Canceller::Customer }),
            _ => Err(expected()),
        }
    };
    either(decided(&surface, &id, (&request, &unverified), read).await)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoShowBody {
    charge: bool,
}

/// `POST /api/v1/bookings/{bookingId}/no-show`
pub(super) async fn no_show(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    let read = |caller: &Caller| {
        let body: NoShowBody = serde_json::from_slice(&unverified)
            .map_err(|_| problem(StatusCode::BAD_REQUEST, "charge: expected true or false"))?;
        if body.charge {
            // The fee is money; that nobody came is not.
            person_if_known(caller)?;
        }
        Ok(Input::NoShow { charge: body.charge })
    };
    either(decided(&surface, &id, (&request, &unverified), read).await)
}

/// `POST /api/v1/bookings/{bookingId}/confirm`: the merchant says yes to a booking that waits for it.
pub(super) async fn confirm(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    either(decided(&surface, &id, (&request, &unverified), |_: &Caller| Ok(Input::Accept)).await)
}

/// `POST /api/v1/bookings/{bookingId}/decline`: the merchant says no to it.
pub(super) async fn decline(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    either(decided(&surface, &id, (&request, &unverified), |_: &Caller| Ok(Input::Decline)).await)
}

/// Which charge goes back. Everything may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundBody {
    /// The processor's id; without it the one whose turn it is.
    #[serde(default)]
    charge: Option<String>,
}

impl RefundBody {
    fn read(unverified: &[u8]) -> Result<Self, HttpResponse> {
        if unverified.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(unverified).map_err(|_| {
            problem(StatusCode::BAD_REQUEST, "charge: expected the processor's id of a charge, or nothing")
        })
    }
}

/// `POST /api/v1/bookings/{bookingId}/refund`: finance gives a charge back in full, or tries a failed refund again: also of
/// a charge that never became a booking. A pack or membership that was bought by that charge is withdrawn at once, whatever
/// becomes of the refund: its other visits stay booked, and nothing more is booked with it.
pub(super) async fn refund(
    surface: web::Data<Surface>,
    id: web::Path<String>,
    request: HttpRequest,
    unverified: web::Bytes,
) -> HttpResponse {
    let given = async {
        let caller = allowed(&surface, &request, "bookings:write").await?;
        let by = person(&surface, &caller).await?;
        let read = |_: &Caller| {
            let RefundBody { charge } = RefundBody::read(&unverified)?;
            Ok(Input::GiveBack { charge: charge.map(Into::into), by })
        };
        let asked = asked(&surface, &id, (&request, &unverified), read).await?;
        match asked {
            // There is no booking that could be shown.
            (
                id,
                Ok(
                    Reply::Failed(_)
                    | Reply::Paying { .. }
                    | Reply::Unclaimed
                    | Reply::Challenged { .. }
                    | Reply::Adopted { .. },
                ),
            ) => Ok(HttpResponse::Accepted().json(json!({"bookingId": id.to_string()}))),
            (id, other) => answered(id, other),
        }
    };
    either(given.await)
}

/// Puts a decision before the booking.
async fn decided(
    surface: &Surface,
    id: &str,
    sent: (&HttpRequest, &[u8]),
    read: impl FnOnce(&Caller) -> Result<Input, HttpResponse>,
) -> Answered {
    let (id, reply) = asked(surface, id, sent, read).await?;
    answered(id, reply)
}

async fn asked(
    surface: &Surface,
    id: &str,
    (request, unverified): (&HttpRequest, &[u8]),
    read: impl FnOnce(&Caller) -> Result<Input, HttpResponse>,
) -> Result<(TransactionId, Result<Reply, AskError<Rejection>>), HttpResponse> {
    let caller = allowed(surface, request, "bookings:write").await?;
    let desk = desk(surface)?;
    let id = parsed(id)?;
    let input = read(&caller)?;
    let remember = remember(request, &caller, unverified)?;
    let ask = Ask { id, input, remember, settles: None };
    Ok((id, desk.bookings.ask(ask).await.map(Told::into_reply)))
}

fn answered(id: TransactionId, reply: Result<Reply, AskError<Rejection>>) -> Answered {
    match reply {
        Ok(Reply::Stands(view) | Reply::Created(view)) => Ok(HttpResponse::Accepted().json(json!({
            "bookingId": id.to_string(),
            "status": view.status.as_str(),
            "prepaymentStatus": view.prepayment.as_str(),
        }))),
        Ok(Reply::Failed(Failure { description, .. })) => Err(problem(StatusCode::CONFLICT, &description)),
        Ok(
            Reply::Nothing | Reply::Paying { .. } | Reply::Unclaimed | Reply::Challenged { .. } | Reply::Adopted { .. },
        )
        | Err(AskError::Rejected(Rejection::Unknown)) => Err(unknown()),
        Err(AskError::Rejected(rejection)) => Err(problem(StatusCode::CONFLICT, &rejection.to_string())),
        Err(AskError::Refused(why)) => Err(problem(StatusCode::CONFLICT, &why.to_string())),
        Err(AskError::IdempotencyViolation) => {
            Err(problem(StatusCode::CONFLICT, "Idempotency-Key was used before with different content"))
        }
        Err(AskError::Overloaded | AskError::Unavailable) => {
            Err(problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable"))
        }
    }
}
