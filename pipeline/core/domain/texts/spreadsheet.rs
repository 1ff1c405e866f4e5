//! What a spreadsheet leaves of a number when a list is opened and saved in it.

/// What to do about such a cell.
pub const CURE: &str = "a spreadsheet changed it: export the list anew, with this column as text";

/// Digits a spreadsheet keeps of a number.
const DIGITS_KEPT: usize = 15;

/// How a spreadsheet changed the cell, if it shows.
pub fn damage(cell: &str) -> Option<&'static str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_decimal =
        |text: &str| text.split_once('.').map_or(is_number(text), |(one, two)| is_number(one) && is_number(two));
    if let Some((mantissa, exponent)) = cell.split_once(['E', 'e'])
        && is_decimal(mantissa.trim_start_matches('-'))
        && exponent.strip_prefix(['+', '-']).is_some_and(is_number)
    {
        return Some("a power of ten");
    }
    match cell {
        _ if cell.contains('.') && is_decimal(cell) => Some("a decimal"),
        _ if cell.contains(',') && cell.split(',').all(is_number) => Some("a number with commas"),
        _ if cell.starts_with(['\'', '=']) => Some("a sign of the spreadsheet before the value"),
        _ if cell.len() > 2 && cell.bytes().all(|byte| byte == b'#') => Some("a column too narrow to be shown"),
        _ => None,
    }
}

/// How many zeros stand where a spreadsheet rounds a longer number; `None` of a text that has none there, or
/// another digit, or is no longer number.
pub fn rounded_digits(cell: &str) -> Option<usize> {
    let is_number = cell.bytes().all(|byte| byte.is_ascii_digit());
    let rounded = cell.get(DIGITS_KEPT..).filter(|rest| is_number && !rest.is_empty())?;
    rounded.bytes().all(|byte| byte == b'0').then_some(rounded.len())
}

/// Whether this is a number longer than a spreadsheet keeps.
pub fn is_long(cell: &str) -> bool {
    cell.len() > DIGITS_KEPT && cell.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_writes_is_told() {
        for damaged in
            ["1.02E+18", "6.21700E+18", "1E+05", "-1.5e-7", "1234.0", "110,101", "'110101", "=\"1\"", "#####"]
        {
            assert!(damage(damaged).is_some(), "{damaged}");
        }
        for whole in ["", "1", "110101", "1E5", "Y00000025", "12345678E", "E+5", "王伟", "#1", "2019-05-01", "a.b", "."]
        {
            assert_eq!(damage(whole), None, "{whole}");
        }
    }

    #[test]
    fn zeros_beyond_the_fifteenth_digit_are_counted() {
        let digits = "123456789012345";
        assert_eq!(rounded_digits(&format!("{digits}000")), Some(3));
        assert_eq!(rounded_digits(&format!("{digits}010")), None);
        assert_eq!(rounded_digits(digits), None);
        assert_eq!(rounded_digits(&format!("{digits}00X")), None);
        assert!(is_long(&format!("{digits}6")) && !is_long(digits) && !is_long(&format!("{digits}X")));
    }
}
