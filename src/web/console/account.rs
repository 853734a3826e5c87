//! The way in and out: password, second factor, and a person's own account.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use secrecy::SecretString;

use super::PREFIX;
use super::form::Fields;
use super::frame::{outside, page, page_as};
use super::gate::{let_in, see_other, session_cookie};
use super::parts::{moment, submit};
use super::routes::{self, Fields as Noted, Needs, Route, form, get};
use super::signed::{At, Signed};
use super::trouble::{Answer, Trouble};
use crate::people::{
    ChangeRefused, Enrolment, EnrolmentRefused, NewSession, PasswordNotSet, PasswordRefused, Session, SignInRefused,
    Stage,
};
use crate::web::guard::InFlight;
use crate::web::surface::Surface;

/// The pages.
pub(super) const ROUTES: &[Route] = &[
    routes::page("/sign-in", Needs::Nothing, || get().to(sign_in)),
    form("/sign-in", Needs::Nothing, ("session.password", Noted::Secret), || routes::post().to(password)),
    routes::page("/sign-in/code", Needs::SigningIn, || get().to(code)),
    form("/sign-in/code", Needs::SigningIn, ("session.second-factor", Noted::Secret), || {
        routes::post().to(second_factor)
    }),
    routes::page("/sign-in/enrol", Needs::SigningIn, || get().to(enrolment)),
    form("/sign-in/enrol", Needs::SigningIn, ("session.enrol", Noted::Secret), || routes::post().to(enrol)),
    form("/sign-out", Needs::SignedIn, ("session.end", Noted::Secret), || routes::post().to(sign_out)),
    routes::page("/account", Needs::SignedIn, || get().to(account)),
    form("/account/password", Needs::SignedIn, ("account.password", Noted::Secret), || {
        routes::post().to(change_password)
    }),
    form("/account/sessions", Needs::SignedIn, ("account.end-sessions", Noted::Secret), || {
        routes::post().to(sign_out_everywhere)
    }),
    routes::page("/account/second-factor", Needs::SignedIn, || get().to(own_enrolment)),
    form("/account/second-factor", Needs::SignedIn, ("account.enrol", Noted::Secret), || routes::post().to(own_enrol)),
];

/// Where a person wanted to go: a page of the console and nothing else.
fn wanted(fields: &Fields) -> Option<String> {
    let next = fields.text("next")?;
    let inside = next.strip_prefix(PREFIX)?.strip_prefix('/')?;
    let plain = !inside.starts_with('/') && !inside.contains('\\') && !inside.chars().any(char::is_control);
    (plain && !inside.starts_with("sign-in") && !inside.contains("lang=")).then(|| next.to_owned())
}

fn carried(next: Option<&str>) -> String {
    next.map_or_else(String::new, |next| {
        format!("?next={}", url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>())
    })
}

async fn sign_in(surface: web::Data<Surface>, at: At, request: HttpRequest) -> Answer {
    // Whoever is in already is led on.
    let fields = Fields::of_query(&request);
    if let Some(session) = surface.console.people.session(&at.token.0).await?
        && session.stage == Stage::Full
    {
        return Ok(see_other(&wanted(&fields).unwrap_or_else(|| format!("{PREFIX}/"))));
    }
    Ok(outside(StatusCode::OK, &at, &at.words.say("sign-in-title"), &sign_in_form(&at, &fields, None)))
}

fn sign_in_form(at: &At, fields: &Fields, wrong: Option<&str>) -> Markup {
    let words = at.words;
    let content = html! {
        @if let Some(next) = wanted(fields) { input type="hidden" name="next" value=(next); }
        div.field {
            label for="name" { (words.say("sign-in-name")) }
            input #name name="name" type="text" required maxlength="100" autocomplete="username" autocapitalize="none"
                spellcheck="false" value=(fields.text("name").unwrap_or_default());
        }
        div.field {
            label for="password" { (words.say("sign-in-password")) }
            input #password name="password" type="password" required maxlength="1024" autocomplete="current-password";
        }
        (submit(&words.say("sign-in-submit")))
    };
    html! {
        h1 { (words.say("sign-in-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        (at.form(&format!("{PREFIX}/sign-in"), &content))
    }
}

async fn password(surface: web::Data<Surface>, at: At, fields: Fields, request: HttpRequest) -> Answer {
    let _place = limited(&surface, &request)?;
    let secret = SecretString::from(fields.raw("password").unwrap_or_default().to_owned());
    let came = surface.console.people.password(fields.text("name").unwrap_or_default(), &secret, at.mark()).await;
    let next = wanted(&fields);
    match came {
        Ok(session) => {
            // Whoever was signed in with this browser is so no longer.
            if let Some(before) = surface.console.people.session(&at.token.0).await? {
                surface.console.people.sign_out(&before).await?;
            }
            Ok(go_on(&surface, &session, next.as_deref()))
        }
        Err(why) => {
            let wrong = at.words.say("sign-in-wrong");
            let page = |status| {
                outside(status, &at, &at.words.say("sign-in-title"), &sign_in_form(&at, &fields, Some(&wrong)))
            };
            refused(why, page)
        }
    }
}

/// One address may not try for ever, whatever names it gives, nor many at once: the place is taken while it is held.
fn limited(surface: &Surface, request: &HttpRequest) -> Result<Option<InFlight>, Trouble> {
    let entered = surface.console.attempts.let_in(request);
    entered.map_err(|wait| Trouble::TooMany(wait.as_secs().max(1)))
}

fn refused(why: SignInRefused, page: impl FnOnce(StatusCode) -> HttpResponse) -> Answer {
    match why {
        SignInRefused::Wrong => Ok(page(StatusCode::FORBIDDEN)),
        SignInRefused::TooMany { retry_after_s } => Err(Trouble::TooMany(retry_after_s)),
        SignInRefused::Unavailable(error) => Err(error.into()),
    }
}

/// Sets the cookie of the new session, and leads to what comes next.
fn go_on(surface: &Surface, session: &NewSession, next: Option<&str>) -> HttpResponse {
    let to = match session.stage {
        Stage::Full => next.map_or_else(|| format!("{PREFIX}/"), str::to_owned),
        Stage::SecondFactor => format!("{PREFIX}/sign-in/code{}", carried(next)),
        Stage::Enrol => format!("{PREFIX}/sign-in/enrol{}", carried(next)),
    };
    let mut response = see_other(&to);
    let_in(surface, session, &mut response);
    response
}

async fn code(at: At, session: web::ReqData<Session>, request: HttpRequest) -> Answer {
    if session.stage == Stage::Enrol {
        return Ok(see_other(&format!("{PREFIX}/sign-in/enrol")));
    }
    Ok(outside(StatusCode::OK, &at, &at.words.say("code-title"), &code_form(&at, &Fields::of_query(&request), None)))
}

fn code_form(at: &At, fields: &Fields, wrong: Option<&str>) -> Markup {
    let words = at.words;
    html! {
        h1 { (words.say("code-title")) }
        p { (words.say("code-lead")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        (at.form(&format!("{PREFIX}/sign-in/code"), &html! {
            @if let Some(next) = wanted(fields) { input type="hidden" name="next" value=(next); }
            (code_field(&words.say("code-label")))
            (submit(&words.say("code-submit")))
        }))
        p { a href=(format!("{PREFIX}/sign-in")) { (words.say("code-back")) } }
    }
}

fn code_field(label: &str) -> Markup {
    html! {
        div.field {
            label for="code" { (label) }
            input #code name="code" type="text" required inputmode="numeric" pattern="[0-9 ]{6,7}" maxlength="7"
                autocomplete="one-time-code" spellcheck="false";
        }
    }
}

async fn second_factor(surface: web::Data<Surface>, at: At, session: web::ReqData<Session>, fields: Fields) -> Answer {
    let code = fields.text("code").unwrap_or_default().replace(' ', "");
    match surface.console.people.second_factor(&session, &code, at.mark()).await {
        Ok(session) => Ok(go_on(&surface, &session, wanted(&fields).as_deref())),
        Err(why) => {
            let wrong = at.words.say("code-wrong");
            refused(why, |status| {
                outside(status, &at, &at.words.say("code-title"), &code_form(&at, &fields, Some(&wrong)))
            })
        }
    }
}

async fn enrolment(
    surface: web::Data<Surface>,
    at: At,
    session: web::ReqData<Session>,
    request: HttpRequest,
) -> Answer {
    if session.stage == Stage::SecondFactor {
        return Ok(see_other(&format!("{PREFIX}/sign-in/code")));
    }
    let fields = Fields::of_query(&request);
    let content =
        enrolment_page(&surface, &at, (&session, &fields), (&format!("{PREFIX}/sign-in/enrol"), None)).await?;
    Ok(outside(StatusCode::OK, &at, &at.words.say("enrol-title"), &content))
}

/// What an authenticator app has to be given, and the form that proves that it has it.
async fn enrolment_page(
    surface: &Surface,
    at: &At,
    (session, fields): (&Session, &Fields),
    (action, wrong): (&str, Option<&str>),
) -> Result<Markup, Trouble> {
    let words = at.words;
    let enrolment = surface.console.people.enrolment(session).await.map_err(of_enrolment)?;
    let spaced: Vec<&str> =
        enrolment.secret_base32.as_bytes().chunks(4).filter_map(|part| std::str::from_utf8(part).ok()).collect();
    Ok(html! {
        h1 { (words.say("enrol-title")) }
        p { (words.say("enrol-lead")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        (qr(&enrolment, &words.say("enrol-code-alt")))
        p { (words.say("enrol-by-hand")) " " code.secret { (spaced.join(" ")) } }
        (at.form(action, &html! {
            @if let Some(next) = wanted(fields) { input type="hidden" name="next" value=(next); }
            @if session.stage == Stage::Full { (password_field("password", &words.say("account-old"), "current-password")) }
            (code_field(&words.say("code-label")))
            (submit(&words.say("enrol-submit")))
        }))
    })
}

fn qr(enrolment: &Enrolment, alt: &str) -> Markup {
    let size = enrolment.size();
    html! {
        svg.qr role="img" aria-label=(alt) viewBox=(format!("0 0 {size} {size}")) shape-rendering="crispEdges" {
            rect width=(size) height=(size) fill="#fff" {}
            path d=(enrolment.path()) fill="#000" {}
        }
    }
}

fn of_enrolment(why: EnrolmentRefused) -> Trouble {
    match why {
        EnrolmentRefused::Already => Trouble::Forbidden,
        EnrolmentRefused::Unavailable(error) => error.into(),
    }
}

async fn enrol(surface: web::Data<Surface>, at: At, session: web::ReqData<Session>, fields: Fields) -> Answer {
    let code = fields.text("code").unwrap_or_default().replace(' ', "");
    match surface.console.people.enrol(&session, &code, at.mark()).await {
        Ok(session) => Ok(go_on(&surface, &session, wanted(&fields).as_deref())),
        Err(SignInRefused::Wrong) => {
            let wrong = at.words.say("code-wrong");
            let action = format!("{PREFIX}/sign-in/enrol");
            let content = enrolment_page(&surface, &at, (&session, &fields), (&action, Some(&wrong))).await?;
            Ok(outside(StatusCode::FORBIDDEN, &at, &at.words.say("enrol-title"), &content))
        }
        Err(why) => refused(why, |_| HttpResponse::Forbidden().finish()),
    }
}

async fn sign_out(surface: web::Data<Surface>, signed: Signed) -> Answer {
    surface.console.people.sign_out(&signed.session).await?;
    Ok(out(&surface))
}

fn out(surface: &Surface) -> HttpResponse {
    let mut response = see_other(&format!("{PREFIX}/sign-in?done=signed-out"));
    let _unwritable = response.add_cookie(&session_cookie(surface, ""));
    response
}

async fn sign_out_everywhere(surface: web::Data<Surface>, signed: Signed) -> Answer {
    surface.console.people.sign_out_everywhere(&signed.user).await?;
    Ok(out(&surface))
}

async fn account(signed: Signed) -> Answer {
    page(&signed, &signed.words().say("account-title"), &account_page(&signed, None))
}

fn password_field(name: &str, label: &str, complete: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            input id=(name) name=(name) type="password" required maxlength="1024" autocomplete=(complete);
        }
    }
}

fn account_page(signed: &Signed, wrong: Option<&str>) -> Markup {
    let words = signed.words();
    html! {
        h1 { (words.say("account-title")) }
        dl.facts {
            div { dt { (words.say("account-name")) } dd { bdi { (signed.user) } } }
            div { dt { (words.say("account-role")) } dd { (words.name("role", signed.role.as_str())) } }
            div { dt { (words.say("account-signed-in")) } dd { (moment(signed.session.created_at)) } }
            div { dt { (words.say("account-until")) } dd { (moment(signed.session.expires_at)) } }
        }
        section aria-labelledby="change-password" {
            h2 #change-password { (words.say("account-password")) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            p { (words.say("account-password-rules")) }
            (signed.form(&format!("{PREFIX}/account/password"), &html! {
                (password_field("old", &words.say("account-old"), "current-password"))
                (password_field("new", &words.say("account-new"), "new-password"))
                (password_field("again", &words.say("account-again"), "new-password"))
                (submit(&words.say("account-change")))
            }))
        }
        section aria-labelledby="second-factor" {
            h2 #second-factor { (words.say("account-second-factor")) }
            @if signed.session.has_second_factor { p { (words.say("account-enrolled")) } }
            @else { p { a href=(format!("{PREFIX}/account/second-factor")) { (words.say("account-enrol")) } } }
        }
        section aria-labelledby="sessions" {
            h2 #sessions { (words.say("account-sessions")) }
            p { (words.say("account-sessions-lead")) }
            (signed.form(&format!("{PREFIX}/account/sessions"), &submit(&words.say("account-end-sessions"))))
        }
    }
}

async fn change_password(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    let words = signed.words();
    let wrong = |key: &str| {
        let content = account_page(&signed, Some(&words.say(key)));
        Ok(page_as(StatusCode::UNPROCESSABLE_ENTITY, &signed, &words.say("account-title"), &content))
    };
    let secret = |name| SecretString::from(fields.raw(name).unwrap_or_default().to_owned());
    if fields.raw("new") != fields.raw("again") {
        return wrong("account-wrong-again");
    }
    let (old, new) = (secret("old"), secret("new"));
    match surface.console.people.change_password(&signed.session, (&old, &new), signed.at.mark()).await {
        Ok(session) => {
            let mut response = see_other(&format!("{PREFIX}/account?done=password"));
            let_in(&surface, &session, &mut response);
            Ok(response)
        }
        Err(ChangeRefused::NotProved(SignInRefused::Wrong)) => wrong("account-wrong-old"),
        Err(ChangeRefused::NotProved(SignInRefused::TooMany { retry_after_s })) => Err(Trouble::TooMany(retry_after_s)),
        Err(ChangeRefused::NotProved(SignInRefused::Unavailable(error))) => Err(error.into()),
        Err(ChangeRefused::NotSet(PasswordNotSet::Refused(why))) => wrong(match why {
            PasswordRefused::Short | PasswordRefused::Long => "account-wrong-length",
            PasswordRefused::Name => "account-wrong-name",
            PasswordRefused::Repeated => "account-wrong-repeated",
            PasswordRefused::Same => "account-wrong-same",
        }),
        Err(ChangeRefused::NotSet(PasswordNotSet::Unknown)) => Err(Trouble::Forbidden),
        Err(ChangeRefused::NotSet(PasswordNotSet::Unavailable(error))) => Err(error.into()),
        Err(ChangeRefused::NotSet(PasswordNotSet::Hash(error))) => {
            tracing::error!(error = %error, "a password could not be hashed");
            Err(Trouble::Unavailable)
        }
    }
}

async fn own_enrolment(surface: web::Data<Surface>, signed: Signed) -> Answer {
    own_enrolment_page(&surface, &signed, None).await
}

async fn own_enrolment_page(surface: &Surface, signed: &Signed, wrong: Option<&str>) -> Answer {
    let action = format!("{PREFIX}/account/second-factor");
    let fields = Fields::default();
    let content = enrolment_page(surface, &signed.at, (&signed.session, &fields), (&action, wrong)).await?;
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(page_as(status, signed, &signed.words().say("enrol-title"), &content))
}

async fn own_enrol(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    let code = fields.text("code").unwrap_or_default().replace(' ', "");
    let password = SecretString::from(fields.raw("password").unwrap_or_default().to_owned());
    match surface.console.people.enrol_own(&signed.session, &password, (&code, signed.at.mark())).await {
        Ok(session) => {
            let mut response = see_other(&format!("{PREFIX}/account?done=second-factor"));
            let_in(&surface, &session, &mut response);
            Ok(response)
        }
        Err(SignInRefused::Wrong) => {
            own_enrolment_page(&surface, &signed, Some(&signed.words().say("enrol-own-wrong"))).await
        }
        Err(why) => refused(why, |_| HttpResponse::Forbidden().finish()),
    }
}
