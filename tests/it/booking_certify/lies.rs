//! The runner against servers of the test's own.

use super::run;
use super::server::Lie;

#[tokio::test]
async fn bk_10_2_an_honest_server_passes_with_the_lines_of_googles_own_client() {
    let run = run(Lie::None).await;
    assert!(run.passed);
    assert_eq!(
        run.lines,
        [
            "HealthCheck Succeeded.",
            "Authentication Succeeded.",
            "CheckAvailability Errors: 0 out of 6.",
            "BatchAvailabilityLookup Succeeded.",
            "CreateBooking Errors: 0 out of 6.",
            "Spots Errors: 0 out of 6.",
            "ListBookings Succeeded.",
            "GetBookingStatus Errors: 0 out of 6.",
            "Duplicates Succeeded.",
            "CancelBooking Errors: 0 out of 6.",
            "Retry Succeeded.",
            "Rescheduling Succeeded.",
            "Payments Skipped: no payment token is given.",
            "All Tests Pass!",
        ]
    );
}

/// Each lie, the step that must fail by it, and what is said.
const FOUND: &[(Lie, &str, &str)] = &[
    (Lie::Unhealthy, "HealthCheck Failed.", "HealthCheck: HTTP 503, expected 200"),
    (Lie::OpenToAll, "Authentication Failed.", "HealthCheck: HTTP 200, expected 401"),
    (Lie::PlainText, "CheckAvailability Errors: 6 out of 6.", "\"text/plain\", not application/json"),
    (Lie::BrokenJson, "CheckAvailability Errors: 6 out of 6.", "no strict JSON: trailing characters"),
    (Lie::MemberTwice, "CheckAvailability Errors: 6 out of 6.", "the member \"slot\" stands twice"),
    (
        Lie::UnknownMember,
        "CheckAvailability Errors: 6 out of 6.",
        "\"debug\" is no field of CHECK_AVAILABILITY_RESPONSE",
    ),
    (Lie::ChecksAnotherSlot, "CheckAvailability Errors: 6 out of 6.", "slot.start_sec is \"5\", expected"),
    (Lie::AddsToTheSlot, "CheckAvailability Errors: 6 out of 6.", "slot.resources is {}, expected absent"),
    (Lie::NothingOpen, "CheckAvailability Errors: 6 out of 6.", "count_available is 0"),
    (Lie::LooksUpOnce, "BatchAvailabilityLookup Failed.", "6 answers to 7 entries"),
    (Lie::LooksUpBackwards, "BatchAvailabilityLookup Failed.", "slot_time."),
    (Lie::LooksUpClosed, "BatchAvailabilityLookup Failed.", "available is false"),
    (Lie::RefusesBookings, "CreateBooking Errors: 6 out of 6.", "booking_failure: \"PAYMENT_ERROR\""),
    (Lie::ErrorsOnBooking, "CreateBooking Errors: 6 out of 6.", "HTTP 500: oops"),
    (Lie::NoBookingId, "CreateBooking Errors: 6 out of 6.", "booking_id is absent"),
    (Lie::SameBookingId, "CreateBooking Errors: 5 out of 6.", "booking_id bk_1 is an earlier booking's"),
    (Lie::BooksAnotherTime, "CreateBooking Errors: 6 out of 6.", "slot.start_sec is \"5\", expected"),
    (Lie::BooksForAnother, "CreateBooking Errors: 6 out of 6.", "user_information.user_id is \"somebody\", expected"),
    (Lie::ForgetsPayment, "CreateBooking Errors: 6 out of 6.", "payment_information is absent, expected"),
    (Lie::LeavesPending, "CreateBooking Errors: 6 out of 6.", "status is \"PENDING_MERCHANT_CONFIRMATION\", expected"),
    (Lie::BooksTwice, "CreateBooking Errors: 6 out of 6.", "the same request again: booking.booking_id is"),
    (
        Lie::ChangesOnRepeat,
        "CreateBooking Errors: 6 out of 6.",
        "the same request again: booking.user_information.email",
    ),
    (Lie::ForgetsTokens, "Duplicates Failed.", "with another token: the answer is the earlier booking bk_1"),
    (Lie::CountsNothing, "Spots Errors: 6 out of 6.", "count_available was 2, is 2 with a booking more"),
    (Lie::ListsTooFew, "ListBookings Failed.", "is listed 0 times"),
    (Lie::ListsTwice, "ListBookings Failed.", "bk_1 is listed 2 times"),
    (Lie::ListsStrangers, "ListBookings Failed.", "\"bk_999\" is not this user's"),
    (Lie::WrongStatus, "GetBookingStatus Errors: 6 out of 6.", "booking_status is \"NO_SHOW\", expected \"CONFIRMED\""),
    (Lie::SaysPaid, "GetBookingStatus Errors: 6 out of 6.", "but nothing was paid"),
    (Lie::NeverCancels, "CancelBooking Errors: 6 out of 6.", "status is \"CONFIRMED\", expected \"CANCELED\""),
    (Lie::CancelsInWordsOnly, "CancelBooking Errors: 6 out of 6.", "GetBookingStatus afterwards: booking_status is"),
    (Lie::FailsSecondCancel, "CancelBooking Errors: 1 out of 6.", "the same again: HTTP 500"),
    (Lie::StickyFailure, "Retry Failed.", "after it had failed: booking_failure: \"OVERLAPPING_RESERVATION\""),
    (Lie::MovesNothing, "Rescheduling Failed.", "slot."),
    (Lie::LosesStatusOnMove, "Rescheduling Failed.", "status is absent, expected \"CONFIRMED\""),
];

#[tokio::test]
async fn bk_10_3_every_lie_is_found_and_named() {
    for (lie, step, said) in FOUND {
        let run = run(*lie).await;
        assert!(!run.passed, "{lie:?} passed");
        assert_eq!(run.lines.last().unwrap(), "Some Tests Failed.", "{lie:?}");
        let fails = run.lines.iter().position(|line| line == step);
        let fails = fails.unwrap_or_else(|| panic!("{lie:?}: {step} is not in {:#?}", run.lines));
        // The errors stand before the step's own line.
        let errors = run.lines[..fails].iter().rev().take_while(|line| line.starts_with("  "));
        assert!(errors.clone().any(|line| line.contains(said)), "{lie:?}: {said} is not in {:#?}", run.lines);
    }
}
