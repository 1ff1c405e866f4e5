//! One column of a layout, and the check of one cell against it.

use serde::Deserialize;

use crate::file_formats::charset::Charset;
use crate::file_formats::fault::{FaultCode, RowFault};

/// One column: its place is its index in the list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Our name of the field.
    pub field: String,
    /// The partner's heading; ours when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Width in bytes; fixed layouts only, and there required.
    #[serde(default)]
    pub width: Option<usize>,
    /// Most bytes in the file's charset; the width when absent.
    #[serde(default)]
    pub max_bytes: Option<usize>,
    #[serde(default)]
    pub class: Class,
    #[serde(default)]
    pub required: bool,
    /// Always this text, whatever the row says.
    #[serde(default)]
    pub constant: Option<String>,
    /// Fixed layouts: digits padded with zeros on the left instead of spaces on the right.
    #[serde(default)]
    pub zero_padded: bool,
    /// The code table the values go through.
    #[serde(default)]
    pub codes: Option<String>,
}

/// The characters a cell may consist of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Anything but control characters.
    #[default]
    Text,
    /// Han, `·`, Latin letters, space, `'`, `-`.
    Name,
    Digits,
    /// ASCII letters and digits.
    Letters,
    /// Printable ASCII.
    Ascii,
    Hex,
    /// `2026-01-05`.
    Date,
    /// `20260105`.
    Date8,
    /// RFC 3339 with an offset.
    Instant,
    /// `12.30`, perhaps negative.
    Amount,
}

impl Column {
    /// The heading the partner knows the column by.
    #[must_use]
    pub fn heading(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.field)
    }

    /// Most bytes a cell may have.
    #[must_use]
    pub fn most_bytes(&self) -> Option<usize> {
        match (self.max_bytes, self.width) {
            (Some(most), Some(width)) => Some(most.min(width)),
            (most, width) => most.or(width),
        }
    }

    /// Checks one cell; `number` is the column's 1-based place.
    pub(crate) fn check(
        &self,
        number: usize,
        cell: &str,
        charset: Charset,
        delimiter: Option<char>,
    ) -> Result<(), RowFault> {
        let fault = |code, message: String| RowFault { column: number, field: self.field.clone(), code, message };
        if cell.is_empty() {
            return if self.required {
                Err(fault(FaultCode::FieldRequired, "must not be empty: fill it".into()))
            } else {
                Ok(())
            };
        }
        if cell.contains('\u{FFFD}') {
            let message = "holds U+FFFD, which stands for a character that was lost: write the character itself";
            return Err(fault(FaultCode::FieldCharset, message.into()));
        }
        if let Some((code, message)) = forbidden(cell, delimiter) {
            return Err(fault(code, message));
        }
        let bytes = match charset {
            _ if cell.is_ascii() => cell.len(),
            Charset::Utf8 => cell.len(),
            Charset::Gb18030 => match charset.encode(cell) {
                Ok(bytes) => bytes.len(),
                Err(character) => {
                    let message = format!(
                        "U+{:04X} cannot be written in {}: a person must decide",
                        u32::from(character),
                        charset.name()
                    );
                    return Err(fault(FaultCode::FieldCharset, message));
                }
            },
        };
        if let Some(most) = self.most_bytes().filter(|most| bytes > *most) {
            let message = format!("{bytes} bytes where {most} are allowed: shorten it by hand");
            return Err(fault(FaultCode::FieldLength, message));
        }
        if !self.class.admits(cell) {
            let message = format!("must be {}: correct it", self.class.describe());
            return Err(fault(FaultCode::FieldClass, message));
        }
        if self.width.is_some() {
            self.check_padding(cell).map_err(|message| fault(FaultCode::FieldSpace, message.into()))?;
        }
        match &self.constant {
            Some(constant) if constant != cell => Err(fault(
                FaultCode::FieldConstant,
                "must be the constant of the layout: check the layout's version".into(),
            )),
            _ => Ok(()),
        }
    }

    /// What is a fault only where a cell is read: `check` finds the rest.
    pub(crate) fn check_read(&self, number: usize, cell: &str) -> Result<(), RowFault> {
        let fault =
            |code, message: &str| RowFault { column: number, field: self.field.clone(), code, message: message.into() };
        // A constant's cell may be empty only where we write it.
        if self.constant.is_some() && cell.is_empty() {
            return Err(fault(FaultCode::FieldConstant, "must be the constant of the layout: check its version"));
        }
        if cell.trim() != cell {
            return Err(fault(FaultCode::FieldSpace, "begins or ends in a space: send the value without padding"));
        }
        Ok(())
    }

    /// What padding would make of the cell must be the cell again.
    fn check_padding(&self, cell: &str) -> Result<(), &'static str> {
        if cell.ends_with(' ') {
            return Err("ends in a space, which padding would swallow: remove it");
        }
        if self.zero_padded && cell.len() > 1 && cell.starts_with('0') {
            return Err("starts with a zero, which padding would swallow: remove it");
        }
        Ok(())
    }
}

/// Characters no cell may hold, whatever its class.
fn forbidden(cell: &str, delimiter: Option<char>) -> Option<(FaultCode, String)> {
    let character = cell.chars().find(|character| character.is_control() || Some(*character) == delimiter)?;
    let code_point = format!("U+{:04X}", u32::from(character));
    if matches!(character, '\r' | '\n' | '\0') || Some(character) == delimiter {
        let message = format!("holds {code_point}, which ends a cell or a line: remove it");
        Some((FaultCode::FieldDelimiter, message))
    } else {
        let message = format!("holds the control character {code_point}: remove it");
        Some((FaultCode::FieldControl, message))
    }
}

impl Class {
    /// Whether a non-empty cell is of the class.
    #[must_use]
    pub fn admits(self, cell: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Name => cell.chars().all(is_name_character),
            Self::Digits => cell.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Letters => cell.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            Self::Ascii => cell.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            Self::Hex => cell.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Self::Date => cell.len() == 10 && cell.parse::<jiff::civil::Date>().is_ok(),
            Self::Date8 => expand_date(cell).is_some(),
            Self::Instant => cell.parse::<jiff::Timestamp>().is_ok(),
            Self::Amount => is_amount(cell),
        }
    }

    /// What a cell of the class looks like.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Name => "a name (Han, ·, Latin letters, space, ' and -)",
            Self::Digits => "digits",
            Self::Letters => "ASCII letters and digits",
            Self::Ascii => "printable ASCII",
            Self::Hex => "hexadecimal digits",
            Self::Date => "a date as YYYY-MM-DD",
            Self::Date8 => "a date as YYYYMMDD",
            Self::Instant => "an instant of RFC 3339 with offset",
            Self::Amount => "an amount as 12.30",
        }
    }
}

/// `20260105` as `2026-01-05`, if it is a day of the calendar.
pub(crate) fn expand_date(compact: &str) -> Option<String> {
    let is_compact = compact.len() == 8 && compact.bytes().all(|byte| byte.is_ascii_digit());
    is_compact.then_some(())?;
    let expanded = format!("{}-{}-{}", compact.get(..4)?, compact.get(4..6)?, compact.get(6..)?);
    expanded.parse::<jiff::civil::Date>().ok()?;
    Some(expanded)
}

fn is_name_character(character: char) -> bool {
    matches!(character, '·' | ' ' | '\'' | '-' | '〇'
        | 'a'..='z' | 'A'..='Z'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}')
}

fn is_amount(cell: &str) -> bool {
    let unsigned = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, cents) = unsigned.split_once('.').unwrap_or((unsigned, "00"));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    !whole.is_empty() && cents.len() == 2 && are_digits(whole) && are_digits(cents)
}

#[cfg(test)]
mod tests {
    use super::{Class, Column};
    use crate::file_formats::{Charset, FaultCode};

    fn column(toml: &str) -> Column {
        toml::from_str(toml).unwrap()
    }

    fn found(column: &Column, cell: &str) -> Option<FaultCode> {
        let checked = column.check(1, cell, Charset::Gb18030, Some('|'));
        checked.err().map(|fault| fault.code)
    }

    #[test]
    fn every_fault_of_a_cell_is_found() {
        let name = column("field='name'\nclass='name'\nmax_bytes=6\nrequired=true");
        assert_eq!(found(&name, ""), Some(FaultCode::FieldRequired));
        assert_eq!(found(&name, "测试样例"), Some(FaultCode::FieldLength));
        assert_eq!(found(&name, "a|b"), Some(FaultCode::FieldDelimiter));
        assert_eq!(found(&name, "a\nb"), Some(FaultCode::FieldDelimiter));
        assert_eq!(found(&name, "a\0b"), Some(FaultCode::FieldDelimiter));
        assert_eq!(found(&name, "a\tb"), Some(FaultCode::FieldControl));
        assert_eq!(found(&name, "测试?"), Some(FaultCode::FieldClass));
        assert_eq!(found(&name, "测试样"), None);
        let text = column("field='text'");
        assert_eq!(found(&text, "\u{E5E5}"), Some(FaultCode::FieldCharset));
        let fixed = column("field='text'\nwidth=5\nconstant='FF'");
        assert_eq!(found(&fixed, "a "), Some(FaultCode::FieldSpace));
        assert_eq!(found(&fixed, "FE"), Some(FaultCode::FieldConstant));
    }

    #[test]
    fn an_unwritable_character_is_named_by_its_code_point_only() {
        let checked = column("field='text'").check(1, "甲\u{E5E5}", Charset::Gb18030, None);
        let message = checked.err().unwrap().to_string();
        assert!(message.contains("U+E5E5") && !message.contains('甲'));
    }

    #[test]
    fn classes_admit_what_they_say() {
        for (class, good, bad) in [
            (Class::Name, "O'Neil-Li 測·𠀀", "测试1"),
            (Class::Digits, "0123", "١٢"),
            (Class::Letters, "aZ9", "a-9"),
            (Class::Ascii, "a b~", "é"),
            (Class::Hex, "0aF", "0g"),
            (Class::Date, "2024-02-29", "2023-02-29"),
            (Class::Date8, "20240229", "20230229"),
            (Class::Instant, "2026-01-05T10:00:00+08:00", "2026-01-05"),
            (Class::Amount, "-12.30", "12.3"),
        ] {
            assert!(class.admits(good), "{class:?}");
            assert!(!class.admits(bad), "{class:?}");
        }
    }
}
