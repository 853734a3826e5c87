//! Formulas as text.

use super::pages::Pages;

/// What a check says when both sides are equal.
pub(in crate::report) const AGREES: &str = "agrees";
/// What a check says when they are not.
pub(in crate::report) const DIFFERS: &str = "DIFFERS";

/// The word for a comparison.
pub(super) const fn word(equal: bool) -> &'static str {
    if equal { AGREES } else { DIFFERS }
}

/// The sum of a column of amounts over all its sheets, to the last of `digits` digits.
pub(super) fn exact_sum(pages: &Pages, column: u16, digits: u32) -> String {
    let ranges = pages.ranges(column);
    if pages.written_as_text(column) > 0 {
        // Multiplying a text would be an error; SUM passes over it.
        return format!("=ROUND(SUM({}),{digits})", ranges.join(","));
    }
    let scale = 10_u64.pow(digits);
    let parts: Vec<String> = ranges.iter().map(|range| format!("SUMPRODUCT(ROUND({range}*{scale},0))")).collect();
    format!("=SUM({})/{scale}", parts.join(","))
}

/// The sum of a column of amounts where another column reads like a cell, to the last of `digits` digits.
pub(super) fn exact_sum_where(pages: &Pages, (column, like): (u16, &str), (amount, digits): (u16, u32)) -> String {
    let scale = 10_u64.pow(digits);
    let rows = pages.ranges(column).into_iter().zip(pages.ranges(amount));
    let parts: Vec<String> =
        rows.map(|(texts, amounts)| format!("SUMPRODUCT(EXACT({texts},{like})*ROUND({amounts}*{scale},0))")).collect();
    format!("=SUM({})/{scale}", parts.join(","))
}

/// How many cells of a column of numbers are filled.
pub(super) fn count(pages: &Pages, column: u16) -> String {
    format!("=COUNT({})", pages.ranges(column).join(","))
}

/// How many cells of a column of text read like the cell `like`.
pub(super) fn count_if(pages: &Pages, column: u16, like: &str) -> String {
    let parts: Vec<String> = pages.ranges(column).iter().map(|range| format!("COUNTIF({range},{like})")).collect();
    format!("=SUM({})", parts.join(","))
}

/// Which entries a sum takes.
pub(super) struct Booked<'a> {
    /// The columns of the account, the currency and the amount.
    pub(super) columns: [u16; 3],
    /// The cell that names the account.
    pub(super) account: &'a str,
    /// The cell that names the currency.
    pub(super) currency: &'a str,
    /// `>0` for debits, `<0` for credits.
    pub(super) side: &'a str,
    /// Digits after the point.
    pub(super) digits: u32,
}

/// The sum of the entries of one account in one currency on one side; both sides are positive.
pub(super) fn exact_sum_booked(pages: &Pages, booked: &Booked<'_>) -> String {
    let Booked { columns: [account, currency, amount], digits, side, .. } = *booked;
    let rows = pages.ranges(account).into_iter().zip(pages.ranges(currency)).zip(pages.ranges(amount));
    let scale = 10_u64.pow(digits);
    let sign = if side == "<0" { "-" } else { "" };
    let as_text = pages.written_as_text(amount) > 0;
    let parts: Vec<String> = rows
        .map(|((accounts, currencies), amounts)| {
            if as_text {
                format!(
                    "SUMIFS({amounts},{accounts},{},{currencies},{},{amounts},\"{side}\")",
                    booked.account, booked.currency
                )
            } else {
                format!(
                    "SUMPRODUCT(EXACT({accounts},{})*EXACT({currencies},{})*({amounts}{side})*ROUND({amounts}*{scale},0))",
                    booked.account, booked.currency
                )
            }
        })
        .collect();
    if as_text {
        format!("={sign}ROUND(SUM({}),{digits})", parts.join(","))
    } else {
        format!("={sign}SUM({})/{scale}", parts.join(","))
    }
}
