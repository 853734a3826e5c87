//! How the payer goes on: the form that leads to a bank or wallet, or what is under way there.

use std::sync::Arc;

use maud::{Markup, html};

use super::super::super::texts::{Message, Texts};
use super::super::choose::ISSUER_FIELD;
use super::super::layout::{IssuerMark, logo, notice};
use super::{InvoiceSheet, language_field};
use crate::domain::{IssuerId, Money};

/// Name of the form field that holds the way of shipping, by id.
pub const WAY_FIELD: &str = "way";
/// Name of the form field that holds the country, as ISO 3166-1 alpha-2; anything else: one that is not listed.
pub const COUNTRY_FIELD: &str = "country";
/// Name of the form field that holds the lines of an address.
pub const ADDRESS_FIELD: &str = "address";
/// Name of the form field that holds the language which the page is read in, if it is not the recipient's.
pub const LANGUAGE_FIELD: &str = "lang";

/// The field's value for a country that is not listed.
const ELSEWHERE: &str = "other";

/// Longest address that the field takes, in characters.
const ADDRESS_LENGTH: usize = 500;

/// How the payer goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayOn {
    /// Nothing is to be paid.
    Nothing,
    /// With one of these.
    Choose(Choice),
    /// No issuer takes the amount.
    NotOnline,
    /// With what was begun.
    UnderWay(UnderWay),
}

/// What the payer chooses from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Signed URL whose path ends in `/pay`; receives [`ISSUER_FIELD`] and the other fields.
    pub action: String,
    /// The issuers, in the order to show them; at least one.
    pub issuers: Vec<(IssuerId, IssuerMark)>,
    /// The ways of shipping; empty where there is nothing to choose.
    pub ways: Vec<PricedWay>,
    /// Whether anything is sent at all.
    pub is_sent: bool,
    /// What was entered before.
    pub entered: Entered,
}

/// A way of shipping with what it makes of the price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedWay {
    /// Its id, the field's value.
    pub id: Arc<str>,
    /// What it is called.
    pub label: Arc<str>,
    /// What it costs.
    pub amount: Money,
    /// What the invoice costs then.
    pub total: Money,
    /// Where it leads, as country codes; empty: everywhere.
    pub countries: Vec<Arc<str>>,
}

/// What the payer has entered. Personal: not in logs.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Entered {
    /// The way of shipping.
    pub way: String,
    /// The country.
    pub country: String,
    /// The lines of the address.
    pub address: String,
}

impl std::fmt::Debug for Entered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entered([redacted])")
    }
}

/// What is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnderWay {
    /// At a bank or wallet, which waits for the payer.
    AtIssuer {
        /// Which.
        issuer: IssuerMark,
        /// Signed URL whose path ends in `/pay`: goes on there.
        action: String,
        /// The payment's page, where it can be cancelled.
        payment_url: String,
    },
    /// The issuer has not decided.
    Undecided {
        /// Which.
        issuer: IssuerMark,
        /// This page, once more.
        check_again_url: String,
    },
    /// It begins, or ends, just now.
    Soon {
        /// This page, once more.
        check_again_url: String,
        /// The payment's page, if there is one.
        payment_url: Option<String>,
    },
    /// A charge of a card from the mail.
    Card {
        /// This page, once more.
        check_again_url: String,
    },
}

/// What was wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is not sent there that way.
    NotShipped,
    /// The issuer does not take what it costs in this way.
    NotTaken,
    /// So many payments were begun that no further one is.
    TooManyAttempts,
}

impl Trouble {
    pub(super) const fn says(self, merchant: &str) -> (Message<'_>, Message<'_>) {
        match self {
            Self::NotShipped => (Message::NotShippedTitle, Message::NotShipped),
            Self::NotTaken => (Message::NotTakenTitle, Message::NotTaken),
            Self::TooManyAttempts => (Message::TooManyAttemptsTitle, Message::TooManyAttempts { merchant }),
        }
    }
}

/// The part of the page that leads on.
pub(super) fn pay_on(page: &InvoiceSheet, texts: &Texts) -> Markup {
    html! {
        @match &page.pay_on {
            PayOn::Nothing => {},
            PayOn::Choose(choice) => { (choose(choice, page.language, texts)) },
            PayOn::NotOnline => {
                @let (merchant, reference) = (&*page.merchant, page.view.content.reference.as_str());
                (notice(&texts.say(Message::NoIssuerTitle), &texts.say(Message::NoIssuer { merchant, reference })))
            },
            PayOn::UnderWay(under_way) => { (go_on(under_way, page.language, texts)) },
        }
    }
}

/// One form: a bank is one tap, after the way of shipping where there is one to choose. No field of one line: in such a
/// field Enter would choose a bank.
fn choose(choice: &Choice, language: &str, texts: &Texts) -> Markup {
    html! {
        form.pay method="post" action=(choice.action) {
            (language_field(language))
            @if choice.is_sent { (shipping(choice, texts)) }
            h2 #banks { (texts.say(Message::ChooseHeading)) }
            ul.issuers role="list" aria-labelledby="banks" {
                @for (id, mark) in &choice.issuers {
                    li {
                        button type="submit" name=(ISSUER_FIELD) value=(id.as_str()) {
                            (logo(mark)) bdi.name { (mark.name) }
                        }
                    }
                }
            }
            p.note { (texts.say(Message::BankLoginNote)) }
        }
    }
}

fn shipping(choice: &Choice, texts: &Texts) -> Markup {
    let Choice { ways, entered, .. } = choice;
    let name = |code: &str| texts.say(Message::CountryName { code });
    let mut countries: Vec<(String, &str)> =
        ways.iter().flat_map(|way| &way.countries).map(|code| (name(code), &**code)).collect();
    countries.sort();
    countries.dedup();
    let everywhere = ways.iter().any(|way| way.countries.is_empty());
    let chosen = ways.iter().position(|way| *way.id == *entered.way).unwrap_or(0);
    html! {
        div.shipping {
            @if !ways.is_empty() {
                fieldset {
                    legend { (texts.say(Message::WayHeading)) }
                    @for (place, way) in ways.iter().enumerate() { (option(way, place == chosen, texts)) }
                }
            }
            @if !countries.is_empty() {
                label for="country" { (texts.say(Message::WayCountry)) }
                select #country name=(COUNTRY_FIELD) required autocomplete="country" {
                    option value="" { (texts.say(Message::WayChoose)) }
                    @for (name, code) in &countries {
                        option value=(code) selected[**code == *entered.country] { (name) }
                    }
                    @if everywhere {
                        option value=(ELSEWHERE) selected[*entered.country == *ELSEWHERE] {
                            (texts.say(Message::WayElsewhere))
                        }
                    }
                }
            }
            label for="address" { (texts.say(Message::WayAddress)) }
            textarea #address name=(ADDRESS_FIELD) rows="3" maxlength=(ADDRESS_LENGTH) autocomplete="street-address" {
                (entered.address)
            }
        }
    }
}

fn option(way: &PricedWay, checked: bool, texts: &Texts) -> Markup {
    let countries: Vec<String> = way.countries.iter().map(|code| texts.say(Message::CountryName { code })).collect();
    let (countries, total) = (countries.join(", "), texts.money(way.total));
    html! {
        label.option {
            input type="radio" name=(WAY_FIELD) value=(way.id) required checked[checked];
            span.name {
                bdi { (way.label) }
                @if !countries.is_empty() { span.hint { (texts.say(Message::WayOnly { countries: &countries })) } }
            }
            span.price {
                (texts.money(way.amount))
                span.hint { (texts.say(Message::WayTotal { amount: &total })) }
            }
        }
    }
}

fn go_on(under_way: &UnderWay, language: &str, texts: &Texts) -> Markup {
    let said = |title, text| notice(&texts.say(title), &texts.say(text));
    let again = |url: &str| html! { a.primary href=(url) { (texts.say(Message::WaitingCheck)) } };
    let look = |url: &str| html! { a.secondary href=(url) { (texts.say(Message::AttemptLook)) } };
    html! {
        @match under_way {
            UnderWay::AtIssuer { issuer: mark, action, payment_url } => {
                @let issuer = mark.name.as_str();
                (said(Message::AttemptAtTitle { issuer }, Message::AttemptAt { issuer }))
                div.actions {
                    form method="post" action=(action) {
                        (language_field(language))
                        button.primary type="submit" { (texts.say(Message::AtBankContinue { issuer })) }
                    }
                    (look(payment_url))
                }
            },
            UnderWay::Undecided { issuer: mark, check_again_url } => {
                (said(Message::AttemptPendingTitle { issuer: &mark.name }, Message::AttemptPending))
                div.actions { (again(check_again_url)) }
            },
            UnderWay::Soon { check_again_url, payment_url } => {
                (said(Message::AttemptSoonTitle, Message::AttemptSoon))
                div.actions {
                    (again(check_again_url))
                    @if let Some(url) = payment_url { (look(url)) }
                }
            },
            UnderWay::Card { check_again_url } => {
                (said(Message::AttemptCardTitle, Message::AttemptCard))
                div.actions { (again(check_again_url)) }
            },
        }
    }
}
