//! Every requirement of the checklists (flows-security section 11, outlook-payments section 14) has a test, or a line that
//! says why not.

use std::collections::HashMap;

use crate::source::{Kind, none, root, sources};

/// All of Google's checklist.
const IDS: &[&str] = &[
    "TLS-1", "TLS-2", "TLS-3", "URL-1", "URL-2", "URL-3", "URL-4", "CT-1", "CT-2", "CT-3", "CT-4", "PGP-1", "PGP-2",
    "PGP-3", "PGP-4", "PGP-5", "PGP-6", "PGP-7", "PGP-8", "JOSE-1", "JOSE-2", "JOSE-3", "JOSE-4", "JOSE-5", "KEY-1",
    "KEY-2", "BEG-1", "BEG-2", "BEG-3", "BEG-4", "BEG-5", "BEG-6", "BEG-7", "GEN-1", "GEN-2", "CMP-1", "CMP-2",
    "CMP-3", "CMP-4", "CMP-5", "CMP-6", "CMP-7", "CMP-8", "CMP-9", "IDM-1", "IDM-2", "IDM-3", "IDM-4", "IDM-5",
    "REF-1", "REF-2", "REF-3", "REF-4", "REF-5", "ERR-1", "ERR-2", "ERR-3", "ERR-4", "CLK-1", "AMT-1", "OPS-1",
    "OPS-2", "REM-1", "REM-2", "REM-3", "REM-4", "REM-5", "REM-6",
];

/// All of Outlook's: M is mail, R PaymentRequest, C PaymentComplete, S security.
const OUTLOOK: &[&str] = &[
    "M1", "M2", "M3", "M4", "M5", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "C1", "C2", "C3", "C4", "C5", "C6",
    "C7", "S1", "S2", "S3", "S4", "S5", "S6", "S7",
];

fn all() -> impl Iterator<Item = &'static str> {
    IDS.iter().chain(OUTLOOK).copied()
}

/// The ids that tests/it/README.md excuses, with the line: `* OPS-1: why`.
fn excused() -> HashMap<String, usize> {
    let text = std::fs::read_to_string(root().join("tests/it/README.md")).expect("tests/it/README.md is there");
    let lines = text.lines().enumerate();
    let excuse = |(index, line): (usize, &str)| {
        let (id, why) = line.strip_prefix("* ")?.split_once(": ")?;
        (all().any(|known| known == id) && why.len() >= 20).then(|| (id.to_owned(), index + 1))
    };
    lines.filter_map(excuse).collect()
}

#[test]
fn every_requirement_has_a_test_or_an_excuse() {
    let names: Vec<String> = sources()
        .iter()
        .flat_map(|source| {
            source
                .tests()
                .filter(|(at, token)| *at >= 1 && token.kind == Kind::Word && source.reads(at - 1, &["fn"]))
                .map(|(_, token)| token.text.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    let excused = excused();
    let mut findings = Vec::new();
    for id in all() {
        let prefix = format!("{}_", id.to_lowercase().replace('-', "_"));
        let tested = names.iter().any(|name| name.starts_with(&prefix));
        match (tested, excused.get(id)) {
            (false, None) => findings.push(format!(
                "tests/it/README.md:1: {id} has no test: write `fn {prefix}…`, or a line `* {id}: why it cannot be tested here`"
            )),
            (true, Some(line)) => {
                findings.push(format!("tests/it/README.md:{line}: {id} has a test: drop the excuse"));
            }
            (true, None) | (false, Some(_)) => {}
        }
    }
    none(findings);
}

/// flows-security section 8.1: not for our own locks. We have no action of a user that locks a payment, so we never say it.
#[test]
fn err_4_user_action_in_progress_is_never_emitted() {
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| source.is_under("src") && !source.is_under("src/sandbox")) {
        for (_, token) in source.product() {
            let word = token.text.to_lowercase().replace('_', "");
            if word.contains("useractioninprogress") {
                findings.push(source.at(token.line, "userActionInProgress: answer a locking conflict with 409"));
            }
        }
    }
    none(findings);
}
