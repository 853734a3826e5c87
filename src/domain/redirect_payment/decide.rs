//! The whole machine in one `match (state, input)`. Every pair is listed; each arm cites its rule.

use std::sync::Arc;

use super::RedirectPayment;
use super::apply::apply;
use super::desk;
use super::outcome::{Decline, IssuerReport, IssuerWord, Negative, Receipt, Verdict};
use super::refund;
use super::state::{
    Closing, Effect, Event, Flow, Input, InvoiceAttempt, Opening, Origin, Rejection, Reply, Start, State, Terms,
};
use crate::domain::{
    Account, Decision, IssuerId, LedgerEntry, Money, Record, Remittable, RemittableKind, RemittableStanding, Timestamp,
};

type Verdicts = Result<Decision<RedirectPayment>, Rejection>;

/// The first question while pending comes after this; each further interval doubles (contract section 5).
const FIRST_ASK_MS: i64 = 5_000;
/// The longest interval between two questions.
const LONGEST_ASK_MS: i64 = 3_600_000;

pub(super) fn decide(state: &State, input: &Input, now: Timestamp) -> Verdicts {
    match (state, input) {
        // contract 7: the clock window refuses only what would start a payment.
        (State::Unstarted, Input::Start(start)) if start.stale => Err(Rejection::Stale),
        // API 3.9: an issuer that the account does not have is an unknown identifier. Only a start looks at it, so that a
        // replay is answered as before even if the account's list has changed (flows-security 8.3).
        (State::Unstarted, Input::Start(start)) if start.opening == Opening::NotOffered => Err(Rejection::NotOffered),
        // API 2 (flows A and B): the start request's id is the payment.
        (State::Unstarted, Input::Start(start)) => Ok(begin(start, now)),
        // API 7.1: never a second payment; the request log knows whether this is the same request.
        (
            State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Paid { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_)
            | State::PaidAfterClose { .. },
            Input::Start(_),
        ) => Err(Rejection::AlreadyStarted),
        // API 5.1: an echo proves the way and the keys; its request id is remembered like any other.
        (_any, Input::Echo) => Ok(Decision::answer(Reply::Noted)),

        // API 5.3: an unknown redirectRequestId is an invalid identifier; a page of nothing is nothing.
        (
            State::Unstarted,
            Input::Visit
            | Input::Choose { .. }
            | Input::Cancel
            | Input::Report(_)
            | Input::NeverSeen { .. }
            | Input::DeadlineReached
            | Input::AskStatus
            | Input::NotificationAccepted
            | Input::Refund(_)
            | Input::RefundReport(_)
            | Input::RefundResultAccepted { .. }
            | Input::GiveBack { .. }
            | Input::LeaveToPerson
            | Input::AskNow
            | Input::DealtWith { .. },
        ) => Err(Rejection::Unknown),

        // C3 answers from the same state as C1 and C2 (checklist CMP-6).
        (known, Input::AskStatus) => {
            let issuer = known.issuer();
            Ok(Decision::answer(Reply::Status(known.verdict(), issuer)))
        }

        // contract 3: a visit with a preselected issuer goes straight on to it.
        (State::AwaitingIssuerChoice { terms, preselected: Some((issuer, timeout_ms)) }, Input::Visit) => {
            if terms.choose_by <= now {
                return Ok(close(state, Event::Expired));
            }
            Ok(send_to_issuer(state, issuer, *timeout_ms, now))
        }
        (State::AwaitingIssuerChoice { terms, .. }, Input::Choose { issuer, timeout_ms }) => {
            if terms.choose_by <= now {
                // The sweeper has not come by yet, but the time to choose is over.
                return Ok(close(state, Event::Expired));
            }
            Ok(send_to_issuer(state, issuer, *timeout_ms, now))
        }
        // flows-security 5.3: reload, back button and second tab resume the same session, or go home with the outcome.
        (
            State::AwaitingIssuerChoice { preselected: None, .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Paid { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_)
            | State::PaidAfterClose { .. },
            Input::Visit,
        )
        // A second choice never opens a second way to pay: the first issuer may already hold the money.
        | (
            State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Paid { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_)
            | State::PaidAfterClose { .. },
            Input::Choose { .. },
        )
        // A payment that the issuer is deciding, or that is over, cannot be cancelled any more.
        | (
            State::Pending { .. }
            | State::Paid { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_)
            | State::PaidAfterClose { .. },
            Input::Cancel,
        ) => stands(state),

        // flows-security 5.3: when we can tell that the payer left, Google learns it at once.
        (State::AwaitingIssuerChoice { .. } | State::AtIssuer { .. }, Input::Cancel) => {
            Ok(close(state, Event::Abandoned(Negative::payer_left())))
        }

        // An issuer speaks only of payments that were sent to it.
        (State::AwaitingIssuerChoice { .. }, Input::Report(_) | Input::NeverSeen { .. }) => Err(Rejection::NotThisIssuer),
        (
            State::AtIssuer { issuer, .. } | State::Pending { issuer, .. },
            Input::Report(IssuerReport { issuer: speaker, .. }) | Input::NeverSeen { issuer: speaker },
        ) if issuer != speaker => Err(Rejection::NotThisIssuer),
        (
            State::Paid { receipt: Receipt { issuer, .. }, .. },
            Input::Report(IssuerReport { issuer: speaker, .. }) | Input::NeverSeen { issuer: speaker },
        ) if issuer != speaker => Err(Rejection::NotThisIssuer),
        (
            State::Declined(Closing { issuer, .. })
            | State::Abandoned(Closing { issuer, .. })
            | State::Expired(Closing { issuer, .. })
            | State::PaidAfterClose { closing: Closing { issuer, .. }, .. },
            Input::Report(IssuerReport { issuer: speaker, .. }) | Input::NeverSeen { issuer: speaker },
        ) if issuer.as_ref() != Some(speaker) => Err(Rejection::NotThisIssuer),

        // contract 5: a verified word of the issuer decides at once.
        (State::AtIssuer { terms, .. } | State::Pending { terms, .. }, Input::Report(report)) => {
            Ok(issuer_speaks(state, terms, report, now))
        }
        // flows-security 5.3: the issuer confirms after a reported negative outcome: do not flip, raise it.
        (
            State::Declined(closing) | State::Abandoned(closing) | State::Expired(closing),
            Input::Report(report @ IssuerReport { word: IssuerWord::Approved, .. }),
        ) => Ok(paid_after_close(state, closing, report, now)),
        // Money taken once more is booked and shown, each time once; what was said before is repeated, not changed.
        (
            State::PaidAfterClose { receipt, further, .. } | State::Paid { receipt, further, .. },
            Input::Report(report @ IssuerReport { word: IssuerWord::Approved, .. }),
        ) => {
            let known = std::iter::once(receipt)
                .chain(further)
                .any(|known| known.reference == report.reference && known.amount == report.amount);
            if known { stands(state) } else { Ok(paid_again(state, report, now)) }
        }
        // The issuer repeats, or agrees with, what is settled.
        (
            State::Declined(_) | State::Abandoned(_) | State::Expired(_) | State::PaidAfterClose { .. },
            Input::Report(IssuerReport {
                word: IssuerWord::Declined(_) | IssuerWord::Cancelled(_) | IssuerWord::Pending,
                ..
            }),
        ) => stands(state),
        // A terminal state never changes; a contradiction is an incident (flows-security 5.3), noted once.
        (State::Paid { contradicted, .. }, Input::Report(report)) => {
            // `pending` is an older, replayed return.
            if report.word == IssuerWord::Pending || *contradicted {
                stands(state)
            } else {
                Ok(contradiction(state, report))
            }
        }

        // contract 5: after the deadline a 404 ends the payment negatively; before it, it decides nothing. Where the
        // issuer has approved a differing amount, money may have moved: that is not for a 404 to end.
        (State::AtIssuer { deadline: None, .. }, Input::NeverSeen { .. }) => Ok(close(state, Event::Expired)),
        (State::AtIssuer { deadline: Some(_), .. }, Input::NeverSeen { .. }) => stands(state),
        (State::Pending { gives_up, difference: None, .. }, Input::NeverSeen { .. }) if *gives_up <= now => {
            Ok(close(state, Event::Expired))
        }
        (State::Pending { .. }, Input::NeverSeen { .. }) => {
            Ok(record(state, vec![Event::StillPending { next_ask: next_ask(state, now) }]))
        }
        (
            State::Paid { .. } | State::Declined(_) | State::Abandoned(_) | State::Expired(_) | State::PaidAfterClose { .. },
            Input::NeverSeen { .. },
        ) => stands(state),

        // The choice has run out.
        (State::AwaitingIssuerChoice { terms, .. }, Input::DeadlineReached) if terms.choose_by <= now => {
            Ok(close(state, Event::Expired))
        }
        // contract 5: at the deadline, and while pending on a schedule, the status decides.
        (State::AtIssuer { terms, issuer, deadline: Some(deadline) }, Input::DeadlineReached) if *deadline <= now => {
            Ok(ask_issuer(state, terms, issuer, 0))
        }
        (State::Pending { terms, issuer, next_ask: Some(due), asked, .. }, Input::DeadlineReached) if *due <= now => {
            Ok(ask_issuer(state, terms, issuer, asked.saturating_add(1)))
        }
        // contract 5: a refund is idempotent on our id, so asking again is asking how it stands.
        (paid @ (State::Paid { .. } | State::PaidAfterClose { .. }), Input::DeadlineReached) => {
            refund::ask_again(paid, now).map_or_else(|| stands(paid), Ok)
        }
        // Swept twice, on two nodes, or moved meanwhile.
        (
            State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_),
            Input::DeadlineReached,
        ) => stands(state),

        // C2 has arrived.
        (
            State::Paid { notified: false, .. }
            | State::Declined(Closing { notified: false, .. })
            | State::Abandoned(Closing { notified: false, .. })
            | State::Expired(Closing { notified: false, .. })
            | State::PaidAfterClose { closing: Closing { notified: false, .. }, .. },
            Input::NotificationAccepted,
        ) => Ok(record(state, vec![Event::Notified])),
        (
            State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Paid { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_)
            | State::PaidAfterClose { .. },
            Input::NotificationAccepted,
        ) => stands(state),

        // API 5.4: refunds only after success, and only of what Google was told is paid.
        (paid @ State::Paid { .. }, Input::Refund(order)) => refund::order(paid, order, now),
        (
            State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_)
            | State::PaidAfterClose { .. },
            Input::Refund(_),
        ) => Err(Rejection::NotPaid),
        // contract 5: the issuer's word about a refund, as an answer or as an event.
        (paid @ (State::Paid { .. } | State::PaidAfterClose { .. }), Input::RefundReport(report)) => {
            refund::report(paid, report, now)
        }
        (
            State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_),
            Input::RefundReport(_),
        ) => Err(Rejection::UnknownRefund),
        (paid @ (State::Paid { .. } | State::PaidAfterClose { .. }), Input::RefundResultAccepted { number }) => {
            refund::acknowledged(paid, *number).map_or_else(|| stands(paid), Ok)
        }
        // flows-security 5.3: money against a reported outcome goes back, by configuration or by a person.
        (paid @ (State::Paid { .. } | State::PaidAfterClose { .. }), Input::GiveBack { by }) => {
            refund::give_back(paid, by.as_ref(), now)
        }
        (
            State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_),
            Input::GiveBack { .. },
        ) => Err(Rejection::NothingToGiveBack),
        (
            State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_),
            Input::RefundResultAccepted { .. },
        )
        | (
            State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { .. }
            | State::Paid { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_)
            | State::PaidAfterClose { .. },
            Input::LeaveToPerson,
        ) => stands(state),

        // A person is not bound to the schedule, and decides what finance is done with.
        (known, Input::AskNow) => desk::ask_now(known, now),
        (known, Input::DealtWith { about, by, why }) => desk::dealt_with(known, *about, (by, why)),
    }
}

/// Nothing changes; the asker sees how it stands.
pub(super) fn stands(state: &State) -> Verdicts {
    state.standing(false).map(|standing| Decision::answer(Reply::Standing(standing))).ok_or(Rejection::Unknown)
}

fn begin(start: &Start, now: Timestamp) -> Decision<RedirectPayment> {
    let terms = Arc::new(start.terms.clone());
    let preselected = match &start.opening {
        Opening::Chosen { issuer, timeout_ms } => Some((issuer.clone(), *timeout_ms)),
        Opening::PayerChooses | Opening::NobodyCan(_) | Opening::NotOffered => None,
    };
    let started = Event::Started { terms: terms.clone(), preselected };
    // A payer who comes from an invoice comes with a browser, as in Google's first flow.
    let flow = terms.origin.google().map_or(Flow::Begin, |google| google.flow);
    let mut decision = match (&start.opening, flow) {
        // API 2: the issuer came with the browser: straight on (checklist BEG-2).
        (Opening::Chosen { issuer, timeout_ms }, Flow::Begin) => {
            let deadline = now.plus_millis(*timeout_ms);
            record(&State::Unstarted, vec![started, Event::SentToIssuer { issuer: issuer.clone(), deadline }])
        }
        (Opening::Chosen { .. }, Flow::Generate) | (Opening::PayerChooses, Flow::Begin | Flow::Generate) => {
            record(&State::Unstarted, vec![started])
        }
        (Opening::NotOffered, Flow::Begin | Flow::Generate) => record(&State::Unstarted, Vec::new()),
        (Opening::NobodyCan(negative), Flow::Begin | Flow::Generate) => {
            let opened = apply(State::Unstarted, &started);
            let mut decision = close(&opened, Event::Declined(negative.clone()));
            decision.events.insert(0, started);
            decision
        }
    };
    match (&start.opening, &start.link) {
        (Opening::NobodyCan(negative), Some(_)) => decision.reply = Reply::Refused(negative.clone()),
        (Opening::Chosen { .. } | Opening::PayerChooses, Some(link)) => decision.reply = Reply::Link(link.clone()),
        (Opening::Chosen { .. } | Opening::PayerChooses | Opening::NobodyCan(_), None) | (Opening::NotOffered, _) => {}
    }
    decision
}

/// Records `events` and answers with the standing they lead to.
pub(super) fn record(state: &State, events: Vec<Event>) -> Decision<RedirectPayment> {
    let sent_now = events.iter().any(|event| matches!(event, Event::SentToIssuer { .. }));
    let after = events.iter().fold(state.clone(), apply);
    let reply = match after.standing(sent_now) {
        Some(standing) => Reply::Standing(standing),
        None => Reply::Status(Verdict::Pending, None),
    };
    Decision { events, ..Decision::answer(reply) }
}

fn send_to_issuer(state: &State, issuer: &IssuerId, timeout_ms: i64, now: Timestamp) -> Decision<RedirectPayment> {
    let deadline = now.plus_millis(timeout_ms);
    record(state, vec![Event::SentToIssuer { issuer: issuer.clone(), deadline }])
}

/// Ends the payment with a final event and tells who started it, accepted and declined alike (checklist CMP-3).
fn close(state: &State, ending: Event) -> Decision<RedirectPayment> {
    let after = apply(state.clone(), &ending);
    let mut decision = record(state, vec![ending]);
    if let (Some(terms), Verdict::Final(outcome)) = (after.terms(), after.verdict()) {
        let (payment, issuer) = (terms.id, after.issuer());
        decision.effects.push(match &terms.origin {
            Origin::Google(google) => Effect::NotifyPaymentComplete {
                payment,
                piaid: google.piaid.clone(),
                redirect_request_id: google.request_id.clone(),
                outcome,
                issuer,
            },
            Origin::Invoice(InvoiceAttempt { invoice, attempt, .. }) => {
                Effect::TellInvoice { payment, invoice: *invoice, attempt: *attempt, outcome, issuer }
            }
        });
    }
    decision
}

fn issuer_speaks(state: &State, terms: &Terms, report: &IssuerReport, now: Timestamp) -> Decision<RedirectPayment> {
    match &report.word {
        // contract 5: a differing amount or currency is never a success; the payment stays open, finance looks.
        // The same difference again (a reload, another event) adds nothing and puts no question off.
        IssuerWord::Approved if state.difference() == Some(report.amount) => record(state, Vec::new()),
        IssuerWord::Approved if report.amount != terms.amount => record(
            state,
            vec![Event::AmountDiffered {
                reported: report.amount,
                reference: report.reference.clone(),
                next_ask: next_ask(state, now),
            }],
        ),
        IssuerWord::Approved => {
            let receipt = receipt(report, now);
            let mut decision = close(state, Event::Paid(receipt));
            // Google will list it on a statement, under the id of the start request.
            decision.records.extend(terms.origin.google().map(|google| {
                Record::Remittable(Remittable {
                    piaid: google.piaid.clone(),
                    request_id: google.request_id.clone(),
                    kind: RemittableKind::Capture,
                    payment: terms.id,
                    our_id: terms.id.to_string(),
                    issuer: report.issuer.clone(),
                    amount: terms.amount,
                    standing: RemittableStanding::Done,
                    at: now,
                })
            }));
            decision.entries = LedgerEntry::pair(
                Account::IssuerReceivable(report.issuer.clone()),
                terms.origin.owed_to(),
                terms.amount,
                "payment",
            );
            decision
        }
        IssuerWord::Declined(negative) => close(state, Event::Declined(in_terms(negative, terms))),
        IssuerWord::Cancelled(raw) => {
            close(state, Event::Abandoned(Negative { raw: raw.clone(), ..Negative::payer_left() }))
        }
        IssuerWord::Pending => match state {
            // A repeated `pending` while a question is already scheduled changes nothing.
            State::Pending { next_ask: Some(_), .. } => record(state, Vec::new()),
            State::Unstarted
            | State::AwaitingIssuerChoice { .. }
            | State::AtIssuer { .. }
            | State::Pending { next_ask: None, .. }
            | State::Paid { .. }
            | State::Declined(_)
            | State::Abandoned(_)
            | State::Expired(_)
            | State::PaidAfterClose { .. } => {
                record(state, vec![Event::StillPending { next_ask: next_ask(state, now) }])
            }
        },
    }
}

/// A limit is stated in the payment's currency (API sections 3.8 and 7.6), whatever the report was in.
fn in_terms(negative: &Negative, terms: &Terms) -> Negative {
    let restated = |limit: &Money| Money::new(limit.micros(), terms.amount.currency());
    let decline = match &negative.decline {
        Decline::OverLimit(limit) => Decline::OverLimit(restated(limit)),
        Decline::UnderLimit(limit) => Decline::UnderLimit(limit.as_ref().map(restated)),
        other @ (Decline::InsufficientFunds
        | Decline::CurrencyNotSupported
        | Decline::Risk
        | Decline::ByIssuer
        | Decline::PayerLeft) => other.clone(),
    };
    Negative { decline, raw: negative.raw.clone() }
}

fn paid_again(state: &State, report: &IssuerReport, now: Timestamp) -> Decision<RedirectPayment> {
    let mut decision = record(state, vec![Event::PaidAgain(receipt(report, now))]);
    decision.entries = LedgerEntry::pair(
        Account::IssuerReceivable(report.issuer.clone()),
        Account::Suspense,
        report.amount,
        "payment taken again",
    );
    consider_giving_back(&mut decision, state, 2);
    decision
}

/// Late money may go back by itself: the account's configuration knows (`paid_after_close`).
fn consider_giving_back(decision: &mut Decision<RedirectPayment>, state: &State, receipt: u32) {
    let further = match state {
        State::Paid { further, .. } | State::PaidAfterClose { further, .. } => further.len(),
        State::Unstarted
        | State::AwaitingIssuerChoice { .. }
        | State::AtIssuer { .. }
        | State::Pending { .. }
        | State::Declined(_)
        | State::Abandoned(_)
        | State::Expired(_) => 0,
    };
    if let Some(terms) = state.terms() {
        let receipt = receipt.saturating_add(u32::try_from(further).unwrap_or(u32::MAX));
        let piaid = terms.origin.google().map(|google| google.piaid.clone());
        decision.effects.push(Effect::ConsiderGivingBack { payment: terms.id, piaid, receipt });
    }
}

fn receipt(report: &IssuerReport, now: Timestamp) -> Receipt {
    Receipt { issuer: report.issuer.clone(), reference: report.reference.clone(), amount: report.amount, at: now }
}

fn paid_after_close(
    state: &State,
    closing: &Closing,
    report: &IssuerReport,
    now: Timestamp,
) -> Decision<RedirectPayment> {
    debug_assert_eq!(closing.issuer.as_ref(), Some(&report.issuer));
    let mut decision = record(state, vec![Event::PaidAfterClose(receipt(report, now))]);
    // The issuer owes it to us, and it is not Google's: suspense until it is refunded or decided.
    decision.entries = LedgerEntry::pair(
        Account::IssuerReceivable(report.issuer.clone()),
        Account::Suspense,
        report.amount,
        "payment after close",
    );
    consider_giving_back(&mut decision, state, 1);
    decision
}

fn contradiction(state: &State, report: &IssuerReport) -> Decision<RedirectPayment> {
    let word = match &report.word {
        IssuerWord::Approved => "approved with another reference or amount",
        IssuerWord::Declined(_) => "declined",
        IssuerWord::Cancelled(_) => "cancelled",
        IssuerWord::Pending => "pending",
    };
    record(state, vec![Event::Contradicted { word, reference: report.reference.clone() }])
}

pub(super) fn ask_issuer(state: &State, terms: &Terms, issuer: &IssuerId, number: u32) -> Decision<RedirectPayment> {
    let mut decision = record(state, vec![Event::IssuerAsked]);
    decision.effects.push(Effect::AskIssuerForStatus { payment: terms.id, issuer: issuer.clone(), number });
    decision
}

/// When the issuer is asked next: growing intervals, and in any case at the payment's deadline.
fn next_ask(state: &State, now: Timestamp) -> Timestamp {
    let (asked, gives_up) = match state {
        State::Pending { asked, gives_up, .. } => (*asked, Some(*gives_up)),
        State::AtIssuer { deadline, .. } => (0, *deadline),
        State::Unstarted
        | State::AwaitingIssuerChoice { .. }
        | State::Paid { .. }
        | State::Declined(_)
        | State::Abandoned(_)
        | State::Expired(_)
        | State::PaidAfterClose { .. } => (0, None),
    };
    let interval = FIRST_ASK_MS.saturating_mul(1_i64 << asked.min(20)).min(LONGEST_ASK_MS);
    let next = now.plus_millis(interval);
    match gives_up {
        Some(at) if at > now && at < next => at,
        Some(_) | None => next,
    }
}
