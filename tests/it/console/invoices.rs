//! Invoices in the console: made, mailed, paid, refunded, by who may.

use roundtrip::domain::Role;

use super::visitor::{Visitor, console};
use crate::harness::World;
use crate::harness::smtp::MailServer;

const HOSTILE: &str = "\"><img src=x onerror=alert(1)>";

/// A world that mails.
async fn office() -> (World, MailServer) {
    let mail = MailServer::start();
    let smtp = format!(
        "[smtp]\nurl = \"{}\"\nfrom = \"Nordlicht <billing@nordlicht.example>\"\n[invoices]\nname = \"Nordlicht\"\n",
        mail.url()
    );
    let world = console().with(|setup| setup.more.push_str(&smtp)).start().await;
    (world, mail)
}

const DRAFT: [(&str, &str); 12] = [
    ("reference", "INV-1"),
    ("name", HOSTILE),
    ("email", "dana@fabrikat.example"),
    ("language", "en"),
    ("currency", "EUR"),
    ("due", "2025-01-31"),
    ("tax", ""),
    ("shipping", "none"),
    ("label[]", HOSTILE),
    ("amount[]", "100.00"),
    ("label[]", "Discount"),
    ("amount[]", "-10.00"),
];

#[tokio::test]
async fn con_5_an_invoice_is_made_mailed_and_marked_as_paid() {
    let (world, _mail) = office().await;
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    finance.get("/console/invoices/~new").await;
    let wrong: Vec<_> =
        DRAFT.iter().map(|(name, value)| (*name, if *name == "email" { "dana" } else { value })).collect();
    assert_eq!(finance.submit("/console/invoices/~new", &wrong).await.status, 422);
    finance.sees("a mail address such as ada@example.com");
    finance.sees("value=\"INV-1\"");

    finance.does("/console/invoices/~new", "/console/invoices/~new", &DRAFT).await;
    finance.sees("The invoice is made. It has not been mailed yet.");
    finance.sees("EUR\u{a0}90.00");
    let page = finance.last.as_ref().unwrap().text();
    assert!(!page.contains("<img") && page.contains("&lt;img"), "{page}");
    let link = format!("{}/invoices/INV-1?", world.public_url());
    assert!(page.contains(&link), "no link to the hosted page: {page}");

    finance.does("/console/invoices/INV-1", "/console/invoices/INV-1/send", &[]).await;
    finance.sees("The invoice is being mailed.");
    finance.get("/console/invoices?state=open").await;
    finance.sees("INV-1");
    finance.get("/console/invoices?state=paid").await;
    finance.sees("No invoice fits");

    let paid = "/console/invoices/INV-1/paid";
    finance.get(paid).await;
    assert_eq!(finance.submit(paid, &[("note", " ")]).await.status, 422);
    finance.does(paid, paid, &[("note", "bank 2025-01-02/7")]).await;
    finance.sees("The invoice is marked as paid.");
    finance.sees("payable_to_biller");
    finance.get("/console/invoices/INV-1/refund").await;
    finance.sees("give the money back by a transfer");
}

#[tokio::test]
async fn con_5_an_invoice_is_cancelled_with_a_reason_and_the_log_does_not_name_its_recipient() {
    let (world, _mail) = office().await;
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    finance.does("/console/invoices/~new", "/console/invoices/~new", &DRAFT).await;
    let cancel = "/console/invoices/INV-1/cancel";
    finance.get(cancel).await;
    assert_eq!(finance.submit(cancel, &[]).await.status, 422, "without a reason");
    finance.does(cancel, cancel, &[("why", "wrong customer")]).await;
    finance.sees("The invoice is cancelled.");
    let log = world.nodes[0].store.audit(&roundtrip::storage::AuditFilter::default(), None, 50).await.unwrap();
    let made = log.iter().filter(|row| row.action == "invoice.create").collect::<Vec<_>>();
    assert!(made.iter().any(|row| row.subject == "/invoices/INV-1"), "{made:?}");
    assert!(!format!("{log:?}").contains("dana@fabrikat.example"), "{log:?}");
}

/// By the whole address or name, whatever the letters; neither address, log nor audit holds it.
#[tokio::test]
async fn con_5_invoices_are_found_by_their_recipient_and_nothing_keeps_who_was_sought() {
    let (world, _mail) = office().await;
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    let made = |reference: &'static str, name: &'static str, email: &'static str| {
        DRAFT.map(|(field, value)| match field {
            "reference" => (field, reference),
            "name" => (field, name),
            "email" => (field, email),
            _ => (field, value),
        })
    };
    for (reference, name, email) in [
        ("INV-1", "Jörg Ölmann", "Joerg@Fabrikat.example"),
        ("INV-2", "Jörg Ölmann", "joerg@werk.example"),
        ("INV-3", HOSTILE, "dana@fabrikat.example"),
    ] {
        finance.does("/console/invoices/~new", "/console/invoices/~new", &made(reference, name, email)).await;
    }
    let mut viewer = Visitor::signed_in(&world, Role::Viewer).await;
    let search = "/console/invoices/~search";
    for (sought, found) in [
        (" JOERG@fabrikat.EXAMPLE ", &["INV-1"][..]),
        ("jörg ölmann", &["INV-1", "INV-2"]),
        ("JÖRG ÖLMANN", &["INV-1", "INV-2"]),
        (HOSTILE, &["INV-3"]),
        ("jörg", &[]),
        ("joerg@", &[]),
        ("%", &[]),
    ] {
        viewer.get("/console/invoices").await;
        let answer = viewer.submit(search, &[("recipient", sought)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page = answer.text();
        assert!(!page.contains("<img"), "{page}");
        let shown = ["INV-1", "INV-2", "INV-3"].into_iter().filter(|reference| page.contains(reference));
        assert_eq!(shown.collect::<Vec<_>>(), found, "{sought}");
        assert!(answer.header("location").is_empty(), "no address holds it");
    }
    assert_eq!(viewer.submit(search, &[]).await.status, 422);
    viewer.sees("Type a mail address or a name");
    assert_eq!(viewer.get(search).await.header("location"), "/console/invoices");
    let log = world.nodes[0].store.audit(&roundtrip::storage::AuditFilter::default(), None, 100).await.unwrap();
    assert!(log.iter().any(|row| row.action == "invoice.search"), "{log:?}");
    let log = format!("{log:?}").to_lowercase();
    assert!(!log.contains("jörg") && !log.contains("joerg"), "{log}");
}

#[tokio::test]
async fn con_5_who_only_looks_gets_neither_link_nor_button() {
    let (world, _mail) = office().await;
    let mut finance = Visitor::signed_in(&world, Role::Finance).await;
    finance.does("/console/invoices/~new", "/console/invoices/~new", &DRAFT).await;
    for role in [Role::Viewer, Role::Operator] {
        let mut visitor = Visitor::signed_in(&world, role).await;
        let page = visitor.get("/console/invoices/INV-1").await.text();
        assert!(page.contains("EUR\u{a0}90.00"), "{page}");
        assert!(!page.contains(&format!("{}/invoices/INV-1", world.public_url())), "the link is shown to {role:?}");
        for offered in ["/send", "/cancel", "/refund", "/paid"] {
            assert!(!page.contains(offered), "{offered} is offered to {role:?}");
        }
        assert_eq!(visitor.get("/console/invoices/~new").await.status, 403);
        visitor.get("/console/invoices/INV-1").await;
        assert_eq!(visitor.submit("/console/invoices/INV-1/send", &[]).await.status, 403);
    }
}
