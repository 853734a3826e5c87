//! Invoices in the whole sandbox: made through the admin API, mailed, and paid from the mail.

use roundtrip::config::OutlookMode;
use roundtrip::domain::Timestamp;
use roundtrip::sandbox::settings::{Ports, Wanted};
use serde_json::Value;

use super::location;
use super::town::Town;
use crate::harness::until;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Somebody with a mailbox.
struct Reader<'a>(&'a Town);

impl Reader<'_> {
    fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.0.ports().outlook)
    }

    async fn page(&self, path: &str) -> String {
        self.0.page(&self.address(path)).await
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.page(path).await).unwrap()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> String {
        location(&self.0.post(&self.address(path), form).await)
    }

    /// Makes an invoice; the path of its page, and its mail.
    async fn is_billed(&self, example: &str) -> (String, Value) {
        let form = [("example", example), ("name", "Dana Lindqvist"), ("email", "dana@fabrikat.example")];
        let invoice = self.post("/invoices", &form).await;
        let reference = invoice.strip_prefix("/invoices/").unwrap().to_owned();
        (invoice, self.mail_about(&reference, 1).await)
    }

    /// The newest mail about an invoice, once so many have come.
    async fn mail_about(&self, reference: &str, count: usize) -> Value {
        until("the mail comes", async || {
            let mails = self.json("/mails/json").await;
            let about = |mail: &&Value| mail["text"].as_str().unwrap().contains(reference);
            let mails: Vec<&Value> = mails.as_array().unwrap().iter().filter(about).collect();
            (mails.len() >= count).then(|| mails[0].clone())
        })
        .await
    }

    async fn review(&self, mail: &Value) -> String {
        assert!(mail["drawn"]["payment"]["signed"] == true, "{}", mail["drawn"]);
        let pane = self.post(&format!("/mails/{}/pay", mail["id"]), &[]).await;
        self.press(&pane, "confirm", &[]).await;
        pane
    }

    /// Presses a button of the pane: the pane, of which the specification has nothing against any answer.
    async fn press(&self, pane: &str, button: &str, form: &[(&str, &str)]) -> Value {
        assert_eq!(self.post(&format!("{pane}/{button}"), form).await, pane, "{button}");
        let shown = self.json(&format!("{pane}/json")).await;
        for call in shown["calls"].as_array().unwrap() {
            assert_eq!(call["complaints"], Value::Array(vec![]), "{call:#}");
        }
        shown
    }

    async fn invoice_is(&self, invoice: &str, state: &str) {
        let wanted = format!("<p class=\"amount\" id=\"state\">{state}</p>");
        let page = self.page(invoice).await;
        assert!(page.contains(&wanted), "{state}: {page}");
    }
}

#[actix_web::test]
async fn an_invoice_is_mailed_declined_and_paid_in_the_pane() {
    let town = Town::at(START).await;
    let reader = Reader(&town);
    let (invoice, mail) = reader.is_billed("plain").await;
    let pane = reader.review(&mail).await;
    let declined = reader.press(&pane, "pay", &[("card", "declined")]).await;
    assert_eq!(declined["outcome"]["result"], "fail", "{declined:#}");
    assert_eq!(declined["outcome"]["error"]["innererror"]["code"], "card_declined");
    reader.invoice_is(&invoice, "open").await;
    reader.press(&pane, "back", &[]).await;
    let expired = reader.press(&pane, "pay", &[("card", "expired")]).await;
    assert_eq!(expired["outcome"]["error"]["innererror"]["code"], "expired_card");
    reader.press(&pane, "back", &[]).await;
    let paid = reader.press(&pane, "pay", &[("card", "good")]).await;
    assert_eq!(paid["outcome"]["result"], "success", "{paid:#}");
    let again = reader.press(&pane, "again", &[]).await;
    assert_eq!(again["outcome"], paid["outcome"], "the same approval, the same answer");
    reader.invoice_is(&invoice, "paid").await;
    // The receipt comes, and the old mail says that nothing is due.
    let reference = invoice.strip_prefix("/invoices/").unwrap();
    let receipt = reader.mail_about(reference, 2).await;
    assert!(receipt["drawn"]["nothing"].is_string(), "nobody is asked to pay what is paid");
    let pane = reader.post(&format!("/mails/{}/pay", mail["id"]), &[]).await;
    let shown = reader.json(&format!("{pane}/json")).await;
    assert_eq!(shown["entity"]["paymentStatus"], "PaymentComplete");
    assert_eq!(shown["entity"]["confirmationNumber"], paid["outcome"]["entity"]["confirmationNumber"]);
    assert_eq!(shown["calls"][0]["complaints"], Value::Array(vec![]));
    assert!(town.processor().await.contains("112.30"), "charged");
}

#[actix_web::test]
async fn goods_are_shipped_where_they_are_served_and_as_chosen() {
    let town = Town::at(START).await;
    let reader = Reader(&town);
    let (invoice, mail) = reader.is_billed("shipping").await;
    let pane = reader.review(&mail).await;
    let nowhere = reader.press(&pane, "address", &[("place", "bouvet")]).await;
    assert!(nowhere["problem"].is_string(), "{nowhere:#}");
    let shown = reader.press(&pane, "address", &[("place", "portland")]).await;
    assert_eq!(shown["last"]["details"]["shippingOptions"].as_array().unwrap().len(), 2, "{shown:#}");
    let shown = reader.press(&pane, "option", &[("option", "express")]).await;
    assert_eq!(shown["last"]["details"]["total"]["amount"]["value"], "130.70");
    let shown = reader.press(&pane, "option", &[("option", "ground"), ("mislabelled", "true")]).await;
    assert_eq!(shown["last"]["details"]["total"]["amount"]["value"], "119.20");
    let wrong = reader.press(&pane, "pay", &[("card", "good"), ("manner", "amount")]).await;
    assert_eq!(wrong["outcome"]["result"], "fail", "{wrong:#}");
    reader.press(&pane, "back", &[]).await;
    let paid = reader.press(&pane, "pay", &[("card", "good"), ("manner", "case")]).await;
    assert_eq!(paid["outcome"]["result"], "success", "{paid:#}");
    reader.invoice_is(&invoice, "paid").await;
}

#[actix_web::test]
async fn german_and_overdue_invoices_are_written_so() {
    let town = Town::at(START).await;
    let reader = Reader(&town);
    let (_, mail) = reader.is_billed("german").await;
    assert!(mail["subject"].as_str().unwrap().contains("Rechnung"), "{}", mail["subject"]);
    let (invoice, mail) = reader.is_billed("overdue").await;
    reader.invoice_is(&invoice, "open, overdue").await;
    let pane = reader.review(&mail).await;
    let shown = reader.json(&format!("{pane}/json")).await;
    assert_eq!(shown["entity"]["paymentStatus"], "PaymentPastDue");
    // A token of somebody else's is not answered with anything.
    reader.post("/misbehave", &[("with", "user"), ("times", "1")]).await;
    let pane = reader.post(&format!("/mails/{}/pay", mail["id"]), &[]).await;
    assert_eq!(reader.json(&format!("{pane}/json")).await["calls"][0]["status"], 403);
    reader.post("/misbehave", &[("with", "key"), ("times", "1")]).await;
    let pane = reader.post(&format!("/mails/{}/pay", mail["id"]), &[]).await;
    assert_eq!(reader.json(&format!("{pane}/json")).await["calls"][0]["status"], 401);
}

#[actix_web::test]
async fn a_card_of_today_is_drawn_refreshed_and_disputed() {
    let town = Town::with(Wanted { ports: Ports::ANY, outlook: Some(OutlookMode::Entra) }, START).await;
    let reader = Reader(&town);
    let (_, mail) = reader.is_billed("plain").await;
    assert_eq!(mail["drawn"]["signed"], true, "{}", mail["drawn"]);
    let path = format!("/mails/{}", mail["id"]);
    let page = reader.page(&path).await;
    assert!(page.contains("112.30"), "{page}");
    let actions = mail["drawn"]["card"]["actions"].as_array().unwrap();
    let dispute = actions.iter().position(|action| action["url"].as_str().unwrap().ends_with("/dispute")).unwrap();
    let form = [("action", dispute.to_string())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(town.post(&reader.address(&format!("{path}/act")), &form).await.status(), 200);
    let mails = reader.json("/mails/json").await;
    let calls = mails[0]["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2, "it refreshed itself, and was disputed");
    for call in calls {
        assert_eq!((&call["status"], &call["complaints"]), (&200.into(), &Value::Array(vec![])), "{call:#}");
    }
    let left = mails[0]["drawn"]["card"]["actions"].to_string();
    assert!(!left.contains("/dispute"), "what was done once is not offered again: {left}");
}
