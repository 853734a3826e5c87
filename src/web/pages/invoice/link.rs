//! What who comes with an old link meets. These pages tell nothing of the invoice, nor whether there is one.

use maud::{Markup, html};

use super::super::super::texts::{Message, Texts};
use super::super::layout::{Icon, PageAssets, button_form, icon, page};

/// A genuine link whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkExpired {
    /// Has a new one mailed: the old link, at the path that ends in `/fresh-link`.
    pub fresh_link_action: String,
}

/// One button, which has a new link mailed to the invoice's recipient.
pub fn link_expired(view: &LinkExpired, assets: &PageAssets, texts: &Texts) -> Markup {
    let form = button_form(&view.fresh_link_action, "primary", &texts.say(Message::LinkSend));
    told((Message::NeutralExpiredTitle, Message::LinkExpired), &html! { div.actions { (form) } }, assets, texts)
}

/// The answer to who asked for a link, the same whether one was mailed or not.
pub fn link_asked(assets: &PageAssets, texts: &Texts) -> Markup {
    told((Message::LinkAskedTitle, Message::LinkAsked), &html! {}, assets, texts)
}

/// Nothing can be mailed.
pub fn link_not_now(assets: &PageAssets, texts: &Texts) -> Markup {
    told((Message::LinkNotNowTitle, Message::LinkNotNow), &html! {}, assets, texts)
}

fn told((title, text): (Message<'_>, Message<'_>), more: &Markup, assets: &PageAssets, texts: &Texts) -> Markup {
    let title = texts.say(title);
    let content = html! {
        div.hero { (icon(Icon::Clock)) }
        h1 { (title) }
        p.lead { (texts.say(text)) }
        (more)
    };
    page(assets, texts, &title, &content)
}
