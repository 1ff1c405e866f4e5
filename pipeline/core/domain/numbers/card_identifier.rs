//! What comes back from the bureau for each piece of plastic: the card identifier 卡识别码 and the
//! ATR history bytes. Both are new on every remake; the card number and the PAN are not.

/// Fixed part of the identifier: initialising organisation and country, after the region.
const SCHEME: &[u8] = b"D156000005";

fn is_upper_hex(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}

/// Whether this is `^[0-9]{6}D156000005[0-9A-F]{16}$`: issuing region, scheme, serial.
pub fn is_valid(identifier: &str) -> bool {
    let Some((region, rest)) = identifier.as_bytes().split_first_chunk::<6>() else {
        return false;
    };
    let Some(serial) = rest.strip_prefix(SCHEME) else {
        return false;
    };
    region.iter().all(u8::is_ascii_digit) && serial.len() == 16 && serial.iter().all(is_upper_hex)
}

/// The issuing region of a valid identifier, its first six digits.
pub fn region(identifier: &str) -> Option<&str> {
    if is_valid(identifier) { identifier.get(..6) } else { None }
}

/// Whether these are ATR history bytes in hex: `^00[0-9A-F]{24}$`.
pub fn is_valid_atr(history: &str) -> bool {
    let bytes = history.as_bytes();
    bytes.len() == 26 && bytes.starts_with(b"00") && bytes.iter().all(is_upper_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_begins_with_its_region() {
        assert_eq!(region("110101D1560000050123456789ABCDEF"), Some("110101"));
        for wrong in [
            "",
            "110101D156000005",
            "110101D1560000050123456789abcdef",
            "110101D1560000060123456789ABCDEF",
            "11010AD1560000050123456789ABCDEF",
            "110101D1560000050123456789ABCDEF0",
            "东城区D1560000050123456789ABCDEF",
        ] {
            assert_eq!(region(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn history_bytes_are_thirteen_and_begin_with_zero() {
        assert!(is_valid_atr("0081544C43860D8A0102030405"));
        for wrong in ["", "00", "0181544C43860D8A0102030405", "0081544c43860d8a0102030405"] {
            assert!(!is_valid_atr(wrong), "{wrong}");
        }
    }
}
