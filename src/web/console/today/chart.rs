//! Bars, drawn on the server. The numbers stand in the table beside; the drawing repeats them.

use maud::{Markup, html};

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// What it is of.
    pub(super) label: String,
    /// Its length in thousandths of the longest that may be.
    pub(super) per_mille: u32,
    /// The number, as the table has it.
    pub(super) number: String,
    /// Whether it is drawn in the second colour.
    pub(super) other: bool,
}

/// How wide the drawing is, in its units: about as many pixels as a phone has, so that its text is as large as the page's.
const WIDTH: u32 = 330;
/// A label with its number, and the bar below.
const ROW: u32 = 44;
/// What fits beside a number.
const LONGEST_LABEL: usize = 24;

/// The drawing. `title` says to assistive technology what it shows, and that the table has the numbers.
pub(super) fn bars(title: &str, bars: &[Bar]) -> Markup {
    let height = ROW * u32::try_from(bars.len()).unwrap_or(0) + 4;
    html! {
        @if !bars.is_empty() {
            svg.chart role="img" aria-label=(title) viewBox=(format!("0 0 {WIDTH} {height}")) {
                @for (place, bar) in (0_u32..).zip(bars) {
                    @let y = place * ROW;
                    text x="0" y=(y + 16) { (shortened(&bar.label)) }
                    text x=(WIDTH) y=(y + 16) text-anchor="end" { (bar.number) }
                    rect.track x="0" y=(y + 22) width=(WIDTH) height="14" rx="2" {}
                    rect class=(if bar.other { "bar-other" } else { "bar" }) x="0" y=(y + 22) height="14"
                        width=((bar.per_mille.min(1_000) * WIDTH / 1_000).max(1)) rx="2" {}
                }
            }
        }
    }
}

fn shortened(label: &str) -> String {
    if label.chars().count() <= LONGEST_LABEL {
        return label.to_owned();
    }
    let mut short: String = label.chars().take(LONGEST_LABEL - 1).collect();
    short.push('…');
    short
}

/// Thousandths of `whole` that `part` is.
pub(super) fn per_mille(part: u128, whole: u128) -> u32 {
    part.saturating_mul(1_000).checked_div(whole).map_or(0, |part| u32::try_from(part).unwrap_or(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_2_bars_are_as_long_as_their_numbers_and_labels_are_escaped() {
        let bar =
            |label: &str, per_mille| Bar { label: label.to_owned(), per_mille, number: "7".to_owned(), other: false };
        let drawn =
            bars("Title", &[bar("<script>", 500), bar("a label that is much longer than fits", 2_000)]).into_string();
        assert!(drawn.contains("&lt;script&gt;") && !drawn.contains("<script>"), "{drawn}");
        assert!(drawn.contains(r#"width="165""#) && drawn.contains(r#"width="330""#), "{drawn}");
        assert!(drawn.contains('…'));
        assert_eq!((per_mille(1, 3), per_mille(1, 0)), (333, 0));
    }
}
