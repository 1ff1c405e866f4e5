//! What of a message stands in plain text: the list of its codes, days of events and words of enumerations,
//! and the form each must have. A value out of its form is nobody's code, so it stays masked.

use std::collections::HashSet;
use std::sync::LazyLock;

use cardline_core::domain::identifier::{self, IdentifierDefect};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

/// The form a value must have to be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An opaque identifier that looks like nobody's number.
    Key,
    /// Exactly so many digits.
    Digits(usize),
    /// Up to six capital letters: a bank, a country.
    Letters,
    /// Nine capital letters and digits.
    CardNumber,
    /// A word of the enumerations of our schemas.
    Word,
    /// Words with dots and a version.
    Schema,
    /// A date, or `long_term`.
    Day,
    Instant,
    Count,
    /// Year and month: of a statement.
    Version,
    /// Only the year is shown.
    Year,
    /// Only the first six digits are shown.
    District,
    /// Only the first eight digits are shown.
    Digest,
}

/// Paths whose values may be shown; `[]` is any place of a list.
const OPEN: &[(&str, Form)] = &[
    ("actor", Form::Key),
    ("agent.id_type", Form::Word),
    ("agent.id_valid_from", Form::Day),
    ("agent.id_valid_to", Form::Day),
    ("agent.relation", Form::Word),
    ("agent.sex", Form::Digits(1)),
    ("application_id", Form::Key),
    ("approved_at", Form::Instant),
    ("at", Form::Instant),
    ("bank", Form::Letters),
    ("box", Form::Key),
    ("by", Form::Word),
    ("card", Form::CardNumber),
    ("channel", Form::Word),
    ("consent.accepted_at", Form::Instant),
    ("consent.statement", Form::Version),
    ("count", Form::Count),
    ("documents[].kind", Form::Word),
    ("documents[].sha256", Form::Digest),
    ("event_id", Form::Key),
    ("evidence[].kind", Form::Word),
    ("evidence[].sha256", Form::Digest),
    ("functions", Form::Word),
    ("holder.address.region", Form::District),
    ("holder.birth_date", Form::Year),
    ("holder.ethnicity", Form::Digits(2)),
    ("holder.id_type", Form::Word),
    ("holder.id_valid_from", Form::Day),
    ("holder.id_valid_to", Form::Day),
    ("holder.nationality", Form::Letters),
    ("holder.occupation", Form::Digits(1)),
    ("holder.sex", Form::Digits(1)),
    ("kind", Form::Word),
    ("on", Form::Day),
    ("opening_outlet", Form::Digits(12)),
    ("photo.bytes", Form::Count),
    ("photo.height", Form::Count),
    ("photo.sha256", Form::Digest),
    ("photo.source", Form::Word),
    ("photo.width", Form::Count),
    ("pickup.method", Form::Word),
    ("pickup.point", Form::Digits(12)),
    ("place.code", Form::Digits(12)),
    ("place.kind", Form::Word),
    ("previous_card.bank", Form::Letters),
    ("previous_card.card_number", Form::CardNumber),
    ("previous_card.reason", Form::Word),
    ("priority", Form::Word),
    ("reason", Form::Word),
    ("region", Form::Digits(6)),
    ("revision", Form::Count),
    ("schema", Form::Schema),
    ("shipment", Form::Key),
    ("type", Form::Word),
];

/// The form of a path's value, if it may be shown or set in plain text at all.
pub fn form_of(path: &str) -> Option<Form> {
    let mut plain = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => plain.push_str("[]"),
            ']' => {}
            c if inside && c.is_ascii_digit() => {}
            c => plain.push(c),
        }
        inside = c == '[' || inside && c.is_ascii_digit();
    }
    OPEN.iter().find(|(open, _)| *open == plain).map(|(_, form)| *form)
}

/// Every word our message schemas list.
static WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut words = HashSet::new();
    for text in [
        include_str!("../../schemas/messages/card.application.v1.json"),
        include_str!("../../schemas/messages/card.event.v1.json"),
    ] {
        gather(&serde_json::from_str(text).unwrap_or_default(), &mut words);
    }
    words
});

fn gather(value: &Value, words: &mut HashSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::Array(items) if key == "enum" => {
                        words.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    Value::String(word) if key == "const" => {
                        words.insert(word.clone());
                    }
                    other => gather(other, words),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, words)),
        _ => {}
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
        Form::CardNumber => text.len() == 9 && all(|b| b.is_ascii_uppercase() || b.is_ascii_digit(), 9),
        Form::Word => WORDS.contains(text),
        Form::Schema => {
            all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.', 40)
                && text.contains('.')
                && text.bytes().filter(u8::is_ascii_digit).count() <= 4
        }
        Form::Day => text == "long_term" || text.len() == 10 && text.parse::<Date>().is_ok(),
        Form::Instant => {
            text.len() <= 35 && text.is_ascii() && text.parse::<Timestamp>().is_ok() && !text.contains('[')
        }
        Form::Version => all(|b| b.is_ascii_digit() || b == b'-', 7),
        Form::Count => all(|b| b.is_ascii_digit(), 10),
        Form::Year | Form::District | Form::Digest => false,
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
    fn the_list_is_sorted_and_finds_places_of_lists() {
        assert!(OPEN.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(form_of("documents[17].kind") == Some(Form::Word));
        assert!(form_of("documents.kind").is_none() && form_of("holder.name").is_none() && form_of("").is_none());
    }

    #[test]
    fn words_are_those_of_the_schemas() {
        for word in ["first_issue", "card.collected", "turned_16", "agent_at_outlet"] {
            assert!(has_form(Form::Word, word), "{word}");
        }
        assert!(!has_form(Form::Word, "wang"));
    }

    #[test]
    fn a_number_of_a_person_has_no_open_form() {
        let with_letters = concat!("wang138", "00000000");
        for text in ["13800000000", "110101198503072238", "6222000000000000", "张三", "wang xiaoming", with_letters] {
            for (path, form) in OPEN {
                assert!(*form == Form::Digits(text.len()) || !has_form(*form, text), "{path}");
            }
        }
    }

    #[test]
    fn identifiers_of_the_usual_forms_are_keys() {
        for text in ["531bed02-027d-4391-997e-15621381894c", "1858349283746283520", "110101-20260105-000000001"] {
            assert!(has_form(Form::Key, text), "{text}");
        }
    }
}
