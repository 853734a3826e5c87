//! The booking server that Google's Actions Center calls (google-booking-server sections 2, 4 and 5).

use actix_web::http::{Method as Verbs, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::surface::Surface;
use crate::actors::{BookingDesk, DeskAnswer, DeskError};
use crate::domain::TransactionId;
use crate::domain::booking::{Failure, FailureCause, View, view};
use crate::protocol::booking_server::{
    self as wire, BadRequest, BookingView, Credentials, Echo, Method, PaymentView, ProvidedPayment, Threeds1,
    UserPaymentOption, Verb,
};
use crate::storage::BookingFilter;

/// Bookings of one user in a list.
const MOST_LISTED: u64 = 1_000;

/// The booking server; absent without `[booking]` (contract section 6): its paths answer 404.
pub struct BookingSurface {
    /// `booking.path`.
    pub path: String,
    /// Who may call.
    pub credentials: Credentials,
    /// Where calls are answered.
    pub desk: BookingDesk,
}

/// `{path}/{method}`: authentication first, then the method, then the body (section 2.2).
pub(super) async fn call(surface: web::Data<Surface>, request: HttpRequest, unverified: web::Bytes) -> HttpResponse {
    let Some(booking) = &surface.booking else { return fault(StatusCode::NOT_FOUND, "not_found", "no such method") };
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !booking.credentials.admit(given) {
        return HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"booking\""))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("text/plain; charset=utf-8")
            .body("authentication is required\n");
    }
    let Some(method) = request.match_info().get("method").and_then(Method::parse) else {
        return fault(StatusCode::NOT_FOUND, "not_found", "no such method");
    };
    let verb = match method.verb() {
        Verb::Get => Verbs::GET,
        Verb::Post => Verbs::POST,
    };
    if *request.method() != verb {
        let mut response =
            fault(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this method takes another verb");
        if let Ok(allowed) = header::HeaderValue::from_str(verb.as_str()) {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        return response;
    }
    match answer(&surface, &booking.desk, method, &unverified).await {
        Ok(body) => json(StatusCode::OK, body),
        Err(refused) => refused,
    }
}

type Answered = Result<String, HttpResponse>;

async fn answer(surface: &Surface, desk: &BookingDesk, method: Method, unverified: &[u8]) -> Answered {
    match method {
        Method::HealthCheck => match surface.readiness.look(&surface.store).await {
            Ok(()) => Ok(wire::health_answer(true)),
            Err(_) => Err(json(StatusCode::SERVICE_UNAVAILABLE, wire::health_answer(false))),
        },
        Method::BatchAvailabilityLookup => {
            let wanted = wire::read_availability_lookup(unverified).map_err(bad)?;
            let open = desk.lookup(&wanted).await.map_err(|error| failed(&error))?;
            Ok(wire::lookup_answer(wanted.slot_times.iter().zip(open)))
        }
        Method::CheckAvailability => {
            let wanted = wire::read_check_availability(unverified).map_err(bad)?;
            let checked = desk.check(&wanted).await.map_err(|error| failed(&error))?;
            Ok(wire::check_answer(&wanted.echo, checked.open, checked.last_online_cancellable_s))
        }
        Method::CreateBooking => {
            let wanted = wire::read_create_booking(unverified).map_err(bad)?;
            told(desk.create(wanted).await)
        }
        Method::UpdateBooking => {
            let wanted = wire::read_update_booking(unverified).map_err(bad)?;
            told(desk.update(wanted).await)
        }
        Method::GetBookingStatus => {
            let id = wire::read_booking_status(unverified).map_err(bad)?;
            let unknown = || fault(StatusCode::NOT_FOUND, "not_found", "booking_id: no such booking");
            let parsed = TransactionId::parse(&id).map_err(|_| unknown())?;
            let booked = desk.load(parsed).await.map_err(|error| failed(&error))?.ok_or_else(unknown)?;
            let view = view(&booked);
            Ok(wire::status_answer(&id, view.status, view.prepayment))
        }
        Method::ListBookings => {
            let user_id = wire::read_list_bookings(unverified).map_err(bad)?;
            list(desk, user_id).await
        }
        Method::SetMarketingPreference => {
            let wanted = wire::read_marketing_preference(unverified).map_err(bad)?;
            let stored = desk.store.prefer_marketing(&wanted.user_id, wanted.wanted, desk.clock.now()).await;
            stored.map_err(|error| failed(&error.into()))?;
            Ok(wire::marketing_answer(&wanted))
        }
        Method::CheckOrderFulfillability | Method::CreateOrder | Method::ListOrders => {
            Err(fault(StatusCode::NOT_IMPLEMENTED, "not_implemented", "orders are not for appointments"))
        }
    }
}

/// Everything that has not ended yet, however it stands (section 5.4).
async fn list(desk: &BookingDesk, user_id: String) -> Answered {
    let filter = BookingFilter {
        user_id: Some(user_id),
        ends_after_s: Some(desk.clock.now().as_secs()),
        ..BookingFilter::default()
    };
    let found = desk.store.bookings(&filter, MOST_LISTED).await.map_err(|error| failed(&error.into()))?;
    let mut views = Vec::with_capacity(found.len());
    for listed in found {
        if let Some(booked) = desk.load(listed.id).await.map_err(|error| failed(&error))? {
            views.push(shown(&view(&booked))?);
        }
    }
    Ok(wire::list_answer(views.iter()))
}

fn told(answer: Result<DeskAnswer, DeskError>) -> Answered {
    match answer.map_err(|error| failed(&error))? {
        DeskAnswer::Booked(view) => Ok(wire::booking_answer(&shown(&view)?, pack(&view).as_ref())),
        DeskAnswer::Failed(failure) => Ok(wire::failure_answer(&refused(&failure))),
        DeskAnswer::Challenged { challenge, merchant_data } => {
            // 6.8: the processor's page takes no form fields of ours; its transaction stands for the request.
            let threeds1 = Threeds1 {
                acs_url: challenge.acs_url.to_string(),
                pa_req: challenge.intent.to_string(),
                transaction_id: challenge.intent.to_string(),
                md_merchant_data: Some(merchant_data),
            };
            let failure = wire::Failure {
                description: Some("step-up required".into()),
                threeds1: Some(threeds1),
                ..FailureCause::PaymentRequires3ds1.into()
            };
            Ok(wire::failure_answer(&failure))
        }
    }
}

fn refused(failure: &Failure) -> wire::Failure {
    wire::Failure {
        rejected_card: failure.network,
        description: Some(failure.description.clone()),
        ..failure.cause.into()
    }
}

/// A booking in Google's words.
fn shown(view: &View) -> Result<BookingView, HttpResponse> {
    let agreement = &view.agreement;
    let echo = |text: &str| {
        Echo::restore(text).map_err(|error| {
            tracing::error!(transaction.id = %agreement.id, error = %error, "a booking's request cannot be repeated");
            fault(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the booking cannot be shown")
        })
    };
    let terms = &agreement.terms;
    let payment = if terms.takes_payment() || agreement.pack.is_some() {
        PaymentView::Provided(Box::new(ProvidedPayment {
            status: view.prepayment,
            transaction_id: view.transaction_id.as_ref().map(ToString::to_string),
            price: terms.price,
            tax: terms.tax,
            deposit: terms.deposit.map(|due| due.deposit),
            no_show_fee: terms.no_show_fee,
            payment_option_id: terms.bought.as_ref().map(|option| option.id.clone()),
            user_payment_option_id: agreement.pack.as_ref().filter(|pack| !pack.bought).map(|pack| pack.id.to_string()),
            stated: echo(&agreement.payment_echo)?,
        }))
    } else {
        PaymentView::Echoed(echo(&agreement.payment_echo)?)
    };
    Ok(BookingView {
        booking_id: agreement.id.to_string(),
        slot: echo(&agreement.slot_echo)?,
        user_id: agreement.guest.user_id.to_string(),
        status: view.status,
        payment,
    })
}

/// The pack that was bought, or whose balance has changed (section 3.14).
fn pack(view: &View) -> Option<UserPaymentOption> {
    let pack = view.agreement.pack.as_ref()?;
    Some(UserPaymentOption {
        id: pack.id.to_string(),
        valid_start_s: pack.valid_from_s,
        valid_end_s: pack.valid_until_s,
        kind: pack.kind,
        original_count: pack.original,
        current_count: view.pack_left?,
        payment_option_id: pack.option.clone(),
    })
}

fn bad(bad: BadRequest) -> HttpResponse {
    json(StatusCode::BAD_REQUEST, bad.answer())
}

/// Section 2.4.
fn failed(error: &DeskError) -> HttpResponse {
    let (status, code) = match error {
        DeskError::Bad(bad) => return json(StatusCode::BAD_REQUEST, bad.answer()),
        DeskError::Unknown => (StatusCode::NOT_FOUND, "not_found"),
        DeskError::InFlight => (StatusCode::CONFLICT, "aborted"),
        DeskError::Undecided => (StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded"),
        DeskError::NotReached | DeskError::Overloaded | DeskError::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
    };
    let mut response = fault(status, code, &error.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    }
    response
}

fn fault(status: StatusCode, code: &str, message: &str) -> HttpResponse {
    json(status, wire::error_answer(code, message))
}

fn json(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}
