//! What is destroyed: purged once its work is done, or erased with its person. On both engines.

mod erasure;
mod purge;

use std::path::{Path, PathBuf};

use cardline::exchange::files::FileRecord;

/// Every file below a folder, found without the program.
pub fn everything_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(everything_below(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

/// Whatever lies below the data folder and bears a file's name or digest.
pub fn bytes_of(folder: &Path, file: &FileRecord) -> Vec<PathBuf> {
    let mut found = everything_below(folder);
    found.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(&file.name) || *name == *file.sha256
    });
    found
}
