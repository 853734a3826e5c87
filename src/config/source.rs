//! Where settings come from: the TOML file, and above it the variables `ROUNDTRIP__SECTION__KEY`.
//!
//! figment merges the two and remembers for every value which of them gave it; a secret may come from a variable but not
//! from the file. Variables reach into lists by index: `ROUNDTRIP__SIGNING__KEYS__0__SECRET`.

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::ConfigError;

/// What every override begins with.
const PREFIX: &str = "ROUNDTRIP__";
const ENVIRONMENT: &str = "environment";

/// The merged settings, each value knowing its origin.
pub(super) struct Source {
    figment: Figment,
}

impl Source {
    /// Merges the file's text and the variables that override it.
    pub(super) fn merge(text: &str, variables: &[(String, String)]) -> Result<(Self, Dict), ConfigError> {
        toml::from_str::<toml::Table>(text).map_err(|error| syntax_error(text, &error))?;
        let file = Figment::from(Toml::string(text));
        let mut merged = dict(&file)?;
        for (name, value) in variables {
            if let Some(path) = name.strip_prefix(PREFIX) {
                let path: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
                merged = overlay(merged, &path, value, name)?;
            }
        }
        let figment = file.merge(Overrides(merged));
        let all = dict(&figment)?;
        Ok((Self { figment }, all))
    }

    /// Whether a value was given by a variable (or stands inside the text of one).
    pub(super) fn is_override(&self, tag: Tag) -> bool {
        tag == Tag::Default || self.figment.get_metadata(tag).is_some_and(|metadata| metadata.name == ENVIRONMENT)
    }
}

/// The variable that overrides `key`, for example `signing.keys[0].secret`.
pub(super) fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace(['.', '['], "__").replace(']', "").to_ascii_uppercase())
}

/// The file's tree with the overrides laid over it. Values of the file keep the file's tag, because figment tags only
/// what has none yet.
struct Overrides(Dict);

impl Provider for Overrides {
    fn metadata(&self) -> Metadata {
        Metadata::named(ENVIRONMENT)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.0.clone())]))
    }
}

fn dict(figment: &Figment) -> Result<Dict, ConfigError> {
    let mut profiles = figment.data().map_err(|error| figment_error(&error))?;
    Ok(profiles.remove(&Profile::Default).unwrap_or_default())
}

fn overlay(mut tree: Dict, path: &[String], value: &str, variable: &str) -> Result<Dict, ConfigError> {
    let Some((first, rest)) = path.split_first() else { return Ok(tree) };
    if first.is_empty() {
        return Err(ConfigError::Invalid {
            key: variable.to_owned(),
            given: "an empty part of the name".to_owned(),
            expected: "ROUNDTRIP__SECTION__KEY, parts separated by two underscores".to_owned(),
        });
    }
    let old = tree.remove(first);
    tree.insert(first.clone(), overlay_value(old, rest, value, variable)?);
    Ok(tree)
}

fn overlay_value(old: Option<Value>, rest: &[String], value: &str, variable: &str) -> Result<Value, ConfigError> {
    let Some((first, deeper)) = rest.split_first() else { return Ok(Value::from(value)) };
    match (old, first.parse::<usize>()) {
        (Some(Value::Array(tag, mut items)), Ok(index)) if index <= items.len() => {
            let item = if index < items.len() { Some(items.remove(index)) } else { None };
            items.insert(index, overlay_value(item, deeper, value, variable)?);
            Ok(Value::Array(tag, items))
        }
        (Some(Value::Array(_, items)), _) => Err(ConfigError::Invalid {
            key: variable.to_owned(),
            given: format!("{first:?} as the place in a list of {}", items.len()),
            expected: format!("0 to {} (the last one appends)", items.len()),
        }),
        (None, Ok(0)) => Ok(Value::Array(Tag::Default, vec![overlay_value(None, deeper, value, variable)?])),
        (Some(Value::Dict(tag, inner)), _) => Ok(Value::Dict(tag, overlay(inner, rest, value, variable)?)),
        (_, _) => Ok(Value::Dict(Tag::Default, overlay(Dict::new(), rest, value, variable)?)),
    }
}

fn syntax_error(text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    ConfigError::Syntax { line, column, message: error.message().to_owned() }
}

fn figment_error(error: &figment::Error) -> ConfigError {
    ConfigError::Syntax { line: 1, column: 1, message: error.kind.to_string() }
}
