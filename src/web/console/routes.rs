//! The one table of the console's pages: method, path, what it takes, and the handler.

use actix_web::web;

use super::{
    account, audit, bank, bookings, invoices, issuers, jobs, keys, ledger, outbox, payments, payouts, people,
    statements, today,
};
use crate::domain::{Capability, Role};

/// What it takes to reach a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the way in.
    Nothing,
    /// A password that was right, and still a second factor.
    SigningIn,
    /// A whole session, whatever the role.
    SignedIn,
    /// A session whose role has this capability.
    Capability(Capability),
    /// A session whose role has one of these.
    Either(Capability, Capability),
}

impl Needs {
    /// Whether a person of this role gets there, once signed in.
    pub const fn allows(self, role: Role) -> bool {
        match self {
            Self::Nothing | Self::SigningIn | Self::SignedIn => true,
            Self::Capability(capability) => role.may(capability),
            Self::Either(one, other) => role.may(one) || role.may(other),
        }
    }
}

/// How a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Looks.
    Get,
    /// Does something: a form with a CSRF token, noted in the audit log before it is carried out.
    Post {
        /// Its name in the audit log.
        act: &'static str,
        /// Whether its fields may stand there.
        fields: Fields,
    },
}

/// What of a form stands in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fields {
    /// Every field but the CSRF token.
    Noted,
    /// None: there are secrets among them.
    Secret,
    /// A file comes with it (`multipart/form-data`): the handler checks the CSRF token, which is the first part.
    File,
}

/// One page.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// How it is asked for.
    pub verb: Verb,
    /// Its path below [`PREFIX`](super::PREFIX), as actix patterns are written.
    pub path: &'static str,
    /// What it takes.
    pub needs: Needs,
    handler: fn() -> actix_web::Route,
}

impl Route {
    pub(super) fn handler(&self) -> actix_web::Route {
        (self.handler)()
    }

    /// `GET` or `POST`.
    pub const fn method(&self) -> &'static str {
        match self.verb {
            Verb::Get => "GET",
            Verb::Post { .. } => "POST",
        }
    }
}

/// A page that is looked at.
pub(super) const fn page(path: &'static str, needs: Needs, handler: fn() -> actix_web::Route) -> Route {
    Route { verb: Verb::Get, path, needs, handler }
}

/// A form that does `act`.
pub(super) const fn form(
    path: &'static str,
    needs: Needs,
    act: (&'static str, Fields),
    handler: fn() -> actix_web::Route,
) -> Route {
    Route { verb: Verb::Post { act: act.0, fields: act.1 }, path, needs, handler }
}

/// Everybody with a role may look.
pub(super) const LOOK: Needs = Needs::Capability(Capability::Look);
/// Finance and admins.
pub(super) const MONEY: Needs = Needs::Capability(Capability::DecideMoney);
/// Operators and admins.
pub(super) const OPERATE: Needs = Needs::Capability(Capability::Operate);
/// Everybody but who only looks.
pub(super) const ACT: Needs = Needs::Either(Capability::DecideMoney, Capability::Operate);
/// Admins.
pub(super) const PEOPLE: Needs = Needs::Capability(Capability::ManagePeople);

/// The areas' tables.
const AREAS: &[&[Route]] = &[
    account::ROUTES,
    today::ROUTES,
    payments::ROUTES,
    statements::ROUTES,
    bank::ROUTES,
    bookings::ROUTES,
    invoices::ROUTES,
    payouts::ROUTES,
    outbox::ROUTES,
    keys::ROUTES,
    issuers::ROUTES,
    ledger::ROUTES,
    audit::ROUTES,
    jobs::ROUTES,
    people::ROUTES,
];

/// Every page.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    AREAS.iter().flat_map(|area| area.iter())
}

/// Every path, once.
pub(super) fn paths() -> Vec<&'static str> {
    let mut paths: Vec<&'static str> = Vec::new();
    for route in routes() {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    paths
}

/// GET, for the tables.
pub(super) fn get() -> actix_web::Route {
    web::get()
}

/// POST, for the tables.
pub(super) fn post() -> actix_web::Route {
    web::post()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_9_whatever_does_something_is_named_and_no_page_stands_twice() {
        let mut seen = Vec::new();
        for route in routes() {
            assert!(!seen.contains(&(route.method(), route.path)), "{} {} stands twice", route.method(), route.path);
            seen.push((route.method(), route.path));
            if let Verb::Post { act, .. } = route.verb {
                assert!(act.contains('.') && act.is_ascii(), "{}: {act}", route.path);
            }
            assert!(route.path.starts_with('/'), "{}", route.path);
        }
        assert!(seen.len() > 5);
    }
}
