//! A person with a browser: keeps cookies, follows a redirect after a form, and reads what stands on the page.

use std::collections::BTreeMap;

use roundtrip::crypto::Scheme;
use roundtrip::domain::{Role, UserName};
use roundtrip::storage::{NewUser, Store};
use secrecy::SecretString;

use crate::harness::browser::{Browser, Page};
use crate::harness::{Setup, World};

/// Everybody's password in these tests.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A world whose console asks for no second factor, so that most tests need none.
pub(crate) fn console() -> Setup {
    let mut setup = Setup::of(Scheme::Pgp);
    setup.more.push_str("\n[console]\nsecond_factor = \"optional\"\n");
    setup
}

/// Adds a person, named like the role.
pub(crate) async fn add_person(world: &World, name: &str, role: Role) {
    let store: &Store = &world.nodes[0].store;
    let name = UserName::parse(name).unwrap();
    let now = roundtrip::ports::Clock::now(&world.clock);
    let new = NewUser { name: name.clone(), role, created_at: now };
    assert!(store.create_user(new).await.unwrap(), "{name} is there already");
    let password = SecretString::from(PASSWORD.to_owned());
    roundtrip::people::set_password(store, &name, &password, now).await.unwrap();
}

/// A person with a browser.
pub(crate) struct Visitor {
    browser: Browser,
    /// `http://127.0.0.1:port` of the admin listener.
    pub(crate) origin: String,
    pub(crate) cookies: BTreeMap<String, String>,
    /// What the browser prefers.
    pub(crate) language: &'static str,
    /// The page that was seen last.
    pub(crate) last: Option<Page>,
}

impl Visitor {
    /// Somebody who has never been here.
    pub(crate) fn new(world: &World) -> Self {
        Self::at(&world.nodes[0].admin)
    }

    /// The same at another node.
    pub(crate) fn at(origin: &str) -> Self {
        let browser = Browser::new();
        Self { browser, origin: origin.to_owned(), cookies: BTreeMap::new(), language: "en", last: None }
    }

    /// A person of this role, added and signed in.
    pub(crate) async fn signed_in(world: &World, role: Role) -> Self {
        add_person(world, role.as_str(), role).await;
        Self::enters(world, role.as_str()).await
    }

    /// Somebody who is known signs in.
    pub(crate) async fn enters(world: &World, name: &str) -> Self {
        let mut visitor = Self::new(world);
        let page = visitor.sign_in(name, PASSWORD).await;
        assert_eq!(page.status, 303, "{}", page.text());
        assert!(!page.header("location").contains("sign-in"), "{}", page.header("location"));
        visitor
    }

    /// The first form of the way in.
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        self.get("/console/sign-in").await;
        self.submit("/console/sign-in", &[("name", name), ("password", password)]).await
    }

    /// Looks at a page; follows nothing.
    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let cookies = self.cookie_header();
        let headers = [("cookie", cookies.as_str()), ("accept-language", self.language)];
        let page = self.browser.get_with(format!("{}{path}", self.origin), &headers).await;
        self.keep(&page);
        self.last = Some(page.clone());
        page
    }

    /// Looks at a page that has to be there.
    #[track_caller]
    pub(crate) fn sees(&self, words: &str) {
        let page = self.last.as_ref().expect("a page was looked at");
        assert!(page.text().contains(words), "{words:?} does not stand on: {}", page.text());
    }

    /// The CSRF token of the page that was seen last.
    #[track_caller]
    pub(crate) fn csrf(&self) -> String {
        let text = self.last.as_ref().expect("a page was looked at").text();
        let (_, rest) = text.split_once("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("no form in {text}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form of the page that was seen last, with its CSRF token and whatever else it holds hidden, unless `fields` say
    /// otherwise.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut all = vec![("csrf".to_owned(), self.csrf())];
        all.extend(self.hidden(path, fields));
        let mut all: Vec<_> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend_from_slice(fields);
        self.post(path, &all, &[]).await
    }

    /// What the form of the page that was seen last holds hidden: the one that leads to `path`, and of several the one that
    /// says what `fields` say.
    fn hidden(&self, path: &str, fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let page = self.last.as_ref().expect("a page was looked at").text();
        let action = format!("action=\"{path}\"");
        let given = |name: &str| fields.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
        let forms = page.split("<form").skip(1).filter_map(|form| form.split("</form>").next());
        let forms = forms.filter(|form| form.contains("method=\"post\"") && form.contains(&action)).map(|form| {
            let inputs = form.split("<input type=\"hidden\" name=\"").skip(1);
            let inputs = inputs.filter_map(|input| input.split_once('"'));
            let inputs = inputs.filter_map(|(name, rest)| {
                let value = rest.split_once("value=\"")?.1.split('"').next()?;
                let value = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
                    .iter()
                    .fold(value.to_owned(), |value, (escaped, plain)| value.replace(escaped, plain));
                (name != "csrf").then(|| (name.to_owned(), value))
            });
            inputs.collect::<Vec<_>>()
        });
        let fits = |form: &Vec<(String, String)>| {
            form.iter().all(|(name, value)| given(name).is_none_or(|given| given == value))
        };
        let forms: Vec<_> = forms.collect();
        let form = forms.iter().find(|form| fits(form)).or_else(|| forms.first()).cloned().unwrap_or_default();
        form.into_iter().filter(|(name, _)| given(name).is_none()).collect()
    }

    /// Sends fields exactly as they are given.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)], more: &[(&'static str, &str)]) -> Page {
        let cookies = self.cookie_header();
        let mut headers = vec![
            ("cookie", cookies.as_str()),
            ("accept-language", self.language),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        headers.extend_from_slice(more);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let page = self.browser.post(format!("{}{path}", self.origin), &headers, body).await;
        self.keep(&page);
        if page.status != 303 {
            self.last = Some(page.clone());
        }
        page
    }

    /// Sends a body of any kind.
    pub(crate) async fn post_body(&mut self, path: &str, kind: &str, body: Vec<u8>) -> Page {
        let cookies = self.cookie_header();
        let headers = [("cookie", cookies.as_str()), ("accept-language", self.language), ("content-type", kind)];
        let page = self.browser.post(format!("{}{path}", self.origin), &headers, body).await;
        self.keep(&page);
        page
    }

    /// Looks at `page`, sends the form that leads to `action`, and looks at where that leads.
    pub(crate) async fn does(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let seen = self.get(page).await;
        assert_eq!(seen.status, 200, "{page}: {}", seen.text());
        let answer = self.submit(action, fields).await;
        assert_eq!(answer.status, 303, "{action}: {}", answer.text());
        let to = answer.header("location").to_owned();
        self.get(&to).await
    }

    fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, page: &Page) {
        for cookie in page.headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
