//! Bookings made from numbers: all of them fixed for the stored samples, or thrown for the properties.

use std::sync::Arc;

use roundtrip::domain::booking::{
    Agreement, Booked, BookingStatus, Cancelled, Canceller, Challenge, Challenged, Charge, Collecting, Dispute,
    DisputeStanding, Effect, Event, Failed, Failure, FailureCause, Fee, Guest, Later, Means, Notice, PackUse, Past,
    Paying, PrepaymentStatus, Receipt, Refund, RefundStanding, Reply, Resumed, SealedCard, State, Unclaimed, View, Why,
};
use roundtrip::domain::catalog::{
    Activation, CardNetwork, ConfirmationMode, Deposit, DepositDue, Interval, MerchantId, NoShowFee, OptionKind,
    PaymentOption, PaymentOptionId, PriceType, ServiceId, SlotId, SlotKey, TaxRate, Terms,
};
use roundtrip::domain::{Currency, Money, Timestamp, TransactionId, UserName};
use uuid::Uuid;

use super::fixture::NOW;

/// Numbers in a row, again and again; or none, and everything is as in the stored samples.
pub(super) struct Dice {
    numbers: Vec<u64>,
    next: usize,
}

impl Dice {
    pub(super) fn fixed() -> Self {
        Self::new(Vec::new())
    }

    pub(super) fn new(numbers: Vec<u64>) -> Self {
        Self { numbers, next: 0 }
    }

    fn throw(&mut self) -> Option<u64> {
        let number = self.numbers.get(self.next % self.numbers.len().max(1)).copied();
        // A number thrown again is another one.
        let turn = (self.next / self.numbers.len().max(1)) as u64;
        self.next += 1;
        number.map(|number| number.wrapping_add(turn.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// One of so many; the first.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        self.throw().unwrap_or_default() % count
    }

    fn flag(&mut self, fixed: bool) -> bool {
        self.throw().map_or(fixed, |number| number % 2 == 1)
    }

    fn number(&mut self, fixed: u32) -> u32 {
        self.throw().map_or(fixed, |number| number as u32)
    }

    fn long(&mut self, fixed: i64) -> i64 {
        self.throw().map_or(fixed, |number| number as i64)
    }

    fn text(&mut self, fixed: &str) -> Arc<str> {
        const LETTERS: [&str; 6] = ["", "ä„“", "\"\\", "{}\n", "𝄞", "x"];
        match self.throw() {
            Some(number) => format!("{number}{}", LETTERS[(number % 6) as usize]).into(),
            None => fixed.into(),
        }
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag(true).then(|| make(self))
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    pub(super) fn time(&mut self) -> Timestamp {
        Timestamp::from_millis(self.long(NOW.as_millis()))
    }

    fn money(&mut self, fixed: i64) -> Money {
        let micros = self.long(fixed);
        Money::new(micros, Currency::parse(self.one(&["USD", "JPY", "KWD", "EUR"])).unwrap())
    }

    fn id(&mut self, fixed: u64) -> TransactionId {
        TransactionId::from_uuid(Uuid::from_u128(self.throw().unwrap_or(fixed).into()))
    }

    fn digest(&mut self) -> [u8; 32] {
        [self.throw().unwrap_or(7) as u8; 32]
    }

    fn user(&mut self) -> UserName {
        UserName::parse(&format!("finance {}", self.below(9))).unwrap()
    }

    fn price_type(&mut self, fixed: PriceType) -> PriceType {
        if self.flag(fixed == PriceType::PerPerson) { PriceType::PerPerson } else { PriceType::Fixed }
    }

    fn kind(&mut self) -> OptionKind {
        let sessions = self.number(5);
        self.one(&[OptionKind::MultiUse { sessions }, OptionKind::SingleUse, OptionKind::Unlimited])
    }

    fn interval(&mut self) -> Interval {
        Interval { start: self.time(), end: self.time() }
    }

    fn option_id(&mut self) -> PaymentOptionId {
        PaymentOptionId::parse(&format!("pack-{}", self.below(1_000))).unwrap()
    }

    fn option(&mut self) -> PaymentOption {
        PaymentOption {
            id: self.option_id(),
            name: self.text("Fünf Besuche"),
            price: self.money(600_000_000),
            tax_rate: self.maybe(|dice| TaxRate(dice.number(6_750_000))),
            kind: self.kind(),
            purchase_interval: self.maybe(Self::interval),
            valid_interval: self.maybe(Self::interval),
            valid_duration_s: self.maybe(|dice| dice.long(86_400)),
            activation: self.one(&[Activation::OnFirstUse, Activation::OnPurchase]),
            new_to_merchant: self.flag(true),
            new_to_option: self.flag(false),
        }
    }

    fn terms(&mut self) -> Terms {
        let deposit = |dice: &mut Self| DepositDue {
            deposit: Deposit {
                amount: dice.money(25_000_000),
                refund_before_s: dice.long(14_400),
                price_type: dice.price_type(PriceType::PerPerson),
            },
            charged_from_s: dice.throw().map(|number| number as i64),
        };
        let fee = |dice: &mut Self| NoShowFee {
            amount: dice.money(25_000_000),
            price_type: dice.price_type(PriceType::Fixed),
        };
        Terms {
            price: self.maybe(|dice| dice.money(200_000_000)),
            tax: self.maybe(|dice| dice.money(13_500_000)),
            prepaid: self.flag(true),
            bought: self.maybe(Self::option).map(Box::new),
            deposit: self.maybe(deposit),
            no_show_fee: self.maybe(fee),
            card_required: self.flag(true),
            cancel_by_s: self.long(1_800_000_000),
            refund_by_s: self.long(1_800_000_001),
            party_size: self.maybe(|dice| dice.number(2)),
        }
    }

    fn pack(&mut self) -> PackUse {
        PackUse {
            id: self.text("upo-1"),
            option: self.option_id(),
            kind: self.kind(),
            original: self.number(5),
            before: self.number(4),
            bought: self.flag(false),
            valid_from_s: self.maybe(|dice| dice.long(1)),
            valid_until_s: self.maybe(|dice| dice.long(2)),
        }
    }

    pub(super) fn agreement(&mut self) -> Arc<Agreement> {
        let confirmation = self.one(&[ConfirmationMode::Synchronous, ConfirmationMode::Asynchronous]);
        let slot = SlotId {
            merchant: MerchantId::parse("spa-1 „Ü“").unwrap(),
            service: ServiceId::parse(&format!("full-{}", self.below(50))).unwrap(),
            start_s: self.long(1_800_003_600),
            duration_s: self.long(5_400),
            staff: self.maybe(|dice| dice.text("Ada")),
            room: self.maybe(|dice| dice.text("1")),
            party_size: self.maybe(|dice| dice.number(2)),
        };
        let guest = Guest {
            user_id: self.text("u-55"),
            name: self.text("Ada Okoro"),
            telephone: self.text("+14155550111"),
            email: self.maybe(|dice| dice.text("ada@example.com")),
            wish: self.maybe(|dice| dice.text("Fensterplatz\n")),
        };
        let networks = |dice: &mut Self| vec![CardNetwork::Visa, dice.one(&CardNetwork::ALL)];
        Arc::new(Agreement {
            id: self.id(7),
            slot,
            slot_key: SlotKey::from_uuid(self.id(8).as_uuid()),
            slot_echo: self.text("{\"merchant_id\":\"spa-1\"}"),
            confirmation,
            guest,
            terms: self.terms(),
            payment_echo: self.text("{}"),
            networks: self.maybe(networks),
            pack: self.maybe(Self::pack),
        })
    }

    pub(super) fn charge(&mut self) -> Charge {
        Charge { intent: self.text("pi_1"), amount: self.money(213_500_000) }
    }

    pub(super) fn refund_failed(&mut self) -> RefundStanding {
        RefundStanding::Failed { code: self.text("lost_or_stolen_card") }
    }

    fn refund_standing(&mut self) -> RefundStanding {
        match self.below(3) {
            0 => RefundStanding::Done { id: self.text("re_1") },
            1 => RefundStanding::InFlight,
            _ => self.refund_failed(),
        }
    }

    fn past(&mut self) -> Past {
        let refund = |dice: &mut Self| Refund {
            charge: dice.charge(),
            orphan: dice.flag(true),
            standing: dice.refund_standing(),
            tries: dice.number(1),
        };
        let refunds = (0..self.below(3)).map(|_| refund(self)).collect();
        let disputes = if self.flag(false) { vec![self.dispute()] } else { Vec::new() };
        Past { attempts: self.number(2), refunds, disputes }
    }

    pub(super) fn resumed(&mut self) -> Resumed {
        Resumed { first: self.id(9), attempt: self.number(1) }
    }

    fn means(&mut self) -> Means {
        match self.below(3) {
            0 => Means::Token(self.digest()),
            1 => Means::Challenge(self.text("pi_2")),
            _ => Means::Adopted(self.resumed()),
        }
    }

    fn failure(&mut self) -> Failure {
        Failure {
            cause: self.one(FailureCause::ALL),
            network: self.maybe(|dice| dice.one(&CardNetwork::ALL)),
            description: self.text("expired_card"),
            not_reached: self.flag(false),
        }
    }

    fn challenge(&mut self) -> Challenge {
        Challenge { acs_url: self.text("https://acs.example.com/c?x=1&y=2"), intent: self.text("pi_3") }
    }

    fn receipt(&mut self) -> Receipt {
        Receipt {
            transaction_id: self.text("pi_1"),
            charged: self.maybe(|dice| dice.money(213_500_000)),
            vault: self.maybe(|dice| SealedCard(dice.text("c2VhbGVk"))),
        }
    }

    fn cancelled(&mut self) -> Cancelled {
        let by = self.one(&[Canceller::Customer, Canceller::User, Canceller::Merchant]);
        Cancelled { by, late: self.flag(true), deposit_back: self.flag(false) }
    }

    fn dispute(&mut self) -> Dispute {
        let standing = self.one(&[DisputeStanding::Open, DisputeStanding::Won, DisputeStanding::Lost]);
        Dispute { id: self.text("dp_1"), amount: self.money(213_500_000), standing }
    }

    pub(super) fn booked(&mut self) -> Booked {
        let later = match self.below(4) {
            0 => Later::Nothing,
            1 => Later::Due { at: self.time(), number: self.number(1) },
            2 => Later::Charging { number: self.number(1) },
            _ => Later::GivenUp { code: self.text("expired_card") },
        };
        let fee = match self.below(4) {
            0 => Fee::Nothing,
            1 => Fee::Charging { number: self.number(1) },
            2 => Fee::Charged(self.charge()),
            _ => Fee::Declined { number: self.number(1), code: self.text("do_not_honor") },
        };
        Booked {
            agreement: self.agreement(),
            first: self.flag(false).then(|| self.agreement()),
            past: self.past(),
            status: self.one(BookingStatus::ALL),
            answered: self.one(BookingStatus::ALL),
            receipt: self.maybe(Self::receipt),
            charge: self.maybe(Self::charge),
            later,
            fee,
            cancelled: self.flag(false).then(|| self.cancelled()),
            disputes: vec![self.dispute()],
        }
    }

    pub(super) fn state(&mut self, kind: u64) -> State {
        match kind {
            0 => State::Unheard,
            1 => State::Paying(Box::new(Paying {
                agreement: self.agreement(),
                past: self.past(),
                means: self.means(),
                answer_by: self.time(),
            })),
            2 => State::Failed(Box::new(Failed {
                agreement: self.agreement(),
                past: self.past(),
                failure: self.failure(),
            })),
            3 => State::Challenged(Box::new(Challenged {
                agreement: self.agreement(),
                past: self.past(),
                challenge: self.challenge(),
                until: self.time(),
                token: self.flag(false).then(|| self.digest()),
                adopted_by: self.maybe(|dice| dice.id(9)),
            })),
            4 => State::Unclaimed(Box::new(Unclaimed {
                agreement: self.agreement(),
                past: self.past(),
                receipt: self.receipt(),
                until: self.time(),
            })),
            _ => State::Booked(Box::new(self.booked())),
        }
    }

    pub(super) fn event(&mut self, kind: u64) -> Event {
        let what = self.one(&[Collecting::Deposit, Collecting::Fee]);
        match kind {
            0 => Event::Booked { agreement: self.agreement() },
            1 => Event::Attempted { agreement: self.agreement(), means: self.means(), answer_by: self.time() },
            2 => Event::Paid(self.receipt()),
            3 => Event::PaidLate { receipt: self.receipt(), until: self.time() },
            4 => Event::Claimed,
            5 => Event::Expired,
            6 => Event::AttemptFailed(self.failure()),
            7 => Event::Challenged { challenge: self.challenge(), until: self.time() },
            8 => Event::Adopted { by: self.id(9) },
            9 => Event::ChallengeDropped,
            10 => Event::Abandoned { intent: self.text("pi_3"), charged: self.maybe(|dice| dice.money(5)) },
            11 => Event::Cancelled(self.cancelled()),
            12 => Event::Moved { agreement: self.agreement() },
            13 => Event::Accepted,
            14 => Event::DeclinedByMerchant,
            15 => Event::NoShow,
            16 => Event::Collecting { what, number: self.number(1) },
            17 => Event::Collected { what, charge: self.charge() },
            18 => {
                let (number, code, again) = (self.number(1), self.text("expired_card"), self.maybe(Self::time));
                Event::CollectingFailed { what, number, code, again }
            }
            19 => Event::RefundBegan { charge: self.charge(), orphan: self.flag(false), by: self.maybe(Self::user) },
            20 => Event::RefundRetried { number: self.number(1), by: self.user() },
            21 => Event::RefundStands { number: self.number(1), standing: self.refund_standing() },
            22 => Event::Disputed(self.dispute()),
            _ => Event::OrphanDisputed(self.dispute()),
        }
    }

    pub(super) fn effect(&mut self, kind: u64) -> Effect {
        let booking = self.id(7);
        match kind {
            0 => Effect::Pay { attempt: self.number(1), agreement: self.agreement(), means: self.means() },
            1 => Effect::Abandon { booking, intent: self.text("pi_3"), amount: self.maybe(|dice| dice.money(1)) },
            2 => Effect::Collect {
                booking,
                merchant: MerchantId::parse("spa-1").unwrap(),
                what: self.one(&[Collecting::Fee, Collecting::Deposit]),
                number: self.number(1),
                amount: self.money(25_000_000),
                card: SealedCard(self.text("c2VhbGVk")),
            },
            3 => Effect::Refund { booking, number: self.number(1), tries: self.number(2), charge: self.charge() },
            _ => {
                let number = self.number(1);
                Effect::Tell(Box::new(Notice {
                    booking,
                    merchant: MerchantId::parse("spa-1").unwrap(),
                    service: ServiceId::parse("full").unwrap(),
                    why: self.one(&[
                        Why::Penalized,
                        Why::Refunded { number, tries: 2 },
                        Why::RefundFailed { number, tries: 1 },
                        Why::NoShow,
                    ]),
                    status: self.one(BookingStatus::ALL),
                    prepayment: self.flag(false).then(|| (self.one(PrepaymentStatus::ALL), self.text("ch_88"))),
                }))
            }
        }
    }

    pub(super) fn reply(&mut self, kind: u64) -> Reply {
        match kind {
            0 => Reply::Created(Box::new(self.view())),
            1 => Reply::Stands(Box::new(self.view())),
            2 => Reply::Paying { attempt: self.number(1), answer_by: self.time() },
            3 => Reply::Unclaimed,
            4 => Reply::Failed(self.failure()),
            5 => Reply::Challenged { challenge: self.challenge(), attempt: self.number(1) },
            6 => Reply::Adopted { intent: self.text("pi_3") },
            _ => Reply::Nothing,
        }
    }

    fn view(&mut self) -> View {
        View {
            agreement: self.agreement(),
            status: self.one(BookingStatus::ALL),
            prepayment: self.one(PrepaymentStatus::ALL),
            refunding: self.number(2) == 1,
            transaction_id: self.maybe(|dice| dice.text("pi_1")),
            pack_left: self.maybe(|dice| dice.number(3)),
        }
    }
}
