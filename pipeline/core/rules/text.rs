//! What stands about a check that is no function over one application: the ledger's rules, and what stops
//! a message from being read. The same words as a [`Rule`](super::Rule) has.

use super::Severity;

/// A rule in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleText {
    /// Stable, never reused.
    pub code: &'static str,
    /// The defect it finds.
    pub name: &'static str,
    /// What is demanded.
    pub what: &'static str,
    /// Why it is demanded.
    pub why: &'static str,
    /// What the sender does about it.
    pub fix: &'static str,
    /// The standard or document it comes from.
    pub source: &'static str,
    pub severity: Severity,
}

const QUARANTINED: &str = "nothing of such a message may be believed, so it is quarantined";

const fn unreadable(code: &'static str, name: &'static str, what: &'static str, fix: &'static str) -> RuleText {
    let (why, source) = (QUARANTINED, "contract/messages.md; schemas/messages/card.application.v1.json");
    RuleText { code, name, what, why, fix, source, severity: Severity::Error }
}

/// What decoding says of a message, sorted by code. All but the note stop it from being read.
pub const READING: &[RuleText] = &[
    RuleText {
        code: "FIELD-UNKNOWN",
        name: "member nobody knows",
        what: "members of the schema",
        why: "producers may add members first, so it is a note only; the encrypted message keeps them",
        fix: "nothing, when the member is meant; otherwise correct its spelling",
        source: "contract/messages.md",
        severity: Severity::Note,
    },
    unreadable(
        "KEY-FORM",
        "identifier that cannot stand in the open",
        "event_id and application_id are 1 to 64 of letters, digits, hyphen, underscore, dot and colon, and no part between these signs is a citizen number, a mobile number or a card's PAN",
        "send opaque identifiers: UUID, ULID, snowflake or a form of your own",
    ),
    unreadable("NOT-JSON", "no JSON", "one JSON object a message", "send one JSON object a line"),
    unreadable("NOT-UTF8", "no UTF-8", "UTF-8", "write UTF-8"),
    unreadable(
        "SHAPE",
        "member of another kind or place",
        "every member is there once, and of its kind",
        "correct the member that is named",
    ),
    unreadable(
        "TOO-DEEP",
        "nested too deep",
        "at most 32 levels of objects and lists",
        "send an application as its schema has it",
    ),
    unreadable("TOO-LARGE", "too large", "at most 1 MiB", "send documents as objects, and name them only"),
    unreadable(
        "UNKNOWN-SCHEMA",
        "schema this version does not read",
        "card.application.v1",
        "set `schema` to its known value",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::{DecodeDefect, Expectation};

    #[test]
    fn every_defect_of_decoding_is_explained() {
        let shape = DecodeDefect::Shape { path: String::new(), expectation: Expectation::Object };
        let defects = [
            DecodeDefect::TooLarge,
            DecodeDefect::NotUtf8,
            DecodeDefect::TooDeep,
            DecodeDefect::NotJson,
            DecodeDefect::UnknownSchema,
            shape,
        ];
        for defect in defects {
            assert!(READING.iter().any(|text| text.code == defect.code()), "{}", defect.code());
        }
        assert!(READING.is_sorted_by(|one, next| one.code < next.code));
    }
}
