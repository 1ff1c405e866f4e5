//! Numbers that identify a person: citizen, residence permit, foreign permanent resident.
//!
//! Sources: GB 11643-1999 (citizen numbers, the check, the fifteen-digit form before 1999), the
//! residence permits of 2018 for Hong Kong, Macao and Taiwan (same rule after a fixed prefix), the
//! 2023 form for foreign permanent residents (same check), and its form before (three letters and
//! twelve digits, whose own check is not published and is not judged).
//!
//! Strict: upper-case `X`, ASCII digits, no spaces. Nothing here knows today's date or which county
//! codes were ever listed; both are left to the rules. Personal data: no `Debug`, no `Display`.

use jiff::civil::Date;

use crate::domain::country;

/// Weights of the first seventeen digits (GB 11643-1999).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Check characters by the weighted sum modulo 11 (GB 11643-1999).
const CHECK_CHARACTERS: &[u8; 11] = b"10X98765432";

/// Kind of number, by its form. A person is known by class and normalised number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NumberClass {
    /// On a resident ID card or in a household book.
    Citizen,
    /// Residence permit of a Hong Kong, Macao or Taiwan resident: 810000, 820000, 830000.
    Permit,
    /// Foreign permanent resident, old or 2023 form.
    Foreign,
}

/// Sex by GB/T 2261.1, as far as a number can tell it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sex {
    Male,
    Female,
}

impl Sex {
    /// The code in messages and files: `1` male, `2` female.
    pub fn code(self) -> &'static str {
        match self {
            Sex::Male => "1",
            Sex::Female => "2",
        }
    }
}

/// What is wrong with a number; the first defect in this order is the one reported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, thiserror::Error)]
pub enum IdentityDefect {
    #[error("neither 18 nor 15 characters long")]
    Length,
    #[error("a character that has no place there")]
    Character,
    #[error("the check character does not agree with the digits before it")]
    Checksum,
    #[error("no such province prefix")]
    Province,
    #[error("a residence permit's prefix must be followed by 0000")]
    Region,
    #[error("no such country code")]
    Country,
    #[error("no such calendar date")]
    BirthDate,
}

/// A well-formed number, normalised.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdentityNumber {
    pub class: NumberClass,
    /// 18 characters; 15 for the old form of a foreign permanent resident.
    pub normalised: String,
    /// `None` for the old foreign form, whose two-digit year names no century.
    pub birth: Option<Date>,
    /// `None` for the old foreign form.
    pub sex: Option<Sex>,
    pub converted_from_15: bool,
}

impl IdentityNumber {
    /// The six-digit county code of a citizen number. It is soft: abolished codes stay valid, so
    /// it is compared with the historical list, never with the current one.
    pub fn region(&self) -> Option<&str> {
        match self.class {
            NumberClass::Citizen => self.normalised.get(..6),
            NumberClass::Permit | NumberClass::Foreign => None,
        }
    }

    /// Whether this date can be the birth date in the number. The old foreign form has only
    /// YYMMDD, so there the century is not compared.
    pub fn agrees_with_birth(&self, date: Date) -> bool {
        match self.birth {
            Some(birth) => birth == date,
            None => {
                let short = format!("{:02}{:02}{:02}", date.year().rem_euclid(100), date.month(), date.day());
                self.normalised.get(7..13) == Some(short.as_str())
            }
        }
    }
}

/// The check character, in ASCII (`0`–`9` or `X`), of seventeen ASCII digits; `None` when one of
/// them is no digit. GB 11643-1999: weighted sum modulo 11 (ISO 7064 MOD 11-2).
pub fn check_character(seventeen: &[u8; 17]) -> Option<u8> {
    let mut sum = 0;
    for (digit, weight) in seventeen.iter().zip(WEIGHTS) {
        if !digit.is_ascii_digit() {
            return None;
        }
        sum += u32::from(digit - b'0') * weight;
    }
    CHECK_CHARACTERS.get((sum % 11) as usize).copied()
}

/// Reads a number of any class.
///
/// # Errors
/// The first defect in the order of [`IdentityDefect`].
pub fn parse(number: &str) -> Result<IdentityNumber, IdentityDefect> {
    if number.is_empty() {
        return Err(IdentityDefect::Length);
    }
    if !number.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        return Err(IdentityDefect::Character);
    }
    let bytes = number.as_bytes();
    if let Ok(eighteen) = <&[u8; 18]>::try_from(bytes) {
        return parse_18(eighteen, number);
    }
    match <&[u8; 15]>::try_from(bytes) {
        Ok(fifteen) if fifteen[0].is_ascii_digit() => parse_15(fifteen),
        Ok(fifteen) => parse_old_foreign(fifteen, number),
        Err(_) => Err(IdentityDefect::Length),
    }
}

fn parse_18(bytes: &[u8; 18], number: &str) -> Result<IdentityNumber, IdentityDefect> {
    let Some((seventeen, [check])) = bytes.split_first_chunk::<17>() else {
        return Err(IdentityDefect::Length);
    };
    let expected = check_character(seventeen).ok_or(IdentityDefect::Character)?;
    if !check.is_ascii_digit() && *check != b'X' {
        return Err(IdentityDefect::Character);
    }
    if *check != expected {
        return Err(IdentityDefect::Checksum);
    }
    let class = class_of_18(bytes)?;
    Ok(IdentityNumber {
        class,
        normalised: number.to_owned(),
        birth: Some(date_of(&bytes[6..14])?),
        sex: Some(sex_of(bytes[16])),
        converted_from_15: false,
    })
}

fn class_of_18(bytes: &[u8; 18]) -> Result<NumberClass, IdentityDefect> {
    match bytes {
        // 9, place of acceptance, country: digits 2–6 are not a county.
        [b'9', a, b, c, d, e, ..] => {
            if !is_province([*a, *b]) {
                return Err(IdentityDefect::Province);
            }
            let code = [*c, *d, *e];
            // China itself is refused: no citizen is a foreign permanent resident.
            match std::str::from_utf8(&code).ok().and_then(country::from_numeric) {
                Some("CHN") | None => Err(IdentityDefect::Country),
                Some(_) => Ok(NumberClass::Foreign),
            }
        }
        [b'8', b'1' | b'2' | b'3', rest @ ..] => {
            if rest.starts_with(b"0000") {
                Ok(NumberClass::Permit)
            } else {
                Err(IdentityDefect::Region)
            }
        }
        [a, b, ..] if is_province([*a, *b]) => Ok(NumberClass::Citizen),
        _ => Err(IdentityDefect::Province),
    }
}

/// The form before 1999: no century, no check. 19 is inserted, except that the sequences 996–999
/// were kept for persons born in the 19th century.
fn parse_15(bytes: &[u8; 15]) -> Result<IdentityNumber, IdentityDefect> {
    if !bytes.iter().all(u8::is_ascii_digit) {
        return Err(IdentityDefect::Character);
    }
    let [a, b, ..] = *bytes;
    // Residence permits and the 2023 form never had fifteen digits.
    if !is_province([a, b]) || a == b'8' {
        return Err(IdentityDefect::Province);
    }
    let century: &[u8; 2] = match &bytes[12..] {
        [b'9', b'9', b'6'..=b'9'] => b"18",
        _ => b"19",
    };
    let mut seventeen = [b'0'; 17];
    seventeen[..6].copy_from_slice(&bytes[..6]);
    seventeen[6..8].copy_from_slice(century);
    seventeen[8..].copy_from_slice(&bytes[6..]);
    let birth = date_of(&seventeen[6..14])?;
    let check = check_character(&seventeen).ok_or(IdentityDefect::Character)?;
    let mut normalised: String = seventeen.iter().map(|digit| char::from(*digit)).collect();
    normalised.push(char::from(check));
    Ok(IdentityNumber {
        class: NumberClass::Citizen,
        normalised,
        birth: Some(birth),
        sex: Some(sex_of(seventeen[16])),
        converted_from_15: true,
    })
}

/// Three letters of the country, four digits of the place, YYMMDD, sequence, check.
fn parse_old_foreign(bytes: &[u8; 15], number: &str) -> Result<IdentityNumber, IdentityDefect> {
    let (letters, digits) = bytes.split_at(3);
    if !letters.iter().all(u8::is_ascii_uppercase) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(IdentityDefect::Character);
    }
    if !is_province([bytes[3], bytes[4]]) {
        return Err(IdentityDefect::Province);
    }
    match std::str::from_utf8(letters) {
        Ok(code) if code != "CHN" && country::is_alpha3(code) => {}
        _ => return Err(IdentityDefect::Country),
    }
    let in_century = |century: &[u8]| {
        let date = [century, &bytes[7..13]].concat();
        date_of(&date)
    };
    in_century(b"19").or_else(|_| in_century(b"20"))?;
    Ok(IdentityNumber {
        class: NumberClass::Foreign,
        normalised: number.to_owned(),
        birth: None,
        sex: None,
        converted_from_15: false,
    })
}

/// Province prefixes of GB/T 2260 that occur in numbers; 83 only for residents of Taiwan.
fn is_province(prefix: [u8; 2]) -> bool {
    let [tens, ones] = prefix;
    match tens {
        b'1' => (b'1'..=b'5').contains(&ones),
        b'2' | b'8' => (b'1'..=b'3').contains(&ones),
        b'3' => (b'1'..=b'7').contains(&ones),
        b'4' => (b'1'..=b'6').contains(&ones),
        b'5' => (b'0'..=b'4').contains(&ones),
        b'6' => (b'1'..=b'5').contains(&ones),
        b'7' => ones == b'1',
        _ => false,
    }
}

fn sex_of(seventeenth: u8) -> Sex {
    if (seventeenth - b'0').is_multiple_of(2) { Sex::Female } else { Sex::Male }
}

fn date_of(eight: &[u8]) -> Result<Date, IdentityDefect> {
    let mut value = 0_i32;
    for digit in eight {
        value = value * 10 + i32::from(digit.wrapping_sub(b'0'));
    }
    let part = |number: i32| i8::try_from(number % 100);
    let year = i16::try_from(value / 10_000).map_err(|_| IdentityDefect::BirthDate)?;
    let (Ok(month), Ok(day)) = (part(value / 100), part(value)) else {
        return Err(IdentityDefect::BirthDate);
    };
    Date::new(year, month, day).map_err(|_| IdentityDefect::BirthDate)
}

#[cfg(test)]
mod oracle_test;
#[cfg(test)]
mod tests;
