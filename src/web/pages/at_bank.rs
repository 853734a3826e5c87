//! "Taking you to your bank": the payer is at the issuer by our record and comes back to an old link, or is on the way
//! there without a redirect (contract section 3, "How payers move").

use maud::{Markup, html};

use super::super::texts::{Message, Texts};
use super::layout::{IssuerMark, PageAssets, button_form, logo, notice, page};
use crate::domain::Money;

/// A payment that stands open at an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakingYouToBank {
    /// Where the payer pays.
    pub issuer: IssuerMark,
    /// What is to be paid.
    pub amount: Money,
    /// The issuer's page, followed as a link (GET).
    pub continue_url: String,
    /// This page's own signed URL: shows the outcome once there is one.
    pub check_again_url: String,
    /// Signed URL whose path ends in `/cancel`, while cancelling is still possible.
    pub cancel_action: Option<String>,
}

/// The page that leads on to the issuer, and warns against paying twice.
pub fn taking_you_to_bank(view: &TakingYouToBank, assets: &PageAssets, texts: &Texts) -> Markup {
    let issuer = view.issuer.name.as_str();
    let amount = texts.money(view.amount);
    let title = texts.say(Message::AtBankTitle { issuer });
    let content = html! {
        div.hero { (logo(&view.issuer)) }
        h1 { (title) }
        p.lead { (texts.say(Message::AtBankLead { issuer, amount: &amount })) }
        (notice(&texts.say(Message::AtBankOnceTitle), &texts.say(Message::AtBankOnce { issuer })))
        div.actions {
            a.primary href=(view.continue_url) { (texts.say(Message::AtBankContinue { issuer })) }
            a.secondary href=(view.check_again_url) { (texts.say(Message::AtBankCheck)) }
        }
        p.note { (texts.say(Message::BankLoginNote)) }
        @if let Some(action) = &view.cancel_action {
            (button_form(action, "quiet", &texts.say(Message::CancelPayment)))
        }
    };
    page(assets, texts, &title, &content)
}

#[cfg(test)]
mod tests {
    use super::super::gallery::{assets, at_bank, english};
    use super::*;

    #[test]
    fn it_leads_on_checks_again_and_warns_against_paying_twice() {
        let html = taking_you_to_bank(&at_bank(), &assets(), english()).into_string();
        assert!(html.contains(
            "<a class=\"primary\" href=\"https://bank-a.example/authorize?amountMicros=109900000&amp;sig=x\">"
        ));
        assert!(html.contains(
            "<a class=\"secondary\" href=\"https://pay.example.com/pay/01930d2c?exp=1&amp;kid=k&amp;sig=s\">"
        ));
        assert!(html.contains("If you have already paid at Bank A, do not pay again."));
        assert!(html.contains("INR\u{a0}109.90"));
    }

    #[test]
    fn cancelling_is_offered_only_while_it_is_possible() {
        let mut view = at_bank();
        let with = taking_you_to_bank(&view, &assets(), english()).into_string();
        assert!(with.contains("/cancel?") && with.contains("method=\"post\""));
        view.cancel_action = None;
        assert!(!taking_you_to_bank(&view, &assets(), english()).into_string().contains("<form"));
    }

    #[test]
    fn names_are_escaped() {
        let mut view = at_bank();
        view.issuer = IssuerMark { name: "<b onclick=x>&\"".to_owned(), logo_url: None };
        let html = taking_you_to_bank(&view, &assets(), english()).into_string();
        assert!(!html.contains("<b ") && html.contains("<title>Taking you to &lt;b onclick=x&gt;&amp;"));
    }
}
