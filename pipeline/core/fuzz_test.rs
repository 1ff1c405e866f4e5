//! Fuzz targets that run with the ordinary tests: good input, spoiled by a few edits drawn from a seed,
//! goes through everything that reads from outside. Nothing may panic, and no text about a refusal may
//! hold a run of what was read. `PROPTEST_CASES` draws more.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::domain::application::Application;
use crate::domain::{
    card_identifier, card_number, country, digest, gb18030, identity_number, message, name, ordered, outlet_code, pan,
};
use crate::file_formats::{FileKind, Profile};
use crate::rules;

/// What spoils JSON, names and numbers best.
const WORDS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"-1",
    b"1e999",
    b"\\ud800",
    b"\\u0000",
    b"\x00",
    b"\xFF",
    b"\xEF\xBB\xBF",
    "·".as_bytes(),
    "\u{202E}".as_bytes(),
    "\u{E000}".as_bytes(),
    "𠀀".as_bytes(),
    b"9999-12-31",
    b"\n",
    b"|",
    b"<",
    b"&#0;",
];

/// One edit: where, how many bytes go, and what comes.
type Edit = (Index, u8, Index, bool);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec((any::<Index>(), 0..6_u8, any::<Index>(), any::<bool>()), 1..5)
}

fn spoiled(good: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for (place, gone, word, flip) in edits {
        if bytes.is_empty() {
            break;
        }
        let at = place.index(bytes.len());
        if *flip {
            bytes[at] ^= 1 << (gone % 8);
            continue;
        }
        let end = (at + usize::from(*gone)).min(bytes.len());
        bytes.splice(at..end, word.get(WORDS).iter().copied());
    }
    bytes
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file of a name below a folder of the repository.
fn files(folder: &Path, name: &str, found: &mut Vec<Vec<u8>>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, name, found);
        } else if path.file_name().is_some_and(|file| file == name) {
            found.push(fs::read(path).unwrap());
        }
    }
}

fn corpus(folder: &str, name: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    files(&root().join(folder), name, &mut found);
    assert!(found.len() > 5, "{folder}");
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_spoiled_application_is_read_checked_and_digested(choice in any::<Index>(), edits in edits()) {
        static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus("fixtures/rules", "pass.json"));
        let bytes = spoiled(&CORPUS[choice.index(CORPUS.len())], &edits);
        let read_digest = digest::content_digest_of(&bytes);
        match message::decode(&bytes) {
            Ok(decoded) => {
                for finding in rules::check(&decoded.application, &rules::facts()) {
                    prop_assert!(!holds_value(&finding.message, &bytes), "{}: {}", finding.rule, finding.message);
                }
            }
            Err(defect) => prop_assert!(!holds_value(&defect.to_string(), &bytes), "{defect}"),
        }
        prop_assert_eq!(read_digest, digest::content_digest_of(&bytes));
    }

    #[test]
    fn what_the_quick_look_reads_the_parser_reads_alike(choice in any::<Index>(), edits in edits()) {
        static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(in_order);
        let bytes = spoiled(&CORPUS[choice.index(CORPUS.len())], &edits);
        let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(()) };
        if let Some(quick) = ordered::read(text) {
            let slow = message::parse(text).ok();
            let as_read = |application: &Application<'_>| serde_json::to_string(application).unwrap();
            prop_assert_eq!(slow.map(|(slow, unknown)| (as_read(&slow), unknown)), Some((as_read(&quick), false)));
        }
    }

    #[test]
    fn a_spoiled_partner_file_is_parsed(choice in any::<Index>(), edits in edits()) {
        static CORPUS: LazyLock<Vec<(String, String, Vec<u8>)>> = LazyLock::new(partner_files);
        let (profile, kind, good) = &CORPUS[choice.index(CORPUS.len())];
        let Ok(profile) = Profile::load(profile, "fuzz") else { return Ok(()) };
        let Some(file) = FileKind::named(kind).and_then(|kind| profile.file(kind)) else { return Ok(()) };
        let _ = file.parse(&spoiled(good, &edits));
    }

    #[test]
    fn any_text_is_a_number_or_a_name_or_neither(text in any::<String>(), digits in "[0-9A-Za-z ×·-]{0,20}") {
        for text in [text.as_str(), digits.as_str()] {
            let _ = (identity_number::parse(text), name::normalise(text), outlet_code::is_valid(text), pan::is_valid(text));
            let _ = (card_number::is_valid(text), card_identifier::is_valid(text), card_identifier::is_valid_atr(text));
            let _ = (country::is_alpha3(text), country::from_numeric(text), gb18030::byte_len(text));
            let _ = gb18030::decode(text.as_bytes());
        }
    }
}

/// The passing examples of all rules as programs write them: members in order, no spaces; every other one
/// without the members that say nothing.
fn in_order() -> Vec<Vec<u8>> {
    let written = |(place, bytes): (usize, Vec<u8>)| {
        let decoded = message::decode(&bytes).ok()?;
        let mut text = serde_json::to_string(&decoded.application).unwrap();
        if place % 2 == 1 {
            for member in ["phone", "employer", "agent", "point", "name", "postcode", "address"] {
                text = text.replace(&format!(",\"{member}\":null"), "");
            }
        }
        assert!(ordered::read(&text).is_some(), "left to the parser: {text}");
        Some(text.into_bytes())
    };
    corpus("fixtures/rules", "pass.json").into_iter().enumerate().filter_map(written).collect()
}

/// Whether a text repeats a run of eight bytes or more of what stands between quotes in a message.
fn holds_value(text: &str, message: &[u8]) -> bool {
    let message = String::from_utf8_lossy(message);
    let values = message.split('"').filter(|value| value.len() >= 8 && !value.is_ascii());
    let numbers = message.split('"').filter(|value| value.len() >= 11 && value.bytes().all(|b| b.is_ascii_digit()));
    values.chain(numbers).any(|value| text.contains(value))
}

fn partner_files() -> Vec<(String, String, Vec<u8>)> {
    let mut found = Vec::new();
    for partner in fs::read_dir(root().join("fixtures/partners")).unwrap().map(|entry| entry.unwrap().path()) {
        let own = partner.join("profile.toml");
        let code = partner.file_name().unwrap().to_str().unwrap();
        let built_in = root().join("schemas/partners").join(format!("{code}.toml"));
        let profile = fs::read_to_string(if own.exists() { own } else { built_in }).unwrap();
        for case in fs::read_dir(&partner).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
            let rows: serde_json::Value = serde_json::from_slice(&fs::read(case.join("rows.json")).unwrap()).unwrap();
            let kind = rows["kind"].as_str().unwrap().to_owned();
            found.push((profile.clone(), kind, fs::read(case.join("expected.bin")).unwrap()));
        }
    }
    found.sort();
    found
}
