//! Everything around a server under test: its keys and settings, Google, issuers, a browser, a clock that is moved by
//! hand.
//!
//! The peers see only what crosses the wire. Time passes by [`World::pass`]; what the server does on its own is awaited by
//! its observable effect, never by sleeping.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

pub(crate) mod account;
pub(crate) mod browser;
pub(crate) mod google;
pub(crate) mod issuer;
pub(crate) mod keys;
pub(crate) mod listener;
pub(crate) mod node;
pub(crate) mod outside;
pub(crate) mod ports;
pub(crate) mod refund_desk;
pub(crate) mod remittance;
pub(crate) mod settings;
pub(crate) mod smtp;
pub(crate) mod stripe;
pub(crate) mod su1;
pub(crate) mod tls;
pub(crate) mod wait;
pub(crate) mod world;

pub(crate) use account::{Called, PIAID, Peer};
pub(crate) use browser::Page;
pub(crate) use google::{Google, Script};
pub(crate) use issuer::{Bank, Says, Visit, Word};
pub(crate) use outside::Outside;
pub(crate) use refund_desk::{RefundCall, Refunding};
pub(crate) use settings::Setup;
pub(crate) use wait::until;
pub(crate) use world::World;

/// When every in-process test begins: the moment of the specification's examples (API section 4.1).
pub(crate) const START_MS: i64 = 1_735_689_600_000;

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
