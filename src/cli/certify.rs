//! `roundtrip certify`: tries a server as its partner would before going live.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use secrecy::SecretString;
use url::Url;
use zeroize::Zeroizing;

use super::write;
use crate::certify::{CertifyOptions, PaymentTokens, certify};
use crate::ports::{Clock as _, Entropy as _, SystemClock, SystemEntropy};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Do to a booking server what Google's test client does: look up, book, list, move and cancel. It makes real bookings
    /// and cancels them.
    Booking(BookingArgs),
}

#[derive(Debug, Args)]
pub(super) struct BookingArgs {
    /// The server's address, as Google's partner portal has it: what stands before /v3.
    #[arg(long, value_parser = web_address)]
    url: Url,
    /// The user of HTTP Basic.
    #[arg(long)]
    user: String,
    /// A file with the user's password.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// Availability feeds with the slots to try, plain or gzip; with services feeds, slots that take
    /// payment are known, and with merchants feeds their taxes.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    feeds: Vec<PathBuf>,
    /// A file with payment tokens of cards that work, as Google Pay hands them over, one in each line: slots that take
    /// payment are booked with them, too. Tokens that can be used once are needed for each case: prepayment, deposit,
    /// no-show fee, both, card required.
    #[arg(long, value_name = "FILE")]
    payment_token_file: Option<PathBuf>,
    /// A file with a payment token of a card that is declined.
    #[arg(long, value_name = "FILE", requires = "payment_token_file")]
    declined_token_file: Option<PathBuf>,
    /// Pay with Stripe's test tokens: for a server whose processor is Stripe in test mode.
    #[arg(long, conflicts_with = "payment_token_file")]
    stripe_test_tokens: bool,
    /// How many slots are booked, at most.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = slots)]
    slots: usize,
    /// Takes the same slots again.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

fn web_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
    url.ok_or_else(|| "expected an http or https address".to_owned())
}

fn slots(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| (1..=1000).contains(count)).ok_or_else(|| "expected 1 to 1000".to_owned())
}

/// The tokens that are named on the command line.
fn tokens(args: &BookingArgs) -> anyhow::Result<Option<PaymentTokens>> {
    if args.stripe_test_tokens {
        return Ok(Some(PaymentTokens::of_stripe_tests()));
    }
    let read = |path: &PathBuf| -> anyhow::Result<Vec<SecretString>> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = Zeroizing::new(text);
        let found: Vec<_> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(SecretString::from).collect();
        anyhow::ensure!(!found.is_empty(), "{} holds no payment token: expected one in a line", path.display());
        Ok(found)
    };
    let Some(works) = &args.payment_token_file else { return Ok(None) };
    let declined = args.declined_token_file.as_ref().map(read).transpose()?;
    Ok(Some(PaymentTokens { works: read(works)?, declined: declined.and_then(|tokens| tokens.into_iter().next()) }))
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Booking(args) = command;
    let password = std::fs::read_to_string(&args.password_file)
        .with_context(|| format!("cannot read {}", args.password_file.display()))?;
    let tokens = tokens(&args)?;
    let options = CertifyOptions {
        tokens,
        url: args.url,
        user: args.user,
        password: SecretString::from(password.trim_end_matches(['\r', '\n'])),
        feeds: args.feeds,
        slots: args.slots,
        seed: args.seed.unwrap_or_else(|| SystemEntropy.next_u64()),
    };
    let mut closed = None;
    let passed = certify(&options, SystemClock.now(), &mut |line| {
        if closed.is_none() {
            closed = write::line(line).err();
        }
    })
    .await?;
    match closed {
        Some(error) => Err(error),
        None if passed => Ok(ExitCode::SUCCESS),
        None => Ok(ExitCode::FAILURE),
    }
}
