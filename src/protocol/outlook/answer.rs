//! The PaymentRequest webhook: what the pane is answered (outlook-payments sections 5.2 to 5.7).

use super::account::{PaymentStatus, ShownInvoice};
use super::amount::amount;
use super::json::Json;
use super::request::{METHOD, PaneEvent, PaymentRequest};
use crate::domain::invoice::{Item, ItemKind, NotShipped, Quote};
use crate::protocol::letters::Words;

/// How the invoice stands.
#[derive(Debug, Clone, Copy)]
pub enum PaneAnswer<'a> {
    /// It can be paid.
    Payable {
        /// `details.id`: the request's, or a new `chk_…`.
        session: &'a str,
        /// What it costs, shipped as asked.
        quote: &'a Quote,
        /// Late, but payable.
        overdue: bool,
        /// A payment is under way: the payer is told so, and nothing more is charged until it is settled (section 6.8).
        under_way: bool,
    },
    /// It was paid.
    Paid {
        /// The receipt's number.
        receipt: &'a str,
    },
    /// Cancelled, or otherwise not to be paid any more.
    NotPayable,
}

impl PaneAnswer<'_> {
    /// The body of the 200, [`super::JSON_TYPE`].
    pub fn seal(&self, request: &PaymentRequest, shown: &ShownInvoice<'_>) -> String {
        match *self {
            Self::Payable { session, quote, overdue, under_way } => {
                payable(request, shown, (session, quote), (overdue, under_way))
            }
            Self::Paid { receipt } => {
                let entity = shown.entity(PaymentStatus::Complete, shown.nothing(), Some(receipt));
                Json::Object(vec![("methodData", method_data(request, shown, (entity, false)))])
            }
            Self::NotPayable => {
                let entity = shown.entity(PaymentStatus::Declined, shown.nothing(), None);
                let words = Words::of(shown.content.recipient.language);
                let details = Json::Object(vec![("error", Json::text(words.pane_not_payable))]);
                Json::Object(vec![("methodData", method_data(request, shown, (entity, false))), ("details", details)])
            }
        }
        .write()
    }
}

fn payable(
    request: &PaymentRequest,
    shown: &ShownInvoice<'_>,
    (session, quote): (&str, &Quote),
    (overdue, under_way): (bool, bool),
) -> Json {
    let status = if overdue { PaymentStatus::PastDue } else { PaymentStatus::Due };
    let entity = shown.entity(status, quote.total, None);
    let mut members = Vec::new();
    if request.event != PaneEvent::LoadEntity {
        members.push(("id", Json::text(session)));
    }
    members.push(("methodData", method_data(request, shown, (entity, shown.account.test))));
    members.push(("options", options(shown)));
    members.push(("details", details(shown, (session, under_way), quote)));
    if let Some(address) = &request.address {
        let refused = quote.refused == Some(NotShipped::Address);
        members.push(("shippingAddress", if refused { Json::Null } else { address.echo() }));
    }
    if let Some(way) = &request.way {
        // A refused address refuses every way to it; only what was asked is answered.
        let refused = quote.refused.is_some();
        members.push(("shippingOption", if refused { Json::Null } else { Json::text(way.as_str()) }));
    }
    Json::Object(members)
}

/// `methodData` (section 5.3). `mode` stands only in test configuration (R8), and where there is something to pay.
fn method_data(request: &PaymentRequest, shown: &ShownInvoice<'_>, (entity, test): (Json, bool)) -> Json {
    let mut data = vec![
        ("event", Json::text(request.event.word())),
        ("productContext", request.context.echo()),
        ("supportedNetworks", Json::texts(&shown.account.networks)),
        ("supportedTypes", Json::texts(&shown.account.types)),
        ("entity", entity),
    ];
    if test {
        data.push(("mode", Json::text("TEST")));
    }
    Json::List(vec![Json::Object(vec![("supportedMethods", Json::text(METHOD)), ("data", Json::Object(data))])])
}

/// `options` (section 4.5): a receipt needs a name and an address; a telephone number nobody needs.
fn options(shown: &ShownInvoice<'_>) -> Json {
    let ships = !shown.content.shipping.is_empty();
    let mut members = vec![
        ("requestPayerName", Json::Bool(true)),
        ("requestPayerEmail", Json::Bool(true)),
        ("requestPayerPhone", Json::Bool(false)),
        ("requestShipping", Json::Bool(ships)),
    ];
    if ships {
        members.push(("shippingType", Json::text("shipping")));
    }
    Json::Object(members)
}

/// `details` (section 4.6): the items add up to the total (R5).
fn details(shown: &ShownInvoice<'_>, (session, under_way): (&str, bool), quote: &Quote) -> Json {
    let words = Words::of(shown.content.recipient.language);
    let total = Json::Object(vec![
        ("label", Json::text(words.total_due)),
        ("amount", amount(quote.total)),
        ("pending", Json::Bool(quote.pending)),
    ]);
    let items = quote.items.iter().map(|item| display_item(item, words)).collect();
    let mut members = vec![("id", Json::text(session)), ("total", total), ("displayItems", Json::List(items))];
    if !quote.ways.is_empty() {
        let ways = quote.ways.iter().map(|way| {
            let cost = crate::domain::Money::new(way.micros, quote.total.currency());
            let mut option = vec![
                ("id", Json::text(way.id.as_ref())),
                ("label", Json::text(way.label.as_ref())),
                ("amount", amount(cost)),
            ];
            if quote.chosen.as_ref() == Some(&way.id) {
                option.push(("selected", Json::Bool(true)));
            }
            Json::Object(option)
        });
        members.push(("shippingOptions", Json::List(ways.collect())));
    }
    let error = match quote.refused {
        Some(NotShipped::Address) => Some(words.pane_address_refused),
        Some(NotShipped::Way) => Some(words.pane_way_refused),
        None => under_way.then_some(words.pane_under_way),
    };
    members.extend(error.map(|text| ("error", Json::text(text))));
    Json::Object(members)
}

fn display_item(item: &Item, words: &Words) -> Json {
    let label = match &item.kind {
        ItemKind::Line(label) => label,
        ItemKind::Tax => words.tax,
        ItemKind::Shipping => words.shipping,
    };
    let mut members = vec![("label", Json::text(label)), ("amount", amount(item.amount))];
    if item.pending {
        members.push(("pending", Json::Bool(true)));
    }
    Json::Object(members)
}
