//! People: who may sign in, and with which role. For admins.

use actix_web::web;
use maud::{Markup, html};

use super::PREFIX;
use super::form::Fields;
use super::frame::page;
use super::gate::see_other;
use super::parts::{Column, Mood, badge, choice, moment, submit, table};
use super::routes::{self, Fields as Noted, PEOPLE, Route, form, get, post};
use super::signed::Signed;
use super::trouble::{Answer, Trouble};
use super::words::Words;
use crate::domain::{Hands, Role, UserName};
use crate::people::PasswordNotSet;
use crate::storage::{Managed, User};
use crate::web::surface::Surface;

/// The pages.
pub(super) const ROUTES: &[Route] = &[
    routes::page("/people", PEOPLE, || get().to(list)),
    form("/people", PEOPLE, ("person.add", Noted::Noted), || post().to(add)),
    routes::page("/people/{name}", PEOPLE, || get().to(show)),
    form("/people/{name}/role", PEOPLE, ("person.role", Noted::Noted), || post().to(set_role)),
    form("/people/{name}/disable", PEOPLE, ("person.disable", Noted::Noted), || post().to(disable)),
    form("/people/{name}/password", PEOPLE, ("person.password", Noted::Secret), || post().to(reset_password)),
    form("/people/{name}/second-factor", PEOPLE, ("person.second-factor", Noted::Secret), || post().to(reset_factor)),
];

fn roles(words: &Words) -> Vec<(String, String)> {
    Role::ALL.map(|role| (role.as_str().to_owned(), words.name("role", role.as_str()))).to_vec()
}

fn address(name: &UserName) -> String {
    let name: String = url::form_urlencoded::byte_serialize(name.as_str().as_bytes()).collect();
    format!("{PREFIX}/people/{}", name.replace('+', "%20"))
}

async fn list(surface: web::Data<Surface>, signed: Signed) -> Answer {
    let words = signed.words();
    let users = surface.console.people.users().await?;
    let columns = [
        (words.say("people-name"), Column::Head),
        (words.say("people-role"), Column::Text),
        (words.say("people-state"), Column::Text),
        (words.say("people-second-factor"), Column::Text),
        (words.say("people-added"), Column::Text),
    ];
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            vec![
                html! { a href=(address(&user.name)) { bdi { (user.name) } } },
                html! { (words.name("role", user.role.as_str())) },
                html! { (state(words, user)) (held(words, user)) },
                html! { (words.say(if user.has_second_factor { "people-yes" } else { "people-no" })) },
                moment(user.created_at),
            ]
        })
        .collect();
    let content = html! {
        h1 { (words.say("people-title")) }
        (table(&words.say("people-title"), &columns, &rows))
        section aria-labelledby="add" {
            h2 #add { (words.say("people-add")) }
            (signed.form(&format!("{PREFIX}/people"), &html! {
                div.field {
                    label for="name" { (words.say("people-name")) }
                    input #name name="name" type="text" required maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false";
                }
                (choice(("role", &words.say("people-role")), None, &roles(words), Some("viewer")))
                (submit(&words.say("people-add-submit")))
            }))
        }
    };
    page(&signed, &words.say("people-title"), &content)
}

fn state(words: &Words, user: &User) -> Markup {
    if user.disabled_at.is_some() {
        badge(Mood::Over, &words.say("people-disabled"))
    } else if user.has_password {
        badge(Mood::Good, &words.say("people-enabled"))
    } else {
        badge(Mood::Waiting, &words.say("people-without-password"))
    }
}

/// Who else can sign in as this person: for four eyes they are one.
fn held(words: &Words, user: &User) -> Markup {
    let held_by = user.held_by();
    html! {
        @if user.disabled_at.is_none() && !held_by.is_none() {
            " " (badge(Mood::Attention, &words.tell("people-held", &[("names", names(&held_by).into())])))
        }
    }
}

fn names(hands: &Hands) -> String {
    hands.iter().map(UserName::as_str).collect::<Vec<_>>().join(", ")
}

async fn found(surface: &Surface, name: &str) -> Result<User, Trouble> {
    let name = UserName::parse(name).map_err(|_| Trouble::NotFound)?;
    let users = surface.console.people.users().await?;
    users.into_iter().find(|user| user.name == name).ok_or(Trouble::NotFound)
}

async fn show(surface: web::Data<Surface>, signed: Signed, name: web::Path<String>) -> Answer {
    let user = found(&surface, &name).await?;
    let title = user.name.to_string();
    page(&signed, &title, &person(&signed, &user, None))
}

fn person(signed: &Signed, user: &User, given: Option<&str>) -> Markup {
    let words = signed.words();
    let here = address(&user.name);
    let own = user.name == signed.user;
    html! {
        h1 { bdi { (user.name) } }
        @if let Some(password) = given {
            p.done role="status" { (words.say("people-password-given")) " " code.secret { (password) } }
        }
        dl.facts {
            div { dt { (words.say("people-role")) } dd { (words.name("role", user.role.as_str())) } }
            div { dt { (words.say("people-state")) } dd { (state(words, user)) (held(words, user)) } }
            div { dt { (words.say("people-second-factor")) } dd {
                (words.say(if user.has_second_factor { "people-yes" } else { "people-no" }))
            } }
            div { dt { (words.say("people-added")) } dd { (moment(user.created_at)) } }
        }
        @if user.disabled_at.is_none() && !user.held_by().is_none() { p.note { (words.say("people-held-text")) } }
        @if own { p.note { (words.say("people-own")) } }
        @if user.disabled_at.is_none() && !own {
            section aria-labelledby="role-heading" {
                h2 #role-heading { (words.say("people-role")) }
                p { (words.say("people-role-lead")) }
                (signed.form(&format!("{here}/role"), &html! {
                    (choice(("role", &words.say("people-role")), None, &roles(words), Some(user.role.as_str())))
                    (submit(&words.say("people-role-submit")))
                }))
            }
            section aria-labelledby="ways" {
                h2 #ways { (words.say("people-ways")) }
                p { (words.say("people-password-lead")) }
                (signed.form(&format!("{here}/password"), &submit(&words.say("people-password"))))
                @if user.has_second_factor {
                    (signed.form(&format!("{here}/second-factor"), &submit(&words.say("people-reset-factor"))))
                }
            }
            section aria-labelledby="end" {
                h2 #end { (words.say("people-end")) }
                p { (words.say("people-end-lead")) }
                (signed.form(&format!("{here}/disable"), &html! {
                    button.danger type="submit" { (words.say("people-disable")) }
                }))
            }
        }
    }
}

/// Whose hands whatever this person gives goes through.
async fn hands(surface: &Surface, signed: &Signed) -> Result<Hands, Trouble> {
    surface.console.people.hands(&signed.session).await?.ok_or(Trouble::Forbidden)
}

async fn add(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    let name = fields.needed("name", "expected-name", |text| UserName::parse(text).ok())?;
    let role = fields.needed("role", "expected-choice", Role::parse)?;
    let by = hands(&surface, &signed).await?;
    if surface.console.people.add_user(name.clone(), role, &by).await? {
        Ok(see_other(&format!("{}?done=person-added", address(&name))))
    } else {
        Err(Trouble::Field("name", "expected-new-name"))
    }
}

/// Somebody else's: nobody locks themselves out.
async fn other(surface: &Surface, signed: &Signed, name: &str) -> Result<UserName, Trouble> {
    let user = found(surface, name).await?;
    if user.name == signed.user {
        return Err(Trouble::Refused(signed.words().say("people-own")));
    }
    Ok(user.name)
}

fn happened(happened: bool, to: &UserName, done: &str) -> Answer {
    if happened { Ok(see_other(&format!("{}?done={done}", address(to)))) } else { Err(Trouble::NotFound) }
}

fn managed(signed: &Signed, managed: Managed, to: &UserName, done: &str) -> Answer {
    match managed {
        Managed::Done => happened(true, to, done),
        Managed::Unknown => happened(false, to, done),
        Managed::LastAdmin => Err(Trouble::Refused(signed.words().say("people-last-admin"))),
    }
}

async fn set_role(surface: web::Data<Surface>, signed: Signed, name: web::Path<String>, fields: Fields) -> Answer {
    let role = fields.needed("role", "expected-choice", Role::parse)?;
    let name = other(&surface, &signed, &name).await?;
    managed(&signed, surface.console.people.set_role(&name, role).await?, &name, "person-role")
}

async fn disable(surface: web::Data<Surface>, signed: Signed, name: web::Path<String>) -> Answer {
    let name = other(&surface, &signed, &name).await?;
    managed(&signed, surface.console.people.disable_user(&name).await?, &name, "person-disabled")
}

async fn reset_factor(surface: web::Data<Surface>, signed: Signed, name: web::Path<String>) -> Answer {
    let name = other(&surface, &signed, &name).await?;
    let by = hands(&surface, &signed).await?;
    happened(surface.console.people.reset_second_factor(&name, &by).await?, &name, "person-factor")
}

/// A password for the first sign-in, shown once: the person has to choose another there.
async fn reset_password(surface: web::Data<Surface>, signed: Signed, name: web::Path<String>) -> Answer {
    let name = other(&surface, &signed, &name).await?;
    let by = hands(&surface, &signed).await?;
    let password = match surface.console.people.reset_password(&name, &by).await {
        Ok(password) => password,
        Err(PasswordNotSet::Unknown | PasswordNotSet::Refused(_)) => return Err(Trouble::NotFound),
        Err(PasswordNotSet::Unavailable(error)) => return Err(error.into()),
        Err(PasswordNotSet::Hash(error)) => {
            tracing::error!(error = %error, "a password could not be hashed");
            return Err(Trouble::Unavailable);
        }
    };
    let user = found(&surface, name.as_str()).await?;
    page(&signed, &name.to_string(), &person(&signed, &user, Some(&password)))
}
