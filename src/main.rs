//! The binary: hands the command line to [`roundtrip::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    roundtrip::cli::run(std::env::args_os())
}
