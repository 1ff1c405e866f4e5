//! Messages that are wrong as messages: repeats, conflicts, gaps, and what cannot be read.
//!
//! A mishap is sent after the sound application it is made of, in addition to it. None is a matter for a
//! rule; what becomes of each is said in `contract/messages.md`.

use cardline_core::domain::limits::{MAX_MESSAGE_BYTES, MAX_MESSAGE_DEPTH_LEVELS};
use serde_json::{Value, json};

use super::applications::Generated;
use super::streams::{Rng, weighted};

/// What goes wrong with a message on its way.
#[derive(Debug)]
pub struct Mishap {
    pub name: &'static str,
    /// What must become of it: `repeated`, or the reason it is held or quarantined for.
    pub reason: &'static str,
    make: fn(&str) -> Vec<u8>,
}

/// All of them.
pub const MISHAPS: &[Mishap] = &[
    mishap("the same bytes again", "repeated", |json| json.into()),
    mishap("the same content as another event", "repeated", |json| edited(json, renamed)),
    mishap("other content under the same event", "EVENT-CONFLICT", |json| edited(json, moved)),
    mishap("other content of the same revision", "REVISION-CONFLICT", |json| {
        edited(json, |message| {
            renamed(message);
            moved(message);
        })
    }),
    mishap("a higher revision of what is under way", "REVISION-NOT-OPEN", |json| edited(json, |m| revised(m, 2))),
    mishap("a revision before the one it follows", "REVISION-GAP", |json| edited(json, |m| revised(m, 3))),
    mishap("cut off in the middle", "NOT-JSON", |json| half(json).into()),
    mishap("two messages in one", "NOT-JSON", |json| format!("{json}{json}").into()),
    mishap("a word", "NOT-JSON", |_| "null_and_void".into()),
    mishap("a raw control character in a text", "NOT-JSON", |json| {
        json.replacen("\"holder\":{\"name\":\"", "\"holder\":{\"name\":\"\u{1}", 1).into()
    }),
    mishap("a name in GBK", "NOT-UTF8", |json| {
        let (before, after) = json.split_once("\"name\":\"").unwrap_or((json, ""));
        [before.as_bytes(), b"\"name\":\"\xCD\xF5", after.as_bytes()].concat()
    }),
    mishap("half of a surrogate pair", "SHAPE", |json| {
        json.replacen("\"holder\":{\"name\":\"", "\"holder\":{\"name\":\"\\ud842", 1).into()
    }),
    mishap("documents without end", "TOO-LARGE", documents_without_end),
    mishap("lists in lists", "TOO-DEEP", |json| {
        let deep = MAX_MESSAGE_DEPTH_LEVELS;
        with_member(json, &format!("\"more\":{}{}", "[".repeat(deep), "]".repeat(deep)))
    }),
    mishap("a schema nobody has agreed on", "UNKNOWN-SCHEMA", |json| {
        put(json, "/schema", "card.application.v0".into())
    }),
    mishap("a member twice", "SHAPE", |json| with_member(json, "\"revision\":1")),
    mishap("a number for a text", "SHAPE", |json| put(json, "/holder/mobile", 13_800_000_000_u64.into())),
    mishap("a text for a number", "SHAPE", |json| put(json, "/revision", "1".into())),
    mishap("a fraction for a whole number", "SHAPE", |json| put(json, "/revision", json!(1.5))),
    mishap("a number below nothing", "SHAPE", |json| put(json, "/revision", json!(-1))),
    mishap("a list for an object", "SHAPE", |json| put(json, "/holder", json!([]))),
    mishap("null where something must be", "SHAPE", |json| put(json, "/consent", Value::Null)),
    mishap("a word of no version", "SHAPE", |json| put(json, "/kind", "renewal".into())),
    mishap("a member missing", "SHAPE", |json| {
        edited(json, |message| {
            if let Some(message) = message.as_object_mut() {
                message.remove("pickup");
            }
        })
    }),
    mishap("a list of messages", "SHAPE", |json| format!("[{json}]").into()),
    mishap("an identity number as the key", "KEY-FORM", |json| {
        edited(json, |message| {
            let number = message.pointer("/holder/id_number").and_then(Value::as_str).unwrap_or_default();
            let key = format!("A-{number:0>18}");
            set(message, "/application_id", key.into());
        })
    }),
    mishap("a key with spaces", "KEY-FORM", |json| put(json, "/application_id", "A 1 2".into())),
];

/// How much rarer a message of a megabyte is than the others.
const RARER_TIMES: u32 = 8;

const fn mishap(name: &'static str, reason: &'static str, make: fn(&str) -> Vec<u8>) -> Mishap {
    Mishap { name, reason, make }
}

impl Mishap {
    /// Whether a producer with usual settings can send it: a broker refuses a message of a megabyte itself.
    #[must_use]
    pub fn fits_a_broker(&self) -> bool {
        self.reason != "TOO-LARGE"
    }

    /// The message it makes of a sound first revision, to be sent after it.
    #[must_use]
    pub fn message(&self, generated: &Generated) -> Vec<u8> {
        (self.make)(&generated.json)
    }
}

/// A random one; the megabytes are rarer.
pub(super) fn draw(rng: &mut Rng) -> Option<&'static Mishap> {
    let weights: Vec<(&Mishap, u32)> =
        MISHAPS.iter().map(|mishap| (mishap, if mishap.fits_a_broker() { RARER_TIMES } else { 1 })).collect();
    weighted(rng, &weights)
}

/// The message with one edit; unchanged when it was no JSON to begin with.
fn edited(json: &str, edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    serde_json::from_str::<Value>(json).map_or_else(
        |_| json.into(),
        |mut message| {
            edit(&mut message);
            message.to_string().into()
        },
    )
}

fn put(json: &str, pointer: &str, value: Value) -> Vec<u8> {
    edited(json, |message| set(message, pointer, value))
}

fn set(message: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = message.pointer_mut(pointer) {
        *place = value;
    }
}

/// Another event tells of it.
fn renamed(message: &mut Value) {
    let event = message.get("event_id").and_then(Value::as_str).unwrap_or_default();
    let other = format!("again-{event}");
    set(message, "/event_id", other.into());
}

/// The holder has moved house.
fn moved(message: &mut Value) {
    set(message, "/holder/address/detail", "另一处1号".into());
}

fn revised(message: &mut Value, revision: u32) {
    renamed(message);
    moved(message);
    set(message, "/revision", revision.into());
}

fn half(json: &str) -> &str {
    json.get(..json.floor_char_boundary(json.len() / 2)).unwrap_or_default()
}

/// The message with one more member at its end.
fn with_member(json: &str, member: &str) -> Vec<u8> {
    format!("{},{member}}}", json.strip_suffix('}').unwrap_or(json)).into()
}

fn documents_without_end(json: &str) -> Vec<u8> {
    let one = r#"{"kind":"id_front","object":"documents/1.jpg","sha256":"0"}"#;
    let count = MAX_MESSAGE_BYTES / one.len() + 1;
    put(json, "/documents", serde_json::from_str(&format!("[{}]", vec![one; count].join(","))).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cardline_core::domain::digest::content_digest_of;
    use cardline_core::domain::message::decode;

    use super::*;
    use crate::generate::applications::application;
    use crate::generate::plan::KindChoice;
    use crate::generate::tests::{FIRST_DAY, plan};

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = MISHAPS.iter().map(|mishap| mishap.name).collect();
        assert_eq!(names.len(), MISHAPS.len());
    }

    #[test]
    fn what_cannot_be_read_has_the_readers_code() {
        for index in [7, 12, 18, 33] {
            let generated = application(&plan(5, 0), index, FIRST_DAY, &KindChoice::FirstIssue);
            for mishap in MISHAPS {
                let message = mishap.message(&generated);
                assert!(!message.contains(&b'\n'), "{}", mishap.name);
                match decode(&message) {
                    Err(defect) => assert_eq!(defect.code(), mishap.reason, "{}", mishap.name),
                    Ok(_) => {
                        let read = ["repeated", "CONFLICT", "GAP", "NOT-OPEN", "KEY-FORM"];
                        assert!(read.iter().any(|word| mishap.reason.ends_with(word)), "{}", mishap.name);
                    }
                }
            }
        }
    }

    #[test]
    fn identities_and_contents_are_as_said() {
        let generated = application(&plan(5, 0), 7, FIRST_DAY, &KindChoice::FirstIssue);
        let read = |bytes: &[u8]| {
            let decoded = decode(bytes).ok().unwrap().application;
            let identity = (decoded.event_id.into_owned(), decoded.application_id.into_owned(), decoded.revision);
            (identity, content_digest_of(bytes))
        };
        let (before, digest) = read(generated.json.as_bytes());
        for mishap in MISHAPS {
            let message = mishap.message(&generated);
            let same = |n: (bool, bool, bool, bool)| {
                let (after, other) = read(&message);
                let found = (before.0 == after.0, before.1 == after.1, before.2 == after.2, digest == other);
                assert_eq!(found, n, "{}", mishap.name);
            };
            match (mishap.reason, mishap.name) {
                ("repeated", "the same bytes again") => same((true, true, true, true)),
                ("repeated", _) => same((false, true, true, true)),
                ("EVENT-CONFLICT", _) => same((true, true, true, false)),
                ("REVISION-CONFLICT", _) => same((false, true, true, false)),
                ("REVISION-NOT-OPEN" | "REVISION-GAP", _) => same((false, true, false, false)),
                _ => {}
            }
        }
    }
}
