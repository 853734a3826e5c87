//! Pages that say nothing of any transaction: what a refused or unreadable request gets (contract section 3,
//! flows-security section 8.2).

use maud::{Markup, html};

use super::super::texts::{Message, Texts};
use super::layout::{Icon, PageAssets, icon, page};

/// Why there is nothing to show. The only input of the page, so that nothing of a transaction can get onto it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neutral {
    /// The signature does not verify (403).
    Refused,
    /// A genuine link, too late (410).
    Expired,
    /// No such page (404).
    NotFound,
    /// Over the request limit (429).
    TooMany,
    /// We cannot answer now (503).
    Unavailable,
    /// Not understood: malformed, too large, wrong method (400 to 414).
    BadRequest,
}

impl Neutral {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Refused, Self::Expired, Self::NotFound, Self::TooMany, Self::Unavailable, Self::BadRequest];

    const fn says(self) -> (Message<'static>, Message<'static>) {
        match self {
            Self::Refused => (Message::NeutralRefusedTitle, Message::NeutralRefused),
            Self::Expired => (Message::NeutralExpiredTitle, Message::NeutralExpired),
            Self::NotFound => (Message::NeutralNotFoundTitle, Message::NeutralNotFound),
            Self::TooMany => (Message::NeutralTooManyTitle, Message::NeutralTooMany),
            Self::Unavailable => (Message::NeutralUnavailableTitle, Message::NeutralUnavailable),
            Self::BadRequest => (Message::NeutralBadRequestTitle, Message::NeutralBadRequest),
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Refused | Self::NotFound | Self::BadRequest => Icon::BrokenLink,
            Self::Expired | Self::TooMany | Self::Unavailable => Icon::Clock,
        }
    }
}

/// The neutral page.
pub fn neutral(kind: Neutral, assets: &PageAssets, texts: &Texts) -> Markup {
    let (title, text) = kind.says();
    let title = texts.say(title);
    let content = html! {
        div.hero { (icon(kind.icon())) }
        h1 { (title) }
        p.lead { (texts.say(text)) }
        p.note { (texts.say(Message::NeutralPaidAlready)) }
    };
    page(assets, texts, &title, &content)
}

#[cfg(test)]
mod tests {
    use super::super::gallery::assets;
    use super::*;
    use crate::web::texts::Locale;

    #[test]
    fn neutral_pages_lead_nowhere_and_ask_nothing() {
        for locale in Locale::ALL {
            for kind in Neutral::ALL {
                let html = neutral(kind, &assets(), Texts::of(locale)).into_string();
                for banned in ["<a ", "<form", "<input", "<button", "http", "<img"] {
                    assert!(!html.contains(banned), "{kind:?} {banned}");
                }
            }
        }
    }

    #[test]
    fn each_kind_says_something_of_its_own() {
        let titles: std::collections::BTreeSet<_> =
            Neutral::ALL.iter().map(|kind| neutral(*kind, &assets(), Texts::of(Locale::En)).into_string()).collect();
        assert_eq!(titles.len(), Neutral::ALL.len());
    }
}
