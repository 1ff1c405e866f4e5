//! Canonical JSON: keys of every object in order of code points, the last of a repeated key, no white
//! space, escapes and numbers as `serde_json` writes them. Written while it is read, without a tree
//! in between.

use std::fmt;
use std::ops::Range;

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::text::Text;

mod quick;

/// The canonical text of a JSON text; the member `without` of the outermost object is left out.
/// `None` when it is no JSON.
pub fn canonical(json: &[u8], without: Option<&str>) -> Option<Vec<u8>> {
    quick::canonical(json, without).or_else(|| parsed(json, without))
}

fn parsed(json: &[u8], without: Option<&str>) -> Option<Vec<u8>> {
    let mut parser = serde_json::Deserializer::from_slice(json);
    let mut page = Page::for_text(json);
    Writer { page: &mut page, without }.deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    Some(page.text)
}

struct Page<'de> {
    text: Vec<u8>,
    /// Members of the objects being read, those of the innermost last.
    members: Vec<Member<'de>>,
    /// Where an object is put in order.
    spare: Vec<u8>,
}

/// One member: its key, and where `"key":value` stands in the text.
struct Member<'de> {
    key: Text<'de>,
    place: Range<usize>,
}

impl<'de> Page<'de> {
    fn for_text(json: &[u8]) -> Page<'de> {
        Page { text: Vec::with_capacity(json.len()), members: Vec::new(), spare: Vec::new() }
    }

    fn write<E: Error>(&mut self, value: impl Serialize) -> Result<(), E> {
        serde_json::to_writer(&mut self.text, &value).map_err(E::custom)
    }

    /// Puts the members from `first` on in order, in place of how they were read.
    fn sort(&mut self, first: usize, start: usize) {
        let members = &mut self.members[first..];
        if !members.is_sorted_by(|one, next| one.key < next.key) {
            // Stable, so the last of a repeated key stays the last of its like.
            members.sort_by(|one, other| one.key.cmp(&other.key));
            self.spare.clear();
            for (at, member) in members.iter().enumerate() {
                if members.get(at + 1).is_some_and(|next| next.key == member.key) {
                    continue;
                }
                if !self.spare.is_empty() {
                    self.spare.push(b',');
                }
                self.spare.extend_from_slice(&self.text[member.place.clone()]);
            }
            self.text.truncate(start);
            self.text.extend_from_slice(&self.spare);
        }
        self.members.truncate(first);
    }
}

struct Writer<'p, 'de, 'w> {
    page: &'p mut Page<'de>,
    without: Option<&'w str>,
}

impl<'de> DeserializeSeed<'de> for Writer<'_, 'de, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Writer<'_, 'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.page.text.extend_from_slice(b"null");
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.page.write(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.page.write(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.page.write(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.page.write(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.page.write(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let page = self.page;
        page.text.push(b'[');
        let start = page.text.len();
        while list.next_element_seed(Writer { page, without: None })?.is_some() {
            page.text.push(b',');
        }
        if page.text.len() > start {
            page.text.pop();
        }
        page.text.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let page = self.page;
        page.text.push(b'{');
        let (start, first) = (page.text.len(), page.members.len());
        while let Some(key) = map.next_key::<Text<'de>>()? {
            let begin = page.text.len();
            if self.without == Some(&*key) {
                map.next_value_seed(Writer { page, without: None })?;
                page.text.truncate(begin);
                continue;
            }
            if begin > start {
                page.text.push(b',');
            }
            let begin = page.text.len();
            page.write(&key)?;
            page.text.push(b':');
            map.next_value_seed(Writer { page, without: None })?;
            page.members.push(Member { key, place: begin..page.text.len() });
        }
        page.sort(first, start);
        page.text.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    /// The same by way of a tree, slowly.
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
    fn repeated_keys_escapes_numbers_and_empty_things() {
        for json in [
            r#"{"b":1,"a":2,"b":3}"#,
            r#"{"a":{"z":[],"y":{}},"a":null}"#,
            r#"{"a\"b":1,"a!":2,"\u0061":"\ud83d\ude00\/"}"#,
            "[1.50,-0,0.0,1e3,18446744073709551615,18446744073709551616,-9223372036854775808]",
            r#"{"东":1,"é":2,"e":3}"#,
            "[[],{},[{}]]",
            " true ",
        ] {
            assert_eq!(by_writing(json), by_tree(json), "{json}");
        }
        for json in ["", "{", "{}{}", "[1,]", "1e999", r#""\ud800""#, &"[".repeat(200)] {
            assert_eq!(by_writing(json), None, "{json}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        nested(leaf, any::<String>())
    }

    /// What the quick way reads, or nearly.
    fn plain_json() -> impl Strategy<Value = Value> {
        let text = "[a-c东 :,{}\\[\\]]{0,12}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..2_000_000_000_u64).prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        nested(leaf, text)
    }

    fn nested(
        leaf: impl Strategy<Value = Value> + 'static,
        key: impl Strategy<Value = String> + Clone + 'static,
    ) -> impl Strategy<Value = Value> {
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..6)
                    .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    #[test]
    fn the_quick_way_reads_the_usual_message_and_never_what_is_no_json() {
        let usual = r#"{"b":"东","event_id":"x","a":[{"d":1,"c":null},true],"a":{}}"#;
        assert_eq!(quick::canonical(usual.as_bytes(), Some("event_id")), parsed(usual.as_bytes(), Some("event_id")));
        assert_eq!(quick::canonical(usual.as_bytes(), Some("event_id")).unwrap(), r#"{"a":{},"b":"东"}"#.as_bytes());
        for strange in
            ["", "{", "{}{}", "[1,]", "{,}", "[,1]", "01", "1.5", "-1", "{\"a\":1,}", "tru", "[1 ]", "\"\u{1}\""]
        {
            assert_eq!(quick::canonical(strange.as_bytes(), None), None, "{strange}");
        }
        assert_eq!(quick::canonical("[".repeat(100_000).as_bytes(), None), None);
        assert_eq!(quick::canonical(b"{\"a\":\"\xff\"}", None), None);
    }

    proptest! {
        #[test]
        fn it_is_what_a_tree_gives(value in any_json()) {
            let json = value.to_string();
            prop_assert_eq!(by_writing(&json), by_tree(&json));
        }

        /// Cut, doubled or changed at one place, too.
        #[test]
        fn the_quick_way_says_what_the_parser_says(value in plain_json(), at in any::<prop::sample::Index>(), sign in "[\\[\\]{},:\"0a ]?") {
            let json = value.to_string();
            let at = json.char_indices().nth(at.index(json.chars().count())).map_or(0, |(at, _)| at);
            for text in [json.clone(), json[..at].to_owned(), format!("{}{sign}{}", &json[..at], &json[at..])] {
                let quick = quick::canonical(text.as_bytes(), Some("a"));
                prop_assert!(quick.is_none() || quick == parsed(text.as_bytes(), Some("a")), "{}", text);
            }
        }
    }
}
