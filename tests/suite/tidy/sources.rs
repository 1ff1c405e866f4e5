//! The sources that the rules are checked on: every file of `pipeline/` without its tests.

use std::path::{Path, PathBuf};

/// Folders below `pipeline/` that are crates of their own; what is in none of them is the library.
pub const CRATES: &[&str] = &["core", "envelopes", "pictures", "world", "console", "cli"];

/// One source file, the lines of tests taken out (left empty, so that numbers stay true).
pub struct Source {
    /// Path below `pipeline/`, with `/`.
    pub path: String,
    pub lines: Vec<String>,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

/// Files of modules declared under `#[cfg(test)]`.
fn test_files(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            let declared = (line == "#[cfg(test)]").then(|| lines.next()).flatten();
            if let Some(name) = declared.and_then(|line| line.strip_prefix("mod ")?.strip_suffix(';')) {
                let is_folder = ["mod.rs", "lib.rs", "main.rs"].iter().any(|name| path.ends_with(name));
                let folder = if is_folder { path.parent().unwrap().to_owned() } else { path.with_extension("") };
                found.push(folder.join(format!("{name}.rs")));
            }
        }
    }
    found
}

/// Everything in `pipeline/` that is no test.
pub fn sources() -> Vec<Source> {
    let (pipeline, mut paths) = (root().join("pipeline"), Vec::new());
    files_below(&pipeline, &mut paths);
    paths
        .retain(|path| path.extension().is_some_and(|e| e == "rs") && !path.starts_with(pipeline.join("core/benches")));
    let tests = test_files(&paths);
    assert!(tests.iter().all(|path| path.is_file()), "{tests:?}");
    // What stands below a module of tests is one, too.
    let is_test = |path: &PathBuf| tests.iter().any(|test| path == test || path.starts_with(test.with_extension("")));
    let path_of = |file: &Path| file.strip_prefix(&pipeline).unwrap().to_str().unwrap().to_owned();
    let sources: Vec<Source> = paths
        .iter()
        .filter(|path| !is_test(path))
        .map(|file| Source { path: path_of(file), lines: without_tests(&std::fs::read_to_string(file).unwrap()) })
        .collect();
    assert!(sources.len() > 100, "the sources were not found");
    sources
}

/// Blanks the items under `#[cfg(test)]`; rustfmt puts their closing brace under their first letter.
fn without_tests(text: &str) -> Vec<String> {
    let (mut kept, mut lines) = (Vec::new(), text.lines());
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push(line.to_owned());
            continue;
        }
        kept.push(String::new());
        let indent = &line[..line.len() - line.trim_start().len()];
        for line in lines.by_ref() {
            kept.push(String::new());
            let own = line.strip_prefix(indent).unwrap_or("");
            if own == "}" || own.ends_with(';') && !own.starts_with(' ') {
                break;
            }
        }
    }
    kept
}

/// A line without its comment; a `//` inside a text only shortens what is looked at.
pub fn code(line: &str) -> &str {
    match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    }
}

/// Lines in which something was found, as `path:line: text`.
pub fn lines_with(found: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut all = Vec::new();
    for source in sources() {
        for (number, line) in source.lines.iter().enumerate() {
            if found(&source.path, line) {
                all.push(format!("pipeline/{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    all
}
