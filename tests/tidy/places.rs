//! Where things lie, what they are called and how long they may be.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::source::{Token, none, root, sources};

/// Longer files fail.
const MOST_LINES: usize = 600;
/// Names that say nothing.
const BANNED: &[&str] = &["utils", "util", "common", "helpers", "helper", "types", "manager", "misc"];
/// The top level is fixed; names that begin with a dot are free.
const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "entity",
    "migration",
    "static",
    "tests",
    "README.md",
    "LICENSE",
    "deny.toml",
    "clippy.toml",
    "rustfmt.toml",
    "rust-toolchain.toml",
    "roundtrip.example.toml",
    "Dockerfile",
    "compose.yaml",
    "deploy",
];

#[test]
fn files_are_short() {
    let mut findings = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            findings
                .push(source.at(MOST_LINES, &format!("{lines} lines, {MOST_LINES} at most: split it by what it does")));
        }
    }
    none(findings);
}

#[test]
fn names_say_something() {
    let mut findings = Vec::new();
    for source in sources() {
        let mut parts: Vec<&str> = source.path.trim_end_matches(".rs").split('/').collect();
        if source.is_under("tests") {
            parts.retain(|part| !part.starts_with("helper"));
        }
        if let Some(name) = parts.iter().find(|part| BANNED.contains(part)) {
            findings.push(source.at(1, &format!("`{name}` says nothing: name the file for what it holds")));
        }
        for (at, token) in source.product() {
            let named = source.tokens.get(at + 1).filter(|_| token.is("mod"));
            if let Some(name) = named.filter(|name| BANNED.contains(&name.text.as_str())) {
                findings.push(
                    source.at(name.line, &format!("`mod {}` says nothing: name it for what it holds", name.text)),
                );
            }
        }
    }
    none(findings);
}

#[test]
fn tests_stand_at_the_end_of_their_file() {
    let mut findings = Vec::new();
    for source in sources() {
        let opens = |(at, token): (usize, &Token)| token.test && token.is("mod") && source.reads(at + 2, &["{"]);
        let Some(first_test) = source.tokens.iter().enumerate().position(opens) else { continue };
        if let Some(behind) = source.tokens[first_test..].iter().find(|token| !token.test) {
            findings.push(source.at(behind.line, "code behind `#[cfg(test)] mod`: tests close the file"));
        }
    }
    none(findings);
}

#[test]
fn the_top_level_is_fixed() {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let names: Vec<String> = match listed {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect(),
        // No checkout, or no git: everything that lies there but what cargo and the sandbox make.
        Ok(_) | Err(_) => std::fs::read_dir(root())
            .expect("the top level can be read")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name != "target" && name != "var")
            .collect(),
    };
    let top = |path: &String| path.split('/').next().unwrap_or_default().to_owned();
    let mut strangers: Vec<String> =
        names.iter().map(top).filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str())).collect();
    strangers.dedup();
    let say = |name: String| format!("{name}:1: not a part of the top level: move it below src, static or tests");
    none(strangers.into_iter().map(say).collect());
}

#[test]
fn one_command_passes_every_test() {
    for path in ["tests/run", ".ci/run"] {
        let meta = std::fs::metadata(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(meta.permissions().mode() & 0o111 != 0, "{path}:1: not executable: chmod +x");
    }
    let ci = std::fs::read_to_string(root().join(".ci/run")).expect("it was there");
    let lines: Vec<&str> = ci.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, [r#"exec "$(dirname "$0")/../tests/run""#], ".ci/run:2: calls tests/run and nothing else");
}

#[test]
fn readme_names_only_what_exists() {
    let mut findings = Vec::new();
    for readme in ["README.md", "tests/it/README.md"] {
        let text = std::fs::read_to_string(root().join(readme)).unwrap_or_else(|error| panic!("{readme}: {error}"));
        for (index, line) in text.lines().enumerate() {
            for quoted in line.split('`').skip(1).step_by(2) {
                let path = quoted.split([' ', ':', '#']).next().unwrap_or_default();
                let ours = ["src/", "tests/", "entity/", "migration/", "static/", ".ci/"];
                if ours.iter().any(|tree| path.starts_with(tree))
                    && !path.contains(['*', '<', '…'])
                    && !root().join(path).exists()
                {
                    findings.push(format!("{readme}:{}: `{path}` does not exist: say what does", index + 1));
                }
            }
        }
    }
    none(findings);
}

#[test]
fn readme_shows_both_commands() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("README.md is there");
    for command in ["cargo run --release", "tests/run"] {
        let shown = text.lines().any(|line| line.trim_start_matches("./").starts_with(command));
        assert!(shown, "README.md:1: show `{command}` on a line of its own");
    }
}

/// The map of the code in src/lib.rs names files below src.
#[test]
fn the_map_names_only_what_exists() {
    let mut findings = Vec::new();
    let text = std::fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs is there");
    for (index, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with("//!")) {
        for quoted in line.split('`').skip(1).step_by(2) {
            let names_a_file = Path::new(quoted).extension().is_some_and(|extension| extension == "rs");
            let names_a_folder = quoted.ends_with('/');
            let there = root().join("src").join(quoted).exists() || root().join(quoted).exists();
            if (names_a_file || names_a_folder) && !there {
                findings.push(format!("src/lib.rs:{}: `{quoted}` does not exist: say what does", index + 1));
            }
        }
    }
    none(findings);
}
