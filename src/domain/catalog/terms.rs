//! What a booking of a slot costs, and until when it can be undone (google-booking-server section 7.6).

use super::{
    CardRequirement, ChargeTiming, Deposit, Merchant, NoShowFee, OptionKind, PaymentOption, PaymentOptionId,
    Prepayment, Service, SlotOffer,
};
use crate::domain::Money;

/// The effective payment terms of a slot, frozen into the booking as agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Price of the service or of the option; `None`: free, or stated nowhere.
    pub price: Option<Money>,
    /// Tax on the price; `None`: included or exempt.
    pub tax: Option<Money>,
    /// Price and tax are charged in full inside CreateBooking (section 6.4).
    pub prepaid: bool,
    /// The option that the request buys.
    pub bought: Option<Box<PaymentOption>>,
    /// A deposit, and when it is charged. None beside a full prepayment, which covers it.
    pub deposit: Option<DepositDue>,
    /// What a no-show or a late cancellation may cost.
    pub no_show_fee: Option<NoShowFee>,
    /// A card is needed even if nothing is charged (section 6.7).
    pub card_required: bool,
    /// Until when the user may cancel online, inclusive, in seconds since the Unix epoch.
    pub cancel_by_s: i64,
    /// Until when a cancellation gets the deposit back, inclusive, in seconds since the Unix epoch.
    pub refund_by_s: i64,
    /// `PER_PERSON` amounts are times this.
    pub party_size: Option<u32>,
}

/// A deposit and when it is charged (section 6.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepositDue {
    /// As the feed states it.
    pub deposit: Deposit,
    /// When: inside CreateBooking, or from this moment on, in seconds since the Unix epoch.
    pub charged_from_s: Option<i64>,
}

/// Why a slot has no terms for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTerms {
    /// Neither the slot nor its service offers the option that the request names.
    #[error("the payment option is not offered for this slot")]
    OptionNotOffered,
    /// An amount times the party's size is more than can be counted.
    #[error("an amount is too large")]
    TooLarge,
}

impl Terms {
    /// What is charged inside CreateBooking.
    pub fn due_now(&self) -> Option<Money> {
        if self.prepaid {
            return self.full_price();
        }
        match self.deposit {
            Some(DepositDue { charged_from_s: None, .. }) => self.deposit_total(),
            Some(DepositDue { charged_from_s: Some(_), .. }) | None => None,
        }
    }

    /// What is charged later, and from which second on.
    pub fn due_later(&self) -> Option<(Money, i64)> {
        let from = self.deposit?.charged_from_s?;
        Some((self.deposit_total()?, from))
    }

    /// Price and tax.
    pub fn full_price(&self) -> Option<Money> {
        let price = self.price?;
        let tax = self.tax.map_or(0, |tax| tax.micros());
        price.micros().checked_add(tax).map(|micros| Money::new(micros, price.currency()))
    }

    /// The whole deposit.
    pub fn deposit_total(&self) -> Option<Money> {
        self.deposit.and_then(|due| due.deposit.price_type.total(due.deposit.amount, self.party_size))
    }

    /// The whole fee for not coming.
    pub fn no_show_total(&self) -> Option<Money> {
        self.no_show_fee.and_then(|fee| fee.price_type.total(fee.amount, self.party_size))
    }

    /// Whether the card has to be kept for later (sections 6.5 to 6.7).
    pub fn keeps_card(&self) -> bool {
        self.no_show_fee.is_some() || self.due_later().is_some() || self.card_required
    }

    /// Whether a request must bring a token.
    pub fn needs_token(&self) -> bool {
        self.due_now().is_some() || self.keeps_card()
    }

    /// Whether the answer says `PREPAYMENT_PROVIDED`: a prepayment, a deposit or a no-show fee, charged yet or not
    /// (section 6.2).
    pub fn takes_payment(&self) -> bool {
        self.prepaid || self.deposit.is_some() || self.no_show_fee.is_some()
    }

    fn fits(self) -> Result<Self, NoTerms> {
        let counted = (!self.prepaid || self.full_price().is_some())
            && self.deposit.is_some() == self.deposit_total().is_some()
            && self.no_show_fee.is_some() == self.no_show_total().is_some();
        if counted { Ok(self) } else { Err(NoTerms::TooLarge) }
    }
}

/// The terms of `slot` (section 7.6) for a request that buys the option `chosen`, or none.
///
/// # Errors
/// An option that is not offered, and amounts that cannot be counted.
pub fn effective_terms(
    merchant: &Merchant,
    service: &Service,
    slot: &SlotOffer,
    chosen: Option<&PaymentOptionId>,
) -> Result<Terms, NoTerms> {
    let own = &slot.overrides;
    let offered = if own.options.is_empty() { &service.options } else { &own.options };
    let known = || offered.iter().filter_map(|id| merchant.option(id));
    let bought = match chosen {
        Some(id) => Some(known().find(|option| option.id == *id).ok_or(NoTerms::OptionNotOffered)?),
        None => None,
    };
    // Without a choice a single-use option is simply another price for the slot (the recipe of section 7.7).
    let priced = bought.or_else(|| known().find(|option| option.kind == OptionKind::SingleUse));
    let inherited = service.tax_rate.unwrap_or(merchant.tax_rate);
    let (price, rate) = match priced {
        Some(option) => (Some(option.price), option.tax_rate.unwrap_or(inherited)),
        None => (service.price, inherited),
    };
    let prepaid = price.is_some() && (service.prepayment == Prepayment::Required || bought.is_some());
    let before_start = |seconds: i64| slot.id.start_s.saturating_sub(seconds);
    let deposit = own.deposit.or(service.deposit).filter(|_| !prepaid);
    let charged_from_s = match service.charge_timing {
        ChargeTiming::Now => None,
        ChargeTiming::Later { before_start_s } => Some(before_start(before_start_s)),
    };
    let online = service.rules.min_advance_online_canceling_s.unwrap_or(0);
    let terms = Terms {
        price,
        tax: price.and_then(|price| rate.on(price)),
        prepaid,
        bought: bought.cloned().map(Box::new),
        deposit: deposit.map(|deposit| DepositDue { deposit, charged_from_s }),
        no_show_fee: own.no_show_fee.or(service.no_show_fee),
        card_required: own.card.unwrap_or(service.card) == CardRequirement::Always,
        cancel_by_s: own.last_online_cancellable_s.unwrap_or_else(|| before_start(online)),
        refund_by_s: before_start(deposit.map_or(0, |deposit| deposit.refund_before_s)),
        party_size: slot.id.party_size,
    };
    terms.fits()
}

#[cfg(test)]
mod tests {
    use super::super::{
        ConfirmationMode, MerchantId, Overrides, PriceType, SchedulingRules, ServiceId, SlotId, TaxRate,
    };
    use super::*;
    use crate::domain::Currency;

    fn usd(micros: i64) -> Money {
        Money::new(micros, Currency::parse("USD").unwrap())
    }

    fn option(id: &str, kind: OptionKind, micros: i64) -> PaymentOption {
        PaymentOption {
            id: PaymentOptionId::parse(id).unwrap(),
            name: id.into(),
            price: usd(micros),
            tax_rate: None,
            kind,
            purchase_interval: None,
            valid_interval: None,
            valid_duration_s: None,
            activation: super::super::Activation::OnPurchase,
            new_to_merchant: false,
            new_to_option: false,
        }
    }

    /// The example set of section 7.8, with a pack beside it.
    fn spa() -> (Merchant, Service, SlotOffer) {
        let merchant = Merchant {
            id: MerchantId::parse("spa-1").unwrap(),
            name: "Quiet Harbor Spa".into(),
            tax_rate: TaxRate(6_750_000),
            networks: None,
            gateway: Some("stripe".into()),
            options: vec![
                option("tue-150", OptionKind::SingleUse, 150_000_000),
                option("pack", OptionKind::MultiUse { sessions: 5 }, 600_000_000),
            ],
        };
        let service = Service {
            merchant: merchant.id.clone(),
            id: ServiceId::parse("full").unwrap(),
            name: "Full treatment".into(),
            price: Some(usd(200_000_000)),
            tax_rate: None,
            prepayment: Prepayment::None,
            charge_timing: ChargeTiming::Now,
            rules: SchedulingRules { min_advance_booking_s: None, min_advance_online_canceling_s: Some(14_400) },
            options: Vec::new(),
            deposit: None,
            no_show_fee: None,
            card: CardRequirement::Conditional,
        };
        let slot = SlotOffer {
            id: SlotId {
                merchant: merchant.id.clone(),
                service: service.id.clone(),
                start_s: 1_790_003_600,
                duration_s: 5_400,
                staff: None,
                room: None,
                party_size: None,
            },
            tag: None,
            spots_total: 2,
            spots_open: 1,
            confirmation: ConfirmationMode::Synchronous,
            overrides: Overrides::default(),
        };
        (merchant, service, slot)
    }

    fn deposit(micros: i64, price_type: PriceType) -> Deposit {
        Deposit { amount: usd(micros), refund_before_s: 3_600, price_type }
    }

    #[test]
    fn bk_7_6_price_and_tax_come_from_the_service_unless_an_option_carries_them() {
        let (merchant, mut service, mut slot) = spa();
        let terms = effective_terms(&merchant, &service, &slot, None).unwrap();
        assert_eq!((terms.price, terms.tax), (Some(usd(200_000_000)), Some(usd(13_500_000))));
        assert!(!terms.needs_token() && !terms.takes_payment());
        service.tax_rate = Some(TaxRate(10_000_000));
        assert_eq!(effective_terms(&merchant, &service, &slot, None).unwrap().tax, Some(usd(20_000_000)));
        slot.overrides.options = vec![PaymentOptionId::parse("tue-150").unwrap()];
        assert_eq!(effective_terms(&merchant, &service, &slot, None).unwrap().price, Some(usd(150_000_000)));
        service.prepayment = Prepayment::Required;
        let terms = effective_terms(&merchant, &service, &slot, None).unwrap();
        assert_eq!(terms.due_now(), Some(usd(165_000_000)));
    }

    #[test]
    fn bk_7_6_options_are_bought_only_where_they_are_offered() {
        let (merchant, mut service, mut slot) = spa();
        let pack = PaymentOptionId::parse("pack").unwrap();
        assert_eq!(effective_terms(&merchant, &service, &slot, Some(&pack)), Err(NoTerms::OptionNotOffered));
        service.options = vec![pack.clone()];
        let terms = effective_terms(&merchant, &service, &slot, Some(&pack)).unwrap();
        assert_eq!((terms.due_now(), terms.prepaid), (Some(usd(640_500_000)), true));
        assert_eq!(effective_terms(&merchant, &service, &slot, None).unwrap().price, service.price, "not chosen");
        slot.overrides.options = vec![PaymentOptionId::parse("tue-150").unwrap()];
        assert_eq!(effective_terms(&merchant, &service, &slot, Some(&pack)), Err(NoTerms::OptionNotOffered));
    }

    #[test]
    fn bk_7_6_slots_override_deposit_fee_and_card_as_whole_messages() {
        let (merchant, mut service, mut slot) = spa();
        service.deposit = Some(deposit(25_000_000, PriceType::Fixed));
        service.no_show_fee = Some(NoShowFee { amount: usd(5_000_000), price_type: PriceType::Fixed });
        service.card = CardRequirement::Always;
        slot.id.party_size = Some(3);
        slot.overrides.deposit = Some(deposit(10_000_000, PriceType::PerPerson));
        slot.overrides.no_show_fee = Some(NoShowFee { amount: usd(7_000_000), price_type: PriceType::PerPerson });
        slot.overrides.card = Some(CardRequirement::Conditional);
        let terms = effective_terms(&merchant, &service, &slot, None).unwrap();
        assert_eq!(terms.due_now(), Some(usd(30_000_000)));
        assert_eq!(terms.no_show_total(), Some(usd(21_000_000)));
        assert!(!terms.card_required && terms.keeps_card() && terms.takes_payment());
        assert_eq!(terms.refund_by_s, slot.id.start_s - 3_600);
    }

    #[test]
    fn bk_7_6_deadlines_come_from_the_slot_then_the_rules_then_the_start() {
        let (merchant, mut service, mut slot) = spa();
        let cancel_by =
            |service: &Service, slot: &SlotOffer| effective_terms(&merchant, service, slot, None).unwrap().cancel_by_s;
        assert_eq!(cancel_by(&service, &slot), slot.id.start_s - 14_400);
        service.rules.min_advance_online_canceling_s = None;
        assert_eq!(cancel_by(&service, &slot), slot.id.start_s);
        slot.overrides.last_online_cancellable_s = Some(1_789_996_400);
        assert_eq!(cancel_by(&service, &slot), 1_789_996_400);
    }

    #[test]
    fn bk_6_6_a_later_deposit_is_charged_from_its_time_on_and_keeps_the_card() {
        let (merchant, mut service, slot) = spa();
        service.deposit = Some(deposit(25_000_000, PriceType::Fixed));
        service.charge_timing = ChargeTiming::Later { before_start_s: 86_400 };
        let terms = effective_terms(&merchant, &service, &slot, None).unwrap();
        assert_eq!(terms.due_now(), None);
        assert_eq!(terms.due_later(), Some((usd(25_000_000), slot.id.start_s - 86_400)));
        assert!(terms.keeps_card() && terms.needs_token());
        service.prepayment = Prepayment::Required;
        let terms = effective_terms(&merchant, &service, &slot, None).unwrap();
        assert_eq!((terms.due_now(), terms.due_later()), (Some(usd(213_500_000)), None), "in full covers the deposit");
    }

    #[test]
    fn amounts_that_cannot_be_counted_are_no_terms() {
        let (merchant, mut service, mut slot) = spa();
        slot.id.party_size = Some(u32::MAX);
        service.deposit = Some(deposit(i64::MAX / 2, PriceType::PerPerson));
        assert_eq!(effective_terms(&merchant, &service, &slot, None), Err(NoTerms::TooLarge));
    }
}
