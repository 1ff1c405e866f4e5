//! A message as a person may work with it: its structure and keys, codes, days of events and words of
//! enumerations in plain text, everything else by the kind and length of its characters.
//!
//! Whatever `forms` does not list is masked, and what is listed is shown only when it has the form
//! of its place: a mobile number in the place of a region stays masked. No type here that holds a value as it is has `Debug`.

use std::collections::BTreeMap;

use cardline_core::domain::open_form::{Form, has_form, member};
use jiff::civil::Date;
use serde::Serialize;

use super::disclosure::form_of;
use super::message_tree::Node;
use super::pattern::pattern;
use crate::limits::{MASKED_LIST_ITEMS, MASKED_RUNS, MASKED_TEXT_RUNS};

/// One value of a message: where it stands and how it is shown.
pub struct Shown {
    pub path: String,
    pub value: String,
    /// What it is; never shown, only compared.
    raw: String,
}

/// A value that identifies nobody any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MaskedValue {
    pub path: String,
    pub value: String,
}

impl From<Shown> for MaskedValue {
    fn from(Shown { path, value, raw: _ }: Shown) -> MaskedValue {
        MaskedValue { path, value }
    }
}

/// A message, masked, value by value in its own order. What is no JSON is one value without a path.
pub fn masked(message: &[u8]) -> Vec<Shown> {
    let mut shown = Vec::new();
    match serde_json::from_slice::<Node>(message) {
        Ok(node) => walk(&node, String::new(), &mut shown),
        Err(_) => {
            let text = String::from_utf8_lossy(message);
            let value = pattern(&text, MASKED_TEXT_RUNS);
            shown.push(Shown { path: String::new(), value, raw: text.into_owned() });
        }
    }
    shown
}

fn walk(node: &Node, path: String, shown: &mut Vec<Shown>) {
    match node {
        Node::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let key = member(key);
                walk(value, if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }, shown);
            }
        }
        Node::List(items) if !items.is_empty() => {
            for (place, item) in items.iter().take(MASKED_LIST_ITEMS).enumerate() {
                walk(item, format!("{path}[{place}]"), shown);
            }
            if let Some(more @ 1..) = items.len().checked_sub(MASKED_LIST_ITEMS) {
                shown
                    .push(Shown { path: format!("{path}[…]"), value: format!("{more} more"), raw: more.to_string() });
            }
        }
        leaf => {
            let (raw, value) = match leaf {
                Node::Null => ("null".to_owned(), "null".to_owned()),
                Node::Flag(flag) => (flag.to_string(), flag.to_string()),
                Node::Number(number) if form_of(&path) == Some(Form::Count) && number.len() <= 10 => {
                    (number.clone(), number.clone())
                }
                Node::Number(number) => (number.clone(), format!("number {}", pattern(number, MASKED_RUNS))),
                Node::Text(text) => (format!("\"{text}"), text_shown(&path, text)),
                Node::List(_) => ("[]".to_owned(), "[]".to_owned()),
                Node::Object(_) => ("{}".to_owned(), "{}".to_owned()),
            };
            shown.push(Shown { path, value, raw });
        }
    }
}

fn text_shown(path: &str, text: &str) -> String {
    let Some(form) = form_of(path) else {
        return pattern(text, MASKED_RUNS);
    };
    let rest = |shown: usize| format!("{} {}", &text[..shown], pattern(&text[shown..], MASKED_RUNS));
    let digits = |n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    match form {
        Form::Year if text.len() == 10 && text.parse::<Date>().is_ok() => rest(4),
        Form::District if digits(12) => rest(6),
        Form::Digest if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) => format!("{}…", &text[..8]),
        Form::Year | Form::District | Form::Digest => pattern(text, MASKED_RUNS),
        // A number written as text is a defect one must see.
        Form::Count if has_form(form, text) => format!("\"{text}\""),
        form if has_form(form, text) => text.to_owned(),
        _ => pattern(text, MASKED_RUNS),
    }
}

/// A value in which two messages differ.
pub struct Difference {
    pub path: String,
    /// `None`: not there.
    pub first: Option<String>,
    pub other: Option<String>,
}

/// Where two messages differ, masked, by path. The ids of the events are no content.
pub fn differences(first: &[u8], other: &[u8]) -> Vec<Difference> {
    let mut paths: BTreeMap<String, (Vec<Shown>, Vec<Shown>)> = BTreeMap::new();
    for shown in masked(first) {
        paths.entry(shown.path.clone()).or_default().0.push(shown);
    }
    for shown in masked(other) {
        paths.entry(shown.path.clone()).or_default().1.push(shown);
    }
    let raw = |side: &[Shown]| side.iter().map(|s| s.raw.clone()).collect::<Vec<_>>();
    let seen = |side: &[Shown]| {
        (!side.is_empty()).then(|| side.iter().map(|s| s.value.as_str()).collect::<Vec<_>>().join(", "))
    };
    paths
        .into_iter()
        .filter(|(path, (a, b))| path != "event_id" && raw(a) != raw(b))
        .map(|(path, (a, b))| Difference { path, first: seen(&a), other: seen(&b) })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limits::MASKED_RUNS;

    const EXAMPLE: &str = include_str!("../../fixtures/rules/application.example.json");

    fn value_at(message: &[u8], path: &str) -> String {
        masked(message).into_iter().find(|s| s.path == path).map(|s| s.value).unwrap_or_else(|| panic!("{path}"))
    }

    #[test]
    fn codes_and_days_are_open_and_persons_are_not() {
        let at = |path: &str| value_at(EXAMPLE.as_bytes(), path);
        assert_eq!(at("application_id"), "110101-20261120-000000123");
        assert_eq!(at("documents[1].kind"), "agent_id_back");
        assert_eq!(at("opening_outlet"), "102100000030");
        assert_eq!(at("holder.name"), "汉×2 · 汉×2");
        assert_eq!(at("holder.id_number"), "9×18");
        assert_eq!(at("holder.mobile"), "9×11");
        assert_eq!(at("holder.birth_date"), "2018 - 9×2 - 9×2");
        assert_eq!(at("holder.address.region"), "110101 9×6");
        assert_eq!(at("holder.address.detail"), "汉×8 9 汉");
        assert_eq!(at("photo.sha256"), "e3b0c442…");
        assert_eq!(at("photo.width"), "358");
    }

    #[test]
    fn a_personal_value_in_an_open_place_stays_masked() {
        for (member, wrong) in [
            ("region", "13800000000"),
            ("bank", "ZHANGWEI"),
            ("kind", "zhangwei"),
            ("application_id", "110101198503072238"),
            ("approved_at", "测试"),
            ("opening_outlet", "13800000000"),
        ] {
            let mut message: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
            message[member] = wrong.into();
            let shown = value_at(message.to_string().as_bytes(), member);
            assert!(!shown.contains(wrong), "{member}: {shown}");
        }
    }

    #[test]
    fn keys_stand_twice_where_they_did_and_strange_ones_are_hidden() {
        let shown = masked(br#"{"by":1,"by":"x","13800000000":{"on":[]},"wang":0,"\u5f20":true}"#);
        let seen: Vec<(&str, &str)> = shown.iter().map(|s| (&s.path[..], &s.value[..])).collect();
        assert_eq!(seen, [("by", "number 9"), ("by", "a"), ("?.on", "[]"), ("?", "number 9"), ("?", "true")]);
    }

    #[test]
    fn what_is_no_json_shows_its_shape_only() {
        let shown = masked("{\"name\":\"张三\",".as_bytes());
        assert_eq!(shown[0].value, "{ \" a×4 \" : \" 汉×2 \" ,");
        assert_eq!(masked(b"")[0].value, "(empty)");
        assert_eq!(masked(&[0xff, b'a'])[0].value, "U+FFFD a");
    }

    #[test]
    fn a_long_list_is_cut() {
        let list = format!("{{\"documents\":[{}1]}}", "1,".repeat(99_999));
        let shown = masked(list.as_bytes());
        assert_eq!((shown.len(), &shown.last().unwrap().value[..]), (MASKED_LIST_ITEMS + 1, "99960 more"));
    }

    #[test]
    fn a_difference_names_its_path_and_no_value() {
        let other = EXAMPLE.replace("13800000000", "13900000001").replace("ICBC", "ABC");
        let found = differences(EXAMPLE.as_bytes(), other.as_bytes());
        let paths: Vec<&str> = found.iter().map(|d| d.path.as_str()).collect();
        assert_eq!(paths, ["agent.mobile", "bank", "holder.mobile"]);
        assert_eq!((found[0].first.as_deref(), found[0].other.as_deref()), (Some("9×11"), Some("9×11")));
        let anew = EXAMPLE.replace("01935c9e-7d4e-7c3a-9b1e-2f6a9d1c0001", "other");
        assert!(differences(EXAMPLE.as_bytes(), anew.as_bytes()).is_empty());
    }

    /// The longest piece of a value, in characters, that may survive: a single letter is a kind, and
    /// digits of a count may be those of the value.
    const SURVIVING_CHARACTERS: usize = 3;

    fn survives(shown: &str, value: &str) -> bool {
        let value: Vec<char> = value.chars().collect();
        // The signs of the kinds stand for themselves only by chance: `a- A` looks like its own pattern.
        let telling = |c: &char| c.is_alphanumeric() && !matches!(c, 'a' | 'A' | '9' | '汉' | '字');
        value
            .windows(SURVIVING_CHARACTERS + 1)
            .any(|piece| piece.iter().any(telling) && shown.contains(&piece.iter().collect::<String>()))
    }

    proptest! {
        #[test]
        fn no_run_of_a_personal_value_survives(
            name in "\\PC{1,30}", han in "[\u{4e00}-\u{9fff}\u{20000}-\u{2a6df}]{1,20}", number in "[0-9]{15,18}[0-9X]",
            mobile in "1[3-9][0-9]{9}", latin in "[A-Za-z' -]{4,40}",
        ) {
            let mut message: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
            let places = ["/holder/name", "/holder/id_number", "/holder/mobile", "/holder/address/detail", "/agent/name",
                    "/holder/address/region", "/photo/object", "/region", "/kind", "/channel", "/approved_at"];
            for value in [&name, &han, &number, &mobile, &latin] {
                for path in places {
                    *message.pointer_mut(path).unwrap() = value.as_str().into();
                }
                let text = message.to_string();
                // Whole, and broken off, so that it is no JSON.
                let end = text.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
                for bytes in [text.as_bytes(), &text.as_bytes()[..end]] {
                    let changed = |path: &str| path.is_empty() || places.iter().any(|p| p[1..].replace('/', ".") == path);
                    for shown in masked(bytes).into_iter().filter(|shown| changed(&shown.path)) {
                        prop_assert!(!survives(&shown.value, value), "{} {} {}", shown.path, shown.value, value);
                    }
                }
            }
        }

        #[test]
        fn any_bytes_are_masked_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,60}") {
            masked(&bytes);
            differences(&bytes, text.as_bytes());
            prop_assert!(!survives(&pattern(&text, MASKED_RUNS), &text));
        }
    }
}
