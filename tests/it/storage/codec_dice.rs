//! Values of the redirect payment at random, for the codec's proofs.

use std::sync::Arc;

use proptest::option;
use proptest::prelude::*;
use roundtrip::domain::redirect_payment::*;
use roundtrip::domain::{
    Attention, Currency, IssuerId, Money, Piaid, RefundId, RequestId, Timestamp, TransactionId, UserName,
};
use uuid::Uuid;

use super::codec::refusals;

prop_compose! {
    fn any_time()(millis in any::<i64>()) -> Timestamp { Timestamp::from_millis(millis) }
}
prop_compose! {
    fn any_money()(micros in any::<i64>(), code in prop::sample::select(vec!["INR", "JPY", "KWD", "EUR"])) -> Money {
        Money::new(micros, Currency::parse(code).unwrap())
    }
}
prop_compose! {
    fn any_issuer()(name in "[a-zA-Z0-9:_.-]{1,100}") -> IssuerId { IssuerId::parse(&name).unwrap() }
}
prop_compose! {
    fn any_id()(id in any::<u128>()) -> TransactionId { TransactionId::from_uuid(Uuid::from_u128(id)) }
}
prop_compose! {
    fn any_request()(id in "[a-zA-Z0-9:_-]{1,100}") -> RequestId { RequestId::parse(&id).unwrap() }
}
prop_compose! {
    fn any_piaid()(name in "[a-zA-Z0-9:_.-]{1,100}") -> Piaid { Piaid::parse(&name).unwrap() }
}
prop_compose! {
    fn any_terms()(
        id in any_id(),
        piaid in any_piaid(),
        request_id in any_request(),
        amount in any_money(),
        description in any::<String>(),
        callback_url in any::<String>(),
        flow in prop_oneof![Just(Flow::Begin), Just(Flow::Generate)],
        times in (any_time(), any_time(), any_time()),
    ) -> Arc<Terms> {
        let (created_at, choose_by, link_expires) = times;
        Arc::new(Terms {
            id,
            origin: Origin::Google(GoogleStart { piaid, request_id, callback_url, flow }),
            amount, description, created_at, choose_by, link_expires,
        })
    }
}
prop_compose! {
    fn any_raw()(text in any::<String>()) -> Option<RawCode> { RawCode::new(&text) }
}
prop_compose! {
    fn any_negative()(decline in any_decline(), raw in any_raw()) -> Negative { Negative { decline, raw } }
}
prop_compose! {
    fn any_receipt()(issuer in any_issuer(), reference in any::<String>(), amount in any_money(), at in any_time())
        -> Receipt { Receipt { issuer, reference, amount, at } }
}
prop_compose! {
    fn any_closing()(
        terms in any_terms(),
        issuer in option::of(any_issuer()),
        negative in any_negative(),
        notified in any::<bool>(),
        difference in option::of(any_money()),
        dealt_with in any::<bool>(),
    ) -> Closing { Closing { terms, issuer, negative, notified, difference, dealt_with } }
}

fn any_decline() -> impl Strategy<Value = Decline> {
    prop_oneof![
        Just(Decline::InsufficientFunds),
        any_money().prop_map(Decline::OverLimit),
        option::of(any_money()).prop_map(Decline::UnderLimit),
        Just(Decline::CurrencyNotSupported),
        Just(Decline::Risk),
        Just(Decline::ByIssuer),
        Just(Decline::PayerLeft),
    ]
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Success), any_negative().prop_map(Outcome::Negative)]
}

fn any_preselection() -> impl Strategy<Value = Option<(IssuerId, i64)>> {
    option::of((any_issuer(), any::<i64>()))
}

fn any_closed_as() -> impl Strategy<Value = ClosedAs> {
    prop_oneof![Just(ClosedAs::Declined), Just(ClosedAs::Abandoned), Just(ClosedAs::Expired)]
}

pub(super) fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::Unstarted),
        (any_terms(), any_preselection())
            .prop_map(|(terms, preselected)| State::AwaitingIssuerChoice { terms, preselected }),
        (any_terms(), any_issuer(), option::of(any_time())).prop_map(|(terms, issuer, deadline)| State::AtIssuer {
            terms,
            issuer,
            deadline
        }),
        (
            any_terms(),
            any_issuer(),
            any_time(),
            option::of(any_time()),
            any::<u32>(),
            option::of(any_money()),
            any::<bool>()
        )
            .prop_map(|(terms, issuer, gives_up, next_ask, asked, difference, dealt_with)| State::Pending {
                terms,
                issuer,
                gives_up,
                next_ask,
                asked,
                difference,
                dealt_with
            }),
        (any_terms(), any_receipt(), any::<bool>(), any::<bool>(), any_receipts(), any_refunds(), any::<bool>())
            .prop_map(|(terms, receipt, notified, contradicted, further, refunds, dealt_with)| State::Paid {
                terms,
                receipt,
                notified,
                contradicted,
                further,
                refunds,
                dealt_with
            }),
        any_closing().prop_map(State::Declined),
        any_closing().prop_map(State::Abandoned),
        any_closing().prop_map(State::Expired),
        (any_closing(), any_closed_as(), any_receipt(), any_receipts(), any_refunds(), any::<bool>()).prop_map(
            |(closing, closed_as, receipt, further, refunds, dealt_with)| State::PaidAfterClose {
                closing,
                closed_as,
                receipt,
                further,
                refunds,
                dealt_with
            }
        ),
    ]
}

fn any_standing() -> impl Strategy<Value = RefundStanding> {
    let refusal = (prop::sample::select(refusals()), any_raw());
    prop_oneof![
        (any::<u32>(), option::of(any_time()))
            .prop_map(|(asked, next_ask)| RefundStanding::AtIssuer { asked, next_ask }),
        (option::of(any::<String>()), any_time())
            .prop_map(|(reference, at)| RefundStanding::Refunded { reference, at }),
        (refusal, any_time(), any::<bool>()).prop_map(|((refusal, raw), at, moved)| RefundStanding::Refused {
            refusal: RefundRefusal { raw, ..refusal },
            at,
            moved
        }),
    ]
}

prop_compose! {
    fn any_refund()(
        number in any::<u32>(),
        google in option::of(any_request()),
        reference in any::<String>(),
        amount in any_money(),
        ordered_at in any_time(),
        standing in any_standing(),
        notified in any::<bool>(),
        contradicted in any::<bool>(),
    ) -> Refund {
        let origin = google.map_or(RefundOrigin::House(None), RefundOrigin::Ordered);
        Refund { number, origin, reference, amount, ordered_at, standing, notified, contradicted }
    }
}

fn any_refunds() -> impl Strategy<Value = Refunds> {
    prop::collection::vec(any_refund(), 0..3).prop_map(Refunds::from_vec)
}

fn any_refund_id() -> impl Strategy<Value = RefundId> {
    (any_id(), 1..u32::MAX).prop_map(|(payment, number)| RefundId { payment, number })
}

fn any_receipts() -> impl Strategy<Value = Vec<Receipt>> {
    prop::collection::vec(any_receipt(), 0..3)
}

pub(super) fn any_event() -> impl Strategy<Value = Event> {
    let words =
        prop::sample::select(vec!["approved with another reference or amount", "declined", "cancelled", "pending"]);
    let reasons =
        prop::sample::select(vec![Attention::AmountDiffers, Attention::PaidAfterClose, Attention::Contradiction]);
    prop_oneof![
        (any_terms(), any_preselection()).prop_map(|(terms, preselected)| Event::Started { terms, preselected }),
        (any_issuer(), any_time()).prop_map(|(issuer, deadline)| Event::SentToIssuer { issuer, deadline }),
        Just(Event::IssuerAsked),
        any_time().prop_map(|next_ask| Event::StillPending { next_ask }),
        (any_money(), any::<String>(), any_time()).prop_map(|(reported, reference, next_ask)| Event::AmountDiffered {
            reported,
            reference,
            next_ask
        }),
        any_receipt().prop_map(Event::Paid),
        any_negative().prop_map(Event::Declined),
        any_negative().prop_map(Event::Abandoned),
        Just(Event::Expired),
        any_receipt().prop_map(Event::PaidAfterClose),
        any_receipt().prop_map(Event::PaidAgain),
        (words, any::<String>()).prop_map(|(word, reference)| Event::Contradicted { word, reference }),
        Just(Event::Notified),
        any_refund().prop_map(Event::RefundOrdered),
        (any::<u32>(), any_standing()).prop_map(|(number, standing)| Event::RefundClosed { number, standing }),
        (any::<u32>(), any_time()).prop_map(|(number, next_ask)| Event::RefundStillPending { number, next_ask }),
        (reasons, any::<String>()).prop_map(|(about, why)| {
            let by = UserName::parse("Ada").expect("a name");
            Event::DealtWith { about, by, why }
        }),
    ]
}

pub(super) fn any_effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        (any_id(), any_piaid(), any_request(), any_outcome(), option::of(any_issuer())).prop_map(
            |(payment, piaid, redirect_request_id, outcome, issuer)| Effect::NotifyPaymentComplete {
                payment,
                piaid,
                redirect_request_id,
                outcome,
                issuer
            }
        ),
        (any_id(), any_issuer(), any::<u32>()).prop_map(|(payment, issuer, number)| Effect::AskIssuerForStatus {
            payment,
            issuer,
            number
        }),
        (any_refund_id(), any_issuer(), any::<String>(), any_money(), any::<u32>()).prop_map(
            |(refund, issuer, reference, amount, question)| Effect::RefundAtIssuer {
                refund,
                issuer,
                reference,
                amount,
                question
            }
        ),
        (any_refund_id(), any_piaid(), any_request(), prop::sample::select(refusals())).prop_map(
            |(refund, piaid, refund_request_id, refusal)| Effect::NotifyRefundResult {
                refund,
                piaid,
                refund_request_id,
                result: RefundResult::Refused(refusal)
            }
        ),
    ]
}

pub(super) fn any_reply() -> impl Strategy<Value = Reply> {
    let stage =
        prop_oneof![
            Just(Stage::Choosing),
            (any_issuer(), any::<bool>(), option::of(any_time()))
                .prop_map(|(issuer, sent_now, until)| Stage::AtIssuer { issuer, sent_now, until }),
            (any_issuer(), any::<bool>()).prop_map(|(issuer, differs)| Stage::Undecided { issuer, differs }),
            (any_outcome(), option::of(any_issuer())).prop_map(|(outcome, issuer)| Stage::Closed { outcome, issuer }),
        ];
    let verdict = prop_oneof![Just(Verdict::Pending), any_outcome().prop_map(Verdict::Final)];
    prop_oneof![
        (any_terms(), stage).prop_map(|(terms, stage)| Reply::Standing(Standing { terms, stage })),
        Just(Reply::Noted),
        any::<String>().prop_map(Reply::Link),
        any_negative().prop_map(Reply::Refused),
        (verdict, option::of(any_issuer())).prop_map(|(verdict, issuer)| Reply::Status(verdict, issuer)),
    ]
}
