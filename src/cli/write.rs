//! Output: lines to standard output, new files that never overwrite, days.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

use crate::domain::Timestamp;

/// Writes one line to standard output.
pub(super) fn line(text: impl std::fmt::Display) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Whether the reader of our output went away (`roundtrip keys list | head -1`): no failure of ours.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readable {
    /// Its owner alone.
    Owner,
    /// Whomever the process's mask allows.
    All,
}

/// Writes a new file, and makes its folder. What is there already stays as it is.
pub(super) fn new_file(path: &Path, content: &[u8], readable: Readable) -> anyhow::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readable == Readable::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    refuse_existing(path)?;
    let mut file = options.open(path).with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(content).with_context(|| format!("cannot write {}", path.display()))?;
    file.sync_all().with_context(|| format!("cannot write {}", path.display()))
}

/// Refuses if a file is there, before anything is made that would have to be thrown away.
pub(super) fn refuse_existing(path: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(!path.exists(), "{} is there already and is not overwritten; name another file", path.display());
    Ok(())
}

/// `path` as it would stand in the configuration file: relative to its folder where it lies below that.
pub(super) fn as_configured(path: &Path, config: &Path) -> String {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let base = std::path::absolute(config).unwrap_or_else(|_| config.to_owned());
    let shown = base.parent().and_then(|base| full.strip_prefix(base).ok()).unwrap_or(&full);
    shown.display().to_string()
}

/// The UTC day as `2026-11-22` (civil calendar from a count of days).
pub(super) fn day(at: Timestamp) -> String {
    let days = at.as_secs().div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The UTC time as `2026-11-22T13:05:09Z`.
pub(super) fn time(at: Timestamp) -> String {
    let of_day = at.as_secs().rem_euclid(86_400);
    format!("{}T{:02}:{:02}:{:02}Z", day(at), of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Rows as columns: every cell but the last as wide as the widest of its column.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let shown = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_the_calendar() {
        for (secs, shown) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(time(Timestamp::from_secs(secs)), shown);
        }
    }

    #[test]
    fn columns_line_up() {
        let rows = [["a".to_owned(), "b".to_owned()], ["ccc".to_owned(), String::new()]];
        assert_eq!(columns(&rows), ["a    b", "ccc"]);
    }

    #[test]
    fn new_files_never_overwrite_and_private_ones_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        new_file(&path, b"one", Readable::Owner).unwrap();
        assert!(new_file(&path, b"two", Readable::All).unwrap_err().to_string().contains("not overwritten"));
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn paths_stand_as_in_the_configuration() {
        assert_eq!(as_configured(Path::new("/a/keys/x"), Path::new("/a/roundtrip.toml")), "keys/x");
        assert_eq!(as_configured(Path::new("/b/x"), Path::new("/a/roundtrip.toml")), "/b/x");
        assert_eq!(as_configured(Path::new("keys/x"), Path::new("roundtrip.toml")), "keys/x");
    }
}
