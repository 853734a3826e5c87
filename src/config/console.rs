//! The section `[console]`: how people sign in. Everything has a default.

use std::time::Duration;

use url::Url;

use super::ConfigError;
use super::reader::Section;
use super::values::web_url;

/// `[console]`.
#[derive(Debug, Clone)]
pub struct Console {
    /// `url`: where people find the console, if a proxy stands before the admin listener. With https its cookies are for https
    /// alone.
    pub url: Option<Url>,
    /// `idle_timeout_s` (default 1800): when a session ends in which nothing is done.
    pub idle: Duration,
    /// `absolute_timeout_s` (default 43200): when a session ends in any case.
    pub absolute: Duration,
    /// `second_factor` (default `required`): whether a person without one has to set it up at the sign-in.
    pub second_factor_required: bool,
}

pub(super) const CONSOLE: &[&str] = &["url", "idle_timeout_s", "absolute_timeout_s", "second_factor"];

impl Console {
    pub(super) fn read(section: Option<&Section<'_>>) -> Result<Self, ConfigError> {
        let Some(section) = section else { return Ok(Self::default()) };
        let seconds = |name, range, usual: Duration| -> Result<Duration, ConfigError> {
            Ok(section.number(name, range)?.map_or(usual, |seconds| Duration::from_secs(seconds.unsigned_abs())))
        };
        let usual = Self::default();
        let idle = seconds("idle_timeout_s", 60..=86_400, usual.idle)?;
        let absolute = seconds("absolute_timeout_s", 300..=604_800, usual.absolute)?;
        if absolute < idle {
            return Err(section.invalid("absolute_timeout_s", "at least idle_timeout_s"));
        }
        let required = section.parsed("second_factor", "required or optional", |text| match text {
            "required" => Some(true),
            "optional" => Some(false),
            _ => None,
        })?;
        Ok(Self {
            url: section.parsed("url", "a URL such as https://console.example.com", web_url)?,
            idle,
            absolute,
            second_factor_required: required.unwrap_or(usual.second_factor_required),
        })
    }
}

impl Default for Console {
    fn default() -> Self {
        Self {
            url: None,
            idle: Duration::from_mins(30),
            absolute: Duration::from_hours(12),
            second_factor_required: true,
        }
    }
}
