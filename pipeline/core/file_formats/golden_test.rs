//! Golden files: `fixtures/partners/<code>/<case>/` holds `rows.json` (our values) and
//! `expected.bin` (the partner's bytes) beside it. A case's profile is `profile.toml` in the
//! partner's folder, or the one in `schemas/partners`.
//!
//! After a deliberate change of a layout, `CARDLINE_BLESS=1 cargo test golden` writes the expected
//! bytes again; the difference is then read by a person before it is committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{FileKind, Parsed, Profile, masked_table};

#[derive(Deserialize)]
struct Case {
    kind: String,
    control: BTreeMap<String, String>,
    rows: Vec<BTreeMap<String, String>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn load(path: &Path) -> Profile {
    let text = fs::read_to_string(path).unwrap();
    match Profile::load(&text, &path.display().to_string()) {
        Ok(profile) => profile,
        Err(fault) => panic!("{fault}"),
    }
}

fn profile_of(partner: &Path) -> Profile {
    let own = partner.join("profile.toml");
    if own.exists() {
        return load(&own);
    }
    let code = partner.file_name().unwrap().to_str().unwrap();
    load(&root().join("schemas/partners").join(format!("{code}.toml")))
}

#[test]
fn every_built_in_profile_loads() {
    let entries = fs::read_dir(root().join("schemas/partners")).unwrap();
    let mut codes: Vec<String> = entries.map(|entry| load(&entry.unwrap().path()).code).collect();
    codes.sort();
    assert_eq!(codes, ["ABC", "BUREAU", "CCB", "ICBC"]);
}

#[test]
fn golden_files_render_to_their_bytes_and_back() {
    let mut cases = 0;
    for partner in folders(&root().join("fixtures/partners")) {
        let profile = profile_of(&partner);
        for folder in folders(&partner) {
            check(&profile, &folder);
            cases += 1;
        }
    }
    assert!(cases >= 10, "{cases} cases");
}

fn check(profile: &Profile, folder: &Path) {
    let case: Case = serde_json::from_slice(&fs::read(folder.join("rows.json")).unwrap()).unwrap();
    let file = profile.file(FileKind::named(&case.kind).unwrap()).unwrap();
    let arranged = case.rows.iter().map(|row| {
        let arranged = file.arrange(|field| row.get(field).cloned());
        arranged.unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()))
    });
    let rows: Vec<Vec<String>> = arranged.collect();
    let mut bytes = Vec::new();
    let rendered = file.render(&case.control, &rows, &mut bytes);
    let rendered = rendered.unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()));
    assert_eq!((rendered.rows, rendered.bytes), (rows.len(), bytes.len() as u64));
    let expected = folder.join("expected.bin");
    if std::env::var_os("CARDLINE_BLESS").is_some() {
        fs::write(&expected, &bytes).unwrap();
    }
    assert!(fs::read(&expected).unwrap() == bytes, "{}", folder.display());
    let parsed = file.parse(&bytes).and_then(Parsed::sound);
    let parsed = parsed.unwrap_or_else(|faults| panic!("{}: {faults:?}", folder.display()));
    for (field, value) in &case.control {
        assert!(parsed.control.get(field) == Some(value), "{}: {field}", folder.display());
    }
    assert_eq!(parsed.rows.len(), case.rows.len());
    for (row, ours) in parsed.rows.iter().zip(&case.rows) {
        for (field, value) in ours {
            let read = file.value(row, field);
            assert!(read.as_ref() == Some(value), "{}: {field}", folder.display());
        }
    }
    assert_eq!(masked_table(file, &parsed).rows.len(), rows.len());
    for length in 0..bytes.len() {
        assert!(file.parse(&bytes[..length]).is_err(), "{} {length}", folder.display());
    }
}
