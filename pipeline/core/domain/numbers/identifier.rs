//! Identifiers that a sender chooses: of messages, applications, devices. They stand in plain text, so nothing
//! personal may be one.
//!
//! An identifier is judged by its parts, each as a whole: a run of digits *inside* a part says little, because
//! UUIDs, ULIDs and snowflakes are full of them. Only a number with a check digit is looked for there, and spread
//! over parts; of a million UUIDs one may hold one by chance. A part is refused when it is the number of a person: a citizen
//! number or permit (check character and birth date), a mobile number, a PAN (issuer prefix and Luhn). No UUID
//! or ULID is as long as one of these. Of 19-digit snowflakes only those that begin with the issuer prefix could
//! be: those of 2057. Of a million numbers of 18 digits some thirty are citizen numbers by chance, and are refused:
//! nobody can tell them from people.

use super::{identity_number, mobile, pan};

/// Longest identifier, in bytes: twice what any producer sends, and short enough for an index.
pub const MAX_IDENTIFIER_BYTES: usize = 64;

/// Digits of a mobile number.
const MOBILE_BYTES: usize = 11;

/// Shortest number with a check digit: a PAN.
const MIN_CHECKED_BYTES: usize = 16;

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
    if !(1..=MAX_IDENTIFIER_BYTES).contains(&identifier.len()) {
        return Err(IdentifierDefect::Form);
    }
    let suspects = suspects(identifier)?;
    let in_a_part = || parts(identifier).any(is_personal) || is_inside(identifier);
    if (suspects.in_a_part && in_a_part()) || (suspects.spread && is_spread(identifier)) {
        return Err(IdentifierDefect::Person);
    }
    Ok(())
}

/// Where a number of a person could be, by lengths alone.
struct Suspects {
    in_a_part: bool,
    spread: bool,
}

/// One look at an identifier: a part is suspect when it is as long as a mobile number or a number with a check digit;
/// all of them together when between letters there are as many digits as the shortest of these has.
fn suspects(identifier: &str) -> Result<Suspects, IdentifierDefect> {
    let (mut digits, mut part) = (0, 0);
    let mut suspects = Suspects { in_a_part: false, spread: false };
    let is_suspect = |part| part == MOBILE_BYTES || part >= MIN_CHECKED_BYTES;
    for byte in identifier.bytes() {
        match byte {
            b'0'..=b'9' | b'X' | b'x' => {
                digits += 1;
                part += 1;
                suspects.spread |= digits >= MIN_CHECKED_BYTES;
            }
            b'.' | b'_' | b':' | b'-' => {
                suspects.in_a_part |= is_suspect(part);
                part = 0;
            }
            b'a'..=b'z' | b'A'..=b'Z' => {
                digits = 0;
                part += 1;
            }
            _ => return Err(IdentifierDefect::Form),
        }
    }
    suspects.in_a_part |= is_suspect(part);
    Ok(suspects)
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
        MOBILE_BYTES => mobile::is_valid(part),
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

/// Whether a number with a check digit stands between letters of a part: `id110105…`. A mobile number has none, and
/// would be found too often; so would a PAN between hexadecimal letters, where UUIDs have many digits.
fn is_inside(identifier: &str) -> bool {
    let is_letter = |c: char| !c.is_ascii_digit() && !matches!(c, 'X' | 'x');
    parts(identifier).filter(|part| part.len() >= MIN_CHECKED_BYTES).any(|part| {
        let is_of_uuid = part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut runs = part.split(is_letter).map(|run| run.trim_start_matches(['X', 'x']));
        runs.any(|run| match run.len() {
            18 if is_citizen(run) => true,
            16..=19 => !is_of_uuid && pan::is_valid(run),
            _ => false,
        })
    })
}

/// First year of days that producers put between a region and a number of their own: with these nobody can tell
/// them from a person's number in three parts.
const OWN_DAYS_FROM_YEAR: i16 = 2024;

/// Longest number with a check digit: a PAN.
const MAX_NUMBER_BYTES: usize = 19;

/// Whether consecutive parts together are a number with a check digit: `110105-19850208-9471`.
fn is_spread(identifier: &str) -> bool {
    // Where each part begins; what is no digit ends a number, so no number goes on over a part with a letter.
    let (mut begins, mut count, mut end) = ([0; MAX_IDENTIFIER_BYTES + 1], 0, 0);
    for part in identifier.as_bytes().split(|byte| is_separator(char::from(*byte))) {
        let begin = end;
        end += part.len() + 1;
        if part.iter().any(|byte| !matches!(byte, b'0'..=b'9' | b'X' | b'x')) {
            count = 0;
            continue;
        }
        let joined = |(others, from): (usize, &usize)| {
            let length = end - 2 - from - others;
            (MIN_CHECKED_BYTES..=MAX_NUMBER_BYTES).contains(&length) && is_joined(&identifier[*from..end - 1])
        };
        if begins[..count].iter().rev().enumerate().any(joined) {
            return true;
        }
        begins[count] = begin;
        count += 1;
    }
    false
}

/// Whether parts without what separates them are a number with a check digit.
fn is_joined(parts: &str) -> bool {
    let mut joined = [0; MAX_NUMBER_BYTES];
    let digits = parts.bytes().filter(|byte| !is_separator(char::from(*byte)));
    let length = joined.iter_mut().zip(digits).map(|(place, digit)| *place = digit).count();
    let number = str::from_utf8(&joined[..length]).unwrap_or_default();
    pan::is_valid(number) || is_born_before_own_days(number)
}

fn is_born_before_own_days(number: &str) -> bool {
    if number.len() != 18 {
        return false;
    }
    let born = identity_number::parse(&number.to_ascii_uppercase()).ok().and_then(|number| number.birth);
    born.is_some_and(|born| (1900..OWN_DAYS_FROM_YEAR).contains(&born.year()))
}

#[cfg(test)]
mod odds;
#[cfg(test)]
mod tests;
