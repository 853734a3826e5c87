//! One test binary, by surface.

mod sandbox;
