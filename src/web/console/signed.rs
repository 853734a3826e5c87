//! Who looks at a page, and in which language: extractors that the gate has filled.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use maud::{Markup, html};

use super::trouble::Trouble;
use super::words::Words;
use crate::domain::{Capability, Role, UserName};
use crate::people::{People, Session};

/// Name of the form field that holds the CSRF token.
pub(in crate::web) const CSRF: &str = "csrf";

/// A page's surroundings: the language, where it is, and the token of its forms.
#[derive(Debug, Clone)]
pub(in crate::web) struct At {
    /// The sentences.
    pub(in crate::web) words: &'static Words,
    /// The path below the listener's root.
    pub(super) path: String,
    /// The page that shows this: where a form was sent to may be none, and its page is the one above.
    pub(super) page: String,
    /// The query, without `?`.
    pub(super) query: String,
    /// What the cookie holds: of a session, or drawn for the way in.
    pub(super) token: Token,
    /// What the browser shows of an earlier sign-in, if anything: unverified, and of no use but for the way in.
    pub(super) unverified_mark: Option<Token>,
}

/// A session's token, or the one that the way in was given; what a browser is known by. Never shown.
#[derive(Clone)]
pub(super) struct Token(pub(super) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl At {
    /// What the browser shows of an earlier sign-in.
    pub(super) fn mark(&self) -> Option<&str> {
        self.unverified_mark.as_ref().map(|mark| mark.0.as_str())
    }

    /// A form that posts to `action`, with its CSRF token.
    pub(in crate::web) fn form(&self, action: &str, content: &Markup) -> Markup {
        html! { form method="post" action=(action) { (self.csrf_field()) (content) } }
    }

    /// The hidden field that every form begins with.
    pub(in crate::web) fn csrf_field(&self) -> Markup {
        html! { input type="hidden" name=(CSRF) value=(People::csrf(&self.token.0)); }
    }

    /// Whether a form's CSRF token is this page's; compared in constant time.
    pub(in crate::web) fn csrf_fits(&self, unverified: &str) -> bool {
        People::csrf_fits(&self.token.0, unverified)
    }
}

/// A person with a session that may do what the route needs.
#[derive(Debug, Clone)]
pub(in crate::web) struct Signed {
    /// Who.
    pub(in crate::web) user: UserName,
    /// As of now.
    pub(in crate::web) role: Role,
    /// Where.
    pub(in crate::web) at: At,
    pub(super) session: Session,
}

impl Signed {
    /// The sentences of the person's language.
    pub(in crate::web) const fn words(&self) -> &'static Words {
        self.at.words
    }

    /// Whether the person's role has this capability: for what a page offers. What it accepts the gate has judged.
    pub(in crate::web) fn may(&self, capability: Capability) -> bool {
        self.role.may(capability)
    }

    /// A form that posts to `action`.
    pub(in crate::web) fn form(&self, action: &str, content: &Markup) -> Markup {
        self.at.form(action, content)
    }
}

impl FromRequest for At {
    type Error = Trouble;
    type Future = Ready<Result<Self, Trouble>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(Trouble::Forbidden))
    }
}

impl FromRequest for Signed {
    type Error = Trouble;
    type Future = Ready<Result<Self, Trouble>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(Trouble::Forbidden))
    }
}
