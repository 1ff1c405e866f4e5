//! Removing a file from a partner's folders: what we placed, what we read and archived, and our reports about it.

use std::fs::File;
use std::path::PathBuf;

use super::clearing;
use super::files::FileRecord;
use super::inbox::{REPORT, about, archived};
use super::partners::Partner;
use super::transport::plain_files::remove_one;

/// Every path under which a partner's folders may have a file of ours: itself, its marker, our reports about it.
///
/// # Errors
/// A folder cannot be read.
pub fn copies(partner: &Partner, file: &FileRecord) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    if file.direction == "out" {
        let name = partner.profile.sent_name(&file.name);
        let marker = partner.profile.sent_marker(&file.kind, &name);
        paths.extend([Some(name), marker].into_iter().flatten().map(|name| partner.to().join(name)));
    } else {
        paths.push(archived(&partner.archive(), &file.name, &file.state, &file.sha256));
        let about = about(&file.name, &file.sha256);
        for entry in std::fs::read_dir(partner.to())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(&about) && name.contains(REPORT) {
                paths.push(partner.to().join(name));
            }
        }
    }
    Ok(paths)
}

/// Those of them that are there.
///
/// # Errors
/// A folder cannot be read.
pub fn remaining(partner: &Partner, file: &FileRecord) -> std::io::Result<Vec<PathBuf>> {
    // What is noted to be removed from the partner's server may still lie there.
    let paths = copies(partner, file)?.into_iter().chain([clearing::path(partner, file.id)]);
    Ok(paths.filter(|path| path.symlink_metadata().is_ok()).collect())
}

/// Removes a file from a partner's folders. What is not there is as good; a folder that is not there is an error:
/// it may come back with the file in it.
///
/// # Errors
/// Something is there and cannot be removed, or a folder cannot be reached.
pub fn remove(partner: &Partner, file: &FileRecord) -> Result<(), (PathBuf, std::io::Error)> {
    let folder = if file.direction == "out" { partner.to() } else { partner.archive() };
    let held = File::open(&folder).map_err(|error| (folder.clone(), error))?;
    for path in copies(partner, file).map_err(|error| (partner.to(), error))? {
        remove_one(&path).map_err(|error| (path, error))?;
    }
    held.sync_all().map_err(|error| (folder, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Partners;

    fn record(direction: &str, kind: &str, name: &str, state: &str) -> FileRecord {
        FileRecord {
            id: 1,
            partner: "ICBC".into(),
            kind: kind.into(),
            direction: direction.into(),
            sequence: None,
            name: name.into(),
            state: state.into(),
            rows: 0,
            bytes: 0,
            sha256: "0a".repeat(32),
            batch: None,
            reason: None,
            purged_at: None,
        }
    }

    #[test]
    fn a_file_leaves_every_place_and_its_neighbours_stay() {
        let data = tempfile::tempdir().unwrap();
        let partners = Partners::of(None, data.path(), jiff::civil::date(2026, 1, 6)).unwrap();
        let partner = partners.get("ICBC").unwrap();
        let out = record("out", "account-request", "a.txt", "answered");
        assert!(remove(partner, &out).is_err(), "a folder that is away may come back");
        partners.make_folders();
        let answer = record("in", "account-result", "b.txt", "refused");
        let put = |path: PathBuf| std::fs::write(path, b"x").unwrap();
        for name in ["a.txt", "b.txt", "b.txt.0a0a0a0a.errors.csv", "b.txt.ffffffff.errors.csv"] {
            put(partner.to().join(name));
        }
        put(partner.archive().join("b.txt.refused.0a0a0a0a"));
        put(partner.archive().join("b.txt"));
        assert_eq!(remaining(partner, &answer).unwrap().len(), 2);
        for _ in 0..2 {
            remove(partner, &out).unwrap();
            remove(partner, &answer).unwrap();
        }
        let left = |folder: PathBuf| {
            let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = entries.collect();
            names.sort();
            names
        };
        assert_eq!(left(partner.to()), ["b.txt", "b.txt.ffffffff.errors.csv"]);
        assert_eq!(left(partner.archive()), ["b.txt"]);
    }
}
