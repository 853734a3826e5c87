//! A booking server, honest or with one lie.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use super::{payments, text};
use crate::harness::listener::{Answer, Listener, Received};

pub(super) const USER: &str = "google";
pub(super) const PASSWORD: &str = "open sesame";

/// What the server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    None,
    Unhealthy,
    OpenToAll,
    PlainText,
    BrokenJson,
    MemberTwice,
    UnknownMember,
    ChecksAnotherSlot,
    AddsToTheSlot,
    NothingOpen,
    LooksUpOnce,
    LooksUpBackwards,
    LooksUpClosed,
    RefusesBookings,
    ErrorsOnBooking,
    NoBookingId,
    SameBookingId,
    BooksAnotherTime,
    BooksForAnother,
    ForgetsPayment,
    LeavesPending,
    BooksTwice,
    ChangesOnRepeat,
    ForgetsTokens,
    CountsNothing,
    ListsTooFew,
    ListsTwice,
    ListsStrangers,
    WrongStatus,
    SaysPaid,
    NeverCancels,
    CancelsInWordsOnly,
    FailsSecondCancel,
    StickyFailure,
    MovesNothing,
    LosesStatusOnMove,
    ConfirmsUnpaid,
    ConfirmsWithoutStatus,
    SaysNotProvided,
    LeavesItToGoogle,
    ReusesTransaction,
    ChargesMore,
    ForgetsTax,
    KeepsDepositLonger,
    HidesFee,
    BooksWithoutToken,
    BooksDeclined,
    SaysAnyError,
    CallsCardPaid,
    ForgetsStatusOfPayment,
    HoldsSpotOfRefused,
    PaysTwice,
    ForgetsPaymentOnCancel,
}

#[derive(Default)]
struct Books {
    /// By id: booking and user.
    bookings: BTreeMap<String, Value>,
    /// By idempotency token.
    answers: BTreeMap<String, Value>,
}

/// The server.
pub(super) struct BookingServer {
    listener: Listener,
    books: Arc<Mutex<Books>>,
}

impl BookingServer {
    pub(super) fn start(lie: Lie) -> Self {
        let books = Arc::new(Mutex::new(Books::default()));
        let theirs = books.clone();
        let handler = move |received: Received| Some(answer(lie, &mut theirs.lock().unwrap(), &received));
        Self { listener: Listener::start(Arc::new(handler)), books }
    }

    pub(super) fn url(&self) -> Url {
        Url::parse(&format!("http://{}/prefix", self.listener.address)).unwrap()
    }

    /// Bookings that are not cancelled.
    pub(super) fn standing(&self) -> usize {
        let books = self.books.lock().unwrap();
        books.bookings.values().filter(|booking| booking["status"] != "CANCELED").count()
    }
}

fn plain(status: u16, body: &str) -> Answer {
    Answer { status, headers: vec![("content-type", "text/plain".to_owned())], body: body.as_bytes().to_vec() }
}

fn answer(lie: Lie, books: &mut Books, received: &Received) -> Answer {
    let expected = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    if received.header("authorization") != expected && lie != Lie::OpenToAll {
        return plain(401, "who are you?");
    }
    let method =
        received.target.strip_prefix("/prefix/v3/").and_then(|rest| rest.strip_suffix('/')).unwrap_or_default();
    if (received.method.as_str(), method) == ("GET", "HealthCheck") {
        return plain(if lie == Lie::Unhealthy { 503 } else { 200 }, "SERVING");
    }
    assert_eq!(received.method, "POST", "{method}");
    let request: Value = serde_json::from_slice(&received.body).unwrap();
    let body = match method {
        "CheckAvailability" => check(lie, books, &request),
        "BatchAvailabilityLookup" => lookup(lie, books, &request),
        "CreateBooking" if lie == Lie::ErrorsOnBooking => return plain(500, "oops"),
        "CreateBooking" => create(lie, books, &request),
        "UpdateBooking" => match update(lie, books, &request) {
            Some(body) => body,
            None => return plain(500, "oops"),
        },
        "GetBookingStatus" => status(lie, books, &request),
        "ListBookings" => list(lie, books, &request),
        _ => return plain(404, method),
    };
    let kind = if lie == Lie::PlainText { "text/plain" } else { "application/json; charset=utf-8" };
    let body = match lie {
        Lie::BrokenJson => format!("{body},"),
        Lie::MemberTwice => body.to_string().replacen('{', "{\"slot\":null,\"slot\":null,", 1),
        Lie::UnknownMember => body.to_string().replacen('{', "{\"debug\":1,", 1),
        _ => body.to_string(),
    };
    Answer { status: 200, headers: vec![("content-type", kind.to_owned())], body: body.into_bytes() }
}

/// How many spots of the slot are open: two, less what is booked.
fn open(lie: Lie, books: &Books, start: &str, service: &str) -> usize {
    let holds = |booking: &&Value| {
        (booking["status"] != "CANCELED" || booking["held"] == true)
            && text(booking, "/slot/start_sec") == start
            && text(booking, "/slot/service_id") == service
    };
    if lie == Lie::CountsNothing { 2 } else { 2_usize.saturating_sub(books.bookings.values().filter(holds).count()) }
}

fn check(lie: Lie, books: &Books, request: &Value) -> Value {
    let mut slot = request["slot"].clone();
    let mut count = open(lie, books, text(&slot, "/start_sec"), text(&slot, "/service_id"));
    match lie {
        Lie::ChecksAnotherSlot => slot["start_sec"] = json!("5"),
        Lie::AddsToTheSlot => slot["resources"] = json!({}),
        Lie::NothingOpen => count = 0,
        _ => {}
    }
    // Numbers of 64 bits may be numbers, and names may be in either spelling.
    slot["duration_sec"] = json!(slot["duration_sec"].as_str().unwrap().parse::<i64>().unwrap());
    json!({"slot": slot, "countAvailable": count, "last_online_cancellable_sec": "1"})
}

fn lookup(lie: Lie, books: &Books, request: &Value) -> Value {
    let mut answers: Vec<Value> = Vec::new();
    for slot_time in request["slot_time"].as_array().unwrap() {
        let mut slot_time = slot_time.clone();
        let spots = open(lie, books, text(&slot_time, "/start_sec"), text(&slot_time, "/service_id"));
        slot_time["confirmation_mode"] = json!("CONFIRMATION_MODE_SYNCHRONOUS");
        let one = json!({"slot_time": slot_time, "available": spots > 0 && lie != Lie::LooksUpClosed});
        if lie != Lie::LooksUpOnce || !answers.contains(&one) {
            answers.push(one);
        }
    }
    if lie == Lie::LooksUpBackwards {
        answers.swap(0, 1);
    }
    json!({"slot_time_availability": answers})
}

fn create(lie: Lie, books: &mut Books, request: &Value) -> Value {
    let token = text(request, "/idempotency_token").to_owned();
    if let Some(answer) = books.answers.get(&token).filter(|_| lie != Lie::BooksTwice) {
        let mut answer = answer.clone();
        if lie == Lie::PaysTwice && answer["booking"]["payment_information"]["payment_transaction_id"].is_string() {
            answer["booking"]["payment_information"]["payment_transaction_id"] = json!("ch_again");
        }
        if lie == Lie::ChangesOnRepeat {
            answer["booking"]["user_information"]["email"] = json!("again@example.com");
        }
        return answer;
    }
    let refused = |cause: &str| json!({"booking_failure": {"cause": cause}});
    if lie == Lie::RefusesBookings {
        return refused("PAYMENT_ERROR");
    }
    let user = text(request, "/user_information/user_id").to_owned();
    let held = books.bookings.values().find(|booking| {
        booking["slot"] == request["slot"]
            && booking["status"] != "CANCELED"
            && text(booking, "/user_information/user_id") == user
    });
    match held {
        Some(held) if lie == Lie::ForgetsTokens => return json!({"booking": held}),
        Some(_) if lie == Lie::StickyFailure => {
            books.answers.insert(token, refused("OVERLAPPING_RESERVATION"));
            return refused("OVERLAPPING_RESERVATION");
        }
        Some(_) if lie != Lie::BooksTwice => return refused("OVERLAPPING_RESERVATION"),
        Some(_) | None => {}
    }
    let number = if lie == Lie::SameBookingId { 1 } else { books.bookings.len() + 1 };
    let payment = match payments::paid(lie, request, number) {
        Ok(payment) => payment,
        Err(cause) => {
            if lie == Lie::HoldsSpotOfRefused && cause == "PAYMENT_ERROR" {
                let held = json!({"slot": request["slot"], "status": "CANCELED", "held": true});
                books.bookings.insert(format!("refused_{number}"), held);
            }
            return refused(cause);
        }
    };
    let mut booking = json!({
        "booking_id": format!("bk_{number}"), "slot": request["slot"], "status": "CONFIRMED",
        "user_information": {"user_id": user}, "payment_information": payment,
    });
    match lie {
        Lie::NoBookingId => booking["booking_id"] = json!(""),
        Lie::BooksAnotherTime => booking["slot"]["start_sec"] = json!("5"),
        Lie::BooksForAnother => booking["user_information"]["user_id"] = json!("somebody"),
        Lie::ForgetsPayment => booking["payment_information"] = json!(null),
        Lie::LeavesPending => booking["status"] = json!("PENDING_MERCHANT_CONFIRMATION"),
        _ => {}
    }
    let answer = json!({"booking": booking});
    books.bookings.insert(format!("bk_{number}"), booking);
    books.answers.insert(token, answer.clone());
    answer
}

fn update(lie: Lie, books: &mut Books, request: &Value) -> Option<Value> {
    let booking = books.bookings.get_mut(text(request, "/booking/booking_id"))?;
    if let Some(slot) = request["booking"].get("slot") {
        if lie != Lie::MovesNothing {
            booking["slot"] = slot.clone();
        }
        let mut answer = json!({"booking": booking});
        if lie == Lie::LosesStatusOnMove {
            answer["booking"]["status"] = json!(null);
        }
        return Some(answer);
    }
    assert_eq!(text(request, "/booking/status"), "CANCELED");
    if booking["status"] == "CANCELED" {
        let known = json!({"booking_failure": {"cause": "BOOKING_ALREADY_CANCELLED"}});
        return (lie != Lie::FailsSecondCancel).then_some(known);
    }
    match lie {
        Lie::NeverCancels => {}
        Lie::CancelsInWordsOnly => {
            let mut answer = json!({"booking": booking});
            answer["booking"]["status"] = json!("CANCELED");
            return Some(answer);
        }
        _ => booking["status"] = json!("CANCELED"),
    }
    if !text(booking, "/payment_information/payment_transaction_id").is_empty() {
        let said = if lie == Lie::ForgetsPaymentOnCancel { "PREPAYMENT_NOT_PROVIDED" } else { "PREPAYMENT_REFUNDED" };
        booking["payment_information"]["prepayment_status"] = json!(said);
    }
    Some(json!({"booking": booking}))
}

fn status(lie: Lie, books: &Books, request: &Value) -> Value {
    let id = text(request, "/booking_id");
    let booking = books.bookings.get(id);
    let status = booking.map_or("", |booking| text(booking, "/status"));
    let paid = booking.map(|booking| booking["payment_information"]["prepayment_status"].clone());
    json!({
        "booking_id": id,
        "booking_status": if lie == Lie::WrongStatus { "NO_SHOW" } else { status },
        "prepayment_status": match (lie, paid) {
            (Lie::SaysPaid, _) => json!("PREPAYMENT_PROVIDED"),
            (Lie::ForgetsStatusOfPayment, _) | (_, None) => json!("PREPAYMENT_NOT_PROVIDED"),
            (_, Some(paid)) => paid,
        },
    })
}

fn list(lie: Lie, books: &Books, request: &Value) -> Value {
    let user = text(request, "/user_id");
    let of_user = |booking: &&Value| text(booking, "/user_information/user_id") == user;
    let mut bookings: Vec<Value> = books.bookings.values().filter(of_user).cloned().collect();
    match lie {
        Lie::ListsTooFew => bookings.truncate(1),
        Lie::ListsTwice => bookings.extend_from_within(..1),
        Lie::ListsStrangers => bookings.push(json!({"booking_id": "bk_999", "user_information": {"user_id": "x"}})),
        _ => {}
    }
    json!({"bookings": bookings})
}
