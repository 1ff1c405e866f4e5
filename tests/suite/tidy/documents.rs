//! README, the folders and the table of faults say what the sources say.

use cardline::route::{ROUTE, STAGES};

use super::sources::{files_below, root};

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
    let (ours, partners) = numbers.split_at(24.min(numbers.len()));
    assert_eq!(ours, (16..=39).collect::<Vec<u32>>());
    assert!(partners.len() > 10 && partners.is_sorted_by(|one, other| one < other), "{partners:?}");
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
