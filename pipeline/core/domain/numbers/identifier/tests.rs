//! What is taken and refused, and the odds over a million random identifiers of each form.

use std::fmt::Write;

use super::*;

const CITIZEN: &str = concat!("110101", "19850307", "2238");
const MOBILE: &str = concat!("138", "00000000");

fn pan() -> String {
    let body = concat!("621700", "000000", "001");
    format!("{body}{}", char::from(pan::check_digit(body).unwrap()))
}

#[test]
fn identifiers_of_every_usual_form_are_taken() {
    for taken in [
        "1",
        "110101-20260105-000000001",
        "531bed02-027d-4391-997e-15621381894c",
        "531bed02027d4391997e15621381894c",
        "urn:uuid:019b8b74-9998-7001-8001-000000000001",
        "01JH8Z3V5Q13800000000ABCDE",
        "1858349283746283520",
        "KH2026012811010100000078.dat",
        &"a".repeat(MAX_IDENTIFIER_BYTES),
    ] {
        assert_eq!(judge(taken), Ok(()), "{taken}");
    }
}

#[test]
fn a_part_that_is_the_number_of_a_person_is_refused_wherever_it_stands() {
    let foreign = concat!("9111", "56", "19930801", "003");
    let checked = |seventeen: &str| {
        let check = identity_number::check_character(seventeen.as_bytes().try_into().unwrap()).unwrap();
        format!("{seventeen}{}", char::from(check))
    };
    let permit = checked(concat!("810000", "19421211", "972"));
    let foreign = checked(&foreign.replacen("156", "840", 1));
    for number in [CITIZEN, MOBILE, &pan(), &permit, &foreign] {
        for separator in ['-', '_', '.', ':'] {
            for text in [number.to_owned(), format!("A{separator}{number}"), format!("{number}{separator}7")] {
                assert_eq!(judge(&text), Err(IdentifierDefect::Person), "a part of {} characters", number.len());
            }
        }
    }
    let with_x = (0..).map(|n| checked(&format!("110101{}{n:03}", "19850307"))).find(|n| n.ends_with('X')).unwrap();
    assert_eq!(judge(&with_x.to_ascii_lowercase()), Err(IdentifierDefect::Person));
}

#[test]
fn a_number_with_a_check_digit_is_refused_between_letters_and_over_parts() {
    let (region, day, rest) = (&CITIZEN[..6], &CITIZEN[6..14], &CITIZEN[14..]);
    let pan = pan();
    for refused in [
        format!("id{CITIZEN}"),
        format!("A{CITIZEN}b-7"),
        format!("{region}-{day}-{rest}"),
        format!("x.{region}_{day}:{rest}"),
        format!("{region}-1985-0307{rest}"),
        format!("{}-{}-{}-{}", &pan[..4], &pan[4..8], &pan[8..12], &pan[12..]),
        format!("card{pan}"),
    ] {
        assert_eq!(judge(&refused), Err(IdentifierDefect::Person), "{} characters", refused.len());
    }
    // Region, day and number of a producer, whatever their check character is.
    for number in 0..1000 {
        assert_eq!(judge(&format!("110101-20260105-{number:04}")), Ok(()));
    }
}

#[test]
fn what_is_only_like_a_number_is_no_person() {
    let mut wrong = pan().into_bytes();
    let last = wrong.last_mut().unwrap();
    *last = b'0' + (*last - b'0' + 1) % 10;
    let wrong = String::from_utf8(wrong).unwrap();
    for taken in [concat!("110101", "19850307", "2239"), "12800000000", "1234567890123456", &wrong] {
        assert_eq!(judge(taken), Ok(()));
    }
}

#[test]
fn other_signs_and_lengths_are_no_identifier() {
    for refused in ["", "A 1", "测试", "a/b", "a\0", "a\n", "a+b", &"a".repeat(MAX_IDENTIFIER_BYTES + 1)] {
        assert_eq!(judge(refused), Err(IdentifierDefect::Form));
    }
}

/// Numbers that look random, the same every time (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

const MILLION: u64 = 1_000_000;

/// How many of a million random identifiers of a form are refused.
fn refused_of_a_million(mut write: impl FnMut(&mut Random, u64, &mut String)) -> usize {
    let (mut random, mut text, mut refused) = (Random(7), String::new(), 0);
    for serial in 0..MILLION {
        text.clear();
        write(&mut random, serial, &mut text);
        refused += usize::from(judge(&text).is_err());
    }
    refused
}

#[test]
fn no_uuid_of_a_million_is_refused() {
    let with_hyphens = refused_of_a_million(|random, _, text| {
        let (high, low) = (random.next(), random.next());
        let (time, version) = (high >> 32, 0x4000 | high & 0xFFF);
        let variant = 0x8000 | low >> 48 & 0x3FFF;
        let middle = high >> 16 & 0xFFFF;
        write!(text, "{time:08x}-{middle:04x}-{version:04x}-{variant:04x}-{:012x}", low & 0xFFFF_FFFF_FFFF).unwrap();
    });
    let without = refused_of_a_million(|random, _, text| {
        write!(text, "{:016x}{:016x}", random.next(), random.next()).unwrap();
    });
    assert_eq!((with_hyphens, without), (0, 0));
}

#[test]
fn no_ulid_of_a_million_is_refused() {
    let refused = refused_of_a_million(|random, serial, text| {
        const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut number = u128::from(1_767_000_000_000 + serial) << 80 | u128::from(random.next()) << 16;
        let mut signs = [0; 26];
        for sign in signs.iter_mut().rev() {
            *sign = CROCKFORD[(number & 31) as usize];
            number >>= 5;
        }
        signs.iter().for_each(|sign| text.push(char::from(*sign)));
    });
    assert_eq!(refused, 0);
}

/// A time in milliseconds of 2026 since the epoch given, a worker, a sequence.
fn snowflake(random: &mut Random, epoch: u64) -> u64 {
    let at = 1_767_225_600_000 + random.below(365 * 86_400_000);
    (at - epoch) << 22 | random.below(1 << 22)
}

#[test]
fn no_snowflake_of_today_of_a_million_is_refused() {
    for epoch in [1_288_834_974_657, 1_420_070_400_000, 0] {
        let refused = refused_of_a_million(|random, _, text| write!(text, "{}", snowflake(random, epoch)).unwrap());
        assert_eq!(refused, 0, "since {epoch}");
    }
}

/// Any 18 digits that begin otherwise than a PAN: province, birth date and check character agree by chance.
#[test]
fn few_numbers_of_eighteen_digits_of_a_million_are_refused() {
    let refused = refused_of_a_million(|random, _, text| {
        write!(text, "{}", 10_u64.pow(17) + random.below(52 * 10_u64.pow(16))).unwrap();
    });
    assert!((10..=60).contains(&refused), "{refused}");
}

#[test]
fn no_producers_own_form_of_a_million_is_refused() {
    let refused = refused_of_a_million(|random, serial, text| {
        write!(text, "{}-20260105-{serial:09}", 110_101 + random.below(500_000)).unwrap();
    });
    let prefixed = refused_of_a_million(|random, serial, text| {
        write!(text, "SSC{}{serial:012}", 110_101 + random.below(500_000)).unwrap();
    });
    assert_eq!((refused, prefixed), (0, 0));
}
