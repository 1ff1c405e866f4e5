use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::*;

/// The same by way of a tree, slowly; for texts whose numbers a tree keeps.
fn by_tree(json: &str) -> Option<String> {
    fn ordered(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut members: Vec<(String, Value)> = members.into_iter().collect();
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                members.into_iter().map(|(key, value)| (key, ordered(value))).collect::<Map<_, _>>().into()
            }
            Value::Array(items) => items.into_iter().map(ordered).collect(),
            other => other,
        }
    }
    Some(ordered(serde_json::from_str(json).ok()?).to_string())
}

fn by_writing(json: &str) -> Option<String> {
    canonical(json.as_bytes(), None).map(|text| String::from_utf8(text).unwrap())
}

#[test]
fn repeated_keys_escapes_and_empty_things() {
    for json in [
        r#"{"b":1,"a":2,"b":3}"#,
        r#"{"a":{"z":[],"y":{}},"a":null}"#,
        r#"{"a\"b":1,"a!":2,"\u0061":"\ud83d\ude00\/"}"#,
        r#""\b\f\n\r\t\u0001\u001f\u007f\\\"\/\u00e9\uD83D\uDE00""#,
        "[18446744073709551615,-9223372036854775808]",
        r#"{"东":1,"é":2,"e":3}"#,
        "[[],{},[{}]]",
        " true ",
        "\t[ 1 ,\r\n{ \"a\" : null } ] \n",
    ] {
        assert_eq!(by_writing(json), by_tree(json), "{json}");
    }
    for json in ["", "{", "{}{}", "[1,]", "{,}", "[,1]", "{\"a\":1,}", "{\"a\" 1}", "tru", "\"\u{1}\"", "\u{feff}1"] {
        assert_eq!(by_writing(json), None, "{json}");
    }
    for json in [r#""\x""#, r#""\u12""#, r#""\u+123""#, r#""\"#, r#""\u00é0""#] {
        assert_eq!(by_writing(json), None, "{json}");
    }
    assert_eq!(canonical(b"{\"a\":\"\xff\"}", None), None);
}

#[test]
fn numbers_stand_as_they_came() {
    let numbers = "[1.50,-0,0.0,1e3,1E+400,-1e-400,123456789012345678901,123456789012345678902]";
    assert_eq!(by_writing(numbers).as_deref(), Some(numbers));
    for wrong in ["01", "-", "1.", ".5", "1e", "1e+", "+1", "0x1", "1.5.2", "-01", "NaN"] {
        assert_eq!(by_writing(wrong), None, "{wrong}");
    }
}

#[test]
fn half_a_surrogate_pair_stays_an_escape_and_a_text_of_its_own() {
    assert_eq!(
        by_writing(r#"["\uD800","\udc00x\ud800\ud800","\ud800\u0041"]"#).as_deref(),
        Some(r#"["\ud800","\udc00x\ud800\ud800","\ud800A"]"#)
    );
    // In order of code points, and no key is another one.
    assert_eq!(
        by_writing(r#"{"\ue000":1,"\ud800":2,"\\ud800":3}"#).as_deref(),
        Some("{\"\\\\ud800\":3,\"\\ud800\":2,\"\u{e000}\":1}")
    );
}

#[test]
fn deep_texts_are_read_to_a_limit() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(by_writing(&nested(127)).is_some());
    assert_eq!(by_writing(&nested(128)), None);
    assert_eq!(by_writing(&"[".repeat(100_000)), None);
}

#[test]
fn one_member_of_the_outermost_object_is_left_out() {
    let json = br#"{"b":"x","event_id":"x","a":[{"d":1,"event_id":null},true],"a":{},"event\u005fid":2}"#;
    assert_eq!(canonical(json, Some("event_id")).unwrap(), br#"{"a":{},"b":"x"}"#);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| f64::from(eighths) / 8.0).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn it_is_what_a_tree_gives(value in any_json()) {
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(by_writing(&json), by_tree(&json));
        }
    }

    /// Cut, doubled or changed at one place, too: what a parser passes over is digested, and nothing else is.
    #[test]
    fn it_takes_what_a_parser_takes(
        value in any_json(),
        at in any::<prop::sample::Index>(),
        sign in "[\\[\\]{},:\"\\\\u0a.e+ -]{0,2}",
    ) {
        let json = value.to_string();
        let at = json.char_indices().nth(at.index(json.chars().count())).map_or(0, |(at, _)| at);
        for text in [json[..at].to_owned(), format!("{}{sign}{}", &json[..at], &json[at..])] {
            let parses = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            prop_assert_eq!(by_writing(&text).is_some(), parses, "{}", text);
        }
    }
}
