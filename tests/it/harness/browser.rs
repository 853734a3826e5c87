//! A client that follows nothing by itself and keeps nothing: it sees each `Location`.

use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

/// The client.
#[derive(Clone)]
pub(crate) struct Browser(reqwest::Client);

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        roundtrip::app::install_crypto_provider();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            // A server that was restarted must not meet a connection of its predecessor.
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(30))
            .build();
        Self(client.unwrap())
    }

    pub(crate) async fn get(&self, url: impl AsRef<str>) -> Page {
        self.send(self.0.get(url.as_ref())).await
    }

    pub(crate) async fn get_with(&self, url: impl AsRef<str>, headers: &[(&'static str, &str)]) -> Page {
        let request =
            headers.iter().fold(self.0.get(url.as_ref()), |request, (name, value)| request.header(*name, *value));
        self.send(request).await
    }

    /// Sends a form.
    pub(crate) async fn submit(&self, url: impl AsRef<str>, fields: &[(&str, &str)]) -> Page {
        self.send(self.0.post(url.as_ref()).form(fields)).await
    }

    /// Sends a body with these headers.
    pub(crate) async fn post(
        &self,
        url: impl AsRef<str>,
        headers: &[(&'static str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Page {
        self.send(self.posting(url, headers, body)).await
    }

    /// As [`Browser::post`], to somebody who may not answer.
    pub(crate) async fn try_post(
        &self,
        url: impl AsRef<str>,
        headers: &[(&'static str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Option<Page> {
        self.try_send(self.posting(url, headers, body)).await.ok()
    }

    fn posting(
        &self,
        url: impl AsRef<str>,
        headers: &[(&'static str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> reqwest::RequestBuilder {
        let request = self.0.post(url.as_ref()).body(body.into());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    pub(crate) async fn request(&self, method: &str, url: impl AsRef<str>) -> Page {
        self.send(self.0.request(method.parse().unwrap(), url.as_ref())).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        self.try_send(request).await.unwrap()
    }

    async fn try_send(&self, request: reqwest::RequestBuilder) -> Result<Page, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Page { status, headers, body: response.bytes().await?.to_vec() })
    }

    /// A GET that may find nobody.
    pub(crate) async fn try_get(&self, url: impl AsRef<str>) -> Option<Page> {
        self.try_send(self.0.get(url.as_ref())).await.ok()
    }
}

impl Page {
    /// Where a redirect leads.
    #[track_caller]
    pub(crate) fn location(&self) -> Url {
        assert!((300..400).contains(&self.status), "not a redirect: {} {}", self.status, self.text());
        self.header("location").parse().unwrap()
    }

    pub(crate) fn has_location(&self) -> bool {
        self.headers.contains_key(LOCATION)
    }

    /// A header's value, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The action of the form whose path ends in `tail`, as an address of the page's own host.
    #[track_caller]
    pub(crate) fn form(&self, page: &Url, tail: &str) -> Url {
        let found = self.attributes("form", "action").into_iter().find_map(|action| {
            let url = page.join(&action).unwrap();
            url.path().ends_with(tail).then_some(url)
        });
        found.unwrap_or_else(|| panic!("no form that leads to {tail} in {}", self.text()))
    }

    /// The issuers that can be chosen, in the order of the page.
    pub(crate) fn choices(&self) -> Vec<String> {
        self.tags("button").iter().filter_map(|tag| attribute(tag, "value")).collect()
    }

    /// Every value of an attribute of an element, entities decoded.
    pub(crate) fn attributes(&self, element: &str, name: &str) -> Vec<String> {
        self.tags(element).iter().filter_map(|tag| attribute(tag, name)).collect()
    }

    fn tags(&self, element: &str) -> Vec<String> {
        let text = self.text();
        let opening = format!("<{element} ");
        text.match_indices(&opening)
            .filter_map(|(at, _)| text[at..].split_once('>').map(|(tag, _)| tag.to_owned()))
            .collect()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}
