use std::io::Read as _;
use std::path::Path;

use super::*;
use crate::crypto::content_hash;
use crate::domain::{Currency, Piaid, Timestamp};

/// 2026-02-03T04:05:06.007Z
const NOON: Timestamp = Timestamp::from_millis(1_770_091_506_007);
const HOSTILE: &str = "=cmd|' /C calc'!A0";

fn head() -> StatementHead {
    StatementHead {
        account: Piaid::parse("ExamplePay_INR").unwrap(),
        statement_id: "stmt-2026-02-01".to_owned(),
        state: "Disputed".to_owned(),
        statement_date: Some(NOON),
        period_start: Day::parse("2026-02-01").ok().map(|day| day.start(&Zone::utc())),
        period_end: Day::parse("2026-02-02").ok().map(|day| day.start(&Zone::utc())),
        date_due: Some(NOON.plus_millis(86_400_000)),
        currency: Currency::parse("INR").unwrap(),
        memo_line: Some("stmt-1AB-pp0-invisi".to_owned()),
        stated_total_micros: 0,
        stated_fees_micros: None,
        fee_convention: "2.5 % of a capture, half-even at the minor unit".to_owned(),
        decisions: vec![Decision { user: "asha".to_owned(), at: NOON, reason: "within the margin".to_owned() }],
        zone: Zone { name: "Asia/Kolkata".to_owned(), offset_minutes: 330 },
    }
}

/// `count` lines, every third a refund, every fifth with an amount that differs and a hostile reason.
fn write(format: Format, path: &Path, count: u64, sheet_rows: u32) -> (Written, StatementTotals) {
    let mut totals = StatementTotals::default();
    let mut findings = [("matched", 0, 0_i128, 0_i128), ("amount differs", 0, 0, 0)];
    let mut lines = Vec::new();
    for number in 1..=count {
        let refund = number % 3 == 0;
        let amount = if refund { -50_100_000 } else { 109_900_000 + number as i64 * 10_000 };
        let fee = if refund { 0 } else { 2_750_000 };
        let difference = if number % 5 == 0 { 10_000_000 } else { 0 };
        totals.lines += 1;
        totals.amount += i128::from(amount);
        totals.fee += i128::from(fee);
        totals.due += i128::from(amount - fee);
        let finding = &mut findings[usize::from(difference != 0)];
        finding.1 += 1;
        finding.2 += i128::from(amount);
        finding.3 += i128::from(amount - difference);
        lines.push((number, refund, amount, fee, difference, finding.0));
    }
    totals.findings = findings
        .into_iter()
        .map(|(finding, lines, stated, ours)| FindingTotal {
            finding: finding.to_owned(),
            lines,
            stated,
            ours,
            difference: stated - ours,
            reason: None,
        })
        .collect();
    totals.missing = vec![MissingBucket { bucket: "not yet due".to_owned(), count: 2, sum: 219_800_000 }];
    let mut head = head();
    head.stated_total_micros = i64::try_from(totals.due).unwrap();
    head.stated_fees_micros = i64::try_from(totals.fee).ok();
    let mut report = StatementReport::begin_with(format, &head, path, sheet_rows).unwrap();
    for (number, refund, amount, fee, difference, finding) in lines {
        let differs = difference != 0;
        report
            .line(&StatementLine {
                number,
                list: if refund { "refund" } else { "capture" },
                event_request_id: &format!("rq-{number:06}"),
                our_id: Some("01930d2c-7a44-7000-8000-0123456789ab"),
                issuer: Some("examplebank"),
                currency: "INR",
                amount_micros: Some(amount),
                fee_micros: Some(fee),
                due_micros: Some(amount - fee),
                ours_micros: Some(amount - difference),
                difference_micros: Some(difference),
                finding,
                reason: differs.then_some(HOSTILE),
                note: None,
            })
            .unwrap();
    }
    (report.finish(&totals).unwrap(), totals)
}

fn period_head() -> PeriodHead {
    PeriodHead {
        from: Day::parse("2026-02-01").unwrap(),
        to: Day::parse("2026-02-28").unwrap(),
        account: None,
        surface: "all".to_owned(),
        zone: Zone::utc(),
    }
}

fn write_period(format: Format, path: &Path) -> Written {
    let mut report = PeriodReport::begin_with(format, &period_head(), path, 3).unwrap();
    let booked = [("google:receivable", 109_900_000), ("issuer:payable", -109_900_000)];
    for (code, times) in [("INR", 2), ("JPY", 1)] {
        for number in 0..times {
            for (ledger_account, micros) in booked {
                let amount_micros = if code == "JPY" { micros / 109_900_000 * 5_000_000 } else { micros };
                let time = NOON.plus_millis(number * 1_000);
                let currency = Currency::parse(code).unwrap();
                report
                    .line(&LedgerLine {
                        time,
                        surface: "redirect",
                        what: "payment",
                        author: "@SUM(A1)",
                        transaction_id: Some("01930d2c-7a44-7000-8000-0123456789ab"),
                        request_id: None,
                        google_account: Some("ExamplePay_INR"),
                        ledger_account,
                        currency,
                        amount_micros,
                    })
                    .unwrap();
            }
        }
    }
    let balance = |account: &str, code: &str, opening: i128, debits: i128, credits: i128| AccountBalance {
        account: account.to_owned(),
        currency: Currency::parse(code).unwrap(),
        opening,
        debits,
        credits,
        closing: opening + debits - credits,
    };
    let balances = [
        balance("google:receivable", "INR", 1_000_000, 219_800_000, 0),
        balance("issuer:payable", "INR", -1_000_000, 0, 219_800_000),
        balance("google:receivable", "JPY", 0, 5_000_000, 0),
        balance("issuer:payable", "JPY", 0, 0, 5_000_000),
    ];
    report.finish(&balances).unwrap()
}

/// The parts of a workbook by name.
fn parts(path: &Path) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut part = archive.by_index(at).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            (part.name().unwrap().into_owned(), text)
        })
        .collect()
}

/// The XML of the sheet called `name`.
fn sheet(path: &Path, name: &str) -> String {
    let parts = parts(path);
    let find = |wanted: &str| parts.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.clone()).unwrap();
    let book = find("xl/workbook.xml");
    let number =
        book.split("<sheet name=\"").skip(1).position(|entry| entry.starts_with(&format!("{name}\""))).unwrap();
    find(&format!("xl/worksheets/sheet{}.xml", number + 1))
}

/// The whole element of one cell.
fn cell<'a>(sheet: &'a str, name: &str) -> &'a str {
    let start = sheet.find(&format!("<c r=\"{name}\"")).unwrap_or_else(|| panic!("{name} is empty"));
    let rest = &sheet[start..];
    let end = if rest[..=rest.find('>').unwrap()].ends_with("/>") { "/>" } else { "</c>" };
    &rest[..rest.find(end).unwrap() + end.len()]
}

fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Micros of a decimal text, by moving the point.
fn micros(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<6}").parse().unwrap()
}

#[test]
fn reports_are_the_same_bytes_when_made_again() {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Csv, Format::Xlsx] {
        let paths = ["a", "b"].map(|name| folder.path().join(name).with_extension(format.extension()));
        let statements = paths.each_ref().map(|path| write(format, path, 40, 15).0);
        let bytes = paths.each_ref().map(|path| std::fs::read(path).unwrap());
        assert!(bytes[0] == bytes[1], "{format:?}");
        assert_eq!(statements[0], statements[1]);
        let expected = Written { sha256: content_hash(&bytes[0]), bytes: bytes[0].len() as u64, lines: 40 };
        assert_eq!(statements[0], expected);
        let periods = paths.each_ref().map(|path| write_period(format, path));
        assert_eq!(periods[0], periods[1]);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4, "nothing else is left behind");
}

#[test]
fn a_workbook_says_no_time_but_the_report_s_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.xlsx");
    write(Format::Xlsx, &path, 3, 100);
    let parts = parts(&path);
    let (_, core) = parts.iter().find(|(name, _)| name == "docProps/core.xml").unwrap();
    assert_eq!(core.matches("2026-02-03T04:05:06Z").count(), 2, "{core}");
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    for at in 0..archive.len() {
        assert_eq!(archive.by_index(at).unwrap().last_modified().map(|time| time.year()), Some(1980));
    }
}

#[test]
fn the_due_column_of_a_csv_adds_up_to_the_stated_total() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.csv");
    let (_, totals) = write(Format::Csv, &path, 100, 100);
    let rows = rows(&path);
    let due = rows[0].iter().position(|name| name == "due").unwrap();
    let events: Vec<_> = rows[1..].iter().take_while(|row| row.iter().any(|field| !field.is_empty())).collect();
    assert_eq!(events.len(), 100);
    assert_eq!(events.iter().map(|row| micros(&row[due])).sum::<i128>(), totals.due);
    let everywhere = rows[1..].iter().filter(|row| !row[due].is_empty()).count();
    assert_eq!(everywhere, 100, "what stands below the lines leaves the columns of amounts alone");

    let fact = |label: &str| rows.iter().find(|row| row[0] == label).map(|row| row[1].clone()).unwrap_or_default();
    assert_eq!(micros(&fact("Stated total")), totals.due);
    assert_eq!(fact("Memo line for the bank transfer"), "stmt-1AB-pp0-invisi");
    assert_eq!(fact("Lines, totals and stated total"), "agrees");
    assert_eq!(fact("Statement date"), "2026-02-03T09:35:06.007+05:30");
    assert!(fact("Time zone").starts_with("Asia/Kolkata (UTC+05:30)"));
    assert!(fact("Signs").contains("refunds negative"));
    assert_eq!(fact("Finding amount differs: lines"), "20");
    assert_eq!(fact("Ours, not on the statement, not yet due: sum"), "219.80");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.lines().count() == text.matches("\r\n").count() && text.starts_with("line,list,event_request_id,"));
}

#[test]
fn hostile_text_is_no_formula_in_either_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.csv");
    write(Format::Csv, &path, 5, 100);
    let rows = rows(&path);
    assert_eq!(rows[5][12], "'=cmd|' /C calc'!A0");
    assert_eq!(rows[3][6], "-50.10", "our own numbers are numbers");
    let path = folder.path().join("s.xlsx");
    write(Format::Xlsx, &path, 5, 100);
    let events = sheet(&path, "Events");
    assert!(cell(&events, "M6").contains("t=\"inlineStr\"><is><t>'=cmd|"), "{}", cell(&events, "M6"));
    assert!(!events.contains("<f>"));
}

#[test]
fn cells_of_events_are_typed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.xlsx");
    write(Format::Xlsx, &path, 7, 100);
    let events = sheet(&path, "Events");
    assert_eq!(cell(&events, "A2").split_once("<v>").unwrap().1, "1</v></c>");
    assert_eq!(cell(&events, "G2").split_once("<v>").unwrap().1, "109.91</v></c>");
    assert_eq!(cell(&events, "I4").split_once("<v>").unwrap().1, "-50.1</v></c>");
    assert!(cell(&events, "C2").contains("<t>rq-000001</t>"));
    assert!(events.contains("state=\"frozen\"") && events.contains("<autoFilter ref=\"A1:N8\"/>"));
    let differences = sheet(&path, "Differences");
    assert!(cell(&differences, "A2").contains("<v>5</v>") && !differences.contains("<row r=\"3\""));

    write_period(Format::Xlsx, &path);
    let entries = sheet(&path, "Entries");
    // 46056 is 2026-02-03.
    assert!(cell(&entries, "A2").contains("<v>46056.170"), "{}", cell(&entries, "A2"));
    assert!(cell(&entries, "D2").contains("<t>'@SUM(A1)</t>"));
}

#[test]
fn totals_are_formulas_with_their_result_beside_a_checked_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.xlsx");
    let (_, totals) = write(Format::Xlsx, &path, 7, 100);
    let summary = sheet(&path, "Summary");
    let due = decimal::decimal(totals.due, 2);
    let formula = "<f>SUM(SUMPRODUCT(ROUND('Events'!$I$2:$I$8*100,0)))/100</f>";
    let start = summary.find(formula).expect("the due column is summed by a formula");
    assert!(summary[start + formula.len()..].starts_with(&format!("<v>{due}</v>")));
    assert!(summary.contains(&format!("<v>{}</v>", due.trim_end_matches('0'))), "the checked value is a plain number");
    assert!(summary.contains("<f>SUM(COUNTIF('Events'!$L$2:$L$8,A"));
    assert!(summary.contains("<v>agrees</v>") && !summary.contains("<v>DIFFERS</v>"));
}

#[test]
fn totals_that_are_not_those_of_the_lines_are_marked() {
    let folder = tempfile::tempdir().unwrap();
    let mut head = head();
    head.stated_total_micros = 1;
    let path = folder.path().join("s.xlsx");
    let report = StatementReport::begin(Format::Xlsx, &head, &path).unwrap();
    report.finish(&StatementTotals::default()).unwrap();
    assert_eq!(sheet(&path, "Summary").matches("<v>DIFFERS</v>").count(), 2, "the stated total, and all of them");
    let path = folder.path().join("s.csv");
    let report = StatementReport::begin(Format::Csv, &head, &path).unwrap();
    report.finish(&StatementTotals { lines: 1, ..StatementTotals::default() }).unwrap();
    assert!(rows(&path).iter().any(|row| row[0] == "Lines, totals and stated total" && row[1] == "DIFFERS"));
}

#[test]
fn lines_go_on_to_further_sheets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.xlsx");
    write(Format::Xlsx, &path, 25, 10);
    for (name, first, last) in [("Events", 1, 10), ("Events 2", 11, 10), ("Events 3", 21, 5)] {
        let sheet = sheet(&path, name);
        assert!(cell(&sheet, "A2").contains(&format!("<v>{first}</v>")), "{name}");
        assert_eq!(sheet.matches("<row ").count(), last + 1, "{name}: its lines and a header");
        assert!(sheet.contains(&format!("<autoFilter ref=\"A1:N{}\"/>", last + 1)), "{name}");
    }
    let formula = "SUM(SUMPRODUCT(ROUND('Events'!$I$2:$I$11*100,0)),SUMPRODUCT(ROUND('Events 2'!$I$2:$I$11*100,0)),\
                   SUMPRODUCT(ROUND('Events 3'!$I$2:$I$6*100,0)))/100";
    assert!(sheet(&path, "Summary").contains(formula));
}

#[test]
fn amounts_that_no_number_holds_are_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.xlsx");
    let mut head = head();
    head.stated_total_micros = i64::MAX;
    let mut report = StatementReport::begin(Format::Xlsx, &head, &path).unwrap();
    let line = StatementLine {
        number: 1,
        list: "capture",
        event_request_id: "rq-1",
        our_id: None,
        issuer: None,
        currency: "INR",
        amount_micros: Some(i64::MAX),
        fee_micros: None,
        due_micros: Some(i64::MAX),
        ours_micros: None,
        difference_micros: None,
        finding: "unknown to us",
        reason: None,
        note: None,
    };
    report.line(&line).unwrap();
    report.line(&StatementLine { number: 2, amount_micros: Some(1), due_micros: None, ..line }).unwrap();
    let sum = i128::from(i64::MAX);
    let totals = StatementTotals { lines: 2, amount: sum + 1, due: sum, ..StatementTotals::default() };
    report.finish(&totals).unwrap();
    let events = sheet(&path, "Events");
    assert!(cell(&events, "G2").contains("<t>9223372036854.775807</t>"));
    assert!(cell(&events, "G3").ends_with("<v>0.000001</v></c>"), "{}", cell(&events, "G3"));
    assert!(events.contains("numberStoredAsText"));
    let summary = sheet(&path, "Summary");
    assert!(summary.contains("<f>ROUND(SUM('Events'!$G$2:$G$3),6)</f><v>0.000001</v>"));
    let parts = parts(&path);
    let (_, texts) = parts.iter().find(|(name, _)| name == "xl/sharedStrings.xml").unwrap();
    assert!(texts.contains("<t>9223372036854.775808</t>") && texts.contains("<t>Amounts written as text</t>"));
}

#[test]
fn the_trial_balance_is_formulas_and_checked_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.xlsx");
    write_period(Format::Xlsx, &path);
    let trial = sheet(&path, "Trial balance");
    let debits = cell(&trial, "D2");
    assert!(debits.contains("<f>SUM(SUMPRODUCT(EXACT('Entries'!$H$2:$H$4,$A2)*EXACT('Entries'!$I$2:$I$4,$B2)*"));
    assert!(debits.contains("'Entries 2'!$J$2:$J$4") && debits.contains("<v>219.80</v>"), "{debits}");
    assert!(cell(&trial, "H2").contains("<f>ROUND(C2+D2-F2,2)</f><v>220.80</v>"));
    assert!(cell(&trial, "F5").contains("/1</f><v>5</v>"), "yen have no minor unit: {}", cell(&trial, "F5"));
    assert_eq!(trial.matches("<v>agrees</v>").count(), 6, "four accounts and two currencies");
    let path = folder.path().join("p.csv");
    write_period(Format::Csv, &path);
    let rows = rows(&path);
    assert_eq!(rows[1][0], "2026-02-03T04:05:06.007+00:00");
    assert_eq!(rows[5][9], "5");
    let fact = |label: &str| rows.iter().find(|row| row[0] == label).map(|row| row[1].clone()).unwrap_or_default();
    assert_eq!(fact("google:receivable INR: closing"), "220.80");
    assert_eq!(fact("Last day"), "2026-02-28");
}

#[test]
fn a_place_without_a_folder_is_refused_in_both_formats() {
    let path = Path::new("/nowhere/at/all/report.xlsx");
    for format in [Format::Csv, Format::Xlsx] {
        let error = StatementReport::begin(format, &head(), path).err().expect("there is no such folder").to_string();
        assert!(error.contains("/nowhere/at/all/report.xlsx") && error.contains("folder exists"), "{error}");
    }
    assert!(Format::parse("pdf").is_err());
    assert_eq!(Format::parse("xlsx").unwrap().extension(), "xlsx");
}
