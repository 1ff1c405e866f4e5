//! A person's name, as it may stand on a card and in a partner's file (domain.md §3).
//!
//! Either Han characters with `·` (U+00B7) between the parts, or Latin letters with space, `'` and
//! `-` between them, 1–50 bytes in GB18030. Look-alike dots, full-width Latin letters and
//! compatibility ideographs are normalised, and the caller notes it. What cannot be printed or would
//! be silently replaced on the way (private use, U+FFFD, `?`, emoji, controls, zero-width, bidi
//! marks) is refused. Spaces at either end are taken off, and noted too. No other space is removed: what a region
//! forgives is its profile's business.

use std::borrow::Cow;

use super::{compatibility_ideograph, gb18030};
use crate::domain::limits::MAX_NAME_BYTES;

/// The separator between the parts of a name, U+00B7 (GB18030 A1A4).
pub const SEPARATOR: char = '\u{B7}';

/// A name ready for use.
#[derive(Clone, PartialEq, Eq)]
pub struct NormalisedName<'a> {
    pub text: Cow<'a, str>,
    /// Whether look-alikes stand in what came.
    pub normalised: bool,
    /// Whether spaces stood at an end of it.
    pub trimmed: bool,
}

/// Why a name is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameDefect {
    #[error("empty")]
    Empty,
    #[error("longer than 50 bytes in GB18030")]
    TooLong,
    /// Naming one code point is what lets a person correct it (domain.md §5).
    #[error("the character U+{:04X} has no place in a name", u32::from(*.0))]
    Character(char),
    #[error("a separator at the start, at the end, or doubled")]
    Separator,
    #[error("Han and Latin letters mixed")]
    MixedScripts,
}

/// What a character of a name is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Han,
    Latin,
    Dot,
    /// Space, apostrophe or hyphen between Latin letters.
    Joint,
}

/// Normalises a name.
///
/// # Errors
/// The first [`NameDefect`]: empty, a character, mixed scripts, a separator, then the length.
pub fn normalise(name: &str) -> Result<NormalisedName<'_>, NameDefect> {
    let came = name;
    let name = came.trim_matches(is_space);
    let trimmed = name.len() < came.len();
    if name.is_empty() {
        return Err(NameDefect::Empty);
    }
    let text = if name.chars().any(|character| replacement(character).is_some()) {
        Cow::Owned(replaced(name))
    } else {
        Cow::Borrowed(name)
    };
    check(&text)?;
    match gb18030::byte_len(&text) {
        Err(character) => return Err(NameDefect::Character(character)),
        Ok(bytes) if bytes > MAX_NAME_BYTES => return Err(NameDefect::TooLong),
        Ok(_) => {}
    }
    let normalised = matches!(text, Cow::Owned(_));
    Ok(NormalisedName { text, normalised, trimmed })
}

/// Spaces of any width (Unicode's separators Zs): what forms and fixed columns leave at the ends of a name.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// What stands for the character, when it is a look-alike.
fn replacement(character: char) -> Option<char> {
    match character {
        '\u{2022}' | '\u{2027}' | '\u{30FB}' | '\u{FF65}' | '\u{22C5}' | '\u{2219}' => Some(SEPARATOR),
        // Only between Han; `replaced` looks at the neighbours.
        '\u{FF0E}' => Some(SEPARATOR),
        '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => char::from_u32(u32::from(character) - 0xFF01 + 0x21),
        other => compatibility_ideograph::unified(other),
    }
}

fn replaced(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    while let Some(character) = rest.next() {
        let between_han = text.chars().next_back().is_some_and(is_han) && rest.peek().copied().is_some_and(is_han);
        text.push(match replacement(character) {
            Some(_) if character == '\u{FF0E}' && !between_han => character,
            Some(other) => other,
            None => character,
        });
    }
    text
}

fn check(text: &str) -> Result<(), NameDefect> {
    let (mut han, mut latin, mut badly_separated) = (false, false, false);
    // A name begins as if after a separator, so that one at its beginning is a second one.
    let mut after_separator = true;
    for character in text.chars() {
        let part = part(character).ok_or(NameDefect::Character(character))?;
        han |= matches!(part, Part::Han | Part::Dot);
        latin |= matches!(part, Part::Latin | Part::Joint);
        let separates = matches!(part, Part::Dot | Part::Joint);
        badly_separated |= separates && after_separator;
        after_separator = separates;
    }
    if han && latin {
        return Err(NameDefect::MixedScripts);
    }
    if badly_separated || after_separator {
        return Err(NameDefect::Separator);
    }
    Ok(())
}

fn part(character: char) -> Option<Part> {
    match character {
        'A'..='Z' | 'a'..='z' => Some(Part::Latin),
        ' ' | '\'' | '-' => Some(Part::Joint),
        SEPARATOR => Some(Part::Dot),
        other if is_han(other) => Some(Part::Han),
        _ => None,
    }
}

/// Unified ideographs of Unicode 15.1 (URO and Extensions A–I), the twelve in the compatibility
/// block, and the ideographic zero 〇, which is used in names.
fn is_han(character: char) -> bool {
    matches!(character,
        '\u{3007}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{FA0E}' | '\u{FA0F}' | '\u{FA11}' | '\u{FA13}' | '\u{FA14}' | '\u{FA1F}'
        | '\u{FA21}' | '\u{FA23}' | '\u{FA24}' | '\u{FA27}'..='\u{FA29}'
        | '\u{20000}'..='\u{2A6DF}'
        | '\u{2A700}'..='\u{2B739}'
        | '\u{2B740}'..='\u{2B81D}'
        | '\u{2B820}'..='\u{2CEA1}'
        | '\u{2CEB0}'..='\u{2EBE0}'
        | '\u{2EBF0}'..='\u{2EE5D}'
        | '\u{30000}'..='\u{3134A}'
        | '\u{31350}'..='\u{323AF}')
}

#[cfg(test)]
mod tests;
