//! What can be wrong with a configuration, in words that say what to do.

use std::io;
use std::path::PathBuf;

/// Why a configuration was refused. No message ever holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file itself cannot be read.
    #[error(
        "cannot read the configuration file {}; name another with --config FILE or ROUNDTRIP_CONFIG, \
         or run `roundtrip sandbox`, which needs none",
        path.display()
    )]
    Unreadable {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not TOML.
    #[error("line {line}, column {column}: not valid TOML: {message}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// The parser's words, without the line itself: it could hold a secret.
        message: String,
    },
    /// A key that nothing reads.
    #[error("{key}: unknown key{}; remove it or correct its name", nearest(known.as_deref()))]
    UnknownKey {
        /// The whole key; for an override with the variable that set it.
        key: String,
        /// The most similar key of the same section.
        known: Option<String>,
    },
    /// A required key is absent.
    #[error("{key}: missing; expected {expected}")]
    Missing {
        /// The whole key.
        key: String,
        /// What would have been accepted.
        expected: String,
    },
    /// A value that does not fit its key.
    #[error("{key}: given {given}; expected {expected}")]
    Invalid {
        /// The whole key; for an override with the variable that set it.
        key: String,
        /// What stands there; never a secret.
        given: String,
        /// What would have been accepted.
        expected: String,
    },
    /// A secret in the configuration file.
    #[error(
        "{key}: a secret must not stand in the configuration file; put it into a file and name that with `{name}_file`, \
         or set the environment variable {variable}"
    )]
    InlineSecret {
        /// The whole key.
        key: String,
        /// Its last part.
        name: String,
        /// The variable that may hold it.
        variable: String,
    },
    /// A file that the configuration names cannot be read.
    #[error("{key}: cannot read the file {}; expected {expected}", path.display())]
    File {
        /// The whole key.
        key: String,
        /// The file, resolved.
        path: PathBuf,
        /// What the file should hold.
        expected: String,
        /// What the system said.
        source: io::Error,
    },
}

fn nearest(known: Option<&str>) -> String {
    known.map_or_else(String::new, |known| format!("; did you mean `{known}`?"))
}
