//! The export of payments: what a search found. As CSV it is written page by page, each page by itself; as a workbook in
//! one go.

use std::collections::BTreeMap;
use std::path::Path;

use super::comma::CommaTable;
use super::moment::Zone;
use super::table::{Column, Fact, Holds, Value, zone_fact};
use super::target::Target;
use super::xlsx::PaymentsBook;
use super::{ReportError, Written};
use crate::domain::{Currency, Timestamp};

/// What the amounts of each currency come to, in micros.
pub type PaymentSums = BTreeMap<Currency, i128>;

/// What was searched for.
#[derive(Debug, Clone)]
pub struct PaymentsHead {
    /// When it was asked for: what began later is not in it.
    pub as_of: Timestamp,
    /// What was asked for, with its label.
    pub asked: Vec<(&'static str, String)>,
    /// The zone that times are shown in.
    pub zone: Zone,
}

/// One payment.
#[derive(Debug, Clone, Copy)]
pub struct PaymentLine<'a> {
    /// When it began.
    pub began: Timestamp,
    /// When it last changed.
    pub changed: Timestamp,
    /// Our id.
    pub transaction_id: &'a str,
    /// Google's request id.
    pub request_id: &'a str,
    /// The account with Google.
    pub account: &'a str,
    /// The issuer, once there is one.
    pub issuer: Option<&'a str>,
    /// The state's name.
    pub state: &'a str,
    /// Why it stands before finance.
    pub attention: Option<&'a str>,
    /// The currency.
    pub currency: Currency,
    /// What is to be paid, in micros.
    pub amount_micros: i64,
}

pub(super) const COLUMNS: &[Column] = &[
    Column { key: "began", title: "Began", width: 24, holds: Holds::Time },
    Column { key: "changed", title: "Changed", width: 24, holds: Holds::Time },
    Column { key: "transaction_id", title: "Transaction", width: 38, holds: Holds::Text },
    Column { key: "request_id", title: "Google's request id", width: 30, holds: Holds::Text },
    Column { key: "google_account", title: "Google account", width: 22, holds: Holds::Text },
    Column { key: "issuer", title: "Issuer", width: 18, holds: Holds::Text },
    Column { key: "state", title: "State", width: 20, holds: Holds::Text },
    Column { key: "attention", title: "Before finance", width: 24, holds: Holds::Text },
    Column { key: "currency", title: "Currency", width: 10, holds: Holds::Text },
    Column { key: "amount", title: "Amount", width: 16, holds: Holds::Amount },
];
/// Where a formula finds its column.
pub(super) const CURRENCY: u16 = 8;
pub(super) const AMOUNT: u16 = 9;

/// A page of CSV, after those before it. The first has the header.
///
/// # Errors
/// [`ReportError`] when it cannot be written.
pub fn payments_part<'a>(
    lines: impl IntoIterator<Item = PaymentLine<'a>>,
    first: bool,
    head: &PaymentsHead,
) -> Result<Vec<u8>, ReportError> {
    let mut table = CommaTable::in_memory(COLUMNS, &head.zone);
    if first {
        table.header(COLUMNS)?;
    }
    for line in lines {
        write_line(&mut table, &line)?;
    }
    table.into_bytes()
}

/// What stands below the last page of CSV.
///
/// # Errors
/// [`ReportError`] when it cannot be written.
pub fn payments_end(head: &PaymentsHead, lines: u64, sums: &PaymentSums) -> Result<Vec<u8>, ReportError> {
    let mut table = CommaTable::in_memory(COLUMNS, &head.zone);
    let mut facts = head_facts(head);
    facts.push(Fact::new("Payments", Value::Count(lines)));
    for (currency, sum) in sums {
        facts.push(Fact::new(format!("Amount {currency}"), Value::Amount(*sum, currency.exponent())));
    }
    facts.extend(conventions(head));
    table.facts(&facts)?;
    table.into_bytes()
}

fn write_line(table: &mut CommaTable<Vec<u8>>, line: &PaymentLine<'_>) -> Result<(), ReportError> {
    table.time(line.began)?;
    table.time(line.changed)?;
    table.text(line.transaction_id)?;
    table.text(line.request_id)?;
    table.text(line.account)?;
    table.optional(line.issuer)?;
    table.text(line.state)?;
    table.optional(line.attention)?;
    table.text(line.currency.code())?;
    table.amount(Some(i128::from(line.amount_micros)), line.currency.exponent())?;
    table.end_row()
}

/// What the report covers.
pub(super) fn head_facts(head: &PaymentsHead) -> Vec<Fact<'_>> {
    let mut facts = vec![Fact::text("Report", "Payments that were found"), Fact::new("As of", Value::Time(head.as_of))];
    facts.extend(head.asked.iter().map(|(what, value)| Fact::text(*what, value.as_str())));
    facts
}

/// How the file is to be read.
pub(super) fn conventions(head: &PaymentsHead) -> Vec<Fact<'_>> {
    vec![
        zone_fact(&head.zone),
        Fact::text("Order", "the payment that began last comes first"),
        Fact::text(
            "Amounts",
            "each with the digits of its currency, or six where it is finer; amounts of different currencies are never added",
        ),
        Fact::text("Text", "an apostrophe in front of a text keeps a spreadsheet from reading a formula"),
    ]
}

/// A workbook that is being written: [`begin`](Self::begin), each [`line`](Self::line), and [`finish`](Self::finish).
/// Dropped before that, it leaves no file.
pub struct PaymentsReport {
    head: PaymentsHead,
    lines: u64,
    book: Box<PaymentsBook>,
}

impl PaymentsReport {
    /// Opens the file that will be `path`.
    ///
    /// # Errors
    /// [`ReportError`] when nothing can be written there.
    pub fn begin(head: &PaymentsHead, path: &Path) -> Result<Self, ReportError> {
        let book = PaymentsBook::begin(Target::create(path)?, head)?;
        Ok(Self { head: head.clone(), lines: 0, book: Box::new(book) })
    }

    /// Writes one payment.
    ///
    /// # Errors
    /// [`ReportError`] when the file cannot be written; the report is then of no use.
    pub fn line(&mut self, line: &PaymentLine<'_>) -> Result<(), ReportError> {
        self.lines += 1;
        self.book.line(line)
    }

    /// Writes the summary and gives the file its name.
    ///
    /// # Errors
    /// [`ReportError`] when the file cannot be written.
    pub fn finish(self, sums: &PaymentSums) -> Result<Written, ReportError> {
        self.book.finish(&self.head, sums, self.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> PaymentsHead {
        PaymentsHead {
            as_of: Timestamp::from_secs(1_800_000_000),
            asked: vec![("Issuer", "=BANK".to_owned())],
            zone: Zone::utc(),
        }
    }

    fn line(currency: &str, amount_micros: i64) -> PaymentLine<'static> {
        PaymentLine {
            began: Timestamp::from_secs(1_799_999_000),
            changed: Timestamp::from_secs(1_799_999_001),
            transaction_id: "00000000-0000-0000-0000-000000000001",
            request_id: "-rq",
            account: "ExamplePay_INR",
            issuer: Some("=cmd|' /C calc'!A0"),
            state: "Paid",
            attention: None,
            currency: Currency::parse(currency).unwrap(),
            amount_micros,
        }
    }

    #[test]
    fn con_7_an_export_holds_no_formula_and_every_digit() {
        let lines = [line("INR", 109_900_000), line("JPY", 5_000_000), line("INR", i64::MAX)];
        let whole = payments_part(lines, true, &head()).unwrap();
        let pages: Vec<u8> =
            (0..3).flat_map(|page| payments_part([lines[page]], page == 0, &head()).unwrap()).collect();
        assert_eq!(pages, whole, "pages of one line are the same file");
        let text = String::from_utf8(whole).unwrap();
        let rows: Vec<_> = text.lines().collect();
        assert_eq!(rows.len(), 4);
        assert!(rows[1].contains(",'-rq,ExamplePay_INR,'=cmd|' /C calc'!A0,Paid,,INR,109.90"), "{}", rows[1]);
        assert!(rows[2].ends_with(",JPY,5") && rows[3].ends_with(",INR,9223372036854.775807"), "{text}");

        let rupees = Currency::parse("INR").unwrap();
        let sums = PaymentSums::from([(rupees, i128::from(i64::MAX) + 109_900_000)]);
        let end = String::from_utf8(payments_end(&head(), 3, &sums).unwrap()).unwrap();
        assert!(end.starts_with(",,,,,,,,,\r\n"), "an empty row: {end}");
        assert!(end.contains("Payments,3,") && end.contains("Amount INR,9223372036964.675807,"), "{end}");
        assert!(end.contains("Issuer,'=BANK,"), "{end}");
    }

    #[test]
    fn con_7_the_same_payments_give_the_same_workbook() {
        let folder = tempfile::tempdir().unwrap();
        let book = |name: &str, amount: i64| {
            let mut report = PaymentsReport::begin(&head(), &folder.path().join(name)).unwrap();
            report.line(&line("INR", amount)).unwrap();
            report.line(&line("JPY", 5_000_000)).unwrap();
            let sums = PaymentSums::from([
                (Currency::parse("INR").unwrap(), i128::from(amount)),
                (Currency::parse("JPY").unwrap(), 5_000_000),
            ]);
            report.finish(&sums).unwrap()
        };
        let one = book("one.xlsx", 109_900_000);
        assert_eq!(one, book("two.xlsx", 109_900_000));
        assert_ne!(one.sha256, book("three.xlsx", 109_900_001).sha256);
        let file = std::fs::File::open(folder.path().join("one.xlsx")).unwrap();
        let mut archive = zip::ZipArchive::new(file).unwrap();
        let sheet = std::io::read_to_string(archive.by_name("xl/worksheets/sheet2.xml").unwrap()).unwrap();
        assert!(sheet.contains("&apos;=cmd") || sheet.contains("'=cmd"), "{sheet}");
        assert!(sheet.contains("<v>109.9</v>") && !sheet.contains("<f>"), "{sheet}");
    }
}
