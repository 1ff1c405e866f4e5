//! Identifiers that a sender chooses: of messages, applications, devices. They stand in plain text, so nothing
//! personal may be one.
//!
//! An identifier is judged by its parts, each as a whole: a run of digits *inside* a part says nothing, because
//! UUIDs, ULIDs and snowflakes are full of them. A part is refused when it is the number of a person: a citizen
//! number or permit (check character and birth date), a mobile number, a PAN (issuer prefix and Luhn). No UUID
//! or ULID is as long as one of these. Of 19-digit snowflakes only those that begin with the issuer prefix could
//! be: those of 2057. Of a million numbers of 18 digits some thirty are citizen numbers by chance, and are refused:
//! nobody can tell them from people.

use super::{identity_number, mobile, pan};

/// Longest identifier, in bytes: twice what any producer sends, and short enough for an index.
pub const MAX_IDENTIFIER_BYTES: usize = 64;

/// What is wrong with an identifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IdentifierDefect {
    #[error("not 1 to 64 letters, digits, hyphens, underscores, dots, colons")]
    Form,
    #[error("one of its parts is the number of a person")]
    Person,
}

/// Judges an identifier.
///
/// # Errors
/// Its form, or a part that is the number of a person.
pub fn judge(identifier: &str) -> Result<(), IdentifierDefect> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || is_separator(char::from(byte));
    if !(1..=MAX_IDENTIFIER_BYTES).contains(&identifier.len()) || !identifier.bytes().all(allowed) {
        return Err(IdentifierDefect::Form);
    }
    if parts(identifier).any(is_personal) {
        return Err(IdentifierDefect::Person);
    }
    Ok(())
}

/// The parts of an identifier, between its separators.
pub fn parts(identifier: &str) -> impl Iterator<Item = &str> {
    identifier.split(is_separator)
}

fn is_separator(character: char) -> bool {
    matches!(character, '.' | '_' | ':' | '-')
}

/// Whether a part is, as a whole, the number of a person.
fn is_personal(part: &str) -> bool {
    match part.len() {
        11 => mobile::is_valid(part),
        18 => is_citizen(part) || pan::is_valid(part),
        16 | 17 | 19 => pan::is_valid(part),
        _ => false,
    }
}

/// Years in which a living person was born. Any other date stands in a number by chance.
const BIRTH_YEARS: std::ops::RangeInclusive<i16> = 1900..=2099;

fn is_citizen(part: &str) -> bool {
    let born = identity_number::parse(&part.to_ascii_uppercase()).ok().and_then(|number| number.birth);
    born.is_some_and(|born| BIRTH_YEARS.contains(&born.year()))
}

#[cfg(test)]
mod tests;
