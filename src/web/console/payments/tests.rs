//! One payment's page, drawn from histories that hold everything: hostile texts, every event, every standing.

use std::sync::Arc;

use maud::Markup;

use super::dossier::{Dossier, Past, folded};
use super::{acts, channels, money, outbox, summary, timeline};
use crate::domain::redirect_payment::{
    ClosedAs, Decline, Effect, Event, Flow, GoogleStart, Negative, Origin, Outcome, RawCode, Receipt, RedirectPayment,
    Refund, RefundDecline, RefundOrigin, RefundRefusal, RefundStanding, State, Terms,
};
use crate::domain::{
    Attention, Currency, IssuerId, Machine as _, Money, Piaid, RequestId, Role, Timestamp, TransactionId, UserName,
};
use crate::people::{Session, Stage};
use crate::storage::{Codec as _, JournalRow, OutboxKey, OutboxRow, Overview};
use crate::web::console::complaints::{Complaints, Form};
use crate::web::console::form::Fields;
use crate::web::console::signed::{At, Signed, Token};
use crate::web::console::words::Words;
use crate::web::locale::Locale;

const HOSTILE: [&str; 2] = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>"];

fn inr(micros: i64) -> Money {
    Money::new(micros, Currency::parse("INR").unwrap())
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_735_689_600_000 + ms)
}

fn bank() -> IssuerId {
    IssuerId::parse("BANK_A").unwrap()
}

fn id() -> TransactionId {
    TransactionId::parse("01930d2c-7a44-8000-8000-0123456789ab").unwrap()
}

fn terms(description: &str) -> Terms {
    Terms {
        id: id(),
        origin: Origin::Google(GoogleStart {
            piaid: Piaid::parse("ExamplePay_INR").unwrap(),
            request_id: RequestId::parse("rq-0001").unwrap(),
            callback_url: "https://payments.google.com/return?payer=ada".into(),
            flow: Flow::Begin,
        }),
        amount: inr(109_900_000),
        description: description.into(),
        created_at: at(0),
        choose_by: at(1_800_000),
        link_expires: at(3_600_000),
    }
}

fn receipt(reference: &str) -> Receipt {
    Receipt { issuer: bank(), reference: reference.into(), amount: inr(109_900_000), at: at(60) }
}

fn refund(reference: &str, origin: RefundOrigin) -> Refund {
    Refund {
        number: 1,
        origin,
        reference: reference.into(),
        amount: inr(109_900_000),
        ordered_at: at(70),
        standing: RefundStanding::AtIssuer { asked: 0, next_ask: None },
        notified: false,
        contradicted: false,
    }
}

/// A payment to which everything happened; `text` wherever somebody else's text may stand.
fn events(text: &str) -> Vec<Event> {
    let user = UserName::parse(text).unwrap();
    let refusal = RefundRefusal { reason: RefundDecline::AccountClosed, raw: RawCode::new(text) };
    vec![
        Event::Started { terms: Arc::new(terms(text)), preselected: Some((bank(), 1)) },
        Event::SentToIssuer { issuer: bank(), deadline: at(1_800_000) },
        Event::IssuerAsked,
        Event::StillPending { next_ask: at(40) },
        Event::AmountDiffered { reported: inr(5), reference: text.into(), next_ask: at(45) },
        Event::Declined(Negative { decline: Decline::OverLimit(inr(7)), raw: RawCode::new(text) }),
        Event::Notified,
        Event::PaidAfterClose(receipt(text)),
        Event::PaidAgain(Receipt { amount: inr(3), ..receipt(text) }),
        Event::Contradicted { word: "declined", reference: text.into() },
        Event::DealtWith { about: Attention::PaidAfterClose, by: user.clone(), why: text.into() },
        Event::RefundOrdered(refund(text, RefundOrigin::House(Some(user)))),
        Event::RefundAsked { number: 1 },
        Event::RefundStillPending { number: 1, next_ask: at(90) },
        Event::RefundClosed { number: 1, standing: RefundStanding::Refused { refusal, at: at(95), moved: false } },
        Event::RefundContradicted { number: 1, moved: true },
        Event::RefundContradicted { number: 1, moved: false },
        Event::RefundNotified { number: 1 },
    ]
}

fn rows(events: &[Event]) -> Vec<JournalRow> {
    let row = |(seq, event): (i64, &Event)| JournalRow {
        seq,
        at: at(seq * 10),
        event: RedirectPayment::event_kind(event).to_owned(),
        payload: RedirectPayment::encode_event(event).unwrap(),
        hash: Vec::new(),
    };
    (1..).zip(events).map(row).collect()
}

fn dossier(events: &[Event], past: Option<Past>) -> Dossier {
    let moments = folded(rows(events)).unwrap();
    let state = moments.last().map(|moment| moment.after.clone()).unwrap();
    let text = "<script>alert(1)</script>".to_owned();
    Dossier {
        line: Overview {
            id: id(),
            kind: RedirectPayment::KIND.to_owned(),
            state: RedirectPayment::state_name(&state).to_owned(),
            account: "ExamplePay_INR".to_owned(),
            request_id: "rq-0001".to_owned(),
            issuer: Some("BANK_A".to_owned()),
            amount: inr(109_900_000),
            attention: None,
            version: 7,
            created_at: at(0),
            updated_at: at(0),
        },
        terms: state.terms().unwrap(),
        state,
        moments,
        later: 0,
        past,
        ledger: Vec::new(),
        outbox: vec![waiting(&Effect::RefundAtIssuer {
            refund: crate::domain::RefundId { payment: id(), number: 1 },
            issuer: bank(),
            reference: text,
            amount: inr(1),
            question: 0,
        })],
        answered: Vec::new(),
        faithful: true,
    }
}

fn waiting(effect: &Effect) -> OutboxRow {
    OutboxRow {
        key: OutboxKey { transaction: id(), number: 3 },
        kind: RedirectPayment::KIND.to_owned(),
        lane: "google".to_owned(),
        idempotency_key: RedirectPayment::idempotency_key(effect),
        payload: RedirectPayment::encode_effect(effect).unwrap(),
        attempts: 2,
        created_at: at(100),
        trying_since: at(100),
        last_error: Some("<script>alert(1)</script>".to_owned()),
        parked_at: Some(at(200)),
        due_at: at(300),
        leased: false,
        fresh: false,
    }
}

fn signed(role: Role, locale: Locale) -> Signed {
    let user = UserName::parse("ada").unwrap();
    let session = Session {
        user: user.clone(),
        role,
        stage: Stage::Full,
        id: [0; 32],
        created_at: at(0),
        expires_at: at(1),
        language: None,
        must_change_password: false,
        has_second_factor: true,
    };
    let at = At {
        words: Words::of(locale),
        path: "/console/payments/x".to_owned(),
        page: "/console/payments/x".to_owned(),
        query: String::new(),
        token: Token("token".to_owned()),
        unverified_mark: None,
    };
    Signed { user, role, at, session }
}

/// Everything but the frame.
fn whole(signed: &Signed, dossier: &Dossier) -> String {
    let words = signed.words();
    let (typed, fits) = (Fields::parse(b"at=%3Cscript%3Ealert(1)%3C/script%3E").unwrap(), Complaints::default());
    let mut form = Form::new(words, (&typed, &fits));
    let parts: Vec<Markup> = vec![
        summary::past(&mut form, dossier),
        summary::section(words, dossier),
        acts::section(signed, dossier, (at(1_000), &mut form)),
        channels::section(words, dossier),
        timeline::section(words, dossier),
        money::refunds(words, dossier),
        money::ledger(words, dossier),
        outbox::section(signed, dossier),
    ];
    parts.into_iter().map(Markup::into_string).collect()
}

#[test]
fn con_9_hostile_texts_of_issuers_people_and_google_stand_escaped() {
    for text in HOSTILE {
        for locale in [Locale::En, Locale::De] {
            for role in Role::ALL {
                let page = whole(&signed(role, locale), &dossier(&events(text), None));
                assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
                assert!(page.contains("&lt;"));
            }
        }
    }
}

#[test]
fn con_3_no_page_shows_where_the_payer_went_home_to() {
    let page = whole(&signed(Role::Admin, Locale::En), &dossier(&events("x"), None));
    assert!(!page.contains("payments.google.com") && !page.contains("payer=ada"), "{page}");
    assert!(page.contains("[redacted]"));
}

#[test]
fn con_3_every_event_of_the_journal_is_told_in_words_of_both_languages() {
    for locale in [Locale::En, Locale::De] {
        let page = timeline::section(Words::of(locale), &dossier(&events("x"), None)).into_string();
        // A sentence that is missing would stand there as its key, a name as its value.
        assert!(!page.contains("payment-event-"), "{page}");
        for bare in ["> · <bdi>issuer<", "· issuer-word<", "· to-issuer<", "· desk<", "· refund-word<", "over-limit"]
        {
            assert!(!page.contains(bare), "{bare}: {page}");
        }
        assert_eq!(page.matches("<li").count(), events("x").len());
    }
}

#[test]
fn con_3_every_state_and_reason_has_words() {
    for locale in [Locale::En, Locale::De] {
        let words = Words::of(locale);
        for state in super::STATES {
            assert!(words.knows("payment-state", state), "{state}");
        }
        for reason in [Attention::AmountDiffers, Attention::PaidAfterClose, Attention::Contradiction] {
            assert!(super::reason(reason.as_str()) == Some(reason));
            assert!(words.knows("payment-attention", reason.as_str()), "{reason:?}");
            assert!(words.knows("payment-attention-means", reason.as_str()), "{reason:?}");
        }
        for booked in [
            "payment",
            "payment after close",
            "payment taken again",
            "refund ordered",
            "refund done",
            "refund refused",
            "refund after refusal",
        ] {
            assert!(words.knows("payment-entry-reason", booked), "{booked}");
        }
    }
}

#[test]
fn con_3_the_channels_agree_and_say_so_when_they_do_not() {
    let negative = Negative { decline: Decline::Risk, raw: None };
    let start = Event::Started { terms: Arc::new(terms("x")), preselected: None };
    let declined = [start.clone(), Event::Declined(negative.clone())];
    let told = |outcome: Outcome| Effect::NotifyPaymentComplete {
        payment: id(),
        piaid: Piaid::parse("ExamplePay_INR").unwrap(),
        redirect_request_id: RequestId::parse("rq-0001").unwrap(),
        outcome,
        issuer: None,
    };
    let page = |events: &[Event], outbox: Vec<OutboxRow>| {
        let dossier = Dossier { outbox, ..dossier(events, None) };
        channels::section(Words::of(Locale::En), &dossier).into_string()
    };
    let waits = page(&declined, vec![waiting(&told(Outcome::Negative(negative)))]);
    assert!(waits.contains("All channels agree") && waits.contains("given up after a week"), "{waits}");
    let late =
        page(&[start.clone(), declined[1].clone(), Event::Notified, Event::PaidAfterClose(receipt("r"))], Vec::new());
    assert!(late.contains("All channels agree") && late.contains("received and acknowledged"), "{late}");
    assert!(late.matches("not paid").count() == 3, "what was said stays: {late}");
    let open = page(&[start], Vec::new());
    assert!(open.contains("All channels agree") && open.contains("nothing yet"), "{open}");
    let lie = page(&declined, vec![waiting(&told(Outcome::Success))]);
    assert!(lie.contains("do not agree") && !lie.contains("All channels agree"), "{lie}");
}

#[test]
fn con_3_a_past_state_is_the_journal_up_to_there() {
    let moments = folded(rows(&events("x"))).unwrap();
    let names: Vec<&str> = moments.iter().map(|moment| RedirectPayment::state_name(&moment.after)).collect();
    assert_eq!(names[..4], ["AwaitingIssuerChoice", "AtIssuer", "AtIssuer", "Pending"]);
    assert_eq!((names[5], names[7]), ("Declined", "PaidAfterClose"));
    let State::PaidAfterClose { closed_as, .. } = &moments[7].after else { panic!("{names:?}") };
    assert_eq!(*closed_as, ClosedAs::Declined);
}

#[test]
fn con_3_acts_are_offered_to_whom_they_belong_and_where_the_machine_takes_them() {
    let late = &events("x")[..8];
    let drawn = |role, events: &[Event]| {
        let (typed, fits) = (Fields::default(), Complaints::default());
        let mut form = Form::new(Words::of(Locale::En), (&typed, &fits));
        acts::section(&signed(role, Locale::En), &dossier(events, None), (at(1_000), &mut form)).into_string()
    };
    let offered = |role| drawn(role, late);
    for role in [Role::Finance, Role::Admin] {
        let page = offered(role);
        assert!(page.contains("/give-back\"") && page.contains("/dealt-with\""), "{page}");
        assert!(page.contains("name=\"version\" value=\"7\""));
    }
    for role in [Role::Viewer, Role::Operator] {
        let page = offered(role);
        assert!(!page.contains("<form"), "{page}");
    }
    let pending = &events("x")[..4];
    let asks = |role| drawn(role, pending);
    assert!(asks(Role::Operator).contains("/ask\"") && !asks(Role::Finance).contains("/ask\""));
}
