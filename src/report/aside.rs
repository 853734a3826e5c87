//! Files beside, that nobody else on the machine can open: what is sent or stored soon, and gone with this process.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::crypto::random_bytes;

/// A folder of our own in the machine's temporary one, for a report that is made under a name. Made exclusively, and open to
/// nobody else, whatever name is guessed; removed with all that is in it.
#[derive(Debug)]
pub struct Aside(PathBuf);

impl Aside {
    /// A new one.
    ///
    /// # Errors
    /// The temporary folder cannot be written to.
    pub fn new() -> io::Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    fn within(folder: &Path) -> io::Result<Self> {
        let path = drawn(folder);
        // Fails where something of this name lies.
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }

    /// The place of a file in it.
    pub fn place(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Nothing hangs on it: its name is never drawn again.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file that only this process knows, and that is gone with it, however that ends.
///
/// # Errors
/// The temporary folder cannot be written to.
pub fn unnamed() -> io::Result<File> {
    unnamed_in(&std::env::temp_dir())
}

fn unnamed_in(folder: &Path) -> io::Result<File> {
    let path = drawn(folder);
    let mut options = OpenOptions::new();
    // Fails where something of this name lies, and follows no link.
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// A name that nobody guesses: not from the seeded source, which begins alike in every test.
fn drawn(folder: &Path) -> PathBuf {
    folder.join(format!("roundtrip-{:032x}", u128::from_ne_bytes(random_bytes())))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _, Write as _};

    use super::*;

    #[cfg(unix)]
    fn mode(metadata: &fs::Metadata) -> u32 {
        std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_beside_is_ours_alone_and_gone_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (Aside::within(folder.path()).unwrap(), Aside::within(folder.path()).unwrap());
        assert_ne!(one.0, other.0);
        fs::write(one.place("report.csv"), "x").unwrap();
        assert_eq!(mode(&fs::metadata(&one.0).unwrap()), 0o700);
        drop((one, other));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    #[cfg(unix)]
    fn an_unnamed_file_is_ours_alone_and_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = unnamed_in(folder.path()).unwrap();
        assert_eq!(mode(&file.metadata().unwrap()), 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        file.write_all(b"money").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "money");
    }
}
