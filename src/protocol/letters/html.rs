//! A letter as HTML that mail clients show: tables for the layout, styles in the elements, nothing fetched but the logo.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{About, MailMarkup, Told};

const BODY: &str = "margin:0;padding:0;background-color:#f2f4f6;color:#1b1f24;\
                    font-family:'Segoe UI',Helvetica,Arial,sans-serif;font-size:16px;line-height:24px;";
const OUTER: &str = "background-color:#f2f4f6;padding:24px 12px;";
const SHEET: &str = "width:100%;max-width:600px;background-color:#ffffff;border:1px solid #d5dae0;border-radius:6px;";
const INSIDE: &str = "padding:32px;text-align:left;";
const H1: &str = "margin:0 0 16px 0;font-size:24px;line-height:32px;font-weight:600;color:#1b1f24;";
const P: &str = "margin:0 0 16px 0;";
const TABLE: &str = "width:100%;border-collapse:collapse;margin:0 0 16px 0;";
const LABEL: &str = "padding:4px 12px 4px 0;text-align:left;font-weight:400;color:#55606c;vertical-align:top;";
const VALUE: &str = "padding:4px 0;text-align:right;vertical-align:top;";
const ITEM: &str =
    "padding:8px 12px 8px 0;text-align:left;font-weight:400;border-top:1px solid #d5dae0;vertical-align:top;";
const COST: &str = "padding:8px 0;text-align:right;white-space:nowrap;border-top:1px solid #d5dae0;vertical-align:top;";
const SUM: &str = "padding:8px 12px 8px 0;text-align:left;font-weight:700;border-top:2px solid #1b1f24;";
const SUM_COST: &str =
    "padding:8px 0;text-align:right;white-space:nowrap;font-weight:700;border-top:2px solid #1b1f24;";
const BUTTON: &str = "background-color:#0b5cad;border-radius:4px;";
const LINK: &str = "display:inline-block;padding:12px 24px;color:#ffffff;font-weight:600;text-decoration:none;";
const SMALL: &str = "margin:0 0 8px 0;font-size:14px;line-height:20px;color:#55606c;";
const ADDRESS: &str = "color:#0b5cad;word-break:break-all;";

pub(super) fn write(told: &Told, about: &About<'_>, markup: &MailMarkup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang=(told.words.language.tag()) {
            head {
                meta http-equiv="Content-Type" content="text/html; charset=utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                meta name="format-detection" content="telephone=no, date=no, address=no";
                title { (told.subject) }
                (PreEscaped(&markup.head))
            }
            body style=(BODY) {
                table role="presentation" width="100%" cellspacing="0" cellpadding="0" border="0" {
                    tr { td align="center" style=(OUTER) {
                        table role="presentation" cellspacing="0" cellpadding="0" border="0" style=(SHEET) {
                            tr { td style=(INSIDE) { (sheet(told, about)) } }
                        }
                    } }
                }
                (PreEscaped(&markup.end_of_body))
            }
        }
    };
    page.into_string()
}

fn sheet(told: &Told, about: &About<'_>) -> Markup {
    html! {
        @if let Some(logo) = about.logo {
            p style=(P) { img src=(logo) alt=(about.merchant) height="48" style="border:0;height:48px;"; }
        } @else {
            p style=(SMALL) { (about.merchant) }
        }
        h1 style=(H1) { (told.heading) }
        p style=(P) { (told.greeting) }
        p style=(P) { (told.lead) }
        table cellspacing="0" cellpadding="0" border="0" style=(TABLE) {
            @for (label, value) in &told.facts {
                tr { th scope="row" style=(LABEL) { (label) } td style=(VALUE) { (value) } }
            }
        }
        table cellspacing="0" cellpadding="0" border="0" style=(TABLE) {
            @for (label, amount) in &told.items {
                tr { th scope="row" style=(ITEM) { (label) } td style=(COST) { (amount) } }
            }
            tr { th scope="row" style=(SUM) { (told.sum.0) } td style=(SUM_COST) { (told.sum.1) } }
        }
        @if let Some(note) = told.note { p style=(SMALL) { (note) } }
        table role="presentation" cellspacing="0" cellpadding="0" border="0" style="margin:8px 0 16px 0;" {
            tr { td style=(BUTTON) { a href=(about.page) style=(LINK) { (told.button) } } }
        }
        @if let Some(after) = told.after { p style=(SMALL) { (after) } }
        p style=(SMALL) { a href=(about.page) style=(ADDRESS) { (about.page) } }
        p style=(SMALL) { (told.closing) }
    }
}
