//! The content digest of a message: SHA-256 over its canonical JSON without `event_id`
//! (contract/messages.md). Same identity and digest = repeat; same identity, other digest =
//! conflict.

use sha2::{Digest, Sha256};

use super::canonical::canonical;

/// The member that is no content: a repeat sent again has another one.
const IDENTITY: &str = "event_id";

/// The digest of a message's bytes; `None` when they are no JSON.
pub fn content_digest_of(message: &[u8]) -> Option<[u8; 32]> {
    Some(Sha256::digest(canonical(message, Some(IDENTITY))?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_space_and_event_id_do_not_matter() {
        let one = content_digest_of(br#"{ "event_id": "a", "b": 1, "a": {"d": [1, "x"], "c": null} }"#);
        let other = content_digest_of(br#"{"a":{"c":null,"d":[1,"x"]},"b":1,"event_id":"z"}"#);
        assert!(one.is_some() && one == other);
    }

    #[test]
    fn everything_else_matters() {
        let digest = content_digest_of(br#"{"a": {"event_id": 1}}"#);
        assert_ne!(digest, content_digest_of(br#"{"a": {"event_id": 2}}"#));
        assert_ne!(digest, content_digest_of(br#"{"a": {}}"#));
        assert_eq!(content_digest_of(b"{"), None);
    }

    #[test]
    fn the_digest_is_that_of_the_canonical_text() {
        let expected: [u8; 32] = Sha256::digest(br#"{"a":"\"\n","b":[true,{}]}"#).into();
        assert_eq!(content_digest_of(br#"{"b": [true, {}], "event_id": 7, "a": "\u0022\u000a"}"#), Some(expected));
    }
}
