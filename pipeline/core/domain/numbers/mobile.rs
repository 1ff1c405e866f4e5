//! Mobile numbers of the mainland (Telecommunications numbering plan). Personal data: nothing here prints one.

/// Whether this is a mobile number: `1[3-9]` and nine digits, without prefix or spaces.
pub fn is_valid(text: &str) -> bool {
    match text.as_bytes() {
        [b'1', b'3'..=b'9', rest @ ..] => rest.len() == 9 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn eleven_digits_that_begin_as_mobiles_do() {
        assert!(is_valid(concat!("138", "00000000")));
        for other in ["", "12800000000", "1380000000", "138000000000", "1380000000x", "+8613800000000"] {
            assert!(!is_valid(other));
        }
    }
}
