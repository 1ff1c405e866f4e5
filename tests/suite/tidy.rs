//! Rules of the house that a machine can check, read from the sources as they lie there.

use std::path::{Path, PathBuf};

use cardline::route::{ROUTE, STAGES};
use cardline_core::domain::identity_number;

/// Each may name only those before it; `console` and `cli` stand side by side.
const LAYERS: &[&[&str]] = &[
    &["core"],
    &["store"],
    &["custody"],
    &["crypto"],
    &["people"],
    &["cases"],
    &["kafka", "reference"],
    &["exchange"],
    &["step"],
    &["inbound", "photos", "messages", "quarantine"],
    &["batching"],
    &["route"],
    &["actions"],
    &["books"],
    &["daemon"],
    &["world"],
    &["console", "cli"],
];

/// The small modules at the top; they name no layer.
const SMALL: &[&str] = &["limits.rs", "time.rs", "hex.rs", "crash.rs", "config.rs", "log.rs", "metrics"];

/// Crates that only one layer may name.
const OWNED: &[(&str, &str)] = &[("sqlx", "store"), ("rdkafka", "kafka"), ("axum", "console")];

/// One source file, the lines of tests taken out (left empty, so that numbers stay true).
struct Source {
    /// Path below `pipeline/`, with `/`.
    path: String,
    lines: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
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
fn sources() -> Vec<Source> {
    let (pipeline, mut paths) = (root().join("pipeline"), Vec::new());
    files_below(&pipeline, &mut paths);
    paths
        .retain(|path| path.extension().is_some_and(|e| e == "rs") && !path.starts_with(pipeline.join("core/benches")));
    let tests = test_files(&paths);
    assert!(tests.iter().all(|path| path.is_file()), "{tests:?}");
    let path_of = |file: &Path| file.strip_prefix(&pipeline).unwrap().to_str().unwrap().to_owned();
    let sources: Vec<Source> = paths
        .iter()
        .filter(|path| !tests.contains(path))
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
fn code(line: &str) -> &str {
    match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    }
}

/// Lines in which something was found, as `path:line: text`.
fn lines_with(found: impl Fn(&str, &str) -> bool) -> Vec<String> {
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

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// First names after `crate::` in a text, groups in braces included.
fn named_modules(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            continue;
        };
        let (mut depth, mut name) = (1, String::new());
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || depth == 1 && c == ',' {
                names.push(name.split("::").next().unwrap_or("").trim().to_owned());
                name.clear();
            } else {
                name.push(c);
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

#[test]
fn a_layer_names_only_those_before_it() {
    let mut wrong = Vec::new();
    for source in sources() {
        let first = source.path.split('/').next().unwrap();
        let own = rank(first.trim_end_matches(".rs"));
        let small = SMALL.contains(&first);
        if first == "core" || own.is_none() && !small {
            // The core is a crate of its own; lib.rs and main.rs hold the layers together.
            continue;
        }
        let text: String = source.lines.iter().map(|line| format!("{}\n", code(line))).collect();
        for module in named_modules(&text) {
            let same = module == first.trim_end_matches(".rs");
            if rank(&module).is_some_and(|other| !same && (small || own.is_some_and(|own| other >= own))) {
                wrong.push(format!("pipeline/{} names crate::{module}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_of_the_library_has_its_layer() {
    let library = std::fs::read_to_string(root().join("pipeline/lib.rs")).unwrap();
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let has_none =
        |module: &&str| rank(module).is_none() && !SMALL.iter().any(|small| small.trim_end_matches(".rs") == *module);
    assert_eq!(modules.filter(has_none).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn named_modules_are_seen_alone_and_in_groups() {
    assert_eq!(named_modules("use crate::ledger::{Arg, Tx};"), ["ledger"]);
    assert_eq!(named_modules("use crate::{args, stages::{Station, Step}, world};"), ["args", "stages", "world"]);
    assert_eq!(named_modules("$crate::store::engine::Arg; mycrate::no"), ["ledger"]);
}

/// What is wrong and what to do is said in plain words: `cli/advice.rs` knows the commands.
#[test]
fn no_text_below_the_command_line_names_a_command() {
    let wrong = lines_with(|file, line| !file.starts_with("cli/") && code(line).contains("`cardline "));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_crate_that_touches_the_world_is_named_by_one_layer() {
    for (name, layer) in OWNED {
        let path = format!("{name}::");
        let wrong = lines_with(|file, line| !file.starts_with(&format!("{layer}/")) && code(line).contains(&path));
        assert!(wrong.is_empty(), "only pipeline/{layer} may name {name}: {wrong:#?}");
    }
}

#[test]
fn the_core_has_no_input_or_output() {
    let wrong = lines_with(|file, line| {
        let words = ["std::fs", "std::net", "std::env", "tokio::", "SystemTime::now", "Timestamp::now", "Instant::now"];
        file.starts_with("core/") && words.iter().any(|word| code(line).contains(word))
    });
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

/// Names of tests in a text: the last part of a path in backticks, where it has one.
fn tests_named(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|word| word.rsplit_once("::").map(|(_, name)| name).filter(|name| !name.is_empty())).collect()
}

#[test]
fn every_test_named_among_the_faults_exists() {
    let faults = std::fs::read_to_string(root().join("ops/faults.md")).expect("ops/faults.md");
    let (mut paths, mut tests) = (Vec::new(), String::new());
    files_below(&root().join("tests"), &mut paths);
    paths.push(root().join("pipeline/core/fuzz_test.rs"));
    paths.iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).for_each(|path| {
        tests += &std::fs::read_to_string(path).unwrap();
    });
    let named = tests_named(&faults);
    assert!(named.len() > 15, "{named:?}");
    let missing: Vec<&&str> = named.iter().filter(|name| !tests.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "ops/faults.md names tests that are not there: {missing:?}");
    let rows = faults.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    let numbers: Vec<u32> = rows.map(|row| row.split('|').nth(1).unwrap().trim().parse().unwrap()).collect();
    assert_eq!(numbers, (16..=39).collect::<Vec<u32>>());
}

/// The order of first appearance of words in a text.
fn in_order<'a>(words: &[&'a str], text: &str) -> Vec<&'a str> {
    let mut found: Vec<(usize, &str)> = words.iter().filter_map(|w| text.find(w).map(|at| (at, *w))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, word)| word).collect()
}

#[test]
fn the_readmes_first_table_is_the_route() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let table: Vec<&str> =
        readme.lines().skip_while(|l| !l.starts_with('|')).take_while(|l| l.starts_with('|')).collect();
    assert!(table.len() > 2, "README.md has no table");
    // The stage is what a row begins with; other words of a row may name other stages.
    let cells = table.iter().skip(2).filter_map(|row| {
        STAGES.iter().find(|s| row.split('|').any(|cell| cell.trim().trim_matches(['`', '*']) == **s))
    });
    assert_eq!(cells.copied().collect::<Vec<_>>(), STAGES, "the first table of README.md shows another route");
}

#[test]
fn the_folders_and_the_library_show_the_route() {
    let mut stages: Vec<&str> = STAGES.to_vec();
    stages.sort_unstable();
    let folders = std::fs::read_dir(root().join("pipeline/route")).unwrap().map(|entry| entry.unwrap());
    let mut folders: Vec<String> =
        folders.filter(|e| e.path().is_dir()).map(|e| e.file_name().into_string().unwrap()).collect();
    folders.sort_unstable();
    assert_eq!(folders, stages);
    let about = std::fs::read_to_string(root().join("pipeline/route/mod.rs")).unwrap();
    assert_eq!(in_order(STAGES, about.split("pub const STAGES").nth(1).unwrap()), STAGES);
    for stage in STAGES {
        assert!(ROUTE.iter().any(|step| step.stage == *stage), "{stage} has no step in the route");
    }
    let mut steps: Vec<(&str, &str)> = ROUTE.iter().map(|step| (step.stage, step.name)).collect();
    steps.sort_unstable();
    steps.dedup();
    assert_eq!(steps.len(), ROUTE.len(), "a step stands twice in the route");
}
