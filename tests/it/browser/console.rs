//! The console in Chromium: each role's work from arrival to its end, and every page on a phone and a desktop, in both
//! languages, held to WCAG by axe-core.

use roundtrip::domain::Role;
use serde_json::Value;

use super::journey::Basket;
use super::session::{Browser, Device, browse};
use crate::console::visitor::{PASSWORD, add_person, console};
use crate::harness::remittance::{Statement, captured};
use crate::harness::{World, until};
use crate::remittance::Booked;

/// axe-core 4.14 (MPL-2.0, see `axe/LICENSE`): for tests alone, never in the binary.
const AXE: &str = include_str!("axe/axe.min.js");

/// Every rule of WCAG 2.2 A and AA, and what is good practice beside.
const JUDGE: &str = r"
const done = arguments[arguments.length - 1];
const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
axe.run(document, {runOnly, resultTypes: ['violations']}).then(
  found => done(found.violations.map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')}`)),
  error => done([String(error)]));
";

/// What is wider than the window, but for what scrolls in its own box.
/// (A phone's window grows with what is too wide for it: the width is what the browser was made with.)
const WIDE: &str = "return [...document.querySelectorAll('body *')]\
                    .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > WIDTH + 1 && \
                    !one.parentElement.closest('.scroll, pre') && !one.matches('.skip'))\
                    .map(one => one.outerHTML.slice(0, 120)).slice(0, 3)";

const RUPEE: i64 = 1_000_000;

impl Browser {
    /// Signs somebody in by the forms.
    async fn signs_in(&self, origin: &str, name: &str, password: &str) {
        self.open(format!("{origin}/console/")).await;
        self.fill("#name", name).await;
        self.fill("#password", password).await;
        self.follow("main button[type=submit]").await;
        self.find(".account").await;
    }

    /// The page that stands breaks no rule of axe-core, and is no wider than the window.
    async fn is_accessible(&self, name: &str) {
        self.chrome().execute(AXE, vec![]).await.unwrap();
        let found = self.chrome().execute_async(JUDGE, vec![]).await.unwrap();
        assert_eq!(found, Value::Array(vec![]), "{name} at {}", self.url().await);
        assert_eq!(
            self.measure(&WIDE.replace("WIDTH", &self.width().to_string())).await,
            Value::Array(vec![]),
            "{name} is too wide"
        );
        self.picture(name).await;
    }

    /// The first link of the page's content whose address begins so.
    async fn first_link(&self, begins: &str) -> Option<String> {
        let links = self.attributes("main a[href]", "href").await;
        let elsewhere = ["/attention", "/period", "/~new", "/import"];
        links.into_iter().find(|link| link.starts_with(begins) && !elsewhere.iter().any(|end| link.ends_with(end)))
    }
}

/// A statement with differences, and a payment whose notification was given up.
async fn busy() -> World {
    let world = console().start().await;
    world.book(&[Booked::capture("ten-more", 100 * RUPEE)]).await;
    let events = vec![captured("ten-more", 110 * RUPEE, 2 * RUPEE), captured("stranger-1", 5 * RUPEE, 0)];
    world.announce(&Statement::new("stmt-1", 113 * RUPEE, events)).await.ok();
    until("stmt-1 is disputed", async || {
        let found = world.nodes[0].store.find_statement("stmt-1").await.ok()?.pop()?;
        (found.state.name() == "Disputed").then_some(())
    })
    .await;
    for role in Role::ALL {
        add_person(&world, role.as_str(), role).await;
    }
    world
}

async fn with_dead_letter() -> World {
    let world = busy().await;
    world.given_up("rq-0001").await;
    world
}

#[tokio::test]
async fn con_4_a_finance_person_comes_decides_accepts_and_downloads() {
    let world = busy().await;
    let origin = world.nodes[0].admin.clone();
    browse(Device::DESKTOP, async |browser| {
        browser.signs_in(&origin, "finance", PASSWORD).await;
        browser.is_accessible("console-today-finance").await;
        browser.follow("a[href^='/console/statements/']").await;
        assert!(browser.text("h1").await.contains("stmt-1"));
        browser.is_accessible("console-statement-disputed").await;
        for kind in ["amount_differs", "unknown"] {
            let page = browser.url().await;
            browser.open(format!("{origin}{}/findings?kind={kind}&about={kind}", page.path())).await;
            browser.is_accessible(&format!("console-findings-{kind}")).await;
            browser.fill("textarea[name=text]", "Asked Google, case 4711").await;
            browser.follow("form[action$='/reasons'] button[type=submit]").await;
            browser.open(page.as_str()).await;
        }
        let page = browser.url().await.path().to_owned();
        browser.open(format!("{origin}{page}/accept")).await;
        browser.is_accessible("console-accept").await;
        browser.follow("form[action$='/accept'][method=post] button[type=submit]").await;
        assert!(browser.text(".done").await.starts_with("The statement is accepted."));
        browser.is_accessible("console-statement-accepted").await;
        // The file, as a click on the link would fetch it.
        let fetch = "const done = arguments[arguments.length - 1]; const link = document.querySelector(\"a[href$='report.csv']\");\
                     fetch(link.href).then(async answer => done([answer.status, answer.headers.get('content-disposition'), \
                     (await answer.text()).includes('ten-more')]));";
        let file = browser.chrome().execute_async(fetch, vec![]).await.unwrap();
        assert_eq!((file[0].as_u64(), file[2].as_bool()), (Some(200), Some(true)), "{file}");
        assert!(file[1].as_str().unwrap().starts_with("attachment"), "{file}");
        browser.follow("form[action='/console/sign-out'] button").await;
        assert_eq!(browser.text("h1").await, "Sign in");
    })
    .await;
}

#[tokio::test]
async fn con_6_an_operator_repairs_a_dead_letter() {
    let world = with_dead_letter().await;
    let origin = world.nodes[0].admin.clone();
    browse(Device::DESKTOP, async |browser| {
        browser.signs_in(&origin, "operator", PASSWORD).await;
        browser.follow("main a[href='/console/outbox']").await;
        browser.is_accessible("console-outbox-dead").await;
        browser.follow("main table a[href^='/console/outbox/']").await;
        browser.is_accessible("console-dead-letter").await;
        assert!(browser.text("main").await.contains("redirectPaymentCompleteNotification"));
        world.google.recovers();
        browser.follow("form[action$='/retry'] button").await;
        assert_eq!(browser.count(".done").await, 1);
        browser
            .eventually("Google heard of it", async || {
                let gone = world.nodes[0].store.outbox_figures().await.unwrap();
                (gone.parked == 0 && gone.waiting == 0).then_some(())
            })
            .await;
        browser.open(format!("{origin}/console/audit")).await;
        assert!(browser.text("main table").await.contains("outbox.retry"));
        browser.is_accessible("console-audit").await;
    })
    .await;
}

#[tokio::test]
async fn con_9_a_viewer_sees_and_is_refused() {
    let world = with_dead_letter().await;
    let origin = world.nodes[0].admin.clone();
    browse(Device::PHONE.german(), async |browser| {
        browser.signs_in(&origin, "viewer", PASSWORD).await;
        browser.is_accessible("console-today-viewer").await;
        browser.open(format!("{origin}/console/outbox")).await;
        browser.follow("main table a[href^='/console/outbox/']").await;
        browser.is_accessible("console-dead-letter-viewer").await;
        assert_eq!(browser.count("main form").await, 0, "nothing to press");
        browser.open(format!("{origin}/console/people")).await;
        assert_eq!(browser.text("h1").await, "Ihre Rolle erlaubt das nicht");
        browser.is_accessible("console-forbidden").await;
        // A form of their own making is refused by the server.
        browser.open(format!("{origin}/console/outbox")).await;
        let letter = browser.first_link("/console/outbox/").await.unwrap();
        let post = format!(
            "const done = arguments[arguments.length - 1]; const csrf = document.querySelector('[name=csrf]').value;\
             fetch('{letter}/discard', {{method: 'POST', body: new URLSearchParams({{csrf}})}}).then(answer => done(answer.status));"
        );
        let status = browser.chrome().execute_async(&post, vec![]).await.unwrap();
        assert_eq!(status, 403);
        assert_eq!(world.nodes[0].store.outbox_figures().await.unwrap().parked, 1);
        browser.complains_of("the server responded with a status of 403").await;
    })
    .await;
}

/// Where an admin gets without an id.
const PAGES: [(&str, &str); 20] = [
    ("today", "/console/"),
    ("payments", "/console/payments"),
    ("statements", "/console/statements"),
    ("period", "/console/statements/period"),
    ("bank", "/console/bank"),
    ("bank-import", "/console/bank/import"),
    ("bookings", "/console/bookings"),
    ("invoices", "/console/invoices"),
    ("invoice-new", "/console/invoices/~new"),
    ("payouts", "/console/payouts"),
    ("outbox", "/console/outbox"),
    ("issuers", "/console/issuers"),
    ("keys", "/console/keys"),
    ("ledger", "/console/ledger"),
    ("jobs", "/console/jobs"),
    ("audit", "/console/audit"),
    ("people", "/console/people"),
    ("account", "/console/account"),
    ("enrol", "/console/account/second-factor"),
    ("nowhere", "/console/nowhere"),
];

/// Lists whose first entry is looked at, too.
const ENTRIES: [(&str, &str); 4] = [
    ("payment", "/console/payments"),
    ("booking", "/console/bookings"),
    ("invoice", "/console/invoices"),
    ("job", "/console/jobs"),
];

async fn every_page_is_accessible(device: Device, language: &str) {
    browse(device, async |browser| {
        browser.buy(Basket::PLAIN).await;
        browser.open(browser.sandbox.mail.as_str()).await;
        browser.follow("#make").await;
        browser.books_yoga(&format!("Ada {language} {}", device.width)).await;
        let origin = browser.sandbox.console.origin().ascii_serialization();
        browser.open(format!("{origin}/console/sign-in")).await;
        browser.is_accessible(&format!("console-sign-in-{language}")).await;
        let password = String::from_utf8(browser.sandbox.read("keys/console")).unwrap();
        browser.signs_in(&origin, "admin", &password).await;
        browser.open(format!("{origin}/console/payments")).await;
        browser.follow("form[action='/console/payments/export'] button").await;
        for (name, path) in PAGES {
            browser.open(format!("{origin}{path}")).await;
            assert_eq!(browser.count("h1").await, 1, "{path}");
            browser.is_accessible(&format!("console-{name}-{language}")).await;
        }
        browser
            .complains_of("/console/nowhere - Failed to load resource: the server responded with a status of 404")
            .await;
        for (name, list) in ENTRIES {
            browser.open(format!("{origin}{list}")).await;
            let Some(link) = browser.first_link(&format!("{list}/")).await else { continue };
            browser.open(format!("{origin}{link}")).await;
            browser.is_accessible(&format!("console-{name}-{language}")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn con_0_every_page_is_accessible_on_a_phone_in_english() {
    every_page_is_accessible(Device::PHONE, "en").await;
}

#[tokio::test]
async fn con_0_every_page_is_accessible_on_a_phone_in_german() {
    every_page_is_accessible(Device::PHONE.german(), "de").await;
}

#[tokio::test]
async fn con_0_every_page_is_accessible_on_a_desktop_in_english() {
    every_page_is_accessible(Device::DESKTOP, "en").await;
}

#[tokio::test]
async fn con_0_every_page_is_accessible_on_a_desktop_in_german() {
    every_page_is_accessible(Device::DESKTOP.german(), "de").await;
}
