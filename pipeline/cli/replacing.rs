//! A file written beside its place and put there whole; a link or a folder is never replaced.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use cardline::step::StageError;

/// A file that is being written.
pub struct Replacing {
    path: PathBuf,
    pub writer: BufWriter<tempfile::NamedTempFile>,
}

impl Replacing {
    /// Begins a file beside its place.
    pub fn open(path: &Path) -> anyhow::Result<Replacing> {
        if let Ok(about) = std::fs::symlink_metadata(path)
            && !about.is_file()
        {
            anyhow::bail!("{} is there and is no regular file; give another name", path.display());
        }
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let part = tempfile::Builder::new().prefix(".cardline").tempfile_in(folder);
        let part = part.map_err(|e| StageError::file(folder.display(), e))?;
        Ok(Replacing { path: path.into(), writer: BufWriter::with_capacity(1 << 20, part) })
    }

    /// Puts it in its place, for its owner alone.
    pub fn place(mut self) -> anyhow::Result<()> {
        let failed = |e| StageError::file(self.path.display(), e);
        self.writer.flush().map_err(failed)?;
        let part = self.writer.into_inner().map_err(|e| failed(e.into_error()))?;
        part.persist(&self.path).map_err(|e| failed(e.error))?;
        Ok(())
    }
}
