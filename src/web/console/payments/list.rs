//! `/payments`: one field for any name, a filter for the rest, and the export of what it finds.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::{asked, export, lead_to, mood, page_of, path_of};
use crate::domain::{Timestamp, TransactionId};
use crate::storage::{INVOICES, Overview};
use crate::web::console::PREFIX;
use crate::web::console::complaints::{Complaints, Form};
use crate::web::console::form::Fields;
use crate::web::console::frame::page_as;
use crate::web::console::parts::{Column, badge, moment, money, nothing, pager, submit, table};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::surface::Surface;

/// Lines of one page.
const LINES: usize = 50;

/// What stands below the forms.
enum Below {
    Payments(Vec<Overview>, Option<String>),
    Named(String, Vec<Overview>),
    Nothing(Complaints),
}

pub(super) async fn list(surface: web::Data<Surface>, signed: Signed, request: HttpRequest) -> Answer {
    let fields = Fields::of_query(&request);
    let below = match fields.text("q") {
        Some(name) => match named(&surface, name).await?.as_slice() {
            [one] => return lead_to(one),
            several => Below::Named(name.to_owned(), several.to_vec()),
        },
        None => filtered(&surface, &fields).await?,
    };
    Ok(shown(&surface, &signed, (&fields, &below)))
}

/// Everything that bears the name and has a page.
async fn named(surface: &Surface, name: &str) -> Result<Vec<Overview>, Trouble> {
    let mut ids: Vec<TransactionId> = Vec::new();
    for found in surface.store.find_anything(name).await? {
        if !ids.contains(&found.transaction) {
            ids.push(found.transaction);
        }
    }
    let mut lines = Vec::with_capacity(ids.len());
    for id in ids {
        lines.extend(surface.store.overview(id).await?.filter(|line| page_of(line).is_some()));
    }
    Ok(lines)
}

async fn filtered(surface: &Surface, fields: &Fields) -> Result<Below, Trouble> {
    let filter = match asked::filter(fields) {
        Ok(filter) => filter,
        Err(complaints) => return Ok(Below::Nothing(complaints)),
    };
    let before = fields.text("cursor").and_then(place);
    let mut lines = surface.store.search_payments(&filter, before, LINES as u64 + 1).await?;
    let more = lines.len() > LINES;
    lines.truncate(LINES);
    let next = lines.last().filter(|_| more).map(|last| format!("{}~{}", last.created_at.as_millis(), last.id));
    Ok(Below::Payments(lines, next))
}

/// Where a page of the list begins. What is no place begins at the first one.
fn place(cursor: &str) -> Option<(Timestamp, TransactionId)> {
    let (at, id) = cursor.split_once('~')?;
    Some((Timestamp::from_millis(at.parse().ok()?), TransactionId::parse(id).ok()?))
}

/// The list without lines: what was asked of it, or of its export, does not fit.
pub(super) fn unfit(surface: &Surface, signed: &Signed, (fields, complaints): (&Fields, Complaints)) -> HttpResponse {
    shown(surface, signed, (fields, &Below::Nothing(complaints)))
}

fn shown(surface: &Surface, signed: &Signed, (fields, below): (&Fields, &Below)) -> HttpResponse {
    let words = signed.words();
    let fits = Complaints::default();
    let complaints = if let Below::Nothing(complaints) = below { complaints } else { &fits };
    let mut form = Form::new(words, (fields, complaints));
    let filter = asked::form(&mut form, surface);
    let result = match below {
        Below::Nothing(complaints) => html! {
            @if complaints.about("format").is_some() { (export::form(signed, &mut form)) }
        },
        Below::Named(name, lines) => hits(words, name, lines),
        Below::Payments(lines, next) => html! {
            @if lines.is_empty() { (nothing(&words.say("payments-none"))) }
            @else {
                (payments(words, lines))
                (pager(&signed.at, fields, next.as_deref()))
                (export::form(signed, &mut form))
            }
        },
    };
    let content = html! {
        h1 { (words.say("payments-title")) }
        (form.summary())
        section aria-labelledby="find" {
            h2 #find { (words.say("payments-find")) }
            form.row method="get" role="search" {
                div.field {
                    label for="q" { (words.say("payments-any-id")) }
                    input id="q" name="q" type="search" size="44" maxlength="300" autocomplete="off"
                        aria-describedby="q-hint" value=(fields.text("q").unwrap_or_default());
                }
                (submit(&words.say("payments-look-up")))
            }
            p.hint #q-hint { (words.say("payments-any-id-hint")) }
        }
        section aria-labelledby="filter" {
            h2 #filter { (words.say("payments-filter")) }
            (filter)
            p.hint { (words.say("payments-filter-hint")) }
        }
        (result)
    };
    page_as(complaints.status(), signed, &words.say("payments-title"), &content)
}

/// The lines of payments.
fn payments(words: &Words, lines: &[Overview]) -> Markup {
    let columns = [
        (words.say("payments-began"), Column::Text),
        (words.say("payments-transaction"), Column::Head),
        (words.say("payments-amount-of"), Column::Number),
        (words.say("payments-state"), Column::Text),
        (words.say("payments-issuer"), Column::Text),
        (words.say("payments-account"), Column::Text),
        (words.say("payments-request"), Column::Text),
    ];
    let rows: Vec<Vec<Markup>> = lines.iter().map(|line| row(words, line)).collect();
    table(&words.say("payments-caption"), &columns, &rows)
}

fn row(words: &Words, line: &Overview) -> Vec<Markup> {
    let account = if line.account == INVOICES { words.say("payments-invoices") } else { line.account.clone() };
    vec![
        moment(line.created_at),
        html! { a.id href=(path_of(line.id)) { (line.id) } },
        money(words, line.amount),
        state(words, line),
        html! { @if let Some(issuer) = &line.issuer { bdi { (issuer) } } },
        html! { bdi { (account) } },
        html! { bdi.id { (line.request_id) } },
    ]
}

/// The state, and beside it why it stands before finance.
fn state(words: &Words, line: &Overview) -> Markup {
    html! {
        (badge(mood(&line.state, line.attention.is_some()), &words.name("payment-state", &line.state)))
        @if let Some(attention) = &line.attention { " " span.attention { (words.name("payment-attention", attention)) } }
    }
}

/// Whatever bears a name, when it is not exactly one.
fn hits(words: &Words, name: &str, lines: &[Overview]) -> Markup {
    if lines.is_empty() {
        return html! {
            p.nothing { (words.say("payments-nobody")) " " bdi { "“" (name) "”" } }
        };
    }
    let columns = [
        (words.say("payments-kind"), Column::Text),
        (words.say("payments-transaction"), Column::Head),
        (words.say("payments-request"), Column::Text),
        (words.say("payments-account"), Column::Text),
        (words.say("payments-amount-of"), Column::Number),
        (words.say("payments-began"), Column::Text),
    ];
    let row = |line: &Overview| {
        let path = page_of(line).unwrap_or_else(|| format!("{PREFIX}/payments"));
        vec![
            html! { (words.name("payments-kind-of", &line.kind)) },
            html! { a.id href=(path) { (line.id) } },
            html! { bdi.id { (line.request_id) } },
            html! { bdi { (line.account) } },
            money(words, line.amount),
            moment(line.created_at),
        ]
    };
    let rows: Vec<Vec<Markup>> = lines.iter().map(row).collect();
    table(&words.say("payments-several"), &columns, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Money};
    use crate::web::locale::Locale;

    fn line(hostile: &str) -> Overview {
        Overview {
            id: TransactionId::parse("01930d2c-7a44-7000-8000-0123456789ab").unwrap(),
            kind: "redirect_payment".to_owned(),
            state: hostile.to_owned(),
            account: hostile.to_owned(),
            request_id: hostile.to_owned(),
            issuer: Some(hostile.to_owned()),
            amount: Money::new(1_099_000_000, Currency::parse("INR").unwrap()),
            attention: Some(hostile.to_owned()),
            version: 1,
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn con_9_hostile_names_stand_escaped_in_every_list() {
        for hostile in ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>"] {
            for locale in [Locale::En, Locale::De] {
                let words = Words::of(locale);
                for page in [
                    payments(words, &[line(hostile)]),
                    hits(words, hostile, &[line(hostile)]),
                    hits(words, hostile, &[]),
                ] {
                    let text = page.into_string();
                    assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
                    assert!(text.contains("&lt;"), "{text}");
                }
            }
        }
    }

    #[test]
    fn con_3_a_page_of_the_list_begins_where_the_last_one_ended() {
        let id = "01930d2c-7a44-7000-8000-0123456789ab";
        let (at, found) = place(&format!("1735689600123~{id}")).unwrap();
        assert_eq!((at.as_millis(), found.to_string().as_str()), (1_735_689_600_123, id));
        assert_eq!(place("x~y"), None);
    }
}
