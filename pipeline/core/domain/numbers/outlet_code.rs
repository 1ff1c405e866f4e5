//! CNAPS outlet code, 12 digits: bank class 3, city 4, outlet 4, check by ISO 7064 MOD 11,10.

/// The check digit, in ASCII, of eleven ASCII digits; `None` when one is no digit.
///
/// ISO 7064:2003, hybrid system MOD 11,10.
pub fn check_digit(eleven: &[u8; 11]) -> Option<u8> {
    let mut product = 10;
    for digit in eleven {
        if !digit.is_ascii_digit() {
            return None;
        }
        product = *PRODUCTS.get(product + usize::from(digit - b'0'))?;
    }
    Some(b'0' + u8::try_from((11 - product) % 10).ok()?)
}

/// What follows from a product, 1 to 10, and the digit added to it: the sum modulo 10, where 0 is 10, doubled modulo 11.
const PRODUCTS: [usize; 20] = {
    let mut products = [0; 20];
    let mut sum = 0;
    while sum < products.len() {
        products[sum] = if sum % 10 == 0 { 10 } else { sum % 10 } * 2 % 11;
        sum += 1;
    }
    products
};

/// Whether this is twelve digits with the right check digit.
pub fn is_valid(code: &str) -> bool {
    let Some((eleven, [check])) = code.as_bytes().split_first_chunk::<11>() else {
        return false;
    };
    check_digit(eleven) == Some(*check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_offices_known_to_everyone() {
        // Published codes of head offices and of the contract's outlet.
        for code in ["102100099996", "102100000030", "104100000004", "105100000017", "103100000026"] {
            assert!(is_valid(code), "{code}");
        }
    }

    #[test]
    fn every_other_last_digit_is_wrong() {
        for digit in "123456789".chars() {
            assert!(!is_valid(&format!("10210000003{digit}")));
        }
    }

    #[test]
    fn other_shapes_are_not_outlet_codes() {
        for wrong in ["", "10210000003", "1021000000300", "10210000003O", "一二三四"] {
            assert!(!is_valid(wrong));
        }
    }
}
