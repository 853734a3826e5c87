//! A new invoice. What is typed is read as the API reads it: the form becomes the same JSON.

use actix_web::web;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::acts::done;
use super::refused;
use crate::domain::{Currency, Money};
use crate::storage::{AuditActor, AuditNote, AuditOutcome};
use crate::web::console::PREFIX;
use crate::web::console::amount::{micros, typed};
use crate::web::console::complaints::{Complaints, Field, Form};
use crate::web::console::form::Fields;
use crate::web::console::frame::{page, page_as};
use crate::web::console::signed::Signed;
use crate::web::console::trouble::{Answer, Trouble};
use crate::web::console::words::Words;
use crate::web::invoices::draft;
use crate::web::surface::Surface;

/// Lines that the form has at first, and that are added at once.
const LINES: usize = 5;
/// Lines that an invoice has at most.
const MOST_LINES: usize = 200;

/// `GET /invoices/~new`
pub(super) async fn form(signed: Signed) -> Answer {
    let content = drawn(&signed, (&Fields::default(), LINES), &Complaints::default());
    page(&signed, &signed.words().say("invoice-new-title"), &content)
}

/// `POST /invoices/~new`
pub(super) async fn create(surface: web::Data<Surface>, signed: Signed, fields: Fields) -> Answer {
    let words = signed.words();
    let lines = fields.all("label[]").count().clamp(LINES, MOST_LINES);
    let again = |lines: usize, complaints: &Complaints| {
        let content = drawn(&signed, (&fields, lines.min(MOST_LINES)), complaints);
        Ok(page_as(complaints.status(), &signed, &words.say("invoice-new-title"), &content))
    };
    if fields.text("more").is_some() {
        return again(lines + LINES, &Complaints::default());
    }
    let read = body(words, &fields).and_then(|(body, rows)| {
        let nonce = crate::web::invoices::nonce(&surface);
        let content = draft::read(body.to_string().as_bytes(), &nonce, surface.clock.now());
        content.map_err(|bad| wrong(bad.field(), &rows))
    });
    let content = match read {
        Ok(content) => content,
        Err(complaints) => return again(lines, &complaints),
    };
    // Whom it goes to stands in the invoice alone.
    let note = AuditNote {
        actor: AuditActor::User(signed.user.clone()),
        action: "invoice.create".to_owned(),
        subject: format!("/invoices/{}", content.reference),
        outcome: AuditOutcome::Asked,
        detail: json!({"total": content.total.decimal(), "currency": content.total.currency().code()}),
    };
    surface.console.people.note(note).await.map_err(Trouble::from)?;
    let view = surface.invoices.desk.create(content, None).await.map_err(|error| refused(words, error))?;
    Ok(done(&view.content.reference, "invoice-created"))
}

/// The form as `POST /api/v1/invoices` takes it, and which row each of its lines was.
fn body(words: &Words, fields: &Fields) -> Result<(Value, Vec<usize>), Complaints> {
    let text = |name: &str| fields.text(name).unwrap_or_default();
    let code = text("currency").to_ascii_uppercase();
    let currency = Currency::parse(&code).map_err(|_| Complaints::one("currency", "invoice-wrong-currency"))?;
    let amount = |field: String, text: &str| {
        micros(words, text, currency).ok_or_else(|| Complaints::one(field, "invoice-wrong-amount"))
    };
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    let typed = fields.all("label[]").map(str::trim).zip(fields.all("amount[]").map(str::trim));
    for (row, (label, micros)) in
        typed.enumerate().filter(|(_, (label, micros))| !label.is_empty() || !micros.is_empty())
    {
        lines.push(json!({"label": label, "amountMicros": amount(format!("amount-{row}"), micros)?}));
        rows.push(row);
    }
    let tax = fields.text("tax").map(|tax| amount("tax".to_owned(), tax)).transpose()?;
    let body = json!({
        "reference": text("reference"),
        "recipient": {"name": text("name"), "email": text("email"), "locale": text("language")},
        "currency": code,
        "lines": lines,
        "taxMicros": tax,
        "dueDate": text("due"),
        "shipping": text("shipping") == "standard",
    });
    Ok((body, rows))
}

/// The field of the form that a complaint about the JSON is about.
fn wrong(member: &str, rows: &[usize]) -> Complaints {
    let line = |tail: &str| {
        let place: usize = member.strip_prefix("lines[")?.strip_suffix(tail)?.parse().ok()?;
        rows.get(place).copied()
    };
    if let Some(row) = line("].label") {
        return Complaints::one(format!("label-{row}"), "invoice-wrong-label");
    }
    if let Some(row) = line("].amountMicros") {
        return Complaints::one(format!("amount-{row}"), "invoice-wrong-amount");
    }
    let (field, sentence) = match member {
        "reference" => ("reference", "invoice-wrong-reference"),
        "currency" => ("currency", "invoice-wrong-currency"),
        "recipient.name" => ("name", "invoice-wrong-name"),
        "recipient.email" => ("email", "invoice-wrong-email"),
        "recipient.locale" => ("language", "invoice-wrong-language"),
        "taxMicros" => ("tax", "invoice-wrong-tax"),
        "dueDate" => ("due", "invoice-wrong-due"),
        _ => ("label-0", "invoice-wrong-lines"),
    };
    Complaints::one(field, sentence)
}

fn drawn(signed: &Signed, (fields, lines): (&Fields, usize), complaints: &Complaints) -> Markup {
    let words = signed.words();
    let mut form = Form::new(words, (fields, complaints));
    let shipping = ["none", "standard"].map(|way| (way.to_owned(), words.name("invoice-new-shipping", way)));
    let content = html! {
        (whom(&mut form))
        fieldset {
            legend { (words.say("invoice-new-what")) }
            (form.input("reference", &words.say("invoice-new-reference"), "text"))
            (form.input("due", &words.say("invoice-new-due"), "date"))
            (form.input("currency", &words.say("invoice-new-currency"), "text"))
        }
        fieldset {
            legend { (words.say("invoice-new-lines")) }
            (rows_of(&mut form, lines))
            @if lines < MOST_LINES {
                button.quiet type="submit" name="more" value="yes" formnovalidate { (words.say("invoice-new-more")) }
            }
            (form.input("tax", &words.say("invoice-new-tax"), "text"))
            (form.choice(("shipping", &words.say("invoice-new-shipping")), None, &shipping))
        }
        button type="submit" { (words.say("invoice-new-do")) }
    };
    html! {
        h1 { (words.say("invoice-new-title")) }
        (form.summary())
        p.lead { (words.say("invoice-new-lead")) }
        (signed.form(&format!("{PREFIX}/invoices/~new"), &content))
    }
}

fn whom(form: &mut Form<'_>) -> Markup {
    let words = form.words();
    let languages = ["en", "de"].map(|tag| (tag.to_owned(), words.name("invoice-language", tag)));
    html! {
        fieldset {
            legend { (words.say("invoice-new-recipient")) }
            (form.input("name", &words.say("invoice-new-name"), "text"))
            (form.input("email", &words.say("invoice-new-email"), "email"))
            (form.choice(("language", &words.say("invoice-new-language")), None, &languages))
        }
    }
}

/// The invoice's own lines: what for, and how much.
fn rows_of(form: &mut Form<'_>, lines: usize) -> Markup {
    let (words, fields) = (form.words(), form.typed());
    let (labels, amounts): (Vec<&str>, Vec<&str>) = (fields.all("label[]").collect(), fields.all("amount[]").collect());
    let example = Currency::parse("EUR").map(|eur| typed(words, Money::new(1_099_500_000, eur))).unwrap_or_default();
    let mut field = |(id, name): (String, &str), label: String, value: Option<&&str>| {
        let value = value.copied().unwrap_or_default();
        form.field(&Field { id: &id, name, label, kind: "text", value, ..Field::default() })
    };
    html! {
        p.hint { (words.tell("invoice-new-lines-hint", &[("example", example.into())])) }
        @for row in 0..lines {
            @let number = words.count(u32::try_from(row + 1).unwrap_or(u32::MAX));
            div.columns {
                (field(
                    (format!("label-{row}"), "label[]"),
                    words.tell("invoice-new-label", &[("number", number.clone().into())]),
                    labels.get(row),
                ))
                (field(
                    (format!("amount-{row}"), "amount[]"),
                    words.tell("invoice-new-amount", &[("number", number.into())]),
                    amounts.get(row),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;

    fn filled(changes: &[(&str, &str)]) -> Fields {
        let typed = [
            ("reference", "INV-1"),
            ("name", "Ada"),
            ("email", "ada@example.com"),
            ("language", "de"),
            ("currency", "eur"),
            ("due", "2026-12-24"),
            ("tax", "17.10"),
            ("shipping", "standard"),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in typed {
            let value = changes.iter().find(|(changed, _)| *changed == name).map_or(value, |(_, value)| *value);
            query.append_pair(name, value);
        }
        for (label, amount) in [("", ""), ("Work", "100"), ("", ""), ("Discount", "-10.00")] {
            query.append_pair("label[]", label).append_pair("amount[]", amount);
        }
        Fields::parse(query.finish().as_bytes()).unwrap()
    }

    fn judged(fields: &Fields) -> Result<crate::domain::invoice::Content, Complaints> {
        let (body, rows) = body(Words::of(Locale::En), fields)?;
        let now = crate::domain::Timestamp::from_secs(1_790_000_000);
        draft::read(body.to_string().as_bytes(), "nonce", now).map_err(|bad| wrong(bad.field(), &rows))
    }

    #[test]
    fn con_5_a_form_makes_the_invoice_that_the_api_would_make() {
        let content = judged(&filled(&[])).unwrap();
        assert_eq!(content.total.decimal(), "107.10");
        assert_eq!((content.lines.len(), content.shipping.len(), content.reference.as_str()), (2, 1, "INV-1"));
    }

    #[test]
    fn con_5_every_complaint_stands_beside_its_field() {
        for (name, value, field) in [
            ("reference", "a b", "reference"),
            ("email", "ada", "email"),
            ("name", "", "name"),
            ("currency", "EURO", "currency"),
            ("due", "2026-02-30", "due"),
            ("tax", "-1", "tax"),
            ("tax", "1,000.00", "tax"),
            ("tax", "one", "tax"),
        ] {
            assert!(judged(&filled(&[(name, value)])).unwrap_err().about(field).is_some(), "{name} {value}");
        }
        for (member, rows, field) in [
            ("lines[1].label", &[1, 3][..], "label-3"),
            ("lines[0].amountMicros", &[1, 3], "amount-1"),
            ("lines", &[], "label-0"),
        ] {
            assert!(wrong(member, rows).about(field).is_some(), "{member}");
        }
    }
}
