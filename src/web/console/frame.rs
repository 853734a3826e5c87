//! The frame around every page of the console.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::PREFIX;
use super::form::Fields;
use super::gate::with_status;
use super::signed::{At, Signed};
use super::trouble::{Answer, Trouble};
use super::words::Words;
use crate::domain::Capability;
use crate::web::pages::assets;

/// A place in the menu: path below the prefix, key of its name, and what it takes to see it.
struct Place(&'static str, &'static str, Capability);

/// The menu.
const MENU: &[Place] = &[
    Place("/", "menu-today", Capability::Look),
    Place("/payments", "menu-payments", Capability::Look),
    Place("/statements", "menu-statements", Capability::Look),
    Place("/bank", "menu-bank", Capability::Look),
    Place("/bookings", "menu-bookings", Capability::Look),
    Place("/invoices", "menu-invoices", Capability::Look),
    Place("/payouts", "menu-payouts", Capability::Look),
    Place("/outbox", "menu-outbox", Capability::Look),
    Place("/issuers", "menu-issuers", Capability::Look),
    Place("/keys", "menu-keys", Capability::Look),
    Place("/ledger", "menu-ledger", Capability::Look),
    Place("/jobs", "menu-jobs", Capability::Look),
    Place("/audit", "menu-audit", Capability::Look),
    Place("/people", "menu-people", Capability::ManagePeople),
];

/// A page for a person who is signed in.
#[allow(clippy::unnecessary_wraps, reason = "the last word of a handler, which answers one")]
pub(in crate::web) fn page(signed: &Signed, title: &str, content: &Markup) -> Answer {
    Ok(page_as(StatusCode::OK, signed, title, content))
}

/// The same with a status of its own.
pub(in crate::web) fn page_as(status: StatusCode, signed: &Signed, title: &str, content: &Markup) -> HttpResponse {
    let words = signed.words();
    // Who hears the title first hears that what was sent does not fit.
    let title = match status {
        StatusCode::UNPROCESSABLE_ENTITY => words.tell("title-unfit", &[("title", title.into())]),
        _ => title.to_owned(),
    };
    with_status(status, framed(&signed.at, Some(signed), &title, content).into_string())
}

/// A page of the way in.
pub(super) fn outside(status: StatusCode, at: &At, title: &str, content: &Markup) -> HttpResponse {
    with_status(status, framed(at, None, title, content).into_string())
}

/// The page of a [`Trouble`].
pub(super) fn trouble(at: &At, signed: Option<&Signed>, trouble: &Trouble) -> HttpResponse {
    let words = at.words;
    let (title, text) = match trouble {
        Trouble::NotFound => (words.say("trouble-not-found"), words.say("trouble-not-found-text")),
        Trouble::Field(_, sentence) => (words.say("trouble-field"), words.say(sentence)),
        Trouble::Refused(why) => (words.say("trouble-refused"), why.clone()),
        Trouble::No(no) => (words.say("trouble-refused"), no.say(words)),
        Trouble::NotAllowed => (words.say("trouble-not-allowed"), words.say("trouble-not-allowed-text")),
        Trouble::Forbidden => (words.say("trouble-forbidden"), words.say("trouble-forbidden-text")),
        Trouble::Forged => (words.say("trouble-forged"), words.say("trouble-forged-text")),
        Trouble::Body => (words.say("trouble-body"), words.say("trouble-body-text")),
        Trouble::TooSlow => (words.say("trouble-too-slow"), words.say("trouble-too-slow-text")),
        Trouble::TooMany(seconds) => {
            (words.say("trouble-too-many"), words.tell("trouble-too-many-text", &[("seconds", (*seconds).into())]))
        }
        Trouble::Unavailable => (words.say("trouble-unavailable"), words.say("trouble-unavailable-text")),
    };
    let content = html! {
        h1 { (title) }
        p { (text) }
        p { a href=(format!("{PREFIX}/")) { (words.say("trouble-home")) } }
    };
    let mut response = with_status(trouble.status(), framed(at, signed, &title, &content).into_string());
    if let Trouble::TooMany(seconds) = trouble {
        let wait = actix_web::http::header::HeaderValue::from(*seconds);
        response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, wait);
    }
    response
}

fn framed(at: &At, signed: Option<&Signed>, title: &str, content: &Markup) -> Markup {
    let words = at.words;
    let asset = |name| assets::path_of(name).unwrap_or_default();
    html! {
        (DOCTYPE)
        html lang=(words.locale().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                meta name="format-detection" content="telephone=no, date=no, address=no";
                title { (title) " · Roundtrip" }
                link rel="stylesheet" href=(asset("console.css"));
                link rel="icon" type="image/svg+xml" href=(asset("favicon.svg"));
                script src=(asset("console.js")) defer {}
            }
            body class=[signed.is_none().then_some("outside")] {
                a.skip href="#content" { (words.say("skip")) }
                header.top {
                    p.brand { "Roundtrip" }
                    @if let Some(signed) = signed { (account(signed)) }
                }
                @if let Some(signed) = signed {
                    details.menu.narrow {
                        summary { (words.say("menu")) }
                        nav aria-label=(words.say("menu")) { (menu(signed)) }
                    }
                    nav.menu.wide aria-label=(words.say("menu")) { (menu(signed)) }
                }
                main #content tabindex="-1" {
                    @if let Some(done) = done(at) { p.done role="status" { (done) } }
                    (content)
                }
                footer { (other_language(at)) }
            }
        }
    }
}

fn menu(signed: &Signed) -> Markup {
    let here = signed.at.path.strip_prefix(PREFIX).unwrap_or_default();
    let inside = |path: &str| {
        if path == "/" {
            here == "/"
        } else {
            here == path || here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        }
    };
    html! {
        ul role="list" {
            @for Place(path, name, needs) in MENU {
                @if signed.may(*needs) {
                    li {
                        a href=(format!("{PREFIX}{path}")) aria-current=[inside(path).then_some("page")] {
                            (signed.words().say(name))
                        }
                    }
                }
            }
        }
    }
}

fn account(signed: &Signed) -> Markup {
    let words = signed.words();
    html! {
        div.account {
            a href=(format!("{PREFIX}/account")) {
                bdi { (signed.user) } " " span.muted { "(" (words.name("role", signed.role.as_str())) ")" }
            }
            (signed.form(&format!("{PREFIX}/sign-out"), &html! { button.quiet type="submit" { (words.say("sign-out")) } }))
        }
    }
}

/// The same page in the other language.
fn other_language(at: &At) -> Markup {
    let other = at.words.locale().other();
    let fields = Fields::parse(at.query.as_bytes()).unwrap_or_default();
    let query = fields.query_with(&[("lang", Some(other.tag())), ("done", None)]);
    html! {
        a href=(format!("{}?{query}", at.page)) lang=(other.tag()) hreflang=(other.tag()) {
            (Words::of(other).say("language-name"))
        }
    }
}

/// What a form has just done: the page that it leads to says so. The parameter names a sentence and nothing else.
fn done(at: &At) -> Option<String> {
    let fields = Fields::parse(at.query.as_bytes())?;
    let what = fields.text("done")?;
    let known = what.len() <= 40 && what.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let key = format!("done-{what}");
    let said = at.words.say(&key);
    (known && said != key).then_some(said)
}
