//! The integration tests: one binary, by surface.

mod alarms;
mod bank;
mod bench;
mod booking;
mod booking_certify;
mod browser;
mod cli;
mod crypto;
mod feeds;
mod harness;
mod invoices;
mod jobs;
mod kill;
mod mail;
mod maps_booking;
mod outlook;
mod outlook_peers;
mod postgres;
mod processor;
mod redirect;
mod refund;
mod remittance;
mod sandbox;
mod storage;
