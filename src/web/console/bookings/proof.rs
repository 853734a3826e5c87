//! What the pages of bookings promise: figures before a button are the machine's own, notifications are those that it asked
//! for, and what guests and merchants wrote is never markup.

use std::sync::Arc;

use super::google::{asked, key};
use super::preview::{Follows, cancelling, preview, read, refundable, written};
use super::{show, timeline};
use crate::domain::booking::{
    Agreement, Booked, Booking, BookingStatus, Canceller, Collected, Collecting, Effect, Event, Failure, FailureCause,
    Guest, Input, Outcome, Receipt, RefundStanding, Request, SealedCard, State, Stated,
};
use crate::domain::catalog::{
    ConfirmationMode, Deposit, DepositDue, MerchantId, NoShowFee, PriceType, ServiceId, SlotId, SlotKey, Terms,
};
use crate::domain::{Currency, Machine as _, Money, Timestamp, TransactionId, UserName};
use crate::storage::Catalog;
use crate::web::console::words::Words;
use crate::web::locale::Locale;

const HOSTILE: &str = "\"><img src=x onerror=alert(1)><script>alert(1)</script>";
const START_S: i64 = 1_900_000_000;
const DAY_S: i64 = 86_400;

fn usd(micros: i64) -> Money {
    Money::new(micros, Currency::parse("USD").unwrap())
}

/// A deposit of 25 that goes back until an hour before, a fee of 40, online cancellation until four hours before.
fn agreement() -> Agreement {
    let deposit = Deposit { amount: usd(25_000_000), refund_before_s: 3_600, price_type: PriceType::Fixed };
    Agreement {
        id: TransactionId::from_uuid(uuid::Uuid::from_u128(7)),
        slot: SlotId {
            merchant: MerchantId::parse(HOSTILE).unwrap(),
            service: ServiceId::parse(HOSTILE).unwrap(),
            start_s: START_S,
            duration_s: 5_400,
            staff: Some(HOSTILE.into()),
            room: None,
            party_size: None,
        },
        slot_key: SlotKey::from_uuid(uuid::Uuid::from_u128(1)),
        slot_echo: "{}".into(),
        confirmation: ConfirmationMode::Synchronous,
        guest: Guest {
            user_id: HOSTILE.into(),
            name: HOSTILE.into(),
            telephone: "+1 555 0100".into(),
            email: Some(HOSTILE.into()),
            wish: Some(HOSTILE.into()),
        },
        terms: Terms {
            price: Some(usd(200_000_000)),
            tax: None,
            prepaid: false,
            bought: None,
            deposit: Some(DepositDue { deposit, charged_from_s: None }),
            no_show_fee: Some(NoShowFee { amount: usd(40_000_000), price_type: PriceType::Fixed }),
            card_required: false,
            cancel_by_s: START_S - 14_400,
            refund_by_s: START_S - 3_600,
            party_size: None,
        },
        payment_echo: "{}".into(),
        networks: None,
        pack: None,
    }
}

/// A history: what was decided, and which notifications were asked for.
#[derive(Default)]
struct History {
    state: State,
    journal: Vec<(Timestamp, Event)>,
    told: Vec<String>,
}

impl History {
    fn booked() -> Self {
        let mut history = Self::default();
        let request = Request {
            agreement: Arc::new(agreement()),
            stated: Stated::default(),
            token: Some([1; 32]),
            chargeable: true,
            resumes: None,
            answer_by: at(-7 * DAY_S).plus_millis(2_500),
            opens_s: None,
            closes_s: START_S,
        };
        history.tell(&Input::Create(Box::new(request)), at(-7 * DAY_S));
        let receipt = Receipt {
            transaction_id: "pi_1".into(),
            charged: Some(usd(25_000_000)),
            vault: Some(SealedCard("sealed".into())),
        };
        history.tell(&Input::Paid { attempt: 1, outcome: Outcome::Succeeded(receipt) }, at(-7 * DAY_S));
        assert!(matches!(&history.state, State::Booked(booked) if has_charge(booked)));
        history
    }

    fn tell(&mut self, input: &Input, now: Timestamp) {
        let decision = Booking::decide(&self.state, input, now).unwrap();
        for event in decision.events {
            self.state = Booking::apply(std::mem::take(&mut self.state), &event);
            self.journal.push((now, event));
        }
        let tells = decision.effects.iter().filter(|effect| matches!(effect, Effect::Tell(_)));
        self.told.extend(tells.map(Booking::idempotency_key));
    }

    /// The notifications that the page says were asked for.
    fn shown(&self) -> Vec<String> {
        asked(&self.journal).iter().filter_map(|asked| key(&self.state, asked.why)).collect()
    }
}

fn has_charge(booked: &Booked) -> bool {
    booked.charge.as_ref().is_some_and(|charge| charge.amount == usd(25_000_000))
}

/// So many seconds after the slot begins.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(START_S + seconds)
}

#[test]
fn con_5_what_a_cancellation_gives_back_stands_before_its_button() {
    let state = History::booked().state;
    let (back, stays, google) =
        (Follows::GoesBack(usd(25_000_000)), Follows::Stays(usd(25_000_000)), Follows::Google(BookingStatus::Canceled));
    let fee = Follows::FeePossible(usd(40_000_000));
    for (by, seconds, follows) in [
        (Canceller::Customer, -DAY_S, vec![back.clone(), google.clone()]),
        (Canceller::Customer, -7_200, vec![fee.clone(), back.clone(), google.clone()]),
        (Canceller::Customer, -60, vec![fee, stays, google.clone()]),
        (Canceller::Merchant, -60, vec![back.clone(), google.clone()]),
        (Canceller::Merchant, 60, vec![back, google]),
    ] {
        assert_eq!(cancelling(&state, by, at(seconds)), Some(follows), "{by:?} {seconds}");
    }
    assert_eq!(cancelling(&state, Canceller::Customer, at(60)), None, "it has begun");
}

#[test]
fn con_5_a_fee_stands_before_its_button_and_is_offered_once() {
    let mut history = History::booked();
    let absent = Input::NoShow { charge: true };
    assert!(preview(&history.state, &absent, at(-60)).is_err(), "it has not begun");
    assert_eq!(preview(&history.state, &absent, at(60)), Ok(Some(vec![Follows::Charged(usd(40_000_000))])));
    history.tell(&absent, at(60));
    assert_eq!(preview(&history.state, &absent, at(61)), Ok(None));
}

#[test]
fn con_5_only_charges_that_can_go_back_are_offered() {
    let fiona = UserName::parse("fiona").unwrap();
    let mut history = History::booked();
    assert_eq!(refundable(&history.state, &fiona, at(-DAY_S)).len(), 1);
    history.tell(&Input::GiveBack { charge: Some("pi_1".into()), by: fiona.clone() }, at(-DAY_S));
    assert!(refundable(&history.state, &fiona, at(-DAY_S)).is_empty(), "it is on its way");
    let failed = RefundStanding::Failed { code: "expired_or_canceled_card".into() };
    history.tell(&Input::Refunded { number: 1, tries: 1, standing: failed }, at(-DAY_S));
    assert_eq!(refundable(&history.state, &fiona, at(-DAY_S)).len(), 1, "a failed one is tried again");
}

#[test]
fn con_5_the_page_names_the_notifications_that_were_asked_for() {
    let fiona = UserName::parse("fiona").unwrap();
    let fee = |number, outcome| Input::Collected { what: Collecting::Fee, number, outcome };
    let refund = |standing| Input::Refunded { number: 1, tries: 1, standing };
    let done = RefundStanding::Done { id: "re_1".into() };
    let failed = RefundStanding::Failed { code: "lost_or_stolen_card".into() };
    let histories: [Vec<(Input, i64)>; 6] = [
        vec![(Input::Cancel { by: Canceller::Merchant }, -DAY_S), (refund(done.clone()), -DAY_S)],
        vec![(Input::Cancel { by: Canceller::User }, -DAY_S), (refund(done.clone()), -DAY_S)],
        vec![(Input::NoShow { charge: false }, 60)],
        vec![(Input::NoShow { charge: true }, 60), (fee(1, Collected::Charged { intent: "pi_2".into() }), 61)],
        vec![
            (Input::NoShow { charge: true }, 60),
            (fee(1, Collected::Declined { code: "card_declined".into() }), 61),
            (Input::NoShow { charge: true }, 62),
            (fee(2, Collected::Charged { intent: "pi_2".into() }), 63),
        ],
        vec![(Input::GiveBack { charge: None, by: fiona }, -DAY_S), (refund(done), -DAY_S), (refund(failed), -DAY_S)],
    ];
    for inputs in histories {
        let mut history = History::booked();
        for (input, seconds) in &inputs {
            history.tell(input, at(*seconds));
        }
        assert!(!history.told.is_empty());
        assert_eq!(history.shown(), history.told, "{inputs:?}");
    }
}

#[test]
fn con_9_what_guests_and_merchants_wrote_is_never_markup_and_no_number_is_shown() {
    for words in [Words::of(Locale::En), Words::of(Locale::De)] {
        let page = show::about(words, &Catalog::default(), &agreement()).into_string();
        assert!(!page.contains("<img") && !page.contains("<script"), "{page}");
        assert_eq!(page.matches("&lt;img").count(), 7, "{page}");
        assert!(!page.contains("555"), "a telephone number is shown");
    }
}

#[test]
fn con_5_every_cause_of_a_failure_has_words() {
    for cause in FailureCause::ALL {
        for words in [Words::of(Locale::En), Words::of(Locale::De)] {
            assert!(words.knows("booking-failure", cause.as_str()), "{cause:?}");
            let failed = Event::AttemptFailed(Failure::new(*cause, ""));
            assert!(!timeline::said(words, &failed).text.contains(cause.as_str()));
        }
    }
}

#[test]
fn con_5_what_a_page_has_said_comes_back_as_it_was() {
    let mut all = vec![
        Follows::GoesBack(usd(25_000_000)),
        Follows::Stays(usd(1)),
        Follows::Charged(usd(40_000_000)),
        Follows::FeePossible(Money::new(5_000_000, Currency::parse("JPY").unwrap())),
        Follows::DepositDropped,
        Follows::PackReturned,
        Follows::PackWithdrawn,
    ];
    all.extend(BookingStatus::ALL.iter().copied().map(Follows::Google));
    assert_eq!(read(&written(&all)), Some(all));
    assert_eq!(read(&written(&[])), Some(Vec::new()));
    for unread in ["goes-back", "goes-back:1", "goes-back:x:USD", "goes-back:1:usd", "google:LATE", "whim", HOSTILE] {
        assert_eq!(read(unread), None, "{unread}");
    }
}
