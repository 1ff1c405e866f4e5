//! A layer names only those before it, and what touches the world is named by one of them.

use super::sources::{CRATES, code, lines_with, root, sources};

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
    &["inbound", "photos", "messages", "quarantine", "erasing"],
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
        if CRATES.contains(&first) || own.is_none() && !small {
            // Cargo sees that no crate names a later one; lib.rs and main.rs hold the layers together.
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
    assert_eq!(named_modules("use crate::store::{Arg, Tx};"), ["store"]);
    assert_eq!(named_modules("use crate::{args, step::{Worker, Step}, world};"), ["args", "step", "world"]);
    assert_eq!(named_modules("$crate::store::engine::Arg; mycrate::no"), ["store"]);
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
