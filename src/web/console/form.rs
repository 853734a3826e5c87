//! The fields of a form, and of a query: each at most once, without control characters.

use actix_web::HttpMessage as _;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use std::collections::HashSet;
use std::future::{Ready, ready};

use super::trouble::Trouble;

/// Fields as they came.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct Fields(Vec<(String, String)>);

/// More fields than any form of ours has: two for each line of the longest invoice.
const MOST: usize = 600;
/// The longest field, in characters.
const LONGEST: usize = 4_000;

impl Fields {
    /// Reads `application/x-www-form-urlencoded`; `None` where a field does not fit or stands twice without being a list (its
    /// name ends in `[]`).
    pub(super) fn parse(unverified: &[u8]) -> Option<Self> {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut seen = HashSet::new();
        for (name, value) in url::form_urlencoded::parse(unverified) {
            let line_ends = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
            if value.chars().count() > LONGEST || value.chars().any(line_ends) || name.chars().any(char::is_control) {
                return None;
            }
            if fields.len() == MOST || (!name.ends_with("[]") && !seen.insert(name.clone())) {
                return None;
            }
            fields.push((name.into_owned(), value.into_owned()));
        }
        Some(Self(fields))
    }

    /// The fields of the query; an unreadable one has none.
    pub(in crate::web) fn of_query(request: &HttpRequest) -> Self {
        Self::parse(request.query_string().as_bytes()).unwrap_or_default()
    }

    /// A field's text without the spaces around it; `None` when it is absent or empty.
    pub(in crate::web) fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A field exactly as it came: passwords.
    pub(in crate::web) fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a list, such as the boxes that are ticked.
    pub(in crate::web) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A field that is read; `sentence` is the key of what was expected.
    pub(in crate::web) fn parsed<T>(
        &self,
        name: &'static str,
        sentence: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Trouble> {
        self.text(name).map(|text| read(text).ok_or(Trouble::Field(name, sentence))).transpose()
    }

    /// The same of a field that has to be there.
    pub(in crate::web) fn needed<T>(
        &self,
        name: &'static str,
        sentence: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Trouble> {
        self.parsed(name, sentence, read)?.ok_or(Trouble::Field(name, sentence))
    }

    /// Name and value of each.
    pub(in crate::web) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same fields as a query with `changes` made: `None` takes a field out.
    pub(in crate::web) fn query_with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.iter() {
            if !value.is_empty() && !changes.iter().any(|(changed, _)| *changed == name) {
                query.append_pair(name, value);
            }
        }
        for (name, value) in changes {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

/// The form that the gate has read.
impl FromRequest for Fields {
    type Error = Trouble;
    type Future = Ready<Result<Self, Trouble>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(Trouble::Body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_9_a_field_stands_once_and_holds_no_control_characters() {
        let fields = Fields::parse(b"a=1&b=+x+&pick%5B%5D=1&pick%5B%5D=2").unwrap();
        assert_eq!((fields.text("a"), fields.text("b"), fields.raw("b")), (Some("1"), Some("x"), Some(" x ")));
        assert_eq!(fields.all("pick[]").collect::<Vec<_>>(), ["1", "2"]);
        assert!(Fields::parse(b"a=1&a=2").is_none());
        assert!(Fields::parse(b"a=%00").is_none());
        let many: Vec<String> = (0..=MOST).map(|number| format!("a{number}=1")).collect();
        let many = many.join("&");
        assert!(Fields::parse(many.as_bytes()).is_none());
        assert!(Fields::parse(b"reason=two%0D%0Alines").is_some());
        let long = format!("a={}", "x".repeat(LONGEST + 1));
        assert!(Fields::parse(long.as_bytes()).is_none());
    }

    #[test]
    fn a_query_changes_where_it_is_told_to() {
        let fields = Fields::parse(b"state=Paid&issuer=&cursor=1").unwrap();
        assert_eq!(fields.query_with(&[("cursor", Some("a b"))]), "state=Paid&cursor=a+b");
        assert_eq!(fields.query_with(&[("cursor", None)]), "state=Paid");
    }
}
