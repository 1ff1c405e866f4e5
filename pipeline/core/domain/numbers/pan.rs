//! Primary account number of the financial application: `62…`, 16–19 digits, Luhn check
//! (ISO/IEC 7812-1). Personal data: nothing here prints one.

/// The check digit, in ASCII, that makes `without_check` a Luhn number; `None` when it is empty or
/// has anything but ASCII digits.
pub fn check_digit(without_check: &str) -> Option<u8> {
    if without_check.is_empty() {
        return None;
    }
    let mut sum = 0_u32;
    for (place, digit) in without_check.bytes().rev().enumerate() {
        if !digit.is_ascii_digit() {
            return None;
        }
        let value = u32::from(digit - b'0');
        // The digit next to the check digit is the first to be doubled.
        sum += match (place % 2, value) {
            (0, 0..=4) => value * 2,
            (0, _) => value * 2 - 9,
            _ => value,
        };
        sum %= 10;
    }
    Some(b'0' + u8::try_from((10 - sum) % 10).ok()?)
}

/// Whether this is a PAN of the domestic scheme: begins with `62`, 16–19 digits, right check digit.
pub fn is_valid(pan: &str) -> bool {
    let Some((last, rest)) = pan.as_bytes().split_last() else {
        return false;
    };
    let Ok(rest) = std::str::from_utf8(rest) else {
        return false;
    };
    (16..=19).contains(&pan.len()) && rest.starts_with("62") && check_digit(rest) == Some(*last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        assert_eq!(check_digit("7992739871"), Some(b'3'));
    }

    #[test]
    fn other_shapes_are_no_pan() {
        for wrong in
            ["", "62", concat!("621700", "000000", "000"), "6217000000000000样", concat!("411111", "111111", "1111")]
        {
            assert!(!is_valid(wrong));
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(body in "62[0-9]{13,16}", place in 0_usize..19, add in 1_u8..10) {
            let mut pan = body.clone();
            pan.push(char::from(check_digit(&body).unwrap()));
            prop_assert!(is_valid(&pan));
            let mut bytes = pan.into_bytes();
            let place = place % bytes.len();
            bytes[place] = b'0' + (bytes[place] - b'0' + add) % 10;
            prop_assert!(!is_valid(std::str::from_utf8(&bytes).unwrap()));
        }
    }
}
