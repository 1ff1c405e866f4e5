//! Random identifiers, the same every time: those of producers are taken, and what is like a number of a person is
//! judged as by the words of the rule, slowly.

use std::fmt::Write;

use super::*;

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

const SAMPLE: u64 = 20_000;

/// How many random identifiers of a form are refused.
fn refused_of(mut write: impl FnMut(&mut Random, u64, &mut String)) -> usize {
    let (mut random, mut text, mut refused) = (Random(7), String::new(), 0);
    for serial in 0..SAMPLE {
        text.clear();
        write(&mut random, serial, &mut text);
        refused += usize::from(judge(&text).is_err());
    }
    refused
}

#[test]
fn no_uuid_is_refused() {
    let with_hyphens = refused_of(|random, _, text| {
        let (high, low) = (random.next(), random.next());
        let (time, version) = (high >> 32, 0x4000 | high & 0xFFF);
        let variant = 0x8000 | low >> 48 & 0x3FFF;
        let middle = high >> 16 & 0xFFFF;
        write!(text, "{time:08x}-{middle:04x}-{version:04x}-{variant:04x}-{:012x}", low & 0xFFFF_FFFF_FFFF).unwrap();
    });
    let without = refused_of(|random, _, text| write!(text, "{:016x}{:016x}", random.next(), random.next()).unwrap());
    assert_eq!((with_hyphens, without), (0, 0));
}

#[test]
fn no_ulid_is_refused() {
    let refused = refused_of(|random, serial, text| {
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
fn no_snowflake_of_today_is_refused() {
    for epoch in [1_288_834_974_657, 1_420_070_400_000, 0] {
        let refused = refused_of(|random, _, text| write!(text, "{}", snowflake(random, epoch)).unwrap());
        assert_eq!(refused, 0, "since {epoch}");
    }
}

#[test]
fn no_producers_own_form_is_refused() {
    let refused = refused_of(|random, serial, text| {
        write!(text, "{}-20260105-{serial:09}", 110_101 + random.below(500_000)).unwrap();
    });
    let prefixed = refused_of(|random, serial, text| {
        write!(text, "SSC{}{serial:012}", 110_101 + random.below(500_000)).unwrap();
    });
    assert_eq!((refused, prefixed), (0, 0));
}

/// Whether an identifier of the right form is a person's, by the rule's own words.
fn is_person(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['.', '_', ':', '-']).collect();
    // One of the old fifteen digits has no check character, and stands in too much by chance.
    let born = |text: &str| {
        let number = Some(text.to_uppercase()).filter(|text| text.len() == 18);
        let born = number.and_then(|text| identity_number::parse(&text).ok()?.birth);
        born.map_or(0, |born| born.year())
    };
    let is_pan = |text: &str| (16..=19).contains(&text.len()) && pan::is_valid(text);
    let whole = |part: &&str| mobile::is_valid(part) || is_pan(part) || (1900..2100).contains(&born(part));
    let inside = |part: &&str| {
        let is_hexadecimal = part.chars().all(|sign| sign.is_ascii_hexdigit());
        let runs = part.split(|sign: char| !sign.is_ascii_digit() && !matches!(sign, 'X' | 'x'));
        let mut runs = runs.map(|run| run.trim_start_matches(['X', 'x']));
        runs.any(|run| (1900..2100).contains(&born(run)) || !is_hexadecimal && is_pan(run))
    };
    let spread = |from: usize| {
        let mut joined = (from + 2..=parts.len()).map(|to| parts[from..to].concat());
        joined.any(|number| is_pan(&number) || (1900..2024).contains(&born(&number)))
    };
    parts.iter().any(whole) || parts.iter().any(inside) || (0..parts.len()).any(spread)
}

fn digits(random: &mut Random, count: u64) -> String {
    (0..count).map(|_| char::from(b'0' + random.below(10) as u8)).collect()
}

/// The number of a person, or of nobody by its check digit alone.
fn like_a_number(random: &mut Random) -> String {
    let (year, month, day) = (1880 + random.below(230), 1 + random.below(12), 1 + random.below(31));
    match random.below(4) {
        0 => format!("1{}", digits(random, 10)),
        1 => {
            let count = 9 + random.below(4);
            let body = format!("621700{}", digits(random, count));
            let check = pan::check_digit(&body).filter(|_| random.below(2) == 0);
            format!("{body}{}", check.map_or_else(|| digits(random, 1), |digit| char::from(digit).to_string()))
        }
        right => {
            let body = format!("110101{year}{month:02}{day:02}{}", digits(random, 3));
            let check = identity_number::check_character(body.as_bytes().try_into().unwrap()).filter(|_| right == 2);
            format!("{body}{}", check.map_or_else(|| digits(random, 1), |sign| char::from(sign).to_string()))
        }
    }
}

#[test]
fn what_is_like_a_number_is_judged_by_the_words_of_the_rule() {
    let (mut random, mut outcomes) = (Random(11), [0; 2]);
    for _ in 0..SAMPLE {
        let mut text = like_a_number(&mut random);
        for _ in 0..random.below(5) {
            let at = random.below(text.len() as u64 + 1) as usize;
            let at = if random.below(2) == 0 { at } else { [0, text.len()][at % 2] };
            text.insert(at, char::from(b"-_.:-_.:AbfGxX7"[random.below(15) as usize]));
        }
        assert_eq!(judge(&text).is_err(), is_person(&text), "{text}");
        outcomes[usize::from(is_person(&text))] += 1;
    }
    assert!(outcomes.iter().all(|count| *count > SAMPLE / 5), "{outcomes:?}");
}

#[test]
fn every_length_of_every_class_of_signs_is_judged_by_the_words_of_the_rule() {
    let mut random = Random(13);
    for signs in ["0123456789", "0123456789xX", "0123456789abcdef", "0123456789-", "01-_.:AZaz", "62-"] {
        for length in 1..=MAX_IDENTIFIER_BYTES + 2 {
            for _ in 0..30 {
                let sign =
                    |random: &mut Random| char::from(signs.as_bytes()[random.below(signs.len() as u64) as usize]);
                let text: String = (0..length).map(|_| sign(&mut random)).collect();
                let expected = length > MAX_IDENTIFIER_BYTES || is_person(&text);
                assert_eq!(judge(&text).is_err(), expected, "{text}");
            }
        }
    }
}

/// Any 18 digits with a province and a birth date: the check character agrees by chance, with one of eleven.
#[test]
fn one_of_eleven_numbers_with_a_birth_date_is_refused() {
    let count = refused_of(|random, _, text| {
        let (year, day) = (1950 + random.below(70), 1 + random.below(28));
        write!(text, "110101{year}{:02}{day:02}{}", 1 + random.below(12), digits(random, 4)).unwrap();
    });
    assert!((1_650..=1_990).contains(&count), "{count}");
}
