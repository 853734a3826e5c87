//! The binary: hands the command line to [`roundtrip::cli`].

use std::process::ExitCode;

/// Half of a web worker's time went into the system's allocator, which gives memory back and takes it again with every request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    roundtrip::cli::run(std::env::args_os())
}
