//! A processor that is not ours.
