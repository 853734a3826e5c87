//! Foreign text made safe for a spreadsheet (contract section 7): nothing in it is taken for a formula, nothing in it is
//! invisible or turns the reading direction, and it fits its cell.

use std::borrow::Cow;

/// What a cell of XLSX holds at most, in UTF-16 units.
const CELL_UNITS: usize = 32_767;
/// Stands at the end of a text that was longer.
const CUT: &str = " [cut]";

/// Text for a cell of XLSX.
pub(super) fn for_cell(text: &str) -> Cow<'_, str> {
    let safe = if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(guarded(text, Within::Cell)) };
    // A byte is at least as much as a UTF-16 unit.
    if safe.len() <= CELL_UNITS || safe.encode_utf16().count() <= CELL_UNITS { safe } else { Cow::Owned(cut(&safe)) }
}

/// Text for a field of CSV, before it is quoted. A program that splits at semicolons or tabs instead of commas finds no
/// formula either: there a cell may begin in the middle of a text.
pub(super) fn for_field(text: &str) -> Cow<'_, str> {
    if is_plain(text) && !text.contains(';') { Cow::Borrowed(text) } else { Cow::Owned(guarded(text, Within::Field)) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Cell,
    Field,
}

/// Almost every text: visible ASCII that begins with a letter or a digit.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.bytes().next().is_none_or(|byte| byte.is_ascii_alphanumeric())
}

fn guarded(text: &str, within: Within) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let starts_with_control = text.starts_with(['\t', '\r', '\n']);
    let after_skipped = text.chars().find(|&letter| !is_skipped(letter, within));
    if starts_with_control || after_skipped.is_some_and(starts_formula) {
        safe.push('\'');
    }
    let mut at_start = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if at_start && starts_formula(letter) {
            safe.push('\'');
        }
        at_start = at_start && is_skipped(letter, within);
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\t' | '\n' => safe.push(letter),
            _ if letter.is_control() || is_deceptive(letter) => safe.push(char::REPLACEMENT_CHARACTER),
            _ => safe.push(letter),
        }
        at_start = at_start || (within == Within::Field && matches!(letter, ';' | '\t' | '\n' | '\r'));
    }
    safe
}

/// `=`, `+`, `-`, `@`, their full-width and small forms, and the minus sign.
const fn starts_formula(letter: char) -> bool {
    matches!(
        letter,
        '=' | '+'
            | '-'
            | '@'
            | '\u{FF1D}'
            | '\u{FF0B}'
            | '\u{FF0D}'
            | '\u{FF20}'
            | '\u{FE66}'
            | '\u{FE62}'
            | '\u{FE63}'
            | '\u{FE6B}'
            | '\u{2212}'
    )
}

/// What a spreadsheet may drop in front of a formula.
fn is_skipped(letter: char, within: Within) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
        || is_deceptive(letter)
        || (within == Within::Field && letter == '"')
}

/// Letters that turn the reading direction, and those that XML cannot hold.
const fn is_deceptive(letter: char) -> bool {
    matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}')
}

fn cut(text: &str) -> String {
    let mut units = CUT.len();
    let mut kept: String = text
        .chars()
        .take_while(|letter| {
            units += letter.len_utf16();
            units <= CELL_UNITS
        })
        .collect();
    kept.push_str(CUT);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_could_start_a_formula_gets_an_apostrophe() {
        for text in [
            "=1+1",
            "=cmd|' /C calc'!A0",
            "+1",
            "-1",
            "@SUM(A1)",
            "  =1",
            "\u{A0}=1",
            "\u{200B}=1",
            "\u{FEFF}@x",
            "\u{FF1D}1",
            "\u{FF0B}1",
            "\u{FF0D}1",
            "\u{FF20}x",
            "\u{2212}1",
            " \u{3000}\u{FF1D}1",
            "\u{0}=1",
        ] {
            for safe in [for_cell(text), for_field(text)] {
                assert!(safe.starts_with('\''), "{text:?} became {safe:?}");
            }
        }
        assert_eq!(for_cell("=1+1"), "'=1+1");
        assert_eq!(for_field("\t=1"), "'\t'=1");
        assert_eq!(for_cell("\tx"), "'\tx");
        assert_eq!(for_cell("\rx"), "'\u{FFFD}x");
        assert_eq!(for_field("\"=1"), "'\"=1");
        assert_eq!(for_field(" \" @x"), "' \" @x");
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in ["", "rq-0001", "a=b", "Caf\u{e9} 1-2", "1 + 1", "\"quoted\" text", "two\nlines\tand a tab"] {
            assert_eq!(for_cell(text), text);
            assert_eq!(for_field(text), text);
        }
    }

    #[test]
    fn other_separators_start_no_formula_in_a_field() {
        assert_eq!(for_field("a;=1;b;-2"), "a;'=1;b;'-2");
        assert_eq!(for_field("a\n \"=1"), "a\n \"'=1");
        assert_eq!(for_field("a\r\n@x"), "a\n'@x");
        assert_eq!(for_cell("a;=1"), "a;=1");
    }

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(for_cell("a\u{0}b\u{1b}[31m\u{7f}\u{85}c\rd"), "a\u{FFFD}b\u{FFFD}[31m\u{FFFD}\u{FFFD}c\u{FFFD}d");
        assert_eq!(for_field("pay \u{202E}001"), "pay \u{FFFD}001");
        assert_eq!(for_cell("x\u{FFFF}"), "x\u{FFFD}");
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        assert_eq!(for_cell(&"x".repeat(32_767)).len(), 32_767);
        let cut = for_cell(&"x".repeat(32_768)).into_owned();
        assert!(cut.len() == 32_767 && cut.ends_with("x [cut]"));
        let wide = for_cell(&"\u{1F600}".repeat(20_000)).into_owned();
        assert!(wide.encode_utf16().count() <= 32_767 && wide.ends_with(" [cut]"));
        assert_eq!(for_field(&"x".repeat(40_000)).len(), 40_000);
    }
}
