//! The booking server from outside: Google's calls, the processor, real-time updates, and what staff do.

mod after;
mod create;
mod events;
mod faults;
mod kill;
mod nodes;
mod payment;
mod payouts;
mod reports;
mod spa;
mod surface;
