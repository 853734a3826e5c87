//! A folder of one run: keys, configurations, databases. Removed at the end, however it comes.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The folder; removed when dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes it under `parent`, else under the system's folder for temporary files.
    pub(super) fn make(parent: Option<&Path>, run: &str) -> anyhow::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        let folder = parent.join(format!("roundtrip-bench-{}-{run}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}: see --dir", folder.display()))?;
        Ok(Self(folder))
    }

    /// The path of a file in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file into it.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// The address of a SQLite database in it.
    pub(super) fn database(&self, name: &str) -> String {
        format!("sqlite://{}", self.path(name).display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_goes_with_its_content_also_in_a_panic() {
        let folder = std::panic::catch_unwind(|| {
            let scratch = Scratch::make(None, "test").unwrap();
            scratch.write("file", b"x").unwrap();
            std::panic::panic_any(scratch.path("file"));
        })
        .unwrap_err();
        let file = folder.downcast::<PathBuf>().unwrap();
        assert!(!file.exists() && !file.parent().unwrap().exists());
    }
}
