//! An invoice: sent by mail, paid by card from the mail or by a redirect payment of our own (outlook-payments).

mod quote;
mod words;

pub use quote::{Item, ItemKind, NotShipped, Quote, quote};
pub use words::{Address, Content, InvoiceReference, Language, Line, Recipient, ShippingWay};
