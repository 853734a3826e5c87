//! What stands in the mail.

use serde_json::json;

use super::*;
use crate::crypto::{CardSigner, generate_card_key, recipient_digest};

const TOKENS: CardTokens<'_> = CardTokens { refresh: "r.r", transferred: "t.t", dispute: "d.d" };

fn actions() -> Url {
    Url::parse("https://api.nordlicht.example/outlook/actions").unwrap()
}

/// The one script of a markup.
fn script<'a>(head: &'a str, media_type: &str) -> &'a str {
    assert_eq!((head.matches("<script").count(), head.matches("</script>").count()), (1, 1));
    let inside = head.strip_prefix(&format!("<script type=\"{media_type}\">")).unwrap();
    inside.strip_suffix("</script>").unwrap()
}

fn signer() -> CardSigner {
    CardSigner::from_pem(generate_card_key().unwrap().as_bytes()).unwrap()
}

fn card<'a>(shown: &'a ShownInvoice<'a>, actions: &'a Url, state: CardState<'a>) -> Card<'a> {
    let correlation_id = "0f0c3f0e-6a56-4f4e-9a77-5b9d4f0f2a10";
    Card { shown, state, transferred: false, disputed: false, actions, tokens: TOKENS, correlation_id }
}

#[test]
fn m2_the_payment_request_is_the_specification_s() {
    let mut account = account();
    account.name = "Fakturo Billing".to_owned();
    account.logo = Some(Url::parse("https://cdn.fakturo.example/mark-96.png").unwrap());
    let (content, page) = (content(), page());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let markup = payment_request_markup(&shown, content.due, None).unwrap();
    let mut expected = value(golden!("action-request"));
    // We bill for ourselves: there is no provider beside the broker.
    expected["entity"].as_object_mut().unwrap().remove("provider");
    assert_eq!(value(script(&markup.head, "application/ld+json")), expected);
    assert_eq!(markup.end_of_body, "");
    let late = value(&action_request(&shown, content.due.plus_days(1)));
    assert_eq!(late["entity"]["paymentStatus"], "http://schema.org/PaymentPastDue");
}

#[test]
fn m5_the_product_context_is_reference_and_nonce_and_nothing_else() {
    let (account, content, page) = (account(), content(), page());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let request = value(&action_request(&shown, content.due));
    let context = &request["actions"][0]["productContext"];
    assert_eq!(context, &json!({"ref": "INV-2019-0447", "nonce": "p3Vq9sXw2LkT"}));
}

#[test]
fn m3_no_text_closes_a_script() {
    let (mut account, content, page) = (account(), content(), page());
    account.name = "</script><script>alert(1)</script><!--<script>".to_owned();
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let markup = payment_request_markup(&shown, content.due, None).unwrap();
    assert_eq!(markup.head.matches("</").count(), 1, "{}", markup.head);
    assert!(markup.head.contains("<\\/script>") && !markup.head.contains("<!"));
    let inside = &markup.head["<script type=\"application/ld+json\">".len()..markup.head.len() - "</script>".len()];
    assert_eq!(value(inside)["entity"]["broker"]["name"], account.name);
}

#[test]
fn m4_a_signed_payment_request_holds_the_plain_one_as_text() {
    let (account, content, page, signer) = (account(), content(), page(), signer());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    for iat_as_text in [false, true] {
        let signing = Signing { signer: &signer, sender: "billing@nordlicht.example", now: NOW, iat_as_text };
        let markup = payment_request_markup(&shown, content.due, Some(signing)).unwrap();
        let wrapper = value(script(&markup.head, "application/ld+json"));
        assert_eq!(wrapper["@type"], "SignedActionRequest");
        assert_eq!(wrapper["@context"], "http://schema.org/extensions");
        let payload = signer.verifier().verify(wrapper["signedActionRequest"].as_str().unwrap()).unwrap();
        let iat = if iat_as_text { json!("1546600000") } else { json!(1_546_600_000) };
        let expected = json!({
            "originator": account.originator, "iat": iat, "sender": "billing@nordlicht.example",
            "sub": recipient_digest("dana.lindqvist@fabrikat.example"),
            "actionRequestSerialized": action_request(&shown, content.due),
        });
        assert_eq!(value(&payload), expected);
    }
}

#[test]
fn m1_the_card_is_the_specification_s_with_our_actions() {
    let (account, content, page, actions) = (account(), content(), page(), actions());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let markup = card_markup(&card(&shown, &actions, CardState::Open), None).unwrap();
    let ours = value(script(&markup.head, "application/adaptivecard+json"));
    assert_eq!(markup.end_of_body, "");
    let theirs = value(golden!("card"));
    for member in ["$schema", "type", "version", "originator", "correlationId", "hideOriginalBody", "expectedActors"] {
        assert_eq!(ours[member], theirs[member], "{member}");
    }
    assert_eq!((&ours["body"][0], &ours["body"][1]), (&theirs["body"][0], &theirs["body"][1]));
    let facts = ours["body"][2]["facts"].to_string().replace('\u{a0}', " ");
    assert_eq!(facts, theirs["body"][2]["facts"].to_string());
    let auto = &ours["autoInvokeAction"];
    assert_eq!(auto["url"], "https://api.nordlicht.example/outlook/actions/refresh");
    assert_eq!(
        (&auto["type"], &auto["headers"]),
        (&theirs["autoInvokeAction"]["type"], &theirs["autoInvokeAction"]["headers"])
    );
    assert_eq!(auto["body"], "{\"t\":\"r.r\"}");
    assert_eq!(ours["actions"][0]["type"], "Action.OpenUrl");
    assert_eq!(ours["actions"][0]["url"], page.as_str());
}

#[test]
fn m4_a_signed_card_is_a_section_and_no_script() {
    let (account, content, page, actions, signer) = (account(), content(), page(), actions(), signer());
    let shown = ShownInvoice { account: &account, content: &content, page: &page };
    let card = card(&shown, &actions, CardState::Open);
    let signing = Signing { signer: &signer, sender: "billing@nordlicht.example", now: NOW, iat_as_text: true };
    let markup = card_markup(&card, Some(signing)).unwrap();
    assert_eq!(markup.head, "", "M1: never both");
    let (_, from) = markup.end_of_body.split_once("overflow:hidden;\">").unwrap();
    let (jws, _) = from.split_once("</div>").unwrap();
    let payload = value(&signer.verifier().verify(jws).unwrap());
    let expected = json!({
        "originator": account.originator, "iat": 1_546_600_000, "sender": "billing@nordlicht.example",
        "recipientsSerialized": "[\"dana.lindqvist@fabrikat.example\"]", "adaptiveCardSerialized": card.write(),
    });
    assert_eq!(payload, expected);
}

#[test]
fn m1_cards_show_every_state_and_offer_nothing_twice() {
    let (account, mut content, page, actions) = (account(), content(), page(), actions());
    let shows = |content: &Content, state: CardState<'_>, (transferred, disputed): (bool, bool)| {
        let shown = ShownInvoice { account: &account, content, page: &page };
        let card = value(&Card { transferred, disputed, ..card(&shown, &actions, state) }.write());
        let titles: Vec<String> =
            card["actions"].as_array().unwrap().iter().map(|a| a["title"].as_str().unwrap().to_owned()).collect();
        (titles.join(", "), card["body"][2]["facts"].to_string())
    };
    let all = "View and pay online, I paid by transfer, Dispute this invoice, Refresh";
    let paid = CardState::Paid { receipt: "R-1" };
    for (state, said, offered, shown) in [
        (CardState::Open, (false, false), all, "\"Open\""),
        (CardState::Overdue, (false, false), all, "\"Overdue\""),
        (
            CardState::Open,
            (true, false),
            "View and pay online, Dispute this invoice, Refresh",
            "\"Transfer announced\"",
        ),
        (CardState::Overdue, (false, true), "View and pay online, Refresh", "\"Disputed\""),
        (CardState::Open, (true, true), "View and pay online, Refresh", "\"Disputed\""),
        (paid, (true, true), "View the invoice online, Refresh", "\"R-1\""),
        (CardState::Cancelled, (false, false), "View the invoice online, Refresh", "\"Cancelled\""),
    ] {
        let (titles, facts) = shows(&content, state, said);
        assert_eq!(titles, offered);
        assert!(facts.contains(shown), "{facts}");
    }
    content.recipient.language = Language::German;
    let (titles, facts) = shows(&content, CardState::Open, (false, false));
    assert_eq!(titles, "Online ansehen und bezahlen, Ich habe überwiesen, Rechnung beanstanden, Aktualisieren");
    assert!(facts.contains("3. Februar 2019"));
}
