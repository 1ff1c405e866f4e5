//! Card number 社保卡号: eight of `[0-9A-Z]` and a check character by GB 11714-1997.
//!
//! Not here: who draws the serial (the ledger, once, when a production batch is cut).

/// Weights of the eight characters (GB 11714-1997).
const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// The 36 characters in order of value: `0`–`9`, then `A` = 10 … `Z` = 35.
const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// First serial that no longer fits eight base-36 digits.
pub const SERIALS_COUNT: u64 = 36_u64.pow(8);

fn value(character: u8) -> Option<u32> {
    match character {
        b'0'..=b'9' => Some(u32::from(character - b'0')),
        b'A'..=b'Z' => Some(u32::from(character - b'A') + 10),
        _ => None,
    }
}

/// The check character, in ASCII, of eight ASCII characters; `None` outside `[0-9A-Z]`.
pub fn check_character(eight: &[u8; 8]) -> Option<u8> {
    let mut sum = 0;
    for (character, weight) in eight.iter().zip(WEIGHTS) {
        sum += value(*character)? * weight;
    }
    // C = 11 − sum mod 11, where 10 is written X and 11 is written 0.
    Some(match sum % 11 {
        0 => b'0',
        1 => b'X',
        rest => ALPHABET[(11 - rest) as usize],
    })
}

/// The card number of a serial, written as eight base-36 digits, most significant first.
/// `None` from [`SERIALS_COUNT`] on.
pub fn from_serial(serial: u64) -> Option<String> {
    if serial >= SERIALS_COUNT {
        return None;
    }
    let mut eight = [b'0'; 8];
    let mut rest = serial;
    for place in eight.iter_mut().rev() {
        *place = ALPHABET[(rest % 36) as usize];
        rest /= 36;
    }
    let mut number: String = eight.iter().map(|character| char::from(*character)).collect();
    number.push(char::from(check_character(&eight)?));
    Some(number)
}

/// The serial a number was made of; none where it is not one of ours.
pub fn serial(number: &str) -> Option<u64> {
    let eight = number.as_bytes().get(..8).filter(|_| is_valid(number))?;
    let value = |character: &u8| ALPHABET.iter().position(|one| one == character);
    eight.iter().try_fold(0, |serial, character| Some(serial * 36 + value(character)? as u64))
}

/// Whether this is nine characters with the right check character.
pub fn is_valid(number: &str) -> bool {
    let Some((eight, [check])) = number.as_bytes().split_first_chunk::<8>() else {
        return false;
    };
    check_character(eight) == Some(*check)
}

/// Whether the text is nine of `0-9` and `A-Z`, whatever the last one says: some regions reckoned their
/// check character otherwise.
pub fn is_well_formed(number: &str) -> bool {
    number.len() == 9 && number.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        // GB 11714-1997, annex: D2143569 has the check character X.
        assert_eq!(check_character(b"D2143569"), Some(b'X'));
        assert!(is_valid("D2143569X"));
        assert!(!is_valid("D21435690"));
    }

    #[test]
    fn serials_end_where_eight_digits_end() {
        assert_eq!(from_serial(0).as_deref(), Some("000000000"));
        assert!(from_serial(SERIALS_COUNT - 1).is_some_and(|number| number.starts_with("ZZZZZZZZ")));
        assert_eq!(from_serial(SERIALS_COUNT), None);
        assert_eq!(from_serial(u64::MAX), None);
    }

    #[test]
    fn other_shapes_are_not_card_numbers() {
        for wrong in ["", "D2143569", "D2143569XX", "d2143569X", "样例样"] {
            assert!(!is_valid(wrong));
        }
    }

    proptest! {
        #[test]
        fn every_serial_gives_a_valid_number_in_order(serial in 0..SERIALS_COUNT - 1) {
            let this = from_serial(serial).unwrap();
            let next = from_serial(serial + 1).unwrap();
            prop_assert!(is_valid(&this));
            prop_assert!(this[..8] < next[..8]);
        }
    }
}
