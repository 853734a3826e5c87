//! One merchant (google-booking-server section 7.3).

use serde_json::{Map, Value};

use super::fields::{Complaint, Fields, Taken, expected, missing};
use super::terms::{payment_option, tax_rate};
use crate::domain::catalog::{CardNetwork, Merchant, MerchantId, TaxRate};

const NETWORKS: [(&str, i64, Option<CardNetwork>); 6] = [
    ("CREDIT_CARD_TYPE_UNSPECIFIED", 0, None),
    ("VISA", 1, Some(CardNetwork::Visa)),
    ("MASTERCARD", 2, Some(CardNetwork::Mastercard)),
    ("AMERICAN_EXPRESS", 3, Some(CardNetwork::AmericanExpress)),
    ("DISCOVER", 4, Some(CardNetwork::Discover)),
    ("JCB", 5, Some(CardNetwork::Jcb)),
];

/// What Google wants to know of every merchant, and no booking depends on.
const WANTED: [&str; 3] = ["telephone", "geo", "category"];

pub(super) fn merchant(members: &Map<String, Value>, notes: &mut Vec<Complaint>) -> Taken<Merchant> {
    let fields = Fields::new(members);
    let id = fields.required_text("merchant_id")?;
    for name in WANTED {
        if fields.get(name).is_none() {
            notes.push(Complaint::new(name, "is missing: Google asks for it"));
        }
    }
    let options = fields.each("payment_option", payment_option)?;
    for (index, option) in options.iter().enumerate() {
        if options.iter().take(index).any(|before| before.id == option.id) {
            let field = format!("payment_option[{index}].payment_option_id");
            return Err(Complaint::new(field, format!("{} stands twice", option.id)));
        }
    }
    Ok(Merchant {
        id: MerchantId::parse(id).map_err(|why| Complaint::new("merchant_id", why))?,
        name: fields.required_text("name")?.into(),
        tax_rate: tax_rate(fields)?.unwrap_or(TaxRate(0)),
        networks: fields.nested("payment_restrictions", networks)?.flatten(),
        gateway: fields.nested("tokenization_config", gateway)?.map(Into::into),
        options,
    })
}

/// An empty list means that no card is taken.
fn networks(restrictions: Fields<'_>) -> Taken<Option<Vec<CardNetwork>>> {
    restrictions.nested("credit_card_restrictions", |cards| {
        let named = cards.each("credit_card_type", |value| {
            // An item is no member: it is looked at as if it were one.
            let item = Map::from_iter([("type".to_owned(), value.clone())]);
            let network = Fields::new(&item).choice("type", &NETWORKS);
            network.map(Option::flatten).map_err(|why| Complaint::new("", why.problem))
        })?;
        Ok(named.into_iter().flatten().collect())
    })
}

/// Which processor makes and takes tokens (section 3.13).
fn gateway(config: Fields<'_>) -> Taken<String> {
    let wanted = "the name of the processor, such as stripe";
    let parameters = config.nested("tokenization_parameter", |parameters| {
        let gateway = parameters.get("gateway").ok_or_else(|| missing("gateway", wanted))?;
        let name = gateway.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        name.ok_or_else(|| expected("gateway", wanted, gateway))
    })?;
    parameters.ok_or_else(|| missing("tokenization_parameter", "an object with gateway"))
}
