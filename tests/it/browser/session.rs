//! A Chromium with a fresh profile, and what a person does with it.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use futures_util::FutureExt as _;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

use super::processes::{Driver, Sandbox};

/// Only there to fail instead of hanging; generous, because the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the browser is like.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    /// CSS pixels.
    pub width: u32,
    height: u32,
    mobile: bool,
    languages: &'static str,
    script: bool,
    keeps_pages: bool,
}

impl Device {
    /// A phone: 390 by 844, touched.
    pub const PHONE: Self = Self { width: 390, height: 844, mobile: true, ..Self::DESKTOP };
    /// A desktop: 1280 by 900.
    pub const DESKTOP: Self =
        Self { width: 1280, height: 900, mobile: false, languages: "en-GB,en", script: true, keeps_pages: false };

    /// The same, of somebody who reads German.
    pub const fn german(self) -> Self {
        Self { languages: "de-DE,de,en", ..self }
    }

    /// The same, with JavaScript switched off.
    pub const fn without_script(self) -> Self {
        Self { script: false, ..self }
    }

    /// The same, showing pages from its memory when the payer goes back, `no-store` or not, as browsers like to do.
    pub const fn keeping_pages(self) -> Self {
        Self { keeps_pages: true, ..self }
    }

    fn capabilities(self, profile: &TempDir) -> Value {
        let mut args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-extensions",
            "--hide-scrollbars",
        ]
        .map(str::to_owned)
        .to_vec();
        args.push(format!("--user-data-dir={}", profile.path().display()));
        args.push(format!("--window-size={},{}", self.width, self.height));
        if !self.keeps_pages {
            args.push("--disable-features=BackForwardCache".to_owned());
        }
        let mut prefs = json!({"intl.accept_languages": self.languages});
        if !self.script {
            prefs["profile.managed_default_content_settings.javascript"] = json!(2);
        }
        json!({
            "browserName": "chrome",
            "pageLoadStrategy": "normal",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": args, "prefs": prefs},
        })
    }
}

/// A command that only Chromium's driver knows.
#[derive(Debug)]
struct Special {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Special {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(self.body.to_string()))
    }
}

/// One browser.
pub struct Browser {
    client: Client,
    device: Device,
    /// What it is to browse.
    pub sandbox: Arc<Sandbox>,
    _profile: TempDir,
    _driver: Arc<Driver>,
}

/// Runs a test in a browser of its own, which is closed however the test ends. A page that tried what its policy forbids
/// fails the test.
pub async fn browse(device: Device, test: impl AsyncFnOnce(&Browser)) {
    let browser = Browser::start(device).await;
    let mut ended = AssertUnwindSafe(test(&browser)).catch_unwind().await;
    if ended.is_ok() {
        ended = AssertUnwindSafe(browser.nothing_was_blocked()).catch_unwind().await;
    }
    if ended.is_err() {
        browser.describe().await;
    }
    let _ = browser.client.clone().close().await;
    if let Err(panic) = ended {
        resume_unwind(panic);
    }
}

impl Browser {
    async fn start(device: Device) -> Self {
        let (sandbox, driver) = (Sandbox::shared(), Driver::shared());
        let profile = tempfile::tempdir().unwrap();
        let Value::Object(capabilities) = device.capabilities(&profile) else { unreachable!() };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url())
            .await
            .expect("chromium; tests/run installs it");
        let browser = Self { client, device, sandbox, _profile: profile, _driver: driver };
        browser.resize(device.width).await;
        browser.colours("light").await;
        browser
    }

    /// How wide the browser was made, in CSS pixels.
    pub const fn width(&self) -> u32 {
        self.device.width
    }

    /// Gives the page this width in CSS pixels, as a phone or a desktop has it.
    pub async fn resize(&self, width: u32) {
        let Device { height, mobile, .. } = self.device;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        self.devtools("Emulation.setTouchEmulationEnabled", json!({"enabled": mobile})).await;
    }

    /// Switches between the light and the dark colours.
    pub async fn colours(&self, scheme: &str) {
        // Without motion: a picture of a colour on its way proves nothing.
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        let body = json!({"cmd": command, "params": params});
        self.client.issue_cmd(Special { path: "goog/cdp/execute", body }).await.unwrap()
    }

    /// What the browser complained of since the last call.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Special { path: "se/log", body: json!({"type": "browser"}) }).await.unwrap();
        let entries = log.as_array().unwrap().iter();
        entries
            .filter(|entry| ["SEVERE", "WARNING"].iter().any(|level| entry["level"] == *level))
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Waits until the browser complains of something with these words in it.
    pub async fn complains_of(&self, words: &str) {
        let begun = Instant::now();
        let mut heard = Vec::new();
        while !heard.iter().any(|complaint: &String| complaint.contains(words)) {
            assert!(begun.elapsed() < PATIENCE, "nothing of {words}: {heard:?}");
            heard.extend(self.complaints().await);
        }
    }

    /// Fails if a page tried what its policy forbids, or lacks a file.
    pub async fn nothing_was_blocked(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    /// Says where a failed test stands.
    async fn describe(&self) {
        let url = self.client.current_url().await.map(String::from).unwrap_or_default();
        let text = match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        eprintln!("the browser is at {url}:\n{text}\nthe sandbox logged:\n{}", self.sandbox.log());
        self.picture("failed").await;
    }

    /// Opens an address.
    pub async fn open(&self, url: impl AsRef<str>) {
        self.client.goto(url.as_ref()).await.unwrap();
    }

    /// The browser's own buttons and tabs.
    pub fn chrome(&self) -> &Client {
        &self.client
    }

    /// Where the browser is.
    pub async fn url(&self) -> Url {
        self.client.current_url().await.unwrap()
    }

    /// The first element that fits, as soon as there is one.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// How many elements fit now.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Presses something that stays on the page.
    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Presses a button or a link that leads to another page, and waits until this one is gone.
    pub async fn follow(&self, css: &str) {
        self.leaves(async || self.click(css).await).await;
    }

    /// Waits until what is done has taken the browser away from the page that stands.
    pub async fn leaves(&self, done: impl AsyncFnOnce()) {
        let page = self.find("html").await;
        done().await;
        let begun = Instant::now();
        loop {
            match page.tag_name().await {
                // Still there, or (not an error of the standard) just on the way.
                Ok(_) | Err(CmdError::NotW3C(_)) => {}
                Err(_) => return,
            }
            assert!(begun.elapsed() < PATIENCE, "the page stays for {PATIENCE:?}");
        }
    }

    /// The text of an element, as a person sees it.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// The values of an attribute of all that fit, in the page's order.
    pub async fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        for element in self.client.find_all(Locator::Css(css)).await.unwrap() {
            values.push(element.attr(name).await.unwrap().unwrap_or_default());
        }
        values
    }

    /// Types into a field, in place of what stands there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses an option of a list.
    pub async fn select(&self, css: &str, value: &str) {
        self.find(css).await.select_by_value(value).await.unwrap();
    }

    /// Presses and releases one key, wherever the focus is.
    pub async fn press(&self, key: fantoccini::key::Key) {
        let value = char::from(key);
        let keys = KeyActions::new("keyboard".to_owned()).then(KeyAction::Down { value }).then(KeyAction::Up { value });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// What a function body returns, run within the page by the driver (the pages themselves run none).
    pub async fn measure(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Looks, and reloads until `found` finds what it wants: something happens elsewhere.
    pub async fn eventually<T>(&self, what: &str, found: impl AsyncFn() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = found().await {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
            self.client.refresh().await.unwrap();
        }
    }

    /// Writes a picture of the whole page to the folder `ROUNDTRIP_SCREENSHOTS`, if it is set.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("ROUNDTRIP_SCREENSHOTS").map(PathBuf::from) else { return };
        std::fs::create_dir_all(&folder).unwrap();
        let shot = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{}-{name}.png", self.device.width)), bytes).unwrap();
    }
}
