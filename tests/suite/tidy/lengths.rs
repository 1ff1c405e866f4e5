//! A file can be read in one go, and a folder looked over.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::sources::{files_below, root, sources};

/// Without its tests.
const FILE_LINES_MAX: usize = 400;

/// Beside the table of contents.
const FOLDER_FILES_MAX: usize = 20;

/// A file a command is what one looks for there.
const LARGE_FOLDERS: &[&str] = &["pipeline/cli"];

#[test]
fn no_file_is_longer_than_can_be_read_in_one_go() {
    let length = |lines: &[String]| lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let lengths = sources().into_iter().map(|source| (length(&source.lines), source.path));
    let long: Vec<_> = lengths.filter(|(lines, _)| *lines > FILE_LINES_MAX).collect();
    assert!(long.is_empty(), "divide them by what belongs together: {long:#?}");
}

#[test]
fn no_folder_has_more_files_than_can_be_looked_over() {
    let mut files = Vec::new();
    for folder in ["pipeline", "tests", "benches"] {
        files_below(&root().join(folder), &mut files);
    }
    let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| !file.ends_with("mod.rs")) {
        let folder = file.parent().unwrap().strip_prefix(root()).unwrap();
        *folders.entry(folder.to_owned()).or_default() += 1;
    }
    let is_large = |folder: &PathBuf| LARGE_FOLDERS.iter().any(|large| folder.as_os_str() == *large);
    folders.retain(|folder, count| *count > FOLDER_FILES_MAX && !is_large(folder));
    assert!(folders.is_empty(), "group them by what belongs together: {folders:#?}");
}
