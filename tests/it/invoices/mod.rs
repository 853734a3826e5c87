//! Invoices as their recipients meet them: the hosted page (contract section 3), with banks and a mail server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod api;
mod console;
mod link;
mod page;
mod ship;

use roundtrip::ports::Clock as _;
use roundtrip::storage::NewApiToken;
use serde_json::{Value, json};
use url::Url;

use crate::harness::browser::Page;
use crate::harness::smtp::MailServer;
use crate::harness::{DAY, Setup, Visit, Word, World, keys, su1, until};

const TOKEN: &str = "rt_token_of_the_office";

/// A merchant's server, banks, and the recipients' mail.
struct Office {
    world: World,
    mail: MailServer,
}

impl Office {
    async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// With a mail server, and anything else changed.
    async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mail = MailServer::start();
        let smtp = format!(
            "[smtp]\nurl = \"{}\"\nfrom = \"Nordlicht <billing@nordlicht.example>\"\n[invoices]\nname = \"Nordlicht & Co\"\n",
            mail.url()
        );
        let world = Setup::pgp().with(|setup| setup.more = smtp).with(change).start().await;
        let token = NewApiToken {
            id: uuid::Uuid::from_u128(300),
            name: String::new(),
            scopes: "invoices:read,invoices:write".to_owned(),
            user_name: None,
            sha256: roundtrip::crypto::content_hash(TOKEN.as_bytes()),
            created_at: world.clock.now(),
        };
        world.nodes[0].store.create_token(token).await.unwrap();
        Self { world, mail }
    }

    async fn api(&self, path: &str, body: &Value) -> Page {
        let authorization = format!("Bearer {TOKEN}");
        let url = format!("{}/api/v1/invoices{path}", self.world.nodes[0].admin);
        self.world.browser.post(url, &[("authorization", &authorization)], body.to_string()).await
    }

    /// Makes an invoice; its link.
    async fn invoice(&self, draft: &Value) -> Url {
        let made = self.api("", draft).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made: Value = serde_json::from_slice(&made.body).unwrap();
        made["hostedUrl"].as_str().unwrap().parse().unwrap()
    }

    /// Done to an invoice, as the merchant.
    async fn act(&self, reference: &str, act: &str, body: &Value) {
        let done = self.api(&format!("/{reference}/{act}"), body).await;
        assert_eq!(done.status, 202, "{}", done.text());
    }

    /// The invoice as the merchant sees it.
    async fn seen(&self, reference: &str) -> Value {
        let authorization = format!("Bearer {TOKEN}");
        let url = format!("{}/api/v1/invoices/{reference}", self.world.nodes[0].admin);
        let page = self.world.browser.get_with(url, &[("authorization", &authorization)]).await;
        assert_eq!(page.status, 200, "{}", page.text());
        serde_json::from_slice(&page.body).unwrap()
    }

    /// A link that was made without the code under test.
    fn link(&self, purpose: &str, path: &str, exp_s: i64) -> Url {
        let (secret, _) = keys::secret(200);
        let base = format!("{}{path}", self.world.public_url());
        su1::signed_url(("u1", &secret), purpose, &base, &[], exp_s)
    }

    /// A day from now, in Unix seconds.
    fn tomorrow(&self) -> i64 {
        self.world.clock.now().plus_millis(DAY).as_secs()
    }

    /// The page, which there must be.
    async fn page(&self, url: &Url) -> Page {
        let page = self.world.get(url).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page
    }

    /// Chooses a bank on the page: what comes back.
    async fn choose(&self, url: &Url, issuer: &str) -> Page {
        let form = self.page(url).await.form(url, "/pay");
        self.world.browser.submit(form, &[("issuer", issuer)]).await
    }

    /// Chooses the first bank, and arrives there.
    async fn at_bank(&self, url: &Url) -> Visit {
        let sent = self.choose(url, "BANK_A").await;
        assert_eq!(sent.status, 303, "{}", sent.text());
        self.world.bank().arrive(&sent.location())
    }

    /// Comes back from the first bank: to the invoice's page, as it is then.
    async fn comes_back(&self, visit: &Visit, word: &Word) -> (Url, Page) {
        let back = self.world.returns(visit, word).await;
        assert_eq!(back.status, 302);
        let address = back.location();
        let page = self.page(&address).await;
        (address, page)
    }

    /// The letters with these words in the subject, once there are so many; their plain text.
    async fn letters(&self, words: &str, count: usize) -> Vec<String> {
        until(words, async || {
            let read = self.mail.taken().into_iter().map(|taken| taken.read());
            let of = |letter: &Value| letter["headers"]["subject"].as_str().unwrap_or_default().contains(words);
            let found: Vec<String> =
                read.filter(of).map(|letter| letter["text"].as_str().unwrap().to_owned()).collect();
            (found.len() >= count).then_some(found)
        })
        .await
    }
}

/// An invoice over 112.30, in English, due thirty days after the tests begin.
fn draft(reference: &str) -> Value {
    json!({
        "reference": reference,
        "recipient": {"name": "Dana Lindqvist", "email": "dana@fabrikat.example", "locale": "en"},
        "currency": "INR",
        "lines": [
            {"label": "Torque wrench", "amountMicros": 84_500_000},
            {"label": "Calibration certificate", "amountMicros": 19_000_000},
        ],
        "taxMicros": 8_800_000,
        "dueDate": "2025-01-31",
    })
}

/// The same with something changed.
fn draft_with(reference: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut draft = draft(reference);
    change(&mut draft);
    draft
}

/// Which words stand on a page, and which do not.
#[track_caller]
fn says(page: &Page, words: &[&str], not: &[&str]) {
    let text = page.text().replace('\u{a0}', " ");
    for word in words {
        assert!(text.contains(word), "no {word:?} in {text}");
    }
    for word in not {
        assert!(!text.contains(word), "{word:?} in {text}");
    }
}
