//! What a booking of a slot costs or needs, by the feeds (google-booking-server sections 6.2 and 7.6).

use serde_json::{Map, Value, json};

use super::lenient::{self, Int, nullable};
use super::messages::BOOKING;
use crate::domain::Currency;

/// What makes a booking cost something or need a card, of a service or of a slot.
#[derive(Debug, Clone, serde::Deserialize, Default)]
#[serde(default)]
pub(super) struct StatedTerms {
    #[serde(alias = "prepaymentType", deserialize_with = "lenient::prepayment_type")]
    prepayment_type: String,
    price: Option<Value>,
    #[serde(alias = "taxRate")]
    tax_rate: Option<TaxRate>,
    deposit: Option<Value>,
    #[serde(alias = "noShowFee")]
    no_show_fee: Option<Value>,
    #[serde(alias = "requireCreditCard", deserialize_with = "lenient::require_credit_card")]
    require_credit_card: String,
    #[serde(alias = "paymentOptionId", deserialize_with = "nullable")]
    payment_option_id: Vec<String>,
    prepayment: Option<Value>,
}

/// `TaxRate` (section 3.9).
#[derive(Debug, Clone, Copy, serde::Deserialize, Default)]
#[serde(default)]
pub(super) struct TaxRate {
    /// Millionths of one percent.
    #[serde(alias = "microPercent")]
    micro_percent: Int,
}

/// The cases of section 6.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// Nothing is paid, nothing needs a card.
    Free,
    Prepayment,
    Deposit,
    NoShowFee,
    DepositAndNoShowFee,
    CreditCard,
    /// Payment options, and payments on the partner's own page: not tried.
    Elsewhere,
}

impl Case {
    /// Those that a token is needed for.
    pub(super) const PAID: [Self; 5] =
        [Self::Prepayment, Self::Deposit, Self::NoShowFee, Self::DepositAndNoShowFee, Self::CreditCard];

    /// How the step is called.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Free => "Free",
            Self::Prepayment => "Prepayment",
            Self::Deposit => "Deposit",
            Self::NoShowFee => "NoShowFee",
            Self::DepositAndNoShowFee => "DepositAndNoShowFee",
            Self::CreditCard => "CreditCardRequired",
            Self::Elsewhere => "Elsewhere",
        }
    }
}

/// The terms of one slot: the members of `payment_information` that Google takes from the feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) case: Case,
    /// `price`, `tax_amount`, `deposit` and `no_show_fee`, as far as there are any; canonical.
    pub(super) stated: Map<String, Value>,
    /// Whether the feeds say what tax there is: without the merchants feed it may be anything.
    pub(super) tax_known: bool,
}

impl Terms {
    /// The terms of a slot; `None`: the feed says them in a way that Google would refuse.
    pub(super) fn of(slot: &StatedTerms, service: &StatedTerms, merchant: Option<TaxRate>) -> Option<Self> {
        let own_card = Some(slot.require_credit_card.as_str()).filter(|card| !card.is_empty());
        let card = own_card.unwrap_or(&service.require_credit_card) == "REQUIRE_CREDIT_CARD_ALWAYS";
        let deposit = slot.deposit.as_ref().or(service.deposit.as_ref());
        let fee = slot.no_show_fee.as_ref().or(service.no_show_fee.as_ref());
        let elsewhere = !slot.payment_option_id.is_empty()
            || !service.payment_option_id.is_empty()
            || slot.prepayment.is_some()
            || service.prepayment.is_some();
        let case = match (service.prepayment_type.as_str(), deposit, fee) {
            _ if elsewhere => Case::Elsewhere,
            ("REQUIRED", _, _) => Case::Prepayment,
            (_, Some(_), Some(_)) => Case::DepositAndNoShowFee,
            (_, Some(_), None) => Case::Deposit,
            (_, None, Some(_)) => Case::NoShowFee,
            (_, None, None) if card => Case::CreditCard,
            (_, None, None) => Case::Free,
        };
        let rate = service.tax_rate.or(merchant);
        let mut members = Map::new();
        let named = [("price", service.price.as_ref()), ("deposit", deposit), ("no_show_fee", fee)];
        members.extend(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone()))));
        let read = |members: &Map<String, Value>| BOOKING.read(&json!({"payment_information": members})).ok();
        let priced = read(&members)?;
        if let Some(tax) = rate.and_then(|rate| tax(priced.pointer("/payment_information/price")?, rate)) {
            members.insert("tax_amount".to_owned(), tax);
        }
        let stated = read(&members)?.pointer("/payment_information").and_then(Value::as_object).cloned();
        Some(Self { case, stated: stated.unwrap_or_default(), tax_known: rate.is_some() })
    }
}

/// The tax on a price (section 3.9), rounded half to even at the currency's smallest unit; `None`: there is none.
fn tax(price: &Value, rate: TaxRate) -> Option<Value> {
    let micros: i128 = price.get("price_micros")?.as_str()?.parse().ok()?;
    let code = price.get("currency_code")?.as_str()?;
    let unit = i128::from(Currency::parse(code).ok()?.minor_unit_micros());
    let (exact, by) = (micros * i128::from(rate.micro_percent.0), 100_000_000 * unit);
    let (whole, rest) = (exact.div_euclid(by), exact.rem_euclid(by));
    let up = rest * 2 > by || (rest * 2 == by && whole % 2 != 0);
    let tax = (whole + i128::from(up)) * unit;
    (rate.micro_percent.0 > 0).then(|| json!({"price_micros": tax.to_string(), "currency_code": code}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(value: Value) -> StatedTerms {
        serde_json::from_value(value).unwrap()
    }

    fn usd(micros: &str) -> Value {
        json!({"price_micros": micros, "currency_code": "USD"})
    }

    #[test]
    fn bk_6_2_the_case_of_a_slot_is_its_own_before_its_service_s() {
        let (deposit, fee) = (json!({"deposit": usd("5")}), json!({"fee": usd("7")}));
        for (slot, service, case) in [
            (json!({}), json!({"price": usd("1")}), Case::Free),
            (json!({}), json!({"prepayment_type": "OPTIONAL"}), Case::Free),
            (json!({}), json!({"prepaymentType": 1}), Case::Prepayment),
            (json!({"deposit": deposit}), json!({}), Case::Deposit),
            (json!({"deposit": null}), json!({"noShowFee": fee}), Case::NoShowFee),
            (json!({"deposit": deposit}), json!({"no_show_fee": fee}), Case::DepositAndNoShowFee),
            (json!({"require_credit_card": 2}), json!({}), Case::CreditCard),
            (
                json!({"require_credit_card": 0}),
                json!({"require_credit_card": "REQUIRE_CREDIT_CARD_ALWAYS"}),
                Case::CreditCard,
            ),
            (
                json!({"require_credit_card": 1}),
                json!({"require_credit_card": "REQUIRE_CREDIT_CARD_ALWAYS"}),
                Case::Free,
            ),
            (json!({"payment_option_id": ["x"]}), json!({}), Case::Elsewhere),
            (json!({"payment_option_id": null}), json!({"prepayment": {}}), Case::Elsewhere),
        ] {
            let terms = Terms::of(&stated(slot.clone()), &stated(service.clone()), None).unwrap();
            assert_eq!(terms.case, case, "{slot} {service}");
        }
        let misplaced = json!({"deposit": {"deposit": {"min_advance_cancellation_sec": 1}}});
        assert_eq!(Terms::of(&stated(misplaced), &stated(json!({})), None), None);
    }

    #[test]
    fn bk_3_9_tax_is_the_service_s_before_the_merchant_s_and_unknown_without_both() {
        let service = |rate: Value| stated(json!({"price": usd("200000000"), "tax_rate": rate}));
        let merchant = Some(TaxRate { micro_percent: Int(10_000_000) });
        let tax = |rate: Value, merchant| {
            let terms = Terms::of(&StatedTerms::default(), &service(rate), merchant).unwrap();
            (terms.stated.get("tax_amount").map(|tax| tax["price_micros"].clone()), terms.tax_known)
        };
        assert_eq!(tax(json!({"micro_percent": "6750000"}), merchant), (Some(json!("13500000")), true));
        assert_eq!(tax(json!({"micro_percent": 0}), merchant), (None, true));
        assert_eq!(tax(Value::Null, merchant), (Some(json!("20000000")), true));
        assert_eq!(tax(Value::Null, Some(TaxRate::default())), (None, true), "a merchant without tax");
        assert_eq!(tax(Value::Null, None), (None, false));
    }
}
