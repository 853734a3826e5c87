//! Output: lines to standard output, new files that never overwrite.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

/// Writes one line to standard output.
pub(super) fn line(text: impl std::fmt::Display) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Says something beside the answer, on standard error.
pub(super) fn note(text: impl std::fmt::Display) {
    // Nobody may be reading it.
    let _unread = writeln!(io::stderr().lock(), "{text}");
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
