//! What is taken and refused.

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
