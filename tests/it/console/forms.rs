//! What does not fit: said beside its field and on top of the page, with what was typed, in the person's language.

use roundtrip::domain::Role;

use super::visitor::{Visitor, console};
use crate::harness::remittance::{Statement, captured};
use crate::harness::{Page, World, until};
use crate::remittance::Booked;

const HOSTILE: &str = "\"><img src=x onerror=alert(1)>";
const ESCAPED: &str = "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;";

/// Each of these fields is marked, described by its sentence, and linked from the summary, which takes the focus.
#[track_caller]
fn complains(page: &Page, fields: &[&str]) {
    let text = page.text();
    assert_eq!(page.status, 422, "{text}");
    assert!(!text.contains("<img"), "{text}");
    let summary = text.split("id=\"complaints\"").nth(1).unwrap_or_else(|| panic!("no summary: {text}"));
    assert!(summary.contains("role=\"alert\" tabindex=\"-1\" autofocus"), "{text}");
    assert!(text.contains("<title>Does not fit: ") || text.contains("<title>Passt nicht: "), "{text}");
    for field in fields {
        assert!(summary.contains(&format!("<a href=\"#{field}\">")), "no link to {field}: {text}");
        assert!(text.contains(&format!("<p class=\"wrong\" id=\"{field}-wrong\">")), "nothing beside {field}: {text}");
        let tag = text.split('<').find(|tag| tag.contains(&format!(" id=\"{field}\""))).unwrap();
        assert!(tag.contains("aria-invalid=\"true\""), "{tag}");
        assert!(tag.contains(&format!("aria-describedby=\"{field}-wrong")), "{tag}");
    }
    assert_eq!(text.matches("aria-invalid").count(), fields.len(), "{text}");
}

fn with(path: &str, fields: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{path}?{query}")
}

async fn matched(world: &World) -> String {
    world.book(&[Booked::capture("ten-more", 100_000_000)]).await;
    world.announce(&Statement::new("stmt-1", 110_000_000, vec![captured("ten-more", 110_000_000, 0)])).await.ok();
    let row = until("stmt-1 is disputed", async || {
        let found = world.nodes[0].store.find_statement("stmt-1").await.ok()?.pop()?;
        (found.state.name() == "Disputed").then_some(found)
    })
    .await;
    format!("/console/statements/{}", row.id)
}

#[tokio::test]
async fn con_0_a_filter_that_does_not_fit_shows_itself_and_nothing_else() {
    let world = console().start().await;
    world.paid("rq-0001").await;
    let statement = matched(&world).await;
    let mut visitor = Visitor::signed_in(&world, Role::Finance).await;
    let findings = format!("{statement}/findings");
    for language in ["en", "de"] {
        visitor.language = language;
        for (path, fields) in [
            ("/console/payments", &["state", "amount", "amount_to", "currency", "from", "until"][..]),
            ("/console/statements", &["account", "state"]),
            (findings.as_str(), &["kind"]),
            ("/console/bank", &["state"]),
            ("/console/invoices", &["state", "due"]),
            ("/console/outbox", &["lane"]),
            ("/console/payouts", &["merchant"]),
        ] {
            let typed: Vec<_> = fields.iter().map(|field| (*field, HOSTILE)).collect();
            let page = visitor.get(&with(path, &typed)).await;
            complains(&page, fields);
            let text = page.text();
            assert!(text.matches(ESCAPED).count() >= fields.len(), "what was typed is gone: {text}");
            for found in ["rq-0001", "stmt-1</bdi>", "ten-more"] {
                assert!(!text.contains(found), "{path} finds {found}: {text}");
            }
        }
    }
    // Nobody types a place in a list: the sentence stands on top alone.
    for path in ["payments", "statements", "bank", "invoices", "outbox", "payouts", "audit"] {
        let page = visitor.get(&with(&format!("/console/{path}"), &[("cursor", HOSTILE)])).await;
        if path != "payments" {
            complains(&page, &[]);
        }
    }
}

#[tokio::test]
async fn con_0_a_form_that_does_not_fit_comes_back_as_it_was_typed() {
    let world = console().start().await;
    world.paid("rq-0001").await;
    let statement = matched(&world).await;
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;

    finance.get("/console/statements/period").await;
    let fields = [("from", HOSTILE), ("to", "2026-02-30"), ("surface", "moon"), ("format", "pdf")];
    let page = finance.submit("/console/statements/period", &fields[..2]).await;
    complains(&page, &["from", "to", "format"]);
    assert!(page.text().contains("value=\"2026-02-30\"") && page.text().contains(ESCAPED));
    finance.get("/console/statements/period").await;
    let page = finance.submit("/console/statements/period", &[fields[0], fields[2], fields[3], ("to", "")]).await;
    complains(&page, &["from", "to", "surface", "format"]);
    finance.get("/console/statements/period").await;
    let days = [("from", "2026-01-02"), ("to", "2026-01-01"), ("format", "csv")];
    complains(&finance.submit("/console/statements/period", &days).await, &["to"]);

    let page = finance.get(&with(&format!("{statement}/accept"), &[("vat", "150"), ("rate", HOSTILE)])).await;
    complains(&page, &["vat", "rate"]);
    assert!(page.text().contains("value=\"150\"") && page.text().contains("&gt;&lt;img"), "{}", page.text());
    assert!(!page.text().contains("name=\"seen\""), "there is nothing to accept");

    finance.get(&format!("{statement}/findings?kind=amount_differs")).await;
    let reason = [("kind", "amount_differs"), ("about", "amount_differs"), ("text", " ")];
    let page = finance.submit(&format!("{statement}/reasons"), &reason).await;
    complains(&page, &["text"]);
    // The address only takes forms: the other language is offered where the form stands.
    assert!(page.text().contains(&format!("{statement}?lang=de")), "{}", page.text());
    let page = finance.get(&format!("{statement}/findings?kind=amount_differs&text=planted")).await;
    assert!(!page.text().contains("planted</textarea>"), "a link writes a reason");

    finance.get("/console/payments").await;
    let page = finance.submit("/console/payments/export", &[("format", "pdf")]).await;
    complains(&page, &["format"]);
    let page = finance.submit("/console/payments/export", &[("format", "csv"), ("amount", HOSTILE)]).await;
    complains(&page, &["amount"]);
    assert!(world.nodes[0].store.jobs(None, 10).await.unwrap().is_empty(), "nothing was begun");
}

#[tokio::test]
async fn con_0_what_a_machine_refuses_is_said_in_the_persons_language() {
    let world = console().start().await;
    world.paid("rq-0001").await;
    world.settled().await;
    let payment = world.payment("rq-0001").await.unwrap();
    let page = format!("/console/payments/{}", payment["transactionId"].as_str().unwrap());
    let mut operator = Visitor::signed_in(&world, Role::Admin).await;
    for (language, words) in [("en", "There is nothing that the bank"), ("de", "Es gibt nichts, was die Bank")] {
        operator.language = language;
        operator.get(&page).await;
        let refused = operator.submit(&format!("{page}/ask"), &[]).await;
        assert_eq!((refused.status, refused.text().contains(words)), (409, true), "{}", refused.text());
    }
}
