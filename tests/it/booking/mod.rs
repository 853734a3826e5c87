//! The booking server from outside: Google's calls, the processor, real-time updates, and what staff do.

mod after;
mod create;
mod faults;
mod kill;
mod nodes;
mod payment;
mod spa;
mod surface;
