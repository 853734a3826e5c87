//! Roundtrip: a redirect payment integrator in one binary.
//!
//! # The floors
//!
//! | floor | module | what it knows |
//! |---|---|---|
//! | 0 | [`domain`] | the machines: pure decisions about money, no I/O, no clock |
//! | 1 | [`ports`] | the traits the machines' effects need |
//! | 2 | [`storage`], [`protocol`], [`crypto`], [`issuer`] | rows, bytes, keys, issuers |
//! | 3 | [`actors`] | order: one actor per transaction, outbox, deadlines |
//! | 4 | [`web`] | routes and payer pages |
//! | 5 | [`app`], [`sandbox`], [`bench`], [`cli`] | composition, stand-ins, commands |

pub mod actors;
pub mod app;
pub mod bench;
pub mod cli;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod issuer;
pub mod ports;
pub mod protocol;
pub mod sandbox;
pub mod storage;
pub mod web;
