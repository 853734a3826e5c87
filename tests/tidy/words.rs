//! Words that may not be written, and where.

use crate::source::{Kind, Source, none, sources};

/// What `domain` may not know.
const IMPURE: &[&str] = &[
    "serde",
    "serde_json",
    "Serialize",
    "Deserialize",
    "async",
    "await",
    "SystemTime",
    "Instant",
    "sea_orm",
    "sqlx",
    "tokio",
    "actix",
    "actix_web",
    "reqwest",
    "rand",
    "tracing",
    "http",
];
/// Parts of the standard library that do I/O.
const IMPURE_STD: &[&str] = &["fs", "net", "env", "io", "process", "thread"];
/// Where money passes.
const MONEY: &[&str] = &[
    "src/domain",
    "src/ports.rs",
    "src/storage",
    "src/protocol",
    "src/issuer",
    "src/processor",
    "src/report",
    "entity",
    "migration",
];
/// Where a floating-point number has nothing to do with money.
const NO_MONEY: &[(&str, &str)] = &[
    ("src/protocol/json.rs", "members that nobody reads may be any JSON number; amounts are read from digits"),
    (
        "src/report/xlsx/number.rs",
        "a cell of XLSX holds no other number; it is written from decimal text and never computed with",
    ),
];

#[test]
fn the_domain_is_pure() {
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| source.is_under("src/domain")) {
        for (at, token) in source.product() {
            let std = token.is("std") && source.reads(at + 1, &[":", ":"]);
            let inside = source.tokens.get(at + 3).filter(|part| std && IMPURE_STD.iter().any(|word| part.is(word)));
            if let Some(word) = IMPURE.iter().find(|word| token.is(word)) {
                findings.push(source.at(token.line, &format!("`{word}` in domain: {PURE}")));
            } else if let Some(part) = inside {
                findings.push(source.at(token.line, &format!("`std::{}` in domain: {PURE}", part.text)));
            }
        }
    }
    none(findings);
}

const PURE: &str = "machines know no clock, no I/O and no format; take it as an argument, or do it in a higher floor";

#[test]
fn no_floating_point_near_money() {
    let mut findings = Vec::new();
    for source in sources() {
        let near = MONEY.iter().any(|place| source.path == *place || source.is_under(place));
        if !near || NO_MONEY.iter().any(|(path, _)| source.path == *path) {
            continue;
        }
        for (at, token) in source.product().filter(|(_, token)| token.kind == Kind::Word) {
            let word = token.text.as_str();
            let digits = |at: usize| {
                source
                    .tokens
                    .get(at)
                    .is_some_and(|t| t.kind == Kind::Word && t.text.starts_with(|c: char| c.is_ascii_digit()))
            };
            // `1.5`, but neither the range `1..5` nor the field `pair.0.1`.
            let literal = digits(at) && source.reads(at + 1, &["."]) && digits(at + 2);
            let field = at >= 1 && source.reads(at - 1, &["."]);
            if word.ends_with("f64") || word.ends_with("f32") || (literal && !field) {
                findings.push(source.at(token.line, "floating point: amounts are integer micros (`i64`)"));
            }
        }
    }
    none(findings);
}

#[test]
fn nothing_panics_outside_tests() {
    let mut findings = Vec::new();
    for source in sources() {
        for (at, token) in source.product() {
            // `unwrap` with an argument is somebody else's word: a key is unwrapped with another.
            let method = (token.is("unwrap") || token.is("unwrap_err")) && source.reads(at + 1, &["(", ")"])
                || (token.is("expect") || token.is("expect_err")) && source.reads(at + 1, &["("]);
            let method = method && at >= 1 && source.reads(at - 1, &["."]);
            let macros = ["panic", "todo", "unimplemented", "unreachable", "dbg"].iter().any(|name| token.is(name))
                && source.reads(at + 1, &["!"]);
            if method || macros {
                findings.push(source.at(token.line, &format!("`{}`: {PANICS}", token.text)));
            }
        }
    }
    none(findings);
}

const PANICS: &str = "return an error, or make the impossible unrepresentable; only tests may panic";

#[test]
fn machines_list_every_arm() {
    let machines =
        |source: &&Source| source.path.strip_prefix("src/domain/").is_some_and(|inside| inside.contains('/'));
    let mut findings = Vec::new();
    for source in sources().iter().filter(machines) {
        for (at, token) in source.product() {
            if token.is("_") && (source.reads(at + 1, &["=", ">"]) || source.reads(at + 1, &["if"])) {
                findings
                    .push(source.at(token.line, "`_ =>` in a machine: list the states and inputs that it stands for"));
            }
        }
    }
    none(findings);
}

#[test]
fn no_test_is_skipped() {
    let mut findings = Vec::new();
    for source in sources() {
        for (at, token) in source.tokens.iter().enumerate() {
            if token.is("ignore") && at >= 2 && source.reads(at - 2, &["#", "["]) {
                findings.push(source.at(
                    token.line,
                    "`#[ignore]`: make the test pass, or take it out and say why in tests/it/README.md",
                ));
            }
        }
        for (index, line) in source.text.lines().enumerate() {
            let line = line.trim_start();
            if line.starts_with("//") && line.contains("```") && line.contains("ignore") {
                findings.push(source.at(index + 1, "an ignored example: make it compile, or mark it `text`"));
            }
        }
    }
    none(findings);
}

#[test]
fn tests_do_not_sleep() {
    let mut findings = Vec::new();
    for source in sources() {
        let mut function = "";
        for (at, token) in source.tests() {
            if at >= 1 && source.reads(at - 1, &["fn"]) {
                function = &token.text;
            }
            let sleeps = (token.is("sleep") || token.is("sleep_until")) && source.reads(at + 1, &["("]);
            if sleeps && !function.starts_with("eventually") {
                findings.push(source.at(
                    token.line,
                    "a sleep is no synchronisation: await what happens, move the test's clock, or poll a condition, with \
                     a limit that fails the test, in a function named `eventually…`",
                ));
            }
        }
    }
    none(findings);
}

#[test]
fn what_crosses_the_wire_stays_inside_protocol() {
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| source.is_under("src/protocol")) {
        for (at, token) in source.product() {
            if token.is("pub") && source.reads(at + 1, &["mod", "wire"]) {
                findings.push(source.at(token.line, "`pub mod wire`: wire types are private, show domain types"));
            }
            let serde = (token.is("Serialize") || token.is("Deserialize")) && in_derive(source, at);
            if serde && derives_public_item(source, at) {
                findings.push(source.at(token.line, "a public wire type: make it private, and show a domain type"));
            }
        }
    }
    none(findings);
}

fn in_derive(source: &Source, at: usize) -> bool {
    let before = &source.tokens[..at];
    before.iter().rposition(|token| token.is("(")).is_some_and(|open| open >= 1 && source.reads(open - 1, &["derive"]))
}

/// Whether the item below the attribute at `at` is `pub`, to all.
fn derives_public_item(source: &Source, at: usize) -> bool {
    let item = source.tokens[at..].iter().position(|token| token.is("struct") || token.is("enum"));
    item.is_some_and(|offset| source.reads(at + offset - 1, &["pub"]))
}
