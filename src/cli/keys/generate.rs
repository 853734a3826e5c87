//! `roundtrip keys generate`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;

use crate::cli::write::{self, Readable};
use crate::crypto::{self, GeneratedKey, JwkKind, NewJwk, NewOpenPgpKey};
use crate::ports::{Clock, SystemClock};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// What the key is for: accounts of scheme pgp or jose, or URLs (and issuers' messages).
    #[arg(long, value_enum)]
    scheme: NewScheme,
    /// The private key file to be made; nobody but its owner may read it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The public key file to be made, for the peer (later: `keys export`).
    #[arg(long, value_name = "FILE")]
    public_out: Option<PathBuf>,
    /// pgp: whose key it is, as "Example Pay <pay@example.com>".
    #[arg(long, value_name = "NAME <MAIL>", required_if_eq("scheme", "pgp"))]
    name: Option<String>,
    /// jose, url: the key's id [default: by chance (jose), the file's name (url)].
    #[arg(long, value_name = "ID", value_parser = kid)]
    kid: Option<String>,
    /// jose: the kind of key. Google asks for rsa.
    #[arg(long = "type", value_enum, default_value_t = Kind::Rsa)]
    kind: Kind,
    /// The size of an RSA key in bits: 2048, 3072 or 4096. Larger ones make longer URLs.
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = bits)]
    bits: u32,
    /// The life of the key in days, at most two years.
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=730))]
    days: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NewScheme {
    /// An OpenPGP key.
    Pgp,
    /// A JWK.
    Jose,
    /// 32 random bytes in base64, shared by both sides.
    Url,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// RSA.
    Rsa,
    /// NIST P-256.
    Ec,
}

fn bits(text: &str) -> Result<u32, String> {
    match text {
        "2048" => Ok(2048),
        "3072" => Ok(3072),
        "4096" => Ok(4096),
        _ => Err("expected 2048, 3072 or 4096".to_owned()),
    }
}

fn kid(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.');
    let fits = (1..=100).contains(&text.len()) && text.bytes().all(plain);
    if fits { Ok(text.to_owned()) } else { Err("expected 1 to 100 characters of a-z A-Z 0-9 : - _ .".to_owned()) }
}

pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<()> {
    write::refuse_existing(&args.out)?;
    if let Some(public_out) = &args.public_out {
        write::refuse_existing(public_out)?;
        anyhow::ensure!(args.scheme != NewScheme::Url, "a key for URLs is one shared secret: it has no public part");
        anyhow::ensure!(*public_out != args.out, "--out and --public-out name the same file");
    }
    match args.scheme {
        NewScheme::Pgp | NewScheme::Jose => pair(config, args),
        NewScheme::Url => shared_secret(config, args),
    }
}

fn pair(config: &Path, args: &Args) -> anyhow::Result<()> {
    let key = make(args).context("cannot make the key")?;
    write::new_file(&args.out, key.private.as_bytes(), Readable::Owner)?;
    if let Some(public_out) = &args.public_out {
        write::new_file(public_out, key.public.as_bytes(), Readable::All)?;
    }
    let (word, scheme) = if args.scheme == NewScheme::Pgp { ("fingerprint", "pgp") } else { ("kid", "jose") };
    write::line(format_args!("{word} {}", key.id))?;
    write::line(format_args!("in [[google.accounts]] with scheme = \"{scheme}\", the first signs:"))?;
    write::line(format_args!("own_keys = [{:?}]", write::as_configured(&args.out, config)))
}

fn make(args: &Args) -> Result<GeneratedKey, crypto::KeyError> {
    let created = SystemClock.now();
    if args.scheme == NewScheme::Pgp {
        let user_id = args.name.as_deref().unwrap_or_default();
        return crypto::generate_openpgp(&NewOpenPgpKey { user_id, bits: args.bits, valid_days: args.days, created });
    }
    let chance = || crypto::random_token().replace(['-', '_'], "").chars().take(12).collect();
    let kid: String = args.kid.clone().unwrap_or_else(chance);
    let kind = match args.kind {
        Kind::Rsa => JwkKind::Rsa { bits: args.bits },
        Kind::Ec => JwkKind::EcP256,
    };
    crypto::generate_jwk(&NewJwk { kind, kid: &kid, valid_days: args.days, created })
}

fn shared_secret(config: &Path, args: &Args) -> anyhow::Result<()> {
    let secret = crypto::generate_url_key();
    write::new_file(&args.out, secret.as_bytes(), Readable::Owner)?;
    let stem = args.out.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| kid(stem).ok());
    let id = args.kid.clone().or(stem).unwrap_or_else(|| "1".to_owned());
    write::line(format_args!("kid {id}"))?;
    write::line("in [signing] or in an [[issuers]], the first signs:")?;
    let file = write::as_configured(&args.out, config);
    write::line(format_args!("keys = [{{ id = {id:?}, secret_file = {file:?} }}]"))
}
