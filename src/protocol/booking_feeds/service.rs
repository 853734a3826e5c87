//! One service (google-booking-server section 7.4).

use serde_json::{Map, Value};

use super::fields::{Complaint, Fields, Taken, missing};
use super::terms::{card, deposit, no_show_fee, option_ids, price, tax_rate};
use crate::domain::catalog::{ChargeTiming, LONGEST_S, MerchantId, Prepayment, SchedulingRules, Service, ServiceId};

const PREPAYMENTS: [(&str, i64, Prepayment); 4] = [
    ("PREPAYMENT_TYPE_UNSPECIFIED", 0, Prepayment::None),
    ("REQUIRED", 1, Prepayment::Required),
    ("OPTIONAL", 2, Prepayment::Optional),
    ("NOT_SUPPORTED", 3, Prepayment::None),
];

const CHARGE_TIMINGS: [(&str, i64, bool); 3] =
    [("CHARGE_TIMING_UNSPECIFIED", 0, false), ("CHARGE_NOW", 1, false), ("CHARGE_LATER", 2, true)];

pub(super) fn service(members: &Map<String, Value>, notes: &mut Vec<Complaint>) -> Taken<Service> {
    let fields = Fields::new(members);
    let merchant = fields.required_text("merchant_id")?;
    let id = fields.required_text("service_id")?;
    let name = fields.nested("localized_service_name", |name| Ok(name.required_text("value")?.to_owned()))?;
    let name = name.ok_or_else(|| missing("localized_service_name", "an object with value"))?;
    let service = Service {
        merchant: MerchantId::parse(merchant).map_err(|why| Complaint::new("merchant_id", why))?,
        id: ServiceId::parse(id).map_err(|why| Complaint::new("service_id", why))?,
        name: name.into(),
        price: fields.nested("price", price)?,
        tax_rate: tax_rate(fields)?,
        prepayment: fields.choice("prepayment_type", &PREPAYMENTS)?.unwrap_or_default(),
        charge_timing: fields.nested("prepayment_terms", charge_timing)?.unwrap_or_default(),
        rules: fields.nested("rules", rules)?.unwrap_or_default(),
        options: option_ids(fields)?,
        deposit: deposit(fields, notes)?,
        no_show_fee: no_show_fee(fields)?,
        card: card(fields)?.unwrap_or_default(),
    };
    if service.price.is_none() && service.options.is_empty() && fields.get("ticket_type").is_none() {
        let problem = "is missing: Google asks for it, unless payment options or ticket types have it";
        notes.push(Complaint::new("price", problem));
    }
    Ok(service)
}

fn charge_timing(terms: Fields<'_>) -> Taken<ChargeTiming> {
    const BEFORE: &str = "charge_time_before_start_time_sec";
    let before = terms.integer(BEFORE, 0..=LONGEST_S)?;
    match (terms.choice("charge_timing", &CHARGE_TIMINGS)?.unwrap_or(false), before) {
        (false, _) => Ok(ChargeTiming::Now),
        (true, Some(before_start_s)) => Ok(ChargeTiming::Later { before_start_s }),
        (true, None) => Err(missing(BEFORE, "seconds before the start, for CHARGE_LATER")),
    }
}

fn rules(rules: Fields<'_>) -> Taken<SchedulingRules> {
    Ok(SchedulingRules {
        min_advance_booking_s: rules.integer("min_advance_booking", 0..=LONGEST_S)?,
        min_advance_online_canceling_s: rules.integer("min_advance_online_canceling", 0..=LONGEST_S)?,
    })
}
