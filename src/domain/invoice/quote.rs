//! What an invoice costs, shipped to an address in one of its ways: a pure function of the three, so that every event of the
//! payment pane runs the same code and no amount is ever taken from a request (outlook-payments sections 5.6 and 5.8).

use std::sync::Arc;

use super::words::{Address, Content, ShippingWay};
use crate::domain::Money;

/// What an item is for; whoever shows it has the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// A line of the invoice, with its label.
    Line(Arc<str>),
    /// The tax.
    Tax,
    /// The shipping.
    Shipping,
}

/// One item of the sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is for.
    pub kind: ItemKind,
    /// What it costs.
    pub amount: Money,
    /// The amount is not final yet.
    pub pending: bool,
}

/// Why something cannot be sent as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotShipped {
    /// No way leads to this address.
    Address,
    /// This way does not lead to this address, or does not exist.
    Way,
}

/// What an invoice costs. The items add up to the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Lines, tax, shipping, in this order.
    pub items: Vec<Item>,
    /// Their sum.
    pub total: Money,
    /// Shipping is not known yet: the total is not final.
    pub pending: bool,
    /// The ways that lead to the address; empty without an address.
    pub ways: Vec<ShippingWay>,
    /// Which of them the total includes, by id.
    pub chosen: Option<Arc<str>>,
    /// Why it cannot be sent as asked; the total is then without shipping, and not final.
    pub refused: Option<NotShipped>,
}

/// Prices an invoice. A way that is not named is the first that leads to the address: it is preselected, and in the total
/// (outlook-payments section 4.3). Without goods to send, address and way mean nothing.
pub fn quote(content: &Content, address: Option<&Address>, way: Option<&str>) -> Quote {
    let currency = content.total.currency();
    let item = |kind, micros, pending| Item { kind, amount: Money::new(micros, currency), pending };
    let mut items: Vec<Item> =
        content.lines.iter().map(|line| item(ItemKind::Line(line.label.clone()), line.micros, false)).collect();
    items.extend(content.tax_micros.map(|tax| item(ItemKind::Tax, tax, false)));
    let mut quote =
        Quote { items, total: content.total, pending: false, ways: Vec::new(), chosen: None, refused: None };
    if content.shipping.is_empty() {
        return quote;
    }
    let country = address.and_then(|address| address.country.as_deref());
    let leads = |way: &&ShippingWay| {
        way.countries.is_empty()
            || country.is_some_and(|country| way.countries.iter().any(|code| code.eq_ignore_ascii_case(country)))
    };
    if address.is_some() {
        quote.ways = content.shipping.iter().filter(leads).cloned().collect();
    }
    let chosen = match (address, way) {
        (None, _) => None,
        (Some(_), _) if quote.ways.is_empty() => {
            quote.refused = Some(NotShipped::Address);
            None
        }
        (Some(_), None) => quote.ways.first(),
        (Some(_), Some(id)) => {
            let found = quote.ways.iter().find(|way| *way.id == *id);
            quote.refused = found.is_none().then_some(NotShipped::Way);
            found
        }
    };
    let priced = chosen.and_then(|way| Some((way, content.total.micros().checked_add(way.micros)?)));
    if let Some((way, total)) = priced {
        quote.items.push(item(ItemKind::Shipping, way.micros, false));
        quote.total = Money::new(total, currency);
        quote.chosen = Some(way.id.clone());
    } else {
        quote.items.push(item(ItemKind::Shipping, 0, true));
        quote.pending = true;
    }
    quote
}
