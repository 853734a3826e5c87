//! The frame around every payer page, and the few parts that pages share.

use maud::{DOCTYPE, Markup, html};

use super::super::texts::{Message, Texts};
use super::assets;

/// Where a page finds its style sheet and icon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAssets {
    /// URL or path of `payer.css`.
    pub stylesheet_url: String,
    /// URL or path of `favicon.svg`.
    pub favicon_url: String,
}

impl PageAssets {
    /// The embedded assets below the path prefix of the public URL (`""` or `/prefix`, without a final slash).
    pub fn under(prefix: &str) -> Self {
        let url = |name| format!("{prefix}{}", assets::path_of(name).unwrap_or_default());
        Self { stylesheet_url: url("payer.css"), favicon_url: url("favicon.svg") }
    }
}

/// How a bank or wallet shows itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerMark {
    /// Its name, as the payer knows it.
    pub name: String,
    /// Same-origin URL of its logo; without one its initials stand in.
    pub logo_url: Option<String>,
}

/// A whole page: `title` is the browser's title, `main` holds the one `h1`.
pub(super) fn page(assets: &PageAssets, texts: &Texts, title: &str, main: &Markup) -> Markup {
    framed(assets, texts, (title, None), main)
}

/// A page that is read, and printed, like a sheet of paper.
pub(super) fn sheet(assets: &PageAssets, texts: &Texts, title: &str, main: &Markup) -> Markup {
    framed(assets, texts, (title, Some("sheet")), main)
}

fn framed(assets: &PageAssets, texts: &Texts, (title, class): (&str, Option<&str>), main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(texts.locale().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                meta name="referrer" content="no-referrer";
                meta name="format-detection" content="telephone=no, date=no, address=no";
                title { (title) }
                link rel="stylesheet" href=(assets.stylesheet_url);
                link rel="icon" type="image/svg+xml" href=(assets.favicon_url);
            }
            body class=[class] {
                header.top { p { (icon(Icon::Lock)) (texts.say(Message::SecurePayment)) } }
                main { (main) }
            }
        }
    }
}

/// The logo beside an issuer's name; the name says it all, so it is hidden from assistive technology.
pub(super) fn logo(issuer: &IssuerMark) -> Markup {
    html! {
        @match &issuer.logo_url {
            Some(url) => span.logo { img src=(url) alt="" width="40" height="40" decoding="async"; },
            None => span.logo.initials aria-hidden="true" { (initials(&issuer.name)) },
        }
    }
}

/// A form whose only content is its button: an action that changes something is never a link.
pub(super) fn button_form(action: &str, class: &str, label: &str) -> Markup {
    html! {
        form method="post" action=(action) { button.(class) type="submit" { (label) } }
    }
}

/// A box that must not be missed: heading and text carry the meaning, icon and colour only repeat it.
pub(super) fn notice(title: &str, text: &str) -> Markup {
    html! {
        div.notice {
            (icon(Icon::Info))
            div { h2 { (title) } p { (text) } }
        }
    }
}

/// The drawings of the pages. Inline elements, so that they follow the text colour in every colour scheme.
#[derive(Debug, Clone, Copy)]
pub(super) enum Icon {
    Lock,
    Info,
    Clock,
    BrokenLink,
}

pub(super) fn icon(icon: Icon) -> Markup {
    html! {
        svg.icon viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false" {
            @match icon {
                // Braces, not semicolons: an SVG element has no void form in HTML, an open one would swallow the next.
                Icon::Lock => { rect x="5" y="11" width="14" height="9" rx="2" {} path d="M8 11V8a4 4 0 0 1 8 0v3" {} },
                Icon::Info => { circle cx="12" cy="12" r="9" {} path d="M12 11v5M12 8h.01" {} },
                Icon::Clock => { circle cx="12" cy="12" r="9" {} path d="M12 7v5l3 2" {} },
                Icon::BrokenLink => {
                    path d="M9 17H7A5 5 0 0 1 7 7M15 7h2a5 5 0 0 1 4 8M8 12h4M4 4l16 16" {}
                },
            }
        }
    }
}

/// At most two letters or digits: the first of the first two words.
fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .take(2)
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_letters_of_two_words() {
        for (name, expected) in
            [("Bank A", "BA"), ("(österreichische) bank ag", "ÖB"), ("Paytm", "P"), ("", ""), ("— 7 –", "7")]
        {
            assert_eq!(initials(name), expected, "{name}");
        }
    }

    #[test]
    fn assets_stand_below_the_prefix_with_their_hash() {
        let assets = PageAssets::under("/pay-here");
        assert!(assets.stylesheet_url.starts_with("/pay-here/static/"), "{assets:?}");
        assert!(assets.stylesheet_url.ends_with("/payer.css") && assets.favicon_url.ends_with("/favicon.svg"));
        assert!(super::super::assets::find(&assets.stylesheet_url["/pay-here".len()..]).unwrap().immutable);
    }
}
