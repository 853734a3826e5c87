//! The integration tests: one binary, by surface.

mod alarms;
mod bank;
mod bench;
mod browser;
mod cli;
mod crypto;
mod feeds;
mod harness;
mod kill;
mod mail;
mod postgres;
mod redirect;
mod refund;
mod remittance;
mod sandbox;
mod storage;
