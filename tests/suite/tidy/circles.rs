//! No circle between files: who names whom leads nowhere back.
//!
//! A path through a folder's `mod.rs` counts for the file that defines the name. The `mod.rs` itself is the
//! folder's table of contents and stands apart.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{CRATES, code, sources};

type Path = Vec<String>;

/// A name that a file takes in, with its path from the crate's root.
struct Import {
    path: Path,
    name: String,
    public: bool,
}

struct Module {
    file: String,
    code: String,
    imports: Vec<Import>,
}

type Modules = BTreeMap<Path, Module>;

fn words(path: &str) -> Path {
    path.split("::").map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// Every path of a `use` with the name it is known by: `a::{self, b as c}` is `a` and `a::b`.
fn paths_of(tree: &str) -> Vec<(Path, String)> {
    let Some((before, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias)));
        let path = words(path);
        let name = alias.map(|alias| alias.trim().to_owned()).or(path.last().cloned());
        return name.map(|name| (path, name)).into_iter().collect();
    };
    let (before, group) = (words(before), group.rsplit_once('}').map_or(group, |(group, _)| group));
    let mut depth = 0;
    let parts = group.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let below = parts.flat_map(paths_of).map(|(path, name)| {
        let itself = path == ["self"];
        let name = if name == "self" { before.last().cloned().unwrap_or_default() } else { name };
        (if itself { before.clone() } else { before.iter().cloned().chain(path).collect() }, name)
    });
    below.collect()
}

/// The text of each `use` of a file, and whether it is public.
fn uses(text: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let line = text[..at].rsplit('\n').next().unwrap_or("").trim();
        if line.is_empty() || line.starts_with("pub") {
            found.push((text[at + 4..].split(';').next().unwrap_or(""), !line.is_empty()));
        }
    }
    found
}

/// Paths of at least two names that stand in the code.
fn inline_paths(text: &str) -> Vec<Path> {
    let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    parts.filter(|part| part.contains("::")).map(words).filter(|path| path.len() > 1).collect()
}

/// A path from the crate's root, of one written in `module`.
fn absolute(path: &[String], module: &Path, modules: &BTreeSet<Path>) -> Option<Path> {
    let up = path.iter().take_while(|word| *word == "super").count();
    let (base, rest) = match path.first()?.as_str() {
        "crate" => (&module[..0], &path[1..]),
        "self" => (&module[..], &path[1..]),
        "super" => (&module[..module.len().checked_sub(up)?], &path[up..]),
        child => {
            let below: Path = module.iter().cloned().chain([child.to_owned()]).collect();
            (modules.contains(&below).then_some(&module[..])?, path)
        }
    };
    Some(base.iter().chain(rest).cloned().collect())
}

/// The modules of one crate, by their paths.
fn modules_of(files: Vec<(String, String)>) -> Modules {
    let path_of = |file: &str| {
        let mut path: Path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        path.pop_if(|last| ["mod", "lib"].contains(&last.as_str()));
        path
    };
    let all: BTreeSet<Path> = files.iter().map(|(file, _)| path_of(file)).collect();
    let module = |(file, code): (String, String)| {
        let path = path_of(&file);
        let trees = uses(&code).into_iter().flat_map(|(tree, public)| {
            paths_of(tree).into_iter().map(move |(path, name)| (path, name, public)).collect::<Vec<_>>()
        });
        let imports = trees
            .filter_map(|(named, name, public)| Some(Import { path: absolute(&named, &path, &all)?, name, public }))
            .collect();
        (path, Module { file, code, imports })
    };
    files.into_iter().map(module).collect()
}

fn defines(module: &Module, name: &str) -> bool {
    let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static"];
    kinds.iter().any(|kind| {
        let item = format!("{kind} {name}");
        module
            .code
            .match_indices(&item)
            .any(|(at, _)| !module.code[at + item.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

/// The module that defines what a path names; public imports on the way are followed.
fn definer<'a>(path: &[String], modules: &'a Modules) -> Option<&'a Path> {
    let mut path = path.to_vec();
    // A chain of public imports is short; a bound keeps two that name each other from going on forever.
    for _ in 0..10 {
        let depth = (0..=path.len()).rev().find(|depth| modules.contains_key(&path[..*depth]))?;
        let (at, module) = modules.get_key_value(&path[..depth])?;
        let Some(name) = path.get(depth) else { return Some(at) };
        let mut public = module.imports.iter().filter(|import| import.public);
        let globbed = |import: &&Import| {
            import.name == "*" && modules.get(&import.path[..import.path.len() - 1]).is_some_and(|m| defines(m, name))
        };
        let next = public.clone().find(|import| import.name == *name).map(|import| import.path.clone());
        let next =
            next.or_else(|| public.find(globbed).map(|i| [&i.path[..i.path.len() - 1], &path[depth..=depth]].concat()));
        let Some(next) = next else { return Some(at) };
        path = [&next[..], &path[depth + 1..]].concat();
    }
    None
}

fn is_contents(file: &str) -> bool {
    ["mod.rs", "lib.rs", "main.rs"].contains(&file.rsplit('/').next().unwrap_or(file))
}

/// Which file names which; contents neither name nor are named.
fn edges(modules: &Modules) -> BTreeMap<&str, BTreeSet<&str>> {
    let all: BTreeSet<Path> = modules.keys().cloned().collect();
    let mut edges = BTreeMap::new();
    for (at, module) in modules.iter().filter(|(_, module)| !is_contents(&module.file)) {
        let imported = module.imports.iter().map(|import| import.path.clone());
        let inline = inline_paths(&module.code).into_iter().filter_map(|path| {
            match module.imports.iter().find(|import| import.name == path[0]) {
                Some(import) => Some([&import.path[..], &path[1..]].concat()),
                None => absolute(&path, at, &all),
            }
        });
        let named = imported.chain(inline).filter_map(|path| definer(&path, modules));
        let files = named.filter(|other| *other != at).map(|other| modules[other].file.as_str());
        edges.insert(module.file.as_str(), files.filter(|file| !is_contents(file)).collect());
    }
    edges
}

fn reachable<'a>(from: &str, edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let (mut found, mut open) = (BTreeSet::new(), edges[from].iter().copied().collect::<Vec<_>>());
    while let Some(file) = open.pop() {
        if found.insert(file) {
            open.extend(edges.get(file).into_iter().flatten());
        }
    }
    found
}

/// Sets of files that all lead to each other.
fn circles(modules: &Modules) -> BTreeSet<Vec<&str>> {
    let edges = edges(modules);
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|file| (*file, reachable(file, &edges))).collect();
    let together = |file: &str| reached[file].iter().copied().filter(|other| reached[other].contains(file)).collect();
    edges.keys().map(|file| together(file)).filter(|circle: &Vec<&str>| !circle.is_empty()).collect()
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let mut by_crate: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for source in sources() {
        let (first, inside) = source.path.split_once('/').unwrap_or(("", &source.path));
        let (folder, inside) = if CRATES.contains(&first) { (first, inside) } else { ("", source.path.as_str()) };
        let text = source.lines.iter().map(|line| format!("{}\n", code(line))).collect();
        by_crate.entry(folder.to_owned()).or_default().push((inside.to_owned(), text));
    }
    let mut named = Vec::new();
    for (folder, files) in by_crate {
        let modules = modules_of(files);
        let edges = edges(&modules);
        assert!(folder == "pictures" || edges.values().map(BTreeSet::len).sum::<usize>() > 20, "no edges: {folder}");
        for circle in circles(&modules) {
            for file in &circle {
                let others: Vec<&&str> = circle.iter().filter(|other| edges[file].contains(*other)).collect();
                named.push(format!("{folder}/{file} names {others:?}"));
            }
        }
    }
    assert!(named.is_empty(), "what two files need of each other belongs into a third below both: {named:#?}");
}

#[test]
fn circles_are_seen_through_contents_and_groups() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let modules = modules_of(vec![
        file("lib.rs", "pub mod a;\npub mod b;\n"),
        file("a/mod.rs", "mod one;\nmod two;\npub use one::{First as Renamed, Second};\n"),
        file("a/one.rs", "use crate::b::{self, inner::{Deep}};\npub struct First;\n"),
        file("a/two.rs", "use super::one::Second;\n"),
        file("b/mod.rs", "pub mod inner;\nmod list;\npub use list::*;\n"),
        file("b/inner.rs", "use crate::a;\nfn f(_: a::Renamed) {}\n"),
        file("b/list.rs", "pub fn listed() { crate::b::listed() }\n"),
    ]);
    assert_eq!(circles(&modules), BTreeSet::from([vec!["a/one.rs", "b/inner.rs"]]));
    let path = words("b::listed");
    assert_eq!(definer(&path, &modules).map(|path| path.join("::")), Some("b::list".to_owned()));
}
