//! Reading one section: every value is asked for by name, and what nobody may ask for is an error.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use base64::Engine;
use figment::value::{Dict, Tag, Value};

use super::source::{Source, variable_of};
use super::{ConfigError, Secret, SecretText};

type Result<T> = std::result::Result<T, ConfigError>;

/// The shortest secret that signs URLs or webhooks, in bytes (contract section 2).
const MIN_SECRET_BYTES: usize = 32;

/// What all sections share.
pub(super) struct Reader<'a> {
    /// Who gave which value.
    pub(super) source: &'a Source,
    /// What relative paths are relative to.
    pub(super) base: &'a Path,
}

/// One table of the configuration.
pub(super) struct Section<'a> {
    reader: &'a Reader<'a>,
    key: String,
    table: Dict,
}

impl<'a> Section<'a> {
    /// The whole configuration, whose sections are `known`.
    pub(super) fn root(reader: &'a Reader<'a>, table: Dict, known: &[&str]) -> Result<Self> {
        Self::new(reader, String::new(), table, known)
    }

    fn new(reader: &'a Reader<'a>, key: String, table: Dict, known: &[&str]) -> Result<Self> {
        let section = Self { reader, key, table };
        match section.table.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(section),
            Some((name, value)) => Err(ConfigError::UnknownKey {
                key: section.blame(name, value),
                known: nearest(name, known).map(|known| section.path(known)),
            }),
        }
    }

    /// The whole key of `name` in this section.
    pub(super) fn path(&self, name: &str) -> String {
        if self.key.is_empty() { name.to_owned() } else { format!("{}.{name}", self.key) }
    }

    /// The whole key, with the variable if one gave the value.
    fn blame(&self, name: &str, value: &Value) -> String {
        let key = self.path(name);
        let inner = match value {
            Value::Dict(_, inner) => inner.values().next().map(Value::tag),
            other => Some(other.tag()),
        };
        if inner.is_some_and(|tag| self.reader.source.is_override(tag)) {
            format!("{key} (from {})", variable_of(&key))
        } else {
            key
        }
    }

    /// The error that `name` holds something else than `expected`. The value itself is shown.
    pub(super) fn invalid(&self, name: &str, expected: impl Into<String>) -> ConfigError {
        let (key, given) = match self.table.get(name) {
            Some(value) => (self.blame(name, value), shown(value)),
            None => (self.path(name), "nothing".to_owned()),
        };
        ConfigError::Invalid { key, given, expected: expected.into() }
    }

    /// As [`Self::invalid`], for values that must not be shown or are described better in words.
    pub(super) fn refuse(&self, name: &str, given: impl Into<String>, expected: impl Into<String>) -> ConfigError {
        let key = self.table.get(name).map_or_else(|| self.path(name), |value| self.blame(name, value));
        ConfigError::Invalid { key, given: given.into(), expected: expected.into() }
    }

    /// The error that `name` is required.
    pub(super) fn missing(&self, name: &str, expected: impl Into<String>) -> ConfigError {
        ConfigError::Missing { key: self.path(name), expected: expected.into() }
    }

    /// Text, if given.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        match self.table.get(name) {
            None => Ok(None),
            Some(Value::String(_, text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.invalid(name, "text in quotes")),
        }
    }

    /// Text that means something; `parse` says None for what it does not understand.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        parse(text.trim()).map(Some).ok_or_else(|| self.invalid(name, expected))
    }

    /// As [`Self::parsed`], but it must be there.
    pub(super) fn required<T>(&self, name: &str, expected: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        self.parsed(name, expected, parse)?.ok_or_else(|| self.missing(name, expected))
    }

    /// A whole number within `range`, if given. Its unit stands in the name.
    pub(super) fn number(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>> {
        let number = match self.table.get(name) {
            None => return Ok(None),
            Some(Value::Num(_, number)) => number.to_i128().and_then(|number| i64::try_from(number).ok()),
            Some(Value::String(tag, text)) if self.reader.source.is_override(*tag) => text.trim().parse().ok(),
            Some(_) => None,
        };
        match number {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ if *range.end() == i64::MAX => {
                Err(self.invalid(name, format!("a whole number, at least {}", range.start())))
            }
            _ => Err(self.invalid(name, format!("a whole number from {} to {}", range.start(), range.end()))),
        }
    }

    /// `true` or `false`, if given.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.table.get(name) {
            None => Ok(None),
            Some(Value::Bool(_, flag)) => Ok(Some(*flag)),
            Some(Value::String(tag, text)) if self.reader.source.is_override(*tag) && text == "true" => Ok(Some(true)),
            Some(Value::String(tag, text)) if self.reader.source.is_override(*tag) && text == "false" => {
                Ok(Some(false))
            }
            Some(_) => Err(self.invalid(name, "true or false")),
        }
    }

    /// A list of texts; empty if absent. A variable may give it as `["a", "b"]` or as `a,b`.
    pub(super) fn texts(&self, name: &str, expected: &str) -> Result<Vec<String>> {
        let items = match self.table.get(name) {
            Some(Value::String(tag, text)) if self.reader.source.is_override(*tag) && !text.starts_with('[') => {
                return Ok(text
                    .split(',')
                    .map(|item| item.trim().to_owned())
                    .filter(|item| !item.is_empty())
                    .collect());
            }
            _ => self.list(name, expected)?,
        };
        items
            .into_iter()
            .map(|item| match item {
                Value::String(_, text) => Ok(text),
                _ => Err(self.invalid(name, expected)),
            })
            .collect()
    }

    /// A list of texts that mean something; empty if absent.
    pub(super) fn parsed_list<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>> {
        let parse_item = |text: String| {
            parse(text.trim()).ok_or_else(|| self.refuse(name, format!("{text:?}"), format!("a list of {expected}")))
        };
        self.texts(name, &format!("a list of {expected}"))?.into_iter().map(parse_item).collect()
    }

    fn list(&self, name: &str, expected: &str) -> Result<Vec<Value>> {
        match self.table.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(_, items)) => Ok(items.clone()),
            Some(Value::String(tag, text)) if self.reader.source.is_override(*tag) => match inline(text) {
                Some(Value::Array(_, items)) => Ok(items),
                _ => Err(self.refuse(name, "something else", format!("{expected}, written as in TOML"))),
            },
            Some(_) => Err(self.invalid(name, expected)),
        }
    }

    /// A table whose keys are `known`, if given.
    pub(super) fn section(&self, name: &str, known: &[&str]) -> Result<Option<Section<'a>>> {
        let table = match self.table.get(name) {
            None => return Ok(None),
            Some(Value::Dict(_, table)) => table.clone(),
            Some(Value::String(tag, text)) if self.reader.source.is_override(*tag) => match inline(text) {
                Some(Value::Dict(_, table)) => table,
                _ => return Err(self.refuse(name, "something else", "a table, written as in TOML")),
            },
            Some(_) => return Err(self.invalid(name, format!("a section [{}]", self.path(name)))),
        };
        Section::new(self.reader, self.path(name), table, known).map(Some)
    }

    /// The tables of a list; empty if absent.
    pub(super) fn sections(&self, name: &str, known: &[&str]) -> Result<Vec<Section<'a>>> {
        let items = self.list(name, "a list of tables")?;
        let section = |(index, item)| {
            let key = format!("{}[{index}]", self.path(name));
            match item {
                Value::Dict(_, table) => Section::new(self.reader, key, table, known),
                other => Err(ConfigError::Invalid { key, given: shown(&other), expected: "a table".to_owned() }),
            }
        };
        items.into_iter().enumerate().map(section).collect()
    }

    /// A path, relative to the configuration file, if given.
    pub(super) fn path_of(&self, name: &str) -> Result<Option<PathBuf>> {
        self.parsed(name, "the path of a file", |text| {
            (!text.is_empty() && !text.contains("-----BEGIN")).then(|| self.reader.base.join(text))
        })
    }

    /// Paths, relative to the configuration file; empty if absent.
    pub(super) fn paths_of(&self, name: &str) -> Result<Vec<PathBuf>> {
        let texts = self.texts(name, "a list of paths of files")?;
        if texts.iter().any(|text| text.contains("-----BEGIN") || text.trim_start().starts_with('{')) {
            return Err(self.refuse(name, "the content of a key", "a list of paths of key files"));
        }
        Ok(texts.iter().map(|text| self.reader.base.join(text)).collect())
    }

    /// The content of a file that `name` names.
    pub(super) fn read(&self, name: &str, path: &Path, expected: &str) -> Result<Vec<u8>> {
        std::fs::read(path).map_err(|source| ConfigError::File {
            key: self.path(name),
            path: path.to_owned(),
            expected: expected.to_owned(),
            source,
        })
    }

    /// The bytes of a secret: from the variable of `name`, else from the file that `{name}_file` names.
    pub(super) fn secret_bytes(&self, name: &str, expected: &str) -> Result<Option<Vec<u8>>> {
        match self.table.get(name) {
            Some(Value::String(tag, text)) if self.reader.source.is_override(*tag) => {
                return Ok(Some(text.as_bytes().to_vec()));
            }
            Some(_) if self.in_file(name) => return Err(self.inline_secret(name)),
            Some(_) => return Err(self.refuse(name, "something that is not text", expected)),
            None => {}
        }
        let file_key = format!("{name}_file");
        let Some(path) = self.path_of(&file_key)? else { return Ok(None) };
        self.read(&file_key, &path, expected).map(Some)
    }

    /// Whether `name` is given at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Whether the configuration file itself gives `name`.
    pub(super) fn in_file(&self, name: &str) -> bool {
        self.table.get(name).is_some_and(|value| !self.reader.source.is_override(value.tag()))
    }

    /// The error that a secret stands in the configuration file.
    pub(super) fn inline_secret(&self, name: &str) -> ConfigError {
        let key = self.path(name);
        let variable = variable_of(&key);
        ConfigError::InlineSecret { key, name: name.to_owned(), variable }
    }

    /// The address that `url_file` names, for those in which a password can stand.
    pub(super) fn url_from_file(&self) -> Result<Option<SecretText>> {
        self.secret_text("url")
    }

    /// A secret of text: the bare secret, of whose file a final line end is ignored.
    pub(super) fn secret_text(&self, name: &str) -> Result<Option<SecretText>> {
        let expected = "the bare secret as one line of text";
        let Some(bytes) = self.secret_bytes(name, expected)? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| self.refuse(name, "bytes that are not text", expected))?;
        let text = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        if text.is_empty() || text.contains('\n') {
            let given = if text.is_empty() { "an empty secret" } else { "several lines" };
            return Err(self.refuse(name, given, expected));
        }
        Ok(Some(SecretText::new(text.to_owned())))
    }

    /// A secret in base64 (either alphabet, padding optional) of at least 32 bytes.
    pub(super) fn secret_key(&self, name: &str) -> Result<Secret> {
        let expected = "32 or more random bytes in base64, as `roundtrip keys generate --scheme url` makes them";
        let file_key = format!("{name}_file");
        let Some(text) = self.secret_bytes(name, expected)? else { return Err(self.missing(&file_key, expected)) };
        let blamed = if self.table.contains_key(name) { name } else { &file_key };
        let bytes = decode_base64(&text).ok_or_else(|| self.refuse(blamed, "a secret that is not base64", expected))?;
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(self.refuse(blamed, format!("a secret of {} bytes", bytes.len()), expected));
        }
        Ok(Secret::new(bytes))
    }
}

fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim().trim_end_matches('=').replace('-', "+").replace('_', "/");
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(text).ok()
}

/// A table or list that a variable gives, written as in TOML.
fn inline(text: &str) -> Option<Value> {
    let table = toml::from_str::<Dict>(&format!("value = {text}")).ok()?;
    table.into_values().next().map(untagged)
}

/// Marks a value as given by a variable: what carries no tag of the file.
fn untagged(value: Value) -> Value {
    match value {
        Value::String(_, text) => Value::String(Tag::Default, text),
        Value::Char(_, char) => Value::Char(Tag::Default, char),
        Value::Bool(_, flag) => Value::Bool(Tag::Default, flag),
        Value::Num(_, number) => Value::Num(Tag::Default, number),
        Value::Empty(_, empty) => Value::Empty(Tag::Default, empty),
        Value::Dict(_, table) => {
            Value::Dict(Tag::Default, table.into_iter().map(|(key, value)| (key, untagged(value))).collect())
        }
        Value::Array(_, items) => Value::Array(Tag::Default, items.into_iter().map(untagged).collect()),
    }
}

/// The value as an error may show it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) if text.contains("-----BEGIN") => "the content of a key".to_owned(),
        Value::String(_, text) => format!("{text:?}"),
        Value::Char(_, char) => format!("{char:?}"),
        Value::Bool(_, flag) => flag.to_string(),
        Value::Num(_, number) => number.to_i128().map_or_else(
            || number.to_f64().map_or_else(|| "a number".to_owned(), |n| n.to_string()),
            |n| n.to_string(),
        ),
        Value::Empty(..) => "nothing".to_owned(),
        Value::Dict(..) => "a table".to_owned(),
        Value::Array(_, items) => format!("a list of {}", items.len()),
    }
}

fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|&known| (strsim::jaro_winkler(name, known), known))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}
