//! The forms of what may stand in plain text: codes, days, words of enumerations, opaque identifiers.
//!
//! A sender writes what it likes into the place of a code. What has the form of its place is stored and shown; what
//! has not is nobody's code and may be somebody's number or name, so it is neither.

use std::collections::HashSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use crate::domain::identifier::{self, IdentifierDefect};

/// The form a value must have to stand in plain text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An opaque identifier that looks like nobody's number.
    Key,
    /// Exactly so many digits.
    Digits(usize),
    /// Up to six capital letters: a country.
    Letters,
    /// A capital letter, and up to five more or digits: a bank.
    Bank,
    /// Nine capital letters and digits.
    CardNumber,
    /// A word of the enumerations of our schemas.
    Word,
    /// Words with dots and a version.
    Schema,
    /// A few plain words of a partner, such as why a card was spoiled: at most 50 characters of ASCII, with fewer
    /// digits than a number of a person has.
    Words,
    /// A date, or `long_term`.
    Day,
    Instant,
    Count,
    /// Year and month: of a statement.
    Version,
    /// SHA-256 in hexadecimal. Only the first eight digits are shown.
    Digest,
    /// Only the year is shown.
    Year,
    /// Only the first six digits are shown.
    District,
}

impl Form {
    /// The value where it has the form, else nothing.
    #[must_use]
    pub fn of(self, text: &str) -> Option<&str> {
        has_form(self, text).then_some(text)
    }
}

/// Code of a region.
pub const REGION: Form = Form::Digits(6);
/// Code of a bank's outlet or of a pickup point.
pub const PLACE: Form = Form::Digits(12);

/// What stands for the name of a member that our schemas do not know: a sender chooses the members it adds.
pub const UNKNOWN_MEMBER: &str = "?";

/// The name of a member where our schemas have it, else a placeholder.
pub fn member(name: &str) -> &str {
    if SCHEMAS.members.contains(name) { name } else { UNKNOWN_MEMBER }
}

/// What our message schemas list.
#[derive(Default)]
struct Schemas {
    /// Words of enumerations.
    words: HashSet<String>,
    /// Names of members, at any place.
    members: HashSet<String>,
}

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let mut schemas = Schemas::default();
    for text in [
        include_str!("../../../../schemas/messages/card.application.v1.json"),
        include_str!("../../../../schemas/messages/card.event.v1.json"),
    ] {
        schemas.gather(&serde_json::from_str(text).unwrap_or_default());
    }
    schemas
});

impl Schemas {
    fn gather(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    match value {
                        Value::Array(items) if key == "enum" => {
                            self.words.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                        }
                        Value::String(word) if key == "const" => {
                            self.words.insert(word.clone());
                        }
                        Value::Object(named) if key == "properties" => {
                            self.members.extend(named.keys().cloned());
                            self.gather(value);
                        }
                        other => self.gather(other),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.gather(item)),
            _ => {}
        }
    }
}

/// Whether a text has the form of its place, whole.
pub fn has_form(form: Form, text: &str) -> bool {
    let all = |allowed: fn(u8) -> bool, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(allowed);
    match form {
        Form::Key => {
            identifier::judge(text).is_ok()
                && text.bytes().any(|b| b.is_ascii_digit())
                && !identifier::parts(text).any(resembles_a_number_of_a_person)
        }
        Form::Digits(n) => text.len() == n && all(|b| b.is_ascii_digit(), n),
        Form::Letters => all(|b| b.is_ascii_uppercase(), 6),
        Form::Bank => {
            all(|b| b.is_ascii_uppercase() || b.is_ascii_digit(), 6)
                && text.starts_with(|c: char| c.is_ascii_uppercase())
        }
        Form::CardNumber => text.len() == 9 && all(|b| b.is_ascii_uppercase() || b.is_ascii_digit(), 9),
        Form::Word => SCHEMAS.words.contains(text),
        Form::Schema => {
            all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.', 40)
                && text.contains('.')
                && text.bytes().filter(u8::is_ascii_digit).count() <= 4
        }
        Form::Words => {
            all(|b| b.is_ascii_graphic() || b == b' ', 50) && text.bytes().filter(u8::is_ascii_digit).count() < 8
        }
        Form::Day => text == "long_term" || text.len() == 10 && text.parse::<Date>().is_ok(),
        Form::Instant => {
            text.len() <= 35 && text.is_ascii() && text.parse::<Timestamp>().is_ok() && !text.contains('[')
        }
        Form::Version => all(|b| b.is_ascii_digit() || b == b'-', 7),
        Form::Count => all(|b| b.is_ascii_digit(), 10),
        Form::Digest => text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        Form::Year | Form::District => false,
    }
}

/// Of a message that was refused anything may be mistyped: a part that is *nearly* a number of a person, or one
/// with letters before or behind it, stays hidden, though an identifier may be such a part.
fn resembles_a_number_of_a_person(part: &str) -> bool {
    // Letters around digits are usual inside of a UUID.
    let is_of_uuid = part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let part = if is_of_uuid { part } else { part.trim_matches(|c: char| c.is_ascii_alphabetic()) };
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let dated = |part: &str| part.get(6..8).is_some_and(|century| matches!(century, "18" | "19" | "20"));
    match part.len() {
        17 | 18 if dated(part) => digits >= 17,
        16..=19 => digits == part.len() && part.starts_with("62"),
        _ => identifier::judge(part) == Err(IdentifierDefect::Person),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_schemas() {
        for word in ["first_issue", "card.collected", "turned_16", "agent_at_outlet"] {
            assert!(has_form(Form::Word, word), "{word}");
        }
        assert!(!has_form(Form::Word, "wang"));
    }

    #[test]
    fn members_are_those_of_the_schemas() {
        for name in ["holder", "id_number", "event_id", "shipment", "object"] {
            assert_eq!(member(name), name);
        }
        for name in ["13800000000", "wangwei", "m138", ""] {
            assert_eq!(member(name), UNKNOWN_MEMBER);
        }
    }

    #[test]
    fn a_number_of_a_person_has_the_form_of_no_code() {
        let with_letters = concat!("wang138", "00000000");
        let of_persons =
            ["13800000000", "110101198503072238", "6222000000000000", "张三", "wang xiaoming", with_letters];
        for text in of_persons {
            for form in [
                Form::Key,
                Form::Schema,
                REGION,
                PLACE,
                Form::Bank,
                Form::CardNumber,
                Form::Word,
                Form::Digest,
                Form::Count,
            ] {
                assert!(form.of(text).is_none());
            }
        }
    }

    #[test]
    fn words_of_a_partner_hold_no_number() {
        for text in ["of 110101198503072238", "call 138-0000-0000", "王伟", "a\u{1b}[2J", ""] {
            assert!(Form::Words.of(text).is_none());
        }
    }

    #[test]
    fn what_is_a_code_stays() {
        for (form, text) in [
            (REGION, "110101"),
            (PLACE, "102100000030"),
            (Form::Bank, "ICBC"),
            (Form::Bank, "B2"),
            (Form::CardNumber, "D2143569X"),
            (Form::Words, "chip does not answer (E-17)"),
            (Form::Digest, &*"0a".repeat(32)),
        ] {
            assert_eq!(form.of(text), Some(text));
        }
    }

    #[test]
    fn identifiers_of_the_usual_forms_are_keys() {
        for text in ["531bed02-027d-4391-997e-15621381894c", "1858349283746283520", "110101-20260105-000000001"] {
            assert!(has_form(Form::Key, text), "{text}");
        }
    }
}
