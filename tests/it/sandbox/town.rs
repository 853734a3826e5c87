//! The whole sandbox in this process, with its own clock, and a person at the booking page.

use std::path::PathBuf;
use std::sync::Arc;

use roundtrip::app::Surroundings;
use roundtrip::domain::Timestamp;
use roundtrip::ports::{Clock as _, ManualClock, SeededEntropy};
use roundtrip::sandbox::settings::{Ports, Wanted};
use roundtrip::sandbox::{Standing, start};
use serde_json::Value;
use tempfile::TempDir;

use super::{browser, location};

pub(crate) const SPA: &str = "harbor-spa";

/// What is asked for at the booking page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) merchant: &'a str,
    pub(crate) service: &'a str,
    /// How many days ahead, at the earliest.
    pub(crate) days: i64,
    pub(crate) name: &'a str,
    pub(crate) card: &'a str,
    /// A payment option to buy, or `own:…` to use.
    pub(crate) option: &'a str,
}

impl<'a> Wish<'a> {
    pub(crate) const fn of(service: &'a str, card: &'a str) -> Self {
        Self { merchant: SPA, service, days: 3, name: "Ada Okoro", card, option: "" }
    }
}

pub(crate) struct Town {
    dir: TempDir,
    pub(crate) clock: ManualClock,
    sandbox: Standing,
    browser: reqwest::Client,
}

impl Town {
    pub(crate) async fn at(now: Timestamp) -> Self {
        Self::with(Ports::ANY.into(), now).await
    }

    pub(crate) async fn with(wanted: Wanted, now: Timestamp) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(now);
        let sandbox = start(dir.path(), wanted, around(&clock)).await.unwrap();
        Self { dir, clock, sandbox, browser: browser() }
    }

    pub(crate) async fn restarted(self) -> Self {
        let Self { dir, clock, sandbox, browser } = self;
        sandbox.stop().await;
        let sandbox = start(dir.path(), Ports::USUAL, around(&clock)).await.unwrap();
        Self { dir, clock, sandbox, browser }
    }

    pub(crate) const fn ports(&self) -> Ports {
        self.sandbox.ports
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Goes on in time until so many seconds after the start of the case's slot.
    pub(crate) async fn pass_until(&self, case: &str, after_s: i64) {
        let start = self.case(case).await["slot"]["start_sec"].as_str().unwrap().parse::<i64>().unwrap();
        self.clock.advance((start + after_s) * 1_000 - self.clock.now().as_millis());
    }

    fn address(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("http://127.0.0.1:{}{path}", self.ports().actions_center)
        }
    }

    /// A page of the booking page's server, or of another one.
    pub(crate) async fn page(&self, path: &str) -> String {
        let response = self.browser.get(self.address(path)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    pub(crate) async fn processor(&self) -> String {
        self.page(&format!("http://127.0.0.1:{}/", self.ports().processor)).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> reqwest::Response {
        self.browser.post(self.address(path)).form(form).send().await.unwrap()
    }

    /// The first slot of a service so many days ahead, as its form names it.
    fn slot(&self, wish: &Wish<'_>) -> String {
        let feed: Value =
            serde_json::from_slice(&std::fs::read(self.path("feeds/availability.json")).unwrap()).unwrap();
        let slots = feed["service_availability"][0]["availability"].as_array().unwrap();
        let from = self.clock.now().as_secs() + wish.days * 86_400;
        let fits = |slot: &&Value| {
            slot["merchant_id"] == wish.merchant
                && slot["service_id"] == wish.service
                && slot["start_sec"].as_i64().unwrap() > from
        };
        let slot = slots.iter().find(fits).unwrap();
        format!("{} {} null null null", slot["start_sec"], slot["duration_sec"])
    }

    /// Books; the answer's status, and the path of the case.
    pub(crate) async fn ask(&self, wish: &Wish<'_>) -> (u16, String) {
        let slot = self.slot(wish);
        let form = [
            ("merchant", wish.merchant),
            ("service", wish.service),
            ("slot", &slot),
            ("name", wish.name),
            ("card", wish.card),
            ("option", wish.option),
        ];
        let response = self.post("/bookings", &form).await;
        (response.status().as_u16(), location(&response))
    }

    /// Books, and the case says that it is confirmed.
    pub(crate) async fn book(&self, wish: &Wish<'_>) -> String {
        let (status, path) = self.ask(wish).await;
        assert_eq!(status, 303, "{wish:?}");
        let case = self.case(&path).await;
        assert_eq!(case["status"], "CONFIRMED", "{wish:?}: {case:#}");
        path
    }

    /// Presses a button of a case's page.
    pub(crate) async fn press(&self, case: &str, button: &str, what: &str) -> Value {
        let response = self.post(&format!("{case}/{button}"), &[("what", what)]).await;
        assert_eq!(location(&response), case, "{button} {what}");
        self.case(case).await
    }

    /// The merchant's button; the admin API agrees.
    pub(crate) async fn merchant(&self, case: &str, what: &str) {
        let pressed = self.press(case, "merchant", what).await;
        let last = pressed["exchanges"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["status"], 202, "{what}: {last}");
    }

    pub(crate) async fn case(&self, path: &str) -> Value {
        serde_json::from_str(&self.page(&format!("{path}/json")).await).unwrap()
    }

    /// The updates of the inventory, as soon as there is one.
    pub(crate) async fn inventory(&self) -> Vec<Value> {
        crate::harness::until("a slot is told", async || {
            let updates: Vec<Value> = serde_json::from_str(&self.page("/updates/json").await).unwrap();
            (!updates.is_empty()).then_some(updates)
        })
        .await
    }

    /// Waits until the case, which hears of updates, is as wanted.
    pub(crate) async fn becomes(&self, path: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        crate::harness::until(what, async || {
            let case = self.case(path).await;
            wanted(&case).then_some(case)
        })
        .await
    }
}

fn around(clock: &ManualClock) -> Surroundings {
    Surroundings { clock: Arc::new(clock.clone()), entropy: Arc::new(SeededEntropy::new(5)) }
}
