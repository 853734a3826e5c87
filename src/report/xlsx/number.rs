//! The one place with a floating-point number: a cell of XLSX holds no other kind. It is made from an amount's decimal
//! text, never computed with, and only where the text has at most 15 significant digits, so that the same digits are
//! read back.

use rust_xlsxwriter::{Worksheet, XlsxError};

/// Writes `decimal` as a number; `format` is for a cell that differs from its column.
pub(super) fn write_decimal(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    decimal: &str,
    format: Option<&rust_xlsxwriter::Format>,
) -> Result<(), XlsxError> {
    let number: f64 = decimal.parse().map_err(|_| XlsxError::ParameterError(format!("{decimal:?} is no number")))?;
    match format {
        Some(format) => sheet.write_number_with_format(row, column, number, format)?,
        None => sheet.write_number(row, column, number)?,
    };
    Ok(())
}
