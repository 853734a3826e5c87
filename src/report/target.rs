//! The file of a report: nobody sees it before it is complete, and its digest is taken while it is written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{ReportError, Written};
use crate::crypto::ContentHasher;

/// Enough that a line costs no system call.
const BUFFER_BYTES: usize = 256 * 1024;
/// Two reports of one process under the same name do not meet in one unfinished file.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file that takes its name when it is complete, and is removed when it never is.
pub(super) struct Target {
    path: PathBuf,
    unfinished: PathBuf,
    out: BufWriter<File>,
    hasher: ContentHasher,
    bytes: u64,
    named: bool,
}

impl Target {
    /// Opens a new file in the folder of `path`.
    pub(super) fn create(path: &Path) -> Result<Self, ReportError> {
        let refused = |why| ReportError::Refused { path: path.to_owned(), why };
        let name = path.file_name().ok_or_else(|| refused("it names no file"))?;
        match fs::symlink_metadata(path) {
            // Renaming onto a device or a link would replace it by a file.
            Ok(found) if !found.is_file() => return Err(refused("something that is not a file lies there")),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(ReportError::file(path, "look at the place of", error)),
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let unfinished = path.with_file_name(format!(".{}.{}-{number}.part", name.display(), process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // Money is not for everybody on the machine.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&unfinished).map_err(|error| ReportError::file(path, "create", error))?;
        Ok(Self {
            path: path.to_owned(),
            unfinished,
            out: BufWriter::with_capacity(BUFFER_BYTES, file),
            hasher: ContentHasher::default(),
            bytes: 0,
            named: false,
        })
    }

    /// The name that the file will have.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that it lies in, for temporary files of the same size.
    pub(super) fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        }
    }

    /// Makes the file durable and gives it its name.
    pub(super) fn complete(mut self, lines: u64) -> Result<Written, ReportError> {
        let failed = |doing| move |path: &Path, error| ReportError::file(path, doing, error);
        self.out.flush().map_err(|error| failed("write")(&self.path, error))?;
        self.out.get_ref().sync_all().map_err(|error| failed("store")(&self.path, error))?;
        fs::rename(&self.unfinished, &self.path).map_err(|error| failed("name")(&self.path, error))?;
        self.named = true;
        let hasher = std::mem::take(&mut self.hasher);
        Ok(Written { sha256: hasher.finish(), bytes: self.bytes, lines })
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !self.named {
            // Nothing hangs on it: what is left over has a name of its own and is never read.
            let _ = fs::remove_file(&self.unfinished);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::content_hash;

    #[test]
    fn a_file_has_its_name_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.csv");
        let names = || fs::read_dir(folder.path()).unwrap().count();

        let mut target = Target::create(&path).unwrap();
        target.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(target);
        assert_eq!(names(), 0, "what was not completed is removed");

        let mut target = Target::create(&path).unwrap();
        target.write_all(b"all of ").unwrap();
        target.write_all(b"it").unwrap();
        let written = target.complete(2).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"all of it");
        assert_eq!(written, Written { sha256: content_hash(b"all of it"), bytes: 9, lines: 2 });
        assert_eq!(names(), 1);
    }

    #[test]
    fn a_place_that_cannot_hold_a_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for (path, word) in [
            (folder.path().to_owned(), "not a file"),
            (folder.path().join("absent/report.csv"), "folder exists"),
            (PathBuf::from("/dev/null"), "not a file"),
            (PathBuf::from("/"), "names no file"),
        ] {
            let error = Target::create(&path).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(word) && error.contains(&*path.to_string_lossy()), "{error}");
        }
    }
}
