//! Outlook from outside (outlook-payments sections 4 to 9, 13 and 14): the payment pane, approvals, the actions of cards, and
//! the mail that they come from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod actions;
mod admission;
mod approval;
mod checks;
mod kill;
mod letters;
mod office;
mod pane;
