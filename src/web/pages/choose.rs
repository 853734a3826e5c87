//! The payer chooses a bank or wallet: plain POST forms, no script, no cookie (contract section 3, "How payers move").

use maud::{Markup, html};

use super::super::texts::{Message, Texts};
use super::layout::{IssuerMark, PageAssets, button_form, logo, page};
use crate::domain::{IssuerId, Money};

/// Name of the form field whose value is the chosen issuer's id.
pub const ISSUER_FIELD: &str = "issuer";

/// Name of the form field that holds the search text; empty means all.
pub const SEARCH_FIELD: &str = "q";

/// Up to this many issuers are seen at a glance and need no search.
pub const SEARCH_ABOVE: usize = 8;

/// Longest search text that the field takes, in characters.
const SEARCH_LENGTH: usize = 60;

/// What the payer chooses from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choose {
    /// What is to be paid.
    pub amount: Money,
    /// What for, as Google states it; may be empty.
    pub description: String,
    /// The issuers to offer, in the order to show them; with a search, those that it found.
    pub issuers: Vec<(IssuerId, IssuerMark)>,
    /// Signed URL whose path ends in `/choose`; receives [`ISSUER_FIELD`].
    pub choose_action: String,
    /// Signed URL whose path ends in `/cancel`.
    pub cancel_action: String,
    /// The search; shown when it stands over more than [`SEARCH_ABOVE`] issuers.
    pub search: Option<Search>,
}

/// A search over the issuers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Signed URL that receives [`SEARCH_FIELD`] by POST and answers this page again.
    pub action: String,
    /// What was searched for; empty when all are shown.
    pub query: String,
    /// How many issuers there are in all.
    pub total: usize,
}

/// The choice page.
pub fn choose(view: &Choose, assets: &PageAssets, texts: &Texts) -> Markup {
    let amount = texts.money(view.amount);
    let title = texts.say(Message::ChooseTitle { amount: &amount });
    let search = view.search.as_ref().filter(|search| search.total > SEARCH_ABOVE);
    let content = html! {
        h1 { (title) }
        @if !view.description.trim().is_empty() {
            p.purpose { span.label { (texts.say(Message::ChooseFor)) } " " bdi { (view.description) } }
        }
        h2 #banks { (texts.say(Message::ChooseHeading)) }
        @if let Some(search) = search { (search_form(search, view.issuers.len(), texts)) }
        @if !view.issuers.is_empty() {
            form method="post" action=(view.choose_action) aria-labelledby="banks" {
                ul.issuers role="list" {
                    @for (id, mark) in &view.issuers {
                        li {
                            button type="submit" name=(ISSUER_FIELD) value=(id.as_str()) {
                                (logo(mark)) bdi.name { (mark.name) }
                            }
                        }
                    }
                }
            }
        } @else if search.is_none() {
            p.status role="status" { (texts.say(Message::ChooseNone)) }
        }
        p.note { (texts.say(Message::BankLoginNote)) }
        (button_form(&view.cancel_action, "quiet", &texts.say(Message::CancelPayment)))
    };
    page(assets, texts, &title, &content)
}

/// A form of its own, so that Enter in the field searches and never chooses an issuer.
fn search_form(search: &Search, found: usize, texts: &Texts) -> Markup {
    let total = search.total;
    html! {
        form.search method="post" action=(search.action) role="search" {
            label for="search" { (texts.say(Message::SearchLabel)) }
            div.field {
                input #search type="search" name=(SEARCH_FIELD) value=(search.query) maxlength=(SEARCH_LENGTH)
                    autocomplete="off" autocapitalize="none" spellcheck="false" enterkeyhint="search";
                button.secondary type="submit" { (texts.say(Message::SearchSubmit)) }
            }
        }
        @if !search.query.is_empty() {
            div.result {
                p.status role="status" {
                    @if found == 0 { (texts.say(Message::SearchNothing { query: &search.query, total })) }
                    @else { (texts.say(Message::SearchFound { found, total })) }
                }
                form method="post" action=(search.action) {
                    button.secondary type="submit" name=(SEARCH_FIELD) value="" {
                        (texts.say(Message::SearchShowAll { total }))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::gallery::{assets, choice, english, money};
    use super::*;

    fn render(view: &Choose) -> String {
        choose(view, &assets(), english()).into_string()
    }

    /// The values of the issuer buttons within the form whose action path ends in `/choose`.
    fn offered(html: &str) -> Vec<&str> {
        let form = html
            .split("<form ")
            .find(|form| {
                form.split("action=\"").nth(1).unwrap_or_default().split('?').next().unwrap().ends_with("/choose")
            })
            .expect("a form that chooses");
        let form = form.split("</form>").next().unwrap();
        form.split("<button type=\"submit\" name=\"issuer\" value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect()
    }

    #[test]
    fn one_form_offers_exactly_the_issuers_ids() {
        let view = choice(24);
        let ids: Vec<_> = view.issuers.iter().map(|(id, _)| id.as_str().to_owned()).collect();
        let html = render(&view);
        assert_eq!(offered(&html), ids);
        assert_eq!(html.matches("name=\"issuer\"").count(), ids.len());
        assert_eq!(html.matches("/choose?").count(), 1, "one form chooses");
        assert!(html.contains("<form method=\"post\" action=\"https://pay.example.com/pay/01930d2c/cancel?exp=1&amp;kid=k&amp;sig=s\"><button class=\"quiet\""));
    }

    #[test]
    fn the_search_appears_above_eight_issuers() {
        assert!(!render(&choice(8)).contains("role=\"search\""));
        let html = render(&choice(9));
        assert!(html.contains("role=\"search\"") && html.contains("<label for=\"search\">"));
        assert!(!html.contains("Show all"), "all are shown already");
    }

    #[test]
    fn a_search_says_what_it_found_and_leads_back_to_all() {
        let mut view = choice(24);
        view.issuers.truncate(2);
        view.search.as_mut().unwrap().query = "ban".to_owned();
        let html = render(&view);
        assert!(html.contains("<p class=\"status\" role=\"status\">2 of 24 shown</p>"));
        assert!(html.contains("name=\"q\" value=\"\">Show all 24</button>"));
        view.issuers.clear();
        view.search.as_mut().unwrap().query = "<b>\"x".to_owned();
        let html = render(&view);
        assert!(html.contains("Nothing found for “&lt;b&gt;&quot;x”."), "{html}");
        assert!(html.contains("value=\"&lt;b&gt;&quot;x\"") && html.contains("Show all 24"));
        assert!(html.contains("/cancel?") && !html.contains("name=\"issuer\""));
    }

    #[test]
    fn without_any_issuer_the_page_says_so_and_can_be_left() {
        let mut view = choice(0);
        view.search = None;
        let html = render(&view);
        assert!(html.contains("No bank or wallet can take this payment.") && html.contains("/cancel?"));
    }

    #[test]
    fn descriptions_and_names_are_escaped() {
        let mut view = choice(2);
        view.description = "</p><script>alert(1)</script>".to_owned();
        view.issuers[0].1.name = "<img src=x onerror=alert(1)>".to_owned();
        view.issuers[1].1.logo_url = Some("\"><svg onload=alert(1)>".to_owned());
        view.amount = money(109_900_000);
        let html = render(&view);
        assert!(!html.contains("<script") && !html.contains("<img src=x") && !html.contains("<svg onload"));
        assert!(html.contains("&lt;/p&gt;&lt;script&gt;alert(1)"));
        assert!(html.contains("src=\"&quot;&gt;&lt;svg onload=alert(1)&gt;\""));
    }

    #[test]
    fn an_empty_description_leaves_no_empty_line() {
        let mut view = choice(2);
        view.description = "  ".to_owned();
        assert!(!render(&view).contains("class=\"purpose\""));
    }
}
