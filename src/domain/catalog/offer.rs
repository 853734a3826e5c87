//! Merchants, services and payment options, as the feeds state them (google-booking-server sections 3.8 to 3.14, 7.3, 7.4
//! and 7.7).

use std::sync::Arc;

use super::{MerchantId, PaymentOptionId, ServiceId};
use crate::domain::{Money, Timestamp};

/// `TaxRate.micro_percent`: millionths of one percent. 0: the price includes what tax there is (section 3.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaxRate(pub u32);

/// 100 percent, in millionths of one percent.
const WHOLE: i128 = 100_000_000;

impl TaxRate {
    /// The tax on `price`, rounded half to even at the currency's minor unit (sections 3.8 and 3.9). `None` without a
    /// rate: then no tax line is shown.
    pub fn on(self, price: Money) -> Option<Money> {
        if self.0 == 0 {
            return None;
        }
        let unit = i128::from(price.currency().minor_unit_micros());
        let exact = i128::from(price.micros()) * i128::from(self.0);
        let minor_units = half_to_even(exact, WHOLE * unit);
        i64::try_from(minor_units * unit).ok().map(|micros| Money::new(micros, price.currency()))
    }
}

/// `value / by` to the nearest whole number; what lies in the middle goes to the even neighbour.
fn half_to_even(value: i128, by: i128) -> i128 {
    let (whole, rest) = (value.div_euclid(by), value.rem_euclid(by));
    let up = match (rest * 2).cmp(&by) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    whole + i128::from(up)
}

/// Whether an amount is per booking or per person (section 3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PriceType {
    /// `FIXED_RATE_DEFAULT`: one amount.
    #[default]
    Fixed,
    /// `PER_PERSON`: the amount times the party's size.
    PerPerson,
}

impl PriceType {
    /// Google's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "FIXED_RATE_DEFAULT",
            Self::PerPerson => "PER_PERSON",
        }
    }

    /// `amount` for a party; `None` where it would not fit.
    pub fn total(self, amount: Money, party_size: Option<u32>) -> Option<Money> {
        let times = match self {
            Self::Fixed => 1,
            Self::PerPerson => i64::from(party_size.unwrap_or(1).max(1)),
        };
        amount.micros().checked_mul(times).map(|micros| Money::new(micros, amount.currency()))
    }
}

/// `Deposit` (section 3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deposit {
    /// How much, per [`Deposit::price_type`].
    pub amount: Money,
    /// `min_advance_cancellation_sec`: how long before the start a cancellation still gets it back.
    pub refund_before_s: i64,
    /// Per booking or per person.
    pub price_type: PriceType,
}

/// `NoShowFee` (section 3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoShowFee {
    /// How much, per [`NoShowFee::price_type`].
    pub amount: Money,
    /// Per booking or per person.
    pub price_type: PriceType,
}

/// `require_credit_card` (sections 6.7 and 7.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CardRequirement {
    /// Unset, or only when another term needs one.
    #[default]
    Conditional,
    /// `REQUIRE_CREDIT_CARD_ALWAYS`.
    Always,
}

impl CardRequirement {
    /// Google's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conditional => "REQUIRE_CREDIT_CARD_CONDITIONAL",
            Self::Always => "REQUIRE_CREDIT_CARD_ALWAYS",
        }
    }
}

/// `prepayment_type` (section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prepayment {
    /// Unset or `NOT_SUPPORTED`.
    #[default]
    None,
    /// `OPTIONAL`: only if the request brings a token for it.
    Optional,
    /// `REQUIRED`.
    Required,
}

/// When deposits and prepayments are charged: `prepayment_terms` (section 6.4; contract section 6: at booking unless the
/// service says later).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChargeTiming {
    /// Inside CreateBooking.
    #[default]
    Now,
    /// `CHARGE_LATER`, so many seconds before the start.
    Later {
        /// `charge_time_before_start_time_sec`.
        before_start_s: i64,
    },
}

/// `rules` of a service, as far as appointments use them (section 7.4). Seconds before the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SchedulingRules {
    /// `min_advance_booking`: the last booking.
    pub min_advance_booking_s: Option<i64>,
    /// `min_advance_online_canceling`: the last cancellation online.
    pub min_advance_online_canceling_s: Option<i64>,
}

/// Card networks by Google's names (section 3.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CardNetwork {
    /// `VISA`
    Visa,
    /// `MASTERCARD`
    Mastercard,
    /// `AMERICAN_EXPRESS`
    AmericanExpress,
    /// `DISCOVER`
    Discover,
    /// `JCB`
    Jcb,
}

impl CardNetwork {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Visa, Self::Mastercard, Self::AmericanExpress, Self::Discover, Self::Jcb];

    /// Google's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visa => "VISA",
            Self::Mastercard => "MASTERCARD",
            Self::AmericanExpress => "AMERICAN_EXPRESS",
            Self::Discover => "DISCOVER",
            Self::Jcb => "JCB",
        }
    }

    /// What [`CardNetwork::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.as_str() == text)
    }
}

/// A merchant, as far as bookings depend on it (section 7.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    /// `merchant_id`.
    pub id: MerchantId,
    /// `name`.
    pub name: Arc<str>,
    /// `tax_rate`.
    pub tax_rate: TaxRate,
    /// `payment_restrictions`: `None`: every network; an empty list: no card at all.
    pub networks: Option<Vec<CardNetwork>>,
    /// `gateway` of the tokenization config: `None`: the merchant takes no payment (section 6.1).
    pub gateway: Option<Arc<str>>,
    /// `payment_option`.
    pub options: Vec<PaymentOption>,
}

impl Merchant {
    /// The option of this id.
    pub fn option(&self, id: &PaymentOptionId) -> Option<&PaymentOption> {
        self.options.iter().find(|option| option.id == *id)
    }

    /// Whether cards of this network are taken.
    pub fn takes(&self, network: CardNetwork) -> bool {
        self.networks.as_ref().is_none_or(|taken| taken.contains(&network))
    }
}

/// A service (section 7.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Whose it is.
    pub merchant: MerchantId,
    /// `service_id`.
    pub id: ServiceId,
    /// `localized_service_name`, or the deprecated `name`.
    pub name: Arc<str>,
    /// `price`: `None` where options carry it.
    pub price: Option<Money>,
    /// `tax_rate`: overrides the merchant's.
    pub tax_rate: Option<TaxRate>,
    /// `prepayment_type`.
    pub prepayment: Prepayment,
    /// `prepayment_terms`.
    pub charge_timing: ChargeTiming,
    /// `rules`.
    pub rules: SchedulingRules,
    /// `payment_option_id`.
    pub options: Vec<PaymentOptionId>,
    /// `deposit`.
    pub deposit: Option<Deposit>,
    /// `no_show_fee`.
    pub no_show_fee: Option<NoShowFee>,
    /// `require_credit_card`.
    pub card: CardRequirement,
}

/// `payment_option_type` (section 3.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// `…SINGLE_USE`: a drop-in, or another price for a slot.
    SingleUse,
    /// `…MULTI_USE`: a pack of so many visits.
    MultiUse {
        /// `session_count`, more than 1.
        sessions: u32,
    },
    /// `…UNLIMITED`: a membership.
    Unlimited,
}

/// `activation_type` (section 7.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activation {
    /// Valid from the purchase.
    #[default]
    OnPurchase,
    /// Valid from the first visit.
    OnFirstUse,
}

/// `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The first moment.
    pub start: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
}

impl Interval {
    /// Whether `at` lies in it.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// `PaymentOption` (section 7.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentOption {
    /// `payment_option_id`.
    pub id: PaymentOptionId,
    /// `name`.
    pub name: Arc<str>,
    /// `price`.
    pub price: Money,
    /// `tax_rate`: overrides the service's and the merchant's.
    pub tax_rate: Option<TaxRate>,
    /// What is bought.
    pub kind: OptionKind,
    /// `purchase_interval`: when it can be bought.
    pub purchase_interval: Option<Interval>,
    /// `valid_interval`: when it can be used.
    pub valid_interval: Option<Interval>,
    /// `valid_duration`: for how long after its activation, in seconds.
    pub valid_duration_s: Option<i64>,
    /// When that begins.
    pub activation: Activation,
    /// `user_restriction.new_to_merchant`
    pub new_to_merchant: bool,
    /// `user_restriction.new_to_payment_option`
    pub new_to_option: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    fn money(micros: i64, code: &str) -> Money {
        Money::new(micros, Currency::parse(code).unwrap())
    }

    #[test]
    fn bk_3_9_tax_is_exact_and_rounded_half_to_even_at_the_minor_unit() {
        let tax = |micros, code, rate| TaxRate(rate).on(money(micros, code)).map(|tax| tax.micros());
        assert_eq!(tax(200_000_000, "USD", 6_750_000), Some(13_500_000));
        assert_eq!(tax(200_000_000, "USD", 0), None);
        // 50 percent of 5, 7 and 1 cents: 2.5, 3.5 and 0.5 cents; 251 cents at 1 percent: 2.51 cents.
        for (micros, rate, cents) in [(50_000, 50_000_000, 2), (70_000, 50_000_000, 4), (10_000, 50_000_000, 0)] {
            assert_eq!(tax(micros, "USD", rate), Some(cents * 10_000), "{micros}");
        }
        assert_eq!(tax(2_510_000, "USD", 1_000_000), Some(30_000));
        assert_eq!(tax(1_000_000_000, "JPY", 10_000_000), Some(100_000_000));
        assert_eq!(tax(105_000_000, "JPY", 10_000_000), Some(10_000_000), "10.5 yen");
        assert_eq!(tax(1_234_000, "KWD", 5_000_000), Some(62_000), "0.0617 dinar");
        assert_eq!(tax(i64::MAX, "USD", u32::MAX), None, "what does not fit is not invented");
    }

    #[test]
    fn bk_3_10_per_person_amounts_follow_the_party() {
        let fee = money(10_000_000, "USD");
        assert_eq!(PriceType::Fixed.total(fee, Some(4)).unwrap().micros(), 10_000_000);
        assert_eq!(PriceType::PerPerson.total(fee, Some(4)).unwrap().micros(), 40_000_000);
        assert_eq!(PriceType::PerPerson.total(fee, None).unwrap().micros(), 10_000_000);
        assert_eq!(PriceType::PerPerson.total(money(i64::MAX, "USD"), Some(2)), None);
    }
}
