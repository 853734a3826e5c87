//! The benchmark runs, and leaves nothing behind. Its figures are not judged: this machine is busy with tests.

use std::process::Command;

use serde_json::Value;

#[test]
fn a_quick_run_makes_payments_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("figures.json");
    let files = folder.path().join("files");
    let output = Command::new(env!("CARGO_BIN_EXE_roundtrip"))
        .args(["bench", "redirect", "--quick", "--open-payments", "400", "--json"])
        .arg(&json)
        .arg("--dir")
        .arg(&files)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("\nTargets\n"), "{out}");
    let figures: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let number = |pointer: &str| figures.pointer(pointer).and_then(Value::as_f64).unwrap_or_default();
    assert!(number("/half_load/payments") >= 1.0, "{figures}");
    assert!(number("/half_load/server_cpu_us_per_payment") > 0.0, "{figures}");
    assert!(number("/half_load/commits_per_group") >= 1.0, "{figures}");
    assert!(number("/bare_crypto/payment_us") > 0.0, "{figures}");
    assert_eq!(figures["targets"].as_array().unwrap().len(), 6, "{figures}");
    assert_eq!(std::fs::read_dir(&files).unwrap().count(), 0, "the run left files behind");
}

#[test]
fn a_quick_run_looks_up_and_books_and_its_books_agree() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("figures.json");
    let files = folder.path().join("files");
    let output = Command::new(env!("CARGO_BIN_EXE_roundtrip"))
        .args(["bench", "booking", "--quick", "--slots", "10000", "--json"])
        .arg(&json)
        .arg("--dir")
        .arg(&files)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let figures: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let number = |pointer: &str| figures.pointer(pointer).and_then(Value::as_f64).unwrap_or_default();
    for kind in ["lookups", "arrivals", "prepaid"] {
        assert!(number(&format!("/{kind}/half_load/calls")) >= 1.0, "{kind}: {figures}");
    }
    assert!(number("/loading/slots") >= 10_000.0, "{figures}");
    assert!(number("/books/bookings") >= 2.0, "{figures}");
    assert!(number("/books/charges") >= 1.0, "{figures}");
    assert!(number("/bare_commit/per_s") > 0.0, "{figures}");
    assert!(number("/bare_lookup/per_s") > 0.0, "{figures}");
    assert_eq!(figures["targets"].as_array().unwrap().len(), 8, "{figures}");
    assert_eq!(std::fs::read_dir(&files).unwrap().count(), 0, "the run left files behind");
}

#[test]
fn con_8_a_small_run_fills_a_database_and_asks_every_question() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("figures.json");
    let files = folder.path().join("files");
    let output = Command::new(env!("CARGO_BIN_EXE_roundtrip"))
        .args(["bench", "console", "--payments", "2000", "--times", "3", "--json"])
        .arg(&json)
        .arg("--dir")
        .arg(&files)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let figures: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert!(figures["questions"].as_array().unwrap().len() >= 30, "{figures}");
    assert!(figures["bare_route"]["p99_ms"].as_f64().unwrap_or_default() > 0.0, "{figures}");
    assert_eq!(figures["targets"].as_array().unwrap().len(), 2, "{figures}");
    assert_eq!(std::fs::read_dir(&files).unwrap().count(), 0, "the run left files behind");
}
