//! A file that a command writes for its owner: it is not there yet, and nobody else can read it.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::exit::Usage;

/// A file that is open and empty; it is taken away again unless it is written.
pub struct NewFile {
    path: PathBuf,
    file: Option<File>,
}

impl NewFile {
    /// Opens it for a workbook.
    ///
    /// # Errors
    /// Its name says another kind of file, it is there already, or its folder is not.
    pub fn workbook(path: &Path) -> anyhow::Result<NewFile> {
        if ends_in(path, "xlsx") {
            return NewFile::open(path);
        }
        let path = path.display();
        Err(Usage(format!("{path}: --xlsx writes a workbook; give a file that ends in .xlsx")).into())
    }

    /// Opens it before anything is recorded, so that nothing is where nothing can be written.
    ///
    /// # Errors
    /// It is there already, or its folder is not.
    pub fn open(path: &Path) -> anyhow::Result<NewFile> {
        let opened = File::options().write(true).create_new(true).mode(0o600).open(path);
        let file = opened
            .with_context(|| format!("{}; give a file that is not there yet, in a folder that is", path.display()))?;
        Ok(NewFile { path: path.to_owned(), file: Some(file) })
    }

    /// Writes it whole.
    ///
    /// # Errors
    /// There is no room; the file is taken away.
    pub fn write(mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes).and_then(|()| file.sync_all()).with_context(|| {
            format!("{}: it could not be written and is void; make room, and make another", self.path.display())
        })?;
        self.file = None;
        Ok(())
    }
}

/// Whether the name of a file has this ending, in whatever letters.
pub fn ends_in(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
