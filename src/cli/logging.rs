//! Logs: lines for people, or JSON; always to standard error.
//!
//! What is logged holds method and path template only: no query string, callback URL, signature, token, phone number or
//! street (contract section 1). That is the duty of whoever writes the line; here libraries that would quote statements
//! or addresses are kept quiet.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Libraries' own chatter, unless `log.level` names them.
const QUIET: &str = "sqlx=warn,sea_orm=warn,sea_orm_migration=warn,hyper=info,hyper_util=info,reqwest=info,rustls=info,\
                     h2=info,mio=info,actix_http=info";

/// Sets up logging for the whole process. A second call changes nothing.
pub fn init(log: &Log) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(&log.level))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Fails only when logging is set up already, as by a test.
    let _ = match log.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_ansi(false).try_init(),
    };
}

fn filter(level: &str) -> EnvFilter {
    let plain = matches!(level.to_ascii_lowercase().as_str(), "off" | "error" | "warn");
    let directives = if plain { level.to_owned() } else { format!("{QUIET},{level}") };
    EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new("info"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_stay_quiet_unless_they_are_named() {
        assert!(filter("debug").to_string().contains("sqlx=warn"));
        let named = filter("debug,sqlx=trace").to_string();
        assert!(named.contains("sqlx=trace") && !named.contains("sqlx=warn"), "{named}");
        assert_eq!(filter("error").to_string(), "error");
    }
}
