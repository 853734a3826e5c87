//! A floor imports only lower floors; adapters on the same floor never import each other.

use crate::source::{Source, none, sources};

/// What each module of the crate may import besides itself. The order is the order of the floors.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("crypto", &["domain", "ports"]),
    ("config", &["domain"]),
    ("storage", &["domain", "ports", "crypto"]),
    ("protocol", &["domain", "ports", "crypto"]),
    ("issuer", &["domain", "ports", "crypto"]),
    ("processor", &["domain", "ports", "crypto"]),
    ("report", &["domain", "ports", "crypto"]),
    ("mail", &["domain", "ports", "crypto"]),
    ("actors", &["domain", "ports", "crypto", "storage", "protocol", "issuer", "processor", "report", "mail"]),
    ("finance", &["domain", "ports", "crypto", "storage", "report"]),
    ("people", &["domain", "ports", "crypto", "storage"]),
    (
        "web",
        &[
            "domain",
            "ports",
            "crypto",
            "storage",
            "protocol",
            "issuer",
            "processor",
            "report",
            "mail",
            "actors",
            "finance",
            "people",
        ],
    ),
    (
        "app",
        &[
            "domain",
            "ports",
            "crypto",
            "storage",
            "protocol",
            "issuer",
            "processor",
            "report",
            "mail",
            "actors",
            "finance",
            "people",
            "web",
            "config",
        ],
    ),
    // The stand-ins share nothing with the server but what crosses the wire.
    ("sandbox", &["domain", "ports", "crypto", "config"]),
    ("bench", &["domain", "ports", "crypto", "storage", "people", "protocol", "issuer", "config", "app", "sandbox"]),
    // A foreign reader: it shares nothing with the servers that it tries.
    ("certify", &["domain", "ports", "crypto"]),
    (
        "cli",
        &[
            "domain", "ports", "crypto", "storage", "protocol", "report", "finance", "people", "config", "app",
            "sandbox", "bench", "certify",
        ],
    ),
];

/// Crates that only one part of the house may name, and why.
const KEPT_TO: &[(&str, &[&str], &str)] = &[
    ("entity", &["src/storage"], "rows are storage's alone"),
    ("migration", &["src/storage/schema.rs"], "migrations run through Store::migrate_up"),
    ("sea_orm", &["src/storage", "entity", "migration"], "SQL is storage's alone"),
    ("sea_orm_migration", &["src/storage/schema.rs", "migration"], "migrations run through Store::migrate_up"),
    ("sqlx", &["src/storage"], "SQL is storage's alone"),
    ("hmac", &["src/crypto"], "add what you need to crypto"),
    ("sha2", &["src/crypto"], "add what you need to crypto"),
    ("argon2", &["src/crypto"], "add what you need to crypto"),
    ("totp_rs", &["src/crypto"], "add what you need to crypto"),
    ("pgp", &["src/crypto"], "add what you need to crypto"),
    // TLS names rustls' own module of that name.
    ("aws_lc_rs", &["src/crypto", "src/app/tls.rs"], "add what you need to crypto"),
    ("lettre", &["src/mail.rs"], "mail goes out through Mailer"),
    ("actix_web", &["src/web", "src/app", "src/sandbox", "src/bench", "src/cli", "src/main.rs"], "HTTP begins at web"),
];

/// Files that put the house together beside their module's own work.
const COMPOSE: &[(&str, &[&str])] = &[("src/sandbox/run.rs", &["app", "web"])];

fn top_module(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let name = inside.split('/').next().unwrap_or(inside);
    (!matches!(name, "lib.rs" | "main.rs")).then(|| name.trim_end_matches(".rs"))
}

#[test]
fn a_floor_imports_only_lower_floors() {
    let mut findings = Vec::new();
    for source in sources() {
        let Some(module) = top_module(&source.path) else { continue };
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            findings.push(source.at(1, &format!("`{module}` has no floor: give it one in tests/tidy/floors.rs")));
            continue;
        };
        for (line, imported) in crate_paths(&source) {
            let known = MAY_IMPORT.iter().any(|(name, _)| *name == imported);
            let composes = COMPOSE.iter().any(|(path, may)| *path == source.path && may.contains(&imported.as_str()));
            if known && !composes && imported != module && !allowed.contains(&imported.as_str()) {
                findings.push(source.at(
                    line,
                    &format!(
                        "`{module}` may not import `{imported}`: move the code, or hand it in from above as a value"
                    ),
                ));
            }
        }
    }
    none(findings);
}

#[test]
fn some_crates_are_named_in_one_place_only() {
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| !source.is_under("tests")) {
        for (at, token) in source.tokens.iter().enumerate() {
            let kept = KEPT_TO.iter().find(|(name, _, _)| token.is(name) && names_a_crate(source, at));
            if let Some((name, homes, reason)) = kept
                && !homes.iter().any(|home| source.path == *home || source.is_under(home))
            {
                findings.push(source.at(token.line, &format!("`{name}` belongs to {}: {reason}", homes.join(", "))));
            }
        }
    }
    none(findings);
}

#[test]
fn migrations_know_no_rows() {
    let manifest = std::fs::read_to_string(crate::source::root().join("migration/Cargo.toml")).expect("it is there");
    assert!(
        !manifest.lines().any(|line| line.trim_start().starts_with("entity")),
        "migration/Cargo.toml: a migration names its columns itself, because rows change later: drop the dependency"
    );
}

/// `name::…`, or `use name;`, where `name` is not the middle of a path.
fn names_a_crate(source: &Source, at: usize) -> bool {
    source.begins_path(at) || (at >= 1 && source.reads(at - 1, &["use"]))
}

/// Every module of the crate's top that a path in this file leads to, with its line.
fn crate_paths(source: &Source) -> Vec<(usize, String)> {
    let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
    let file_depth = stem.matches('/').count();
    let mut inline = Vec::new();
    let mut braces = 0_usize;
    let mut found = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        if token.is("{") {
            braces += 1;
            if at >= 2 && source.reads(at - 2, &["mod"]) {
                inline.push(braces);
            }
        } else if token.is("}") {
            if inline.last() == Some(&braces) {
                inline.pop();
            }
            braces = braces.saturating_sub(1);
        } else if token.is("crate") && source.begins_path(at) {
            heads(source, at + 3, &mut found);
        } else if token.is("super") && source.begins_path(at) {
            let mut ups = 1;
            while source.reads(at + 3 * ups, &["super", ":", ":"]) {
                ups += 1;
            }
            if ups >= file_depth + inline.len() {
                heads(source, at + 3 * ups, &mut found);
            }
        }
    }
    found
}

/// The first words of what stands at `at`: one word, or the first of each member of `{…}`.
fn heads(source: &Source, at: usize, found: &mut Vec<(usize, String)>) {
    if !source.reads(at, &["{"]) {
        found.extend(source.tokens.get(at).map(|token| (token.line, token.text.clone())));
        return;
    }
    let mut depth = 0_usize;
    for (token, before) in source.tokens[at..].iter().zip(&source.tokens[at - 1..]) {
        if token.is("{") {
            depth += 1;
        } else if token.is("}") {
            depth -= 1;
        } else if depth == 1 && (before.is("{") || before.is(",")) {
            found.push((token.line, token.text.clone()));
        }
        if depth == 0 {
            return;
        }
    }
}

#[test]
fn paths_to_the_top_are_found_however_they_are_written() {
    let text = "use crate::{domain::{A, B}, ports::Clock};\nuse super::super::web::X;\nuse super::near::Y;\n\
                mod tests { use super::super::actors::Z; use super::super::super::app; }\nfn f() { crate::cli::run() }";
    let source = Source { path: "src/storage/read.rs".into(), text: text.into(), tokens: crate::source::tokens(text) };
    let found: Vec<String> = crate_paths(&source).into_iter().map(|(_, name)| name).collect();
    assert_eq!(found, ["domain", "ports", "web", "app", "cli"]);
}
