//! Text that comes from outside (file names, reasons, addresses), as it is shown: nothing in it steers what shows it,
//! a terminal, a log or a spreadsheet.

use std::borrow::Cow;

use serde::Serialize;

/// Whether a character steers what shows it, instead of being shown: controls, marks of direction and of nothing.
pub fn steers(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || c.is_control()
}

/// Text that steers nothing: such characters are shown by their code point.
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |c, shown| shown.push_str(&format!("\\u{{{:x}}}", u32::from(c))))
}

/// The same within JSON, where they are escaped, so that the document says what it said.
pub fn visible_json(text: &str) -> Cow<'_, str> {
    replaced(text, |c, shown| {
        c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| shown.push_str(&format!("\\u{unit:04x}")));
    })
}

/// A value as an indented JSON document that steers nothing: what commands print, and programs are answered.
///
/// # Errors
/// The value cannot be written as JSON.
pub fn json_document<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let pretty = serde_json::to_string_pretty(value)?;
    Ok(pretty.split('\n').map(visible_json).collect::<Vec<_>>().join("\n"))
}

fn replaced(text: &str, show: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) { show(c, &mut shown) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// A cell of a CSV that people open: no spreadsheet takes it for a formula. Numbers stay as they are.
pub fn inert(cell: &str) -> Cow<'_, str> {
    let shown = visible(cell);
    let digits = shown.strip_prefix('-').unwrap_or(&shown);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    // TAB and CR are no longer there: they are shown by their code points.
    if shown.starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']) && !is_number {
        format!("'{shown}").into()
    } else {
        shown
    }
}

/// A number as people read it, with its sign and thousands apart: `4,812`.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay() {
        for formula in ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "-", "＝1"] {
            assert!(inert(formula).starts_with('\''), "{formula}");
        }
        assert_eq!(["-3", "4.5", "", "110101", "a=b"].map(inert), ["-3", "4.5", "", "110101", "a=b"]);
        assert_eq!(inert("\t=1"), "\\u{9}=1");
    }

    #[test]
    fn what_steers_is_shown() {
        assert_eq!(visible("a\u{202e}b\u{1b}[2J\u{9b}c\u{feff}\n"), "a\\u{202e}b\\u{1b}[2J\\u{9b}c\\u{feff}\\u{a}");
        assert_eq!(visible_json("a\u{202e}\u{e0001}汉"), "a\\u202e\\udb40\\udc01汉");
        assert!(matches!(visible("plain 汉字"), Cow::Borrowed(_)));
    }

    #[test]
    fn thousands_are_set_apart() {
        let shown: Vec<String> = [0, 12, 999, 4_812, 1_000_000, -123].map(super::grouped).into();
        assert_eq!(shown, ["0", "12", "999", "4,812", "1,000,000", "-123"]);
    }
}
