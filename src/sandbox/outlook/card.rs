//! An Adaptive Card as Outlook draws it: as much of it as payment requests use (outlook-payments section 13.2).

use maud::{Markup, html};
use serde_json::Value;

use super::pane_pages::web_address;

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The card of a mail, with its buttons.
pub(super) fn drawn(card: &Value, mail: u64) -> Markup {
    html! {
        @for element in card["body"].as_array().into_iter().flatten() { (block(element)) }
        div.row {
            @for (at, action) in card["actions"].as_array().into_iter().flatten().enumerate() {
                (button(action, (mail, at)))
            }
        }
    }
}

fn block(element: &Value) -> Markup {
    match text(element, "type") {
        "TextBlock" => {
            let subtle = element["isSubtle"] == true;
            let large = matches!(text(element, "size"), "large" | "extraLarge" | "medium");
            html! {
                p.muted[subtle].amount[large] {
                    @if text(element, "weight") == "bolder" { strong { (text(element, "text")) } }
                    @else { (text(element, "text")) }
                }
            }
        }
        "FactSet" => html! {
            dl.facts {
                @for fact in element["facts"].as_array().into_iter().flatten() {
                    dt { (text(fact, "title")) } dd { (text(fact, "value")) }
                }
            }
        },
        other => html! { p.bad { "“" (other) "” is not drawn here." } },
    }
}

fn button(action: &Value, (mail, at): (u64, usize)) -> Markup {
    let title = text(action, "title");
    match (text(action, "type"), web_address(text(action, "url"))) {
        ("Action.OpenUrl", Some(url)) => html! { a.button.open-url href=(url) { (title) } },
        ("Action.Http", Some(url)) => html! {
            form method="post" action={ "/mails/" (mail) "/act" } {
                button name="action" value=(at) data-url=(url) { (title) }
            }
        },
        (other, _) => html! { p.bad { "“" (other) "” is not drawn here." } },
    }
}
