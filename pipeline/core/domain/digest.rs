//! The content digest of a message: SHA-256 over its canonical JSON without `event_id`
//! (contract/messages.md). Same identity and digest = repeat; same identity, other digest =
//! conflict.
//!
//! Canonical: keys of every object in order of code points, no white space, escapes as
//! `serde_json` writes them. The order of keys, and white space, of the message do not matter.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The member that is no content: a repeat sent anew has another one.
const IDENTITY: &str = "event_id";

/// The digest of a message.
pub fn content_digest(json: &Value) -> [u8; 32] {
    let mut canonical = Vec::with_capacity(4096);
    match json {
        Value::Object(members) => write_object(members, Some(IDENTITY), &mut canonical),
        other => write(other, &mut canonical),
    }
    Sha256::digest(&canonical).into()
}

/// The digest of a message's bytes; `None` when they are no JSON.
pub fn content_digest_of(message: &[u8]) -> Option<[u8; 32]> {
    let json: Value = serde_json::from_slice(message).ok()?;
    Some(content_digest(&json))
}

fn write(value: &Value, canonical: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            canonical.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    canonical.push(b',');
                }
                write(item, canonical);
            }
            canonical.push(b']');
        }
        Value::Object(members) => write_object(members, None, canonical),
        Value::String(text) => write_text(text, canonical),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            canonical.extend_from_slice(value.to_string().as_bytes());
        }
    }
}

fn write_object(members: &Map<String, Value>, without: Option<&str>, canonical: &mut Vec<u8>) {
    // Sorted here, because whether the map keeps the order of insertion is a feature of
    // `serde_json` that any crate of the build may switch on.
    let mut sorted: Vec<(&String, &Value)> = members.iter().filter(|(key, _)| Some(key.as_str()) != without).collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    canonical.push(b'{');
    for (place, (key, value)) in sorted.into_iter().enumerate() {
        if place > 0 {
            canonical.push(b',');
        }
        write_text(key, canonical);
        canonical.push(b':');
        write(value, canonical);
    }
    canonical.push(b'}');
}

fn write_text(text: &str, canonical: &mut Vec<u8>) {
    canonical.extend_from_slice(Value::from(text).to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_space_and_event_id_do_not_matter() {
        let one = content_digest_of(br#"{ "event_id": "a", "b": 1, "a": {"d": [1, "x"], "c": null} }"#);
        let other = content_digest_of(br#"{"a":{"c":null,"d":[1,"x"]},"b":1,"event_id":"z"}"#);
        assert!(one.is_some() && one == other);
    }

    #[test]
    fn everything_else_matters() {
        let digest = content_digest(&json!({"a": {"event_id": 1}}));
        assert_ne!(digest, content_digest(&json!({"a": {"event_id": 2}})));
        assert_ne!(digest, content_digest(&json!({"a": {}})));
        assert_eq!(content_digest_of(b"{"), None);
    }

    #[test]
    fn the_digest_is_that_of_the_canonical_text() {
        let expected: [u8; 32] = Sha256::digest(br#"{"a":"\"\n","b":[true,{}]}"#).into();
        assert_eq!(content_digest(&json!({"b": [true, {}], "event_id": 7, "a": "\"\n"})), expected);
    }
}
