//! What does not fit in a form or a filter: every field is read before the person hears of it, each sentence stands beside its
//! field, and all of them at the top of the page with the way there (WCAG 2.2, 1.3.1, 3.3.1 and 3.3.3).

use std::borrow::Cow;

use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::form::Fields;
use super::words::Words;

/// Fields that do not fit, in the order of their form: the field's id, and the key of the sentence that says what is expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::web) struct Complaints(Vec<(Cow<'static, str>, &'static str)>);

impl Complaints {
    /// About one field alone.
    pub(in crate::web) fn one(field: impl Into<Cow<'static, str>>, sentence: &'static str) -> Self {
        Self(vec![(field.into(), sentence)])
    }

    /// One more; a field has one sentence, the first.
    pub(in crate::web) fn add(&mut self, field: impl Into<Cow<'static, str>>, sentence: &'static str) {
        let field = field.into();
        if self.about(&field).is_none() {
            self.0.push((field, sentence));
        }
    }

    /// Whether everything fits.
    pub(in crate::web) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is expected of this field, if it does not fit.
    pub(in crate::web) fn about(&self, field: &str) -> Option<&'static str> {
        self.0.iter().find(|(known, _)| known == field).map(|(_, sentence)| *sentence)
    }

    /// The status of the page that says it.
    pub(in crate::web) fn status(&self) -> StatusCode {
        if self.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// Reads fields, and goes on where one does not fit.
#[derive(Debug)]
pub(in crate::web) struct Reader<'a> {
    fields: &'a Fields,
    complaints: Complaints,
}

impl<'a> Reader<'a> {
    /// Of these fields.
    pub(in crate::web) fn of(fields: &'a Fields) -> Self {
        Self { fields, complaints: Complaints::default() }
    }

    /// A field that may be empty; `sentence` is the key of what is expected of it. `None` too where it does not fit.
    pub(in crate::web) fn parsed<T>(
        &mut self,
        name: &'static str,
        sentence: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.fields.text(name)?;
        let read = read(text);
        if read.is_none() {
            self.complain(name, sentence);
        }
        read
    }

    /// The same of a field that has to be there.
    pub(in crate::web) fn needed<T>(
        &mut self,
        name: &'static str,
        sentence: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let read = self.parsed(name, sentence, read);
        if read.is_none() {
            self.complain(name, sentence);
        }
        read
    }

    /// What only the fields together show.
    pub(in crate::web) fn complain(&mut self, name: &'static str, sentence: &'static str) {
        self.complaints.add(name, sentence);
    }

    /// What was found.
    pub(in crate::web) fn complaints(self) -> Complaints {
        self.complaints
    }

    /// What was read, unless something does not fit.
    pub(in crate::web) fn end<T>(self, read: T) -> Result<T, Complaints> {
        if self.complaints.is_empty() { Ok(read) } else { Err(self.complaints) }
    }
}

/// Draws the fields of a form with what was typed and what does not fit.
#[derive(Debug)]
pub(in crate::web) struct Form<'a> {
    words: &'a Words,
    typed: &'a Fields,
    complaints: &'a Complaints,
    /// Ids and labels of the fields that stand on the page.
    drawn: Vec<(String, String)>,
}

/// A field that is more than its name.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct Field<'a> {
    /// Where links lead to; usually the name.
    pub(in crate::web) id: &'a str,
    /// What it is sent as.
    pub(in crate::web) name: &'a str,
    /// What it is called.
    pub(in crate::web) label: String,
    /// `type`.
    pub(in crate::web) kind: &'a str,
    /// What stands in it.
    pub(in crate::web) value: &'a str,
    /// What helps to fill it in.
    pub(in crate::web) hint: Option<String>,
    /// Whether a browser asks for it.
    pub(in crate::web) required: bool,
}

impl<'a> Form<'a> {
    /// In these words, with what was typed and what does not fit of it.
    pub(in crate::web) const fn new(words: &'a Words, (typed, complaints): (&'a Fields, &'a Complaints)) -> Self {
        Self { words, typed, complaints, drawn: Vec::new() }
    }

    /// The sentences.
    pub(in crate::web) const fn words(&self) -> &'a Words {
        self.words
    }

    /// What was typed.
    pub(in crate::web) const fn typed(&self) -> &'a Fields {
        self.typed
    }

    /// Whether this field does not fit.
    pub(in crate::web) fn is_wrong(&self, id: &str) -> bool {
        self.complaints.about(id).is_some()
    }

    /// A field of one line, with what was typed.
    pub(in crate::web) fn input(&mut self, name: &str, label: &str, kind: &str) -> Markup {
        let value = self.typed.text(name).unwrap_or_default();
        self.field(&Field { id: name, name, label: label.to_owned(), kind, value, ..Field::default() })
    }

    /// A field of one line.
    pub(in crate::web) fn field(&mut self, field: &Field<'_>) -> Markup {
        let wrong = self.wrong(field.id, &field.label);
        // A field for days shows only days: what is none of them stays to be seen and corrected.
        let picks = matches!(field.kind, "date" | "datetime-local" | "number");
        let kind = if wrong.is_some() && picks { "text" } else { field.kind };
        let hint = field.hint.as_ref().map(|_| format!("{}-hint", field.id));
        let described = described(field.id, (wrong.is_some(), hint.as_deref()));
        html! {
            div.field {
                label for=(field.id) { (field.label) }
                @if let Some(wrong) = &wrong { (wrong) }
                input id=(field.id) name=(field.name) type=(kind) value=(field.value) autocomplete="off"
                    required[field.required] aria-invalid=[wrong.is_some().then_some("true")] aria-describedby=[described];
                @if let Some(text) = &field.hint { span.hint id=[hint] { (text) } }
            }
        }
    }

    /// A field of several lines, of at most `longest` characters.
    pub(in crate::web) fn area(&mut self, field: &Field<'_>, longest: usize) -> Markup {
        let wrong = self.wrong(field.id, &field.label);
        let hint = field.hint.as_ref().map(|_| format!("{}-hint", field.id));
        let described = described(field.id, (wrong.is_some(), hint.as_deref()));
        html! {
            div.field {
                label for=(field.id) { (field.label) }
                @if let Some(wrong) = &wrong { (wrong) }
                textarea id=(field.id) name=(field.name) rows="3" maxlength=(longest) spellcheck="false"
                    required[field.required] aria-invalid=[wrong.is_some().then_some("true")] aria-describedby=[described] {
                    (field.value)
                }
                @if let Some(text) = &field.hint { span.hint id=[hint] { (text) } }
            }
        }
    }

    /// A choice; the first is "any" when `any` names it. What was sent and is none of the options stands among them.
    pub(in crate::web) fn choice(
        &mut self,
        (name, label): (&str, &str),
        any: Option<&str>,
        options: &[(String, String)],
    ) -> Markup {
        let wrong = self.wrong(name, label);
        let chosen = self.typed.text(name);
        let foreign = chosen.filter(|chosen| !options.iter().any(|(value, _)| value == chosen));
        let described = described(name, (wrong.is_some(), None));
        html! {
            div.field {
                label for=(name) { (label) }
                @if let Some(wrong) = &wrong { (wrong) }
                select id=(name) name=(name) aria-invalid=[wrong.is_some().then_some("true")] aria-describedby=[described] {
                    @if let Some(any) = any { option value="" selected[chosen.is_none()] { (any) } }
                    @for (value, text) in options {
                        option value=(value) selected[chosen == Some(value.as_str())] { (text) }
                    }
                    @if let Some(foreign) = foreign { option value=(foreign) selected { (foreign) } }
                }
            }
        }
    }

    /// What is expected of a field that is drawn elsewhere: to stand beside it, as what `aria-describedby` names.
    pub(in crate::web) fn wrong(&mut self, id: &str, label: &str) -> Option<Markup> {
        self.drawn.push((id.to_owned(), label.to_owned()));
        let sentence = self.complaints.about(id)?;
        Some(html! { p.wrong id=(format!("{id}-wrong")) { (self.words.say(sentence)) } })
    }

    /// All that does not fit, for the top of the page; drawn after the fields, whose names it says.
    pub(in crate::web) fn summary(&self) -> Markup {
        let label = |id: &str| self.drawn.iter().find(|(drawn, _)| drawn == id).map(|(_, label)| label);
        html! {
            @if !self.complaints.is_empty() {
                div #complaints .wrong.complaints role="alert" tabindex="-1" autofocus aria-labelledby="complaints-heading" {
                    h2 #complaints-heading { (self.words.say("complaints")) }
                    ul {
                        @for (id, sentence) in &self.complaints.0 {
                            li {
                                @match label(id) {
                                    Some(label) => a href=(format!("#{id}")) { (label) ": " (self.words.say(sentence)) },
                                    // Nobody types it: a place in a list, a token of the form.
                                    None => (self.words.say(sentence)),
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The ids of what describes a field: what does not fit comes first.
fn described(id: &str, (wrong, hint): (bool, Option<&str>)) -> Option<String> {
    match (wrong, hint) {
        (false, None) => None,
        (true, None) => Some(format!("{id}-wrong")),
        (false, Some(hint)) => Some(hint.to_owned()),
        (true, Some(hint)) => Some(format!("{id}-wrong {hint}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;

    const HOSTILE: &str = "\"><img src=x onerror=alert(1)>";

    #[test]
    fn con_0_all_fields_are_read_and_each_has_one_sentence() {
        let fields = Fields::parse(b"a=x&b=7").unwrap();
        let mut reader = Reader::of(&fields);
        let number = |text: &str| text.parse::<i64>().ok();
        assert_eq!(reader.parsed("a", "expected-choice", number), None);
        assert_eq!(reader.needed("b", "expected-choice", number), Some(7));
        assert_eq!(reader.parsed("c", "expected-choice", number), None);
        assert_eq!(reader.needed("d", "expected-name", number), None);
        reader.complain("a", "expected-name");
        let complaints = reader.end(()).unwrap_err();
        assert_eq!(complaints.0, [("a".into(), "expected-choice"), ("d".into(), "expected-name")]);
        assert_eq!(complaints.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(Reader::of(&fields).end(()).is_ok());
    }

    #[test]
    fn con_9_what_was_typed_stands_in_its_field_and_the_sentence_beside_it() {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("day", HOSTILE), ("pick", HOSTILE), ("text", HOSTILE)])
            .finish();
        let fields = Fields::parse(query.as_bytes()).unwrap();
        let mut complaints = Complaints::one("day", "expected-choice");
        for field in ["pick", "text", "cursor"] {
            complaints.add(field, "expected-cursor");
        }
        let words = Words::of(Locale::De);
        let mut form = Form::new(words, (&fields, &complaints));
        let text = Field { id: "text", name: "text", value: HOSTILE, hint: Some("so".into()), ..Field::default() };
        let page = html! {
            (form.input("day", "Tag", "date"))
            (form.choice(("pick", "Wahl"), None, &[("a".to_owned(), "A".to_owned())]))
            (form.area(&text, 10))
            (form.input("fits", "Gut", "date"))
            (form.summary())
        }
        .into_string();
        assert!(!page.contains("<img") && page.matches("&lt;img").count() == 4, "{page}");
        for part in [
            "type=\"text\" value=\"&quot;&gt;&lt;img",
            "<option value=\"&quot;&gt;&lt;img src=x onerror=alert(1)&gt;\" selected>",
            "aria-invalid=\"true\" aria-describedby=\"day-wrong\"",
            "aria-describedby=\"text-wrong text-hint\"",
            "id=\"pick-wrong\"",
            "<a href=\"#day\">Tag: ",
            "id=\"fits\" name=\"fits\" type=\"date\"",
        ] {
            assert!(page.contains(part), "{part} does not stand in {page}");
        }
        assert!(!page.contains("href=\"#cursor\""), "a link leads nowhere: {page}");
        assert_eq!(page.matches("aria-invalid").count(), 3, "{page}");
    }
}
