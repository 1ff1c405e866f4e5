//! Reading one message of `card.applications`: limits first, then UTF-8, JSON, schema and shape.
//!
//! Invariant: a defect never holds a value of the message. The parser's own error texts echo what
//! they met, so none of them is passed on; only the path of fields we know, and what was expected.
//! An unknown field is noted, never a refusal.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use serde_path_to_error::Track;

use super::application::{Application, SCHEMA};
use super::members::Watched;
use super::ordered;
use crate::domain::limits::{MAX_MESSAGE_BYTES, MAX_MESSAGE_DEPTH_LEVELS, MAX_UNKNOWN_FIELDS_COUNT};
use crate::domain::open_form::{UNKNOWN_MEMBER, member};
use crate::domain::text::Text;

/// An application as it was read, before any rule has looked at it.
#[derive(Clone)]
pub struct Decoded<'a> {
    pub application: Application<'a>,
    /// Paths of members this version does not know, in the order met, at most
    /// `MAX_UNKNOWN_FIELDS_COUNT`; a key our schemas know nowhere is written `?`.
    pub unknown_fields: Vec<String>,
}

/// Why a message could not be read, in order of precedence. The message is quarantined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeDefect {
    TooLarge,
    NotUtf8,
    TooDeep,
    NotJson,
    UnknownSchema,
    /// The member at `path` (empty = the message itself) is not what its place demands.
    Shape {
        path: String,
        expectation: Expectation,
    },
}

/// What the place of a member demands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expectation {
    Present,
    Once,
    Text,
    /// Text without half a surrogate pair: JSON's escapes can spell what is no character.
    WholeCharacters,
    WholeNumber,
    TrueOrFalse,
    Object,
    List,
    /// One of the words of this version, as the schema lists them.
    OneOf(String),
    Other,
}

impl DecodeDefect {
    /// The stable code, never reused.
    pub fn code(&self) -> &'static str {
        match self {
            DecodeDefect::TooLarge => "TOO-LARGE",
            DecodeDefect::NotUtf8 => "NOT-UTF8",
            DecodeDefect::TooDeep => "TOO-DEEP",
            DecodeDefect::NotJson => "NOT-JSON",
            DecodeDefect::UnknownSchema => "UNKNOWN-SCHEMA",
            DecodeDefect::Shape { .. } => "SHAPE",
        }
    }
}

impl fmt::Display for DecodeDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeDefect::TooLarge => write!(f, "longer than {MAX_MESSAGE_BYTES} bytes"),
            DecodeDefect::NotUtf8 => f.write_str("not UTF-8"),
            DecodeDefect::TooDeep => {
                write!(f, "nested deeper than {MAX_MESSAGE_DEPTH_LEVELS} levels")
            }
            DecodeDefect::NotJson => f.write_str("not JSON"),
            DecodeDefect::UnknownSchema => f.write_str("unknown schema"),
            DecodeDefect::Shape { path, expectation } => {
                let path = if path.is_empty() { "the message" } else { path };
                write!(f, "{path}: expected {expectation}")
            }
        }
    }
}

impl std::error::Error for DecodeDefect {}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expectation::Present => "to be present",
            Expectation::Once => "to appear once",
            Expectation::Text => "text",
            Expectation::WholeCharacters => "text without half characters (a lone surrogate)",
            Expectation::WholeNumber => "a whole number in range",
            Expectation::TrueOrFalse => "true or false",
            Expectation::Object => "an object",
            Expectation::List => "a list",
            Expectation::OneOf(words) => return write!(f, "one of {words}"),
            Expectation::Other => "another kind of value",
        })
    }
}

/// Reads one message.
///
/// # Errors
/// The first [`DecodeDefect`].
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, DecodeDefect> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(DecodeDefect::TooLarge);
    }
    let text = simdutf8::basic::from_utf8(bytes).map_err(|_| DecodeDefect::NotUtf8)?;
    if let Some(application) = ordered::read(text).filter(|application| application.schema == SCHEMA) {
        return Ok(Decoded { application, unknown_fields: Vec::new() });
    }
    let (application, unknown) = parse(text).map_err(|_| defect(text))?;
    if application.schema != SCHEMA {
        return Err(DecodeDefect::UnknownSchema);
    }
    // What we know is four levels deep: only members we do not know can be deeper.
    if unknown && depth(bytes) > MAX_MESSAGE_DEPTH_LEVELS {
        return Err(DecodeDefect::TooDeep);
    }
    let unknown_fields = if unknown { unknown_fields(text) } else { Vec::new() };
    Ok(Decoded { application, unknown_fields })
}

/// Reads the text once, whatever its order; says too whether it has members we do not know.
pub(crate) fn parse(text: &str) -> serde_json::Result<(Application<'_>, bool)> {
    let unknown = Cell::new(false);
    let mut parser = serde_json::Deserializer::from_str(text);
    let application = Application::deserialize(Watched::new(&mut parser, &unknown))?;
    parser.end()?;
    Ok((application, unknown.get()))
}

/// Reads the text again for the paths of the members we do not know.
fn unknown_fields(text: &str) -> Vec<String> {
    let mut unknown_fields = Vec::new();
    let mut parser = serde_json::Deserializer::from_str(text);
    let _read: Result<Application<'_>, _> = serde_ignored::deserialize(&mut parser, |path| {
        let path = plain(&path.to_string());
        if unknown_fields.len() < MAX_UNKNOWN_FIELDS_COUNT && !unknown_fields.contains(&path) {
            unknown_fields.push(path);
        }
    });
    unknown_fields
}

/// Deepest nesting of objects and lists outside strings.
fn depth(bytes: &[u8]) -> usize {
    let (mut deepest, mut now, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in bytes {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => {
                now += 1;
                deepest = deepest.max(now);
            }
            (false, b'}' | b']') => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Reads a refused message again, slowly, to say what is wrong with it.
fn defect(text: &str) -> DecodeDefect {
    if depth(text.as_bytes()) > MAX_MESSAGE_DEPTH_LEVELS {
        return DecodeDefect::TooDeep;
    }
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return DecodeDefect::NotJson;
    }
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        schema: Text<'a>,
    }
    let parser = || serde_json::Deserializer::from_str(text);
    let unknown = Cell::new(false);
    // Another schema has another shape: naming its members would mislead.
    if Head::deserialize(Watched::new(&mut parser(), &unknown)).is_ok_and(|head| head.schema != SCHEMA) {
        return DecodeDefect::UnknownSchema;
    }
    let mut parser = parser();
    let mut track = Track::new();
    let watched = Watched::new(&mut parser, &unknown);
    match Application::deserialize(serde_path_to_error::Deserializer::new(watched, &mut track)) {
        Ok(_) => DecodeDefect::NotJson,
        Err(fault) => shape(&track.path().to_string(), &fault),
    }
}

fn shape(path: &str, fault: &serde_json::Error) -> DecodeDefect {
    let mut path = if path == "." { String::new() } else { plain(path) };
    // Only the parts of the text that come from our own types are looked at.
    let text = fault.to_string();
    let quoted = |before: &str| {
        let name = text.strip_prefix(before)?.split('`').next()?;
        is_plain(name).then_some(name)
    };
    let mut within = |member: &str| {
        // The path may or may not already end with the member the text names.
        if path != member && !path.ends_with(&format!(".{member}")) {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(member);
        }
    };
    let expectation = if let Some(member) = quoted("missing field `") {
        within(member);
        Expectation::Present
    } else if let Some(member) = quoted("duplicate field `") {
        within(member);
        Expectation::Once
    } else if fault.classify() == Category::Data {
        expectation(&text)
    } else if text.starts_with("number out of range") {
        Expectation::WholeNumber
    } else {
        // It is JSON, and its kind is right: only an escape can be what is wrong with it.
        Expectation::WholeCharacters
    };
    DecodeDefect::Shape { path, expectation }
}

/// What our type demands: what follows the *last* "expected", so nothing of the value is in it.
fn expectation(text: &str) -> Expectation {
    let demand = match text.rsplit_once(", expected ") {
        Some((_, after)) => after.split(" at line ").next().unwrap_or_default(),
        None => return Expectation::Other,
    };
    match demand {
        "u32" | "u64" => Expectation::WholeNumber,
        "a boolean" => Expectation::TrueOrFalse,
        "a string" | "a borrowed string" | "string or map" => Expectation::Text,
        "a sequence" => Expectation::List,
        demand if demand.starts_with("struct ") => Expectation::Object,
        demand => one_of(demand).map_or(Expectation::Other, Expectation::OneOf),
    }
}

fn one_of(demand: &str) -> Option<String> {
    let words: Vec<&str> =
        demand.strip_prefix("one of ").unwrap_or(demand).split(", ").map(|word| word.trim_matches('`')).collect();
    words.iter().all(|word| is_plain(word)).then(|| words.join(", "))
}

fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 40
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A path up to the first key that is no member our schemas know, which is written `?`: a sender chooses the keys it
/// adds, and dots in them. A place in a list is a short number behind its member.
fn plain(path: &str) -> String {
    let mut shown: Vec<&str> = Vec::new();
    let is_index = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'[' | b']'));
    for key in path.split('.') {
        let word = key.split('[').next().unwrap_or_default();
        let is_member = member(word) == word && is_index(&key[word.len()..]);
        let is_place = key.len() <= 3 && is_index(key) && shown.last().is_some_and(|last| !is_index(last));
        shown.push(if is_member || is_place { key } else { UNKNOWN_MEMBER });
        if shown.last() == Some(&UNKNOWN_MEMBER) {
            break;
        }
    }
    shown.join(".")
}

#[cfg(test)]
mod tests;
