//! How the workbook looks. Formats are made once.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use crate::domain::Timestamp;
use crate::report::moment::{Day, Local, Zone};

const INK: Color = Color::RGB(0x1F_29_37);
const QUIET: Color = Color::RGB(0x6B_72_80);
const RULE: Color = Color::RGB(0xD1_D5_DB);
const HEADING: Color = Color::RGB(0x1F_3A_5F);
const GOOD: Color = Color::RGB(0x16_65_34);
const GOOD_FILL: Color = Color::RGB(0xDC_FC_E7);
const BAD: Color = Color::RGB(0x99_1B_1B);
const BAD_FILL: Color = Color::RGB(0xFE_E2_E2);
const NOTICE_FILL: Color = Color::RGB(0xFE_F3_C7);

/// The formats of one workbook.
pub(super) struct Style {
    pub(super) title: Format,
    pub(super) subtitle: Format,
    pub(super) section: Format,
    /// The heading of a column of text.
    pub(super) header: Format,
    /// The heading of a column of numbers.
    pub(super) header_right: Format,
    pub(super) label: Format,
    pub(super) text: Format,
    pub(super) wrapped: Format,
    pub(super) count: Format,
    pub(super) time: Format,
    pub(super) day: Format,
    /// An amount that a number cannot hold.
    pub(super) as_text: Format,
    pub(super) word: Format,
    pub(super) agrees: Format,
    pub(super) differs: Format,
    /// A line that is not matched.
    pub(super) notice: Format,
    amounts: [Format; 7],
}

impl Style {
    pub(super) fn new() -> Self {
        let plain = || Format::new().set_font_color(INK).set_align(FormatAlign::Top);
        let header = || {
            Format::new()
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(HEADING)
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap()
        };
        Self {
            title: Format::new().set_bold().set_font_size(16).set_font_color(HEADING),
            subtitle: Format::new().set_font_color(QUIET),
            section: Format::new()
                .set_bold()
                .set_font_size(12)
                .set_font_color(HEADING)
                .set_border_bottom(FormatBorder::Thin)
                .set_border_bottom_color(RULE),
            // Text beside a number keeps its distance.
            header: header().set_align(FormatAlign::Left).set_indent(1),
            header_right: header().set_align(FormatAlign::Right),
            label: plain().set_font_color(QUIET).set_align(FormatAlign::Left).set_indent(1),
            text: plain().set_align(FormatAlign::Left).set_indent(1),
            wrapped: plain().set_align(FormatAlign::Left).set_indent(1).set_text_wrap(),
            count: plain().set_num_format("#,##0"),
            time: plain().set_num_format("yyyy-mm-dd hh:mm:ss.000").set_align(FormatAlign::Left).set_indent(1),
            day: plain().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Left).set_indent(1),
            as_text: plain().set_num_format("@").set_align(FormatAlign::Right),
            word: plain().set_align(FormatAlign::Center),
            agrees: Format::new().set_font_color(GOOD).set_background_color(GOOD_FILL),
            differs: Format::new().set_bold().set_font_color(BAD).set_background_color(BAD_FILL),
            notice: Format::new().set_background_color(NOTICE_FILL),
            amounts: ["", ".0", ".00", ".000", ".0000", ".00000", ".000000"]
                .map(|digits| plain().set_num_format(format!("#,##0{digits};[Red]-#,##0{digits}"))),
        }
    }

    /// An amount with `digits` after the point.
    pub(super) fn amount(&self, digits: u32) -> &Format {
        let [.., finest] = &self.amounts;
        self.amounts.get(digits as usize).unwrap_or(finest)
    }
}

/// A time as a spreadsheet's date, local to the zone; nothing where the format has no such date.
pub(super) fn date_time(time: Timestamp, zone: &Zone) -> Option<rust_xlsxwriter::ExcelDateTime> {
    let local = Local::of(time, zone);
    date(local.day)?.and_hms_milli(u16::from(local.hour), local.minute, local.second, local.milli).ok()
}

/// A day as a spreadsheet's date; nothing where the format has no such date.
pub(super) fn date(day: Day) -> Option<rust_xlsxwriter::ExcelDateTime> {
    rust_xlsxwriter::ExcelDateTime::from_ymd(u16::try_from(day.year).ok()?, day.month, day.day).ok()
}
