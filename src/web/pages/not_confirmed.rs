//! "Your bank has not confirmed yet": the payer is back from the issuer, the outcome is still open, and there is nowhere
//! to send the payer on to (contract section 3, "How payers move").

use maud::{Markup, html};

use super::super::texts::{Message, Texts};
use super::layout::{Icon, IssuerMark, PageAssets, icon, logo, notice, page};
use crate::domain::Money;

/// A payment whose outcome is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotConfirmed {
    /// What was to be paid.
    pub amount: Money,
    /// Where.
    pub issuer: IssuerMark,
    /// Why it is open.
    pub reason: NotConfirmedReason,
    /// The shop's page, when it is known and allowed.
    pub back_to_shop_url: Option<String>,
    /// Signed URL that shows the outcome once there is one.
    pub check_again_url: Option<String>,
}

/// Why a payment is not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotConfirmedReason {
    /// The issuer has not decided yet.
    Pending,
    /// The issuer reported another amount or currency: never a success, people look at it.
    AmountDiffers,
}

/// The page that asks for patience.
pub fn not_confirmed(view: &NotConfirmed, assets: &PageAssets, texts: &Texts) -> Markup {
    let issuer = view.issuer.name.as_str();
    let title = texts.say(Message::WaitingTitle);
    let reason = match view.reason {
        NotConfirmedReason::Pending => Message::WaitingLead { issuer },
        NotConfirmedReason::AmountDiffers => Message::WaitingDiffers { issuer },
    };
    let content = html! {
        div.hero { (icon(Icon::Clock)) }
        h1 { (title) }
        p.lead role="status" { (texts.say(reason)) }
        dl.facts {
            div { dt { (texts.say(Message::Amount)) } dd { (texts.money(view.amount)) } }
            div { dt { (texts.say(Message::Bank)) } dd { (logo(&view.issuer)) bdi { (issuer) } } }
        }
        (notice(&texts.say(Message::WaitingSafeTitle), &texts.say(Message::WaitingSafe { issuer })))
        div.actions {
            @if let Some(url) = &view.check_again_url {
                a.primary href=(url) { (texts.say(Message::WaitingCheck)) }
            }
            @if let Some(url) = &view.back_to_shop_url {
                a.secondary href=(url) { (texts.say(Message::BackToShop)) }
            }
        }
    };
    page(assets, texts, &title, &content)
}

#[cfg(test)]
mod tests {
    use super::super::gallery::{assets, english, waiting};
    use super::*;

    #[test]
    fn it_says_that_nothing_is_lost_and_not_to_pay_again() {
        let html = not_confirmed(&waiting(NotConfirmedReason::Pending), &assets(), english()).into_string();
        for said in ["Nothing is lost", "Please do not pay again.", "as soon as Bank A confirms", "INR\u{a0}109.90"] {
            assert!(html.contains(said), "{said}");
        }
        assert!(
            html.contains("href=\"https://shop.example/\"") && html.contains("href=\"https://pay.example.com/pay/")
        );
        assert!(!html.contains("<form") && !html.contains("differs"));
    }

    #[test]
    fn a_differing_amount_is_named() {
        let html = not_confirmed(&waiting(NotConfirmedReason::AmountDiffers), &assets(), english()).into_string();
        assert!(html.contains("Bank A reported an amount that differs"));
    }

    #[test]
    fn links_that_are_unknown_are_left_out() {
        let mut view = waiting(NotConfirmedReason::Pending);
        view.back_to_shop_url = None;
        view.check_again_url = None;
        assert!(!not_confirmed(&view, &assets(), english()).into_string().contains("<a "));
    }
}
