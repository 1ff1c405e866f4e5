//! What may stand in no source: a panic, a lint allowed away, a command named below the command line.

use std::path::PathBuf;

use cardline_core::domain::identity_number;

use super::sources::{code, files_below, lines_with, root, sources};

/// What is wrong and what to do is said in plain words: `cli/advice.rs` knows the commands.
#[test]
fn no_text_below_the_command_line_names_a_command() {
    let wrong = lines_with(|file, line| !file.starts_with("cli/") && code(line).contains("`cardline "));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_panics_on_purpose_outside_tests() {
    let words = [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "unreachable!("];
    let wrong = lines_with(|_, line| words.iter().any(|word| code(line).contains(word)));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_lint_is_allowed_away_and_no_test_is_ignored() {
    let (allow, ignore) = (concat!("[", "allow("), concat!("#[", "ignore"));
    let mut wrong = Vec::new();
    for folder in ["pipeline", "tests", "benches"].map(|folder| root().join(folder)).iter().filter(|f| f.is_dir()) {
        let mut paths = Vec::new();
        files_below(folder, &mut paths);
        for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "rs")) {
            for (number, line) in std::fs::read_to_string(path).unwrap().lines().enumerate() {
                if line.contains(allow) || line.contains(ignore) {
                    wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "use #[expect(…, reason = …)]: {wrong:#?}");
}

#[test]
fn names_say_what_a_file_is_about() {
    const EMPTY: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "misc"];
    let mut paths = Vec::new();
    for folder in ["pipeline", "tests"] {
        files_below(&root().join(folder), &mut paths);
    }
    let says_nothing =
        |p: &&PathBuf| p.iter().any(|part| EMPTY.contains(&part.to_string_lossy().trim_end_matches(".rs")));
    let relative: Vec<PathBuf> = paths.iter().map(|p| p.strip_prefix(root()).unwrap().to_owned()).collect();
    assert_eq!(relative.iter().filter(says_nothing).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
}

#[test]
fn every_module_says_what_it_is() {
    let mut wrong: Vec<String> = sources()
        .into_iter()
        .filter(|s| !s.lines.first().is_some_and(|l| l.starts_with("//!")))
        .map(|s| s.path)
        .collect();
    wrong.sort();
    assert!(wrong.is_empty(), "no header: {wrong:#?}");
}

#[test]
fn no_number_in_the_sources_could_be_a_persons() {
    let wrong = lines_with(|_, line| {
        let bytes = line.as_bytes();
        (0..bytes.len()).any(|at| {
            let end = (at..bytes.len()).find(|i| !bytes[*i].is_ascii_digit()).unwrap_or(bytes.len());
            let end = if end < bytes.len() && matches!(bytes[end], b'X' | b'x') { end + 1 } else { end };
            let begins = at == 0 || !bytes[at - 1].is_ascii_digit();
            begins && end - at == 18 && identity_number::parse(&line[at..end].to_uppercase()).is_ok()
        })
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}
