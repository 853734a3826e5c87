//! The console from outside: forms, cookies and pages over HTTP, as a browser without script has them.

mod gate;
mod invoices;
mod matrix;
mod sign_in;
pub(crate) mod visitor;

pub(crate) use visitor::{PASSWORD, Visitor, console};
