//! Who we are at Microsoft, and the invoice as Outlook is shown it (outlook-payments sections 2 and 4.7).

use url::Url;

use super::json::Json;
use crate::domain::Money;
use crate::domain::invoice::Content;

/// Our account at Microsoft's dashboards, and what is said in its name.
#[derive(Debug, Clone)]
pub struct Account {
    /// `originator`: the provider id.
    pub originator: String,
    /// `merchantId`.
    pub merchant_id: String,
    /// `displayId`.
    pub display_id: String,
    /// The merchant's name: `broker.name`, and the sender of every card.
    pub name: String,
    /// An https image, for cards and letters.
    pub logo: Option<Url>,
    /// Whether the processor is in test mode: `mode` is sent, and tokens have to be of test mode (R8, 6.7).
    pub test: bool,
    /// `supportedNetworks` (section 5.3).
    pub networks: Vec<&'static str>,
    /// `supportedTypes` (section 5.3).
    pub types: Vec<&'static str>,
}

impl Account {
    /// The networks that are taken unless something else is said.
    pub const NETWORKS: [&'static str; 3] = ["visa", "mastercard", "amex"];
    /// The types that are taken unless something else is said.
    pub const TYPES: [&'static str; 2] = ["credit", "debit"];
}

/// An invoice as it is shown to Outlook.
#[derive(Debug, Clone, Copy)]
pub struct ShownInvoice<'a> {
    /// Who sends it.
    pub account: &'a Account,
    /// What it says.
    pub content: &'a Content,
    /// Its hosted page, signed.
    pub page: &'a Url,
}

/// `paymentStatus` of a webhook's `entity`, bare (section 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PaymentStatus {
    Due,
    PastDue,
    Complete,
    Declined,
}

impl PaymentStatus {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Due => "PaymentDue",
            Self::PastDue => "PaymentPastDue",
            Self::Complete => "PaymentComplete",
            Self::Declined => "PaymentDeclined",
        }
    }
}

impl ShownInvoice<'_> {
    /// `entity` of a webhook's answer (section 4.7).
    pub(super) fn entity(&self, status: PaymentStatus, price: Money, receipt: Option<&str>) -> Json {
        let mut members = vec![
            ("@context", Json::text("http://schema.org")),
            ("@type", Json::text("Invoice")),
            ("identifier", Json::text(self.content.reference.as_str())),
            ("url", Json::text(self.page.as_str())),
            (
                "broker",
                Json::Object(vec![
                    ("@type", Json::text("LocalBusiness")),
                    ("name", Json::text(self.account.name.as_str())),
                ]),
            ),
            ("paymentDueDate", Json::text(self.content.due.to_string())),
            ("paymentStatus", Json::text(status.word())),
            ("totalPaymentDue", specification(Json::price(price), price)),
        ];
        members.extend(receipt.map(|receipt| ("confirmationNumber", Json::text(receipt))));
        Json::Object(members)
    }

    /// Nothing, in the invoice's currency.
    pub(super) fn nothing(&self) -> Money {
        Money::new(0, self.content.total.currency())
    }
}

/// A `PriceSpecification`: the price is a number in webhooks and a text in mail.
pub(super) fn specification(price: Json, of: Money) -> Json {
    Json::Object(vec![
        ("@type", Json::text("PriceSpecification")),
        ("price", price),
        ("priceCurrency", Json::text(of.currency().code())),
    ])
}
