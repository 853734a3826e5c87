//! Floor 2: bytes in, domain values out, and back. One folder per surface.

pub mod google_redirect;
