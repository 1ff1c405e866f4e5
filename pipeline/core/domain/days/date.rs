//! Dates and instants as messages write them: `YYYY-MM-DD` and RFC 3339 with an offset, nothing else.
//! The general parsers of time libraries also take shorter, longer and signed forms, which no two
//! systems read alike.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// A date of the form `YYYY-MM-DD`.
pub fn parse(text: &str) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else {
        return None;
    };
    let year = i16::from(two(y1, y2)?) * 100 + i16::from(two(y3, y4)?);
    Date::new(year, two(m1, m2)?, two(d1, d2)?).ok()
}

/// An instant of RFC 3339: date, `T`, time of day with seconds and perhaps a fraction, `Z` or an offset.
pub fn instant(text: &str) -> Option<Timestamp> {
    let (day, rest) = text.split_at_checked(10)?;
    let [b'T', h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = rest.as_bytes() else {
        return None;
    };
    let (nanoseconds, rest) = fraction(rest)?;
    // A leap second is the last one of its minute: no clock of ours has another.
    let second = two(*s1, *s2).map(|second| if second == 60 { 59 } else { second })?;
    let time = Time::new(two(*h1, *h2)?, two(*m1, *m2)?, second, nanoseconds).ok()?;
    let offset = match *rest {
        [b'Z'] => Offset::UTC,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (i32::from(two(h1, h2)?), i32::from(two(m1, m2)?));
            let seconds = (hours <= 23 && minutes <= 59).then_some((hours * 60 + minutes) * 60)?;
            Offset::from_seconds(if sign == b'-' { -seconds } else { seconds }).ok()?
        }
        _ => return None,
    };
    offset.to_timestamp(parse(day)?.to_datetime(time)).ok()
}

/// Nanoseconds of a fraction of one to nine digits, if there is one, and what follows.
fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let [b'.', digits @ ..] = text else {
        return Some((0, text));
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at_checked(length)?;
    let value = digits.iter().fold(0_i64, |value, digit| value.saturating_mul(10) + i64::from(digit - b'0'));
    let missing = 9_u32.checked_sub(u32::try_from(length).ok()?)?;
    let nanoseconds = i32::try_from(value * 10_i64.pow(missing)).ok()?;
    (length > 0).then_some((nanoseconds, rest))
}

/// Two digits as a number.
fn two(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| (byte - b'0').cast_signed());
    Some(digit(tens)? * 10 + digit(ones)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_date_has_one_form() {
        assert_eq!(parse("2026-11-20"), Some(jiff::civil::date(2026, 11, 20)));
        assert_eq!(parse("2024-02-29"), Some(jiff::civil::date(2024, 2, 29)));
        for wrong in [
            "",
            "20261120",
            "2026-11-20T00:00",
            "+02026-11-20",
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "２026-11-20",
            "2026-11-2 ",
            "2026/11/20",
            "-026-11-20",
            "2026-00-10",
            "99999-01-01",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_instant_has_the_forms_of_rfc_3339() {
        for right in [
            "2026-11-20T10:12:31+08:00",
            "2026-11-20T10:12:31Z",
            "2026-11-20T10:12:31.123456-00:30",
            "2026-06-30T23:59:60Z",
            "2026-11-20T00:00:00.000000001+14:00",
        ] {
            assert_eq!(instant(right), right.parse().ok(), "{right}");
        }
        for wrong in [
            "",
            "2026-11-20",
            "2026-11-20T10:12:31",
            "2026-11-20 10:12:31+08:00",
            "2026-11-20T10:12+08:00",
            "20261120T101231Z",
            "2026-11-20T10:12:31+08",
            "2026-11-20T10:12:31+08:00[Asia/Shanghai]",
            "2026-11-20T25:00:00Z",
            "2026-11-20T10:12:31.Z",
            "2026-11-20T10:12:31,5Z",
            "2026-02-30T10:12:31Z",
            "2026-11-20T10:12:31.1234567890Z",
            "2026-11-20T10:12:31+24:00",
            "2026-11-20T10:12:31+08:60",
            "2026-11-20T10:60:31Z",
            "2026-11-20t10:12:31z",
            "+002026-11-20T10:12:31Z",
        ] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,30}", almost in "[0-9TZ:.+-]{0,30}") {
            let _ = (parse(&text), parse(&almost), instant(&text), instant(&almost));
        }

        #[test]
        fn instants_are_read_as_the_library_reads_them(
            second in -60_000_000_000_i64..200_000_000_000, nanosecond in 0_i32..1_000_000_000, digits in 0_usize..10, quarters in -56_i32..57,
        ) {
            let at = Timestamp::new(second, nanosecond).unwrap();
            let offset = Offset::from_seconds(quarters * 900).unwrap();
            let text = if digits == 9 { format!("{at}") } else { format!("{:.digits$}", at.display_with_offset(offset)) };
            prop_assert_eq!(instant(&text), text.parse().ok(), "{}", text);
        }

        #[test]
        fn what_is_written_is_read(day in 1_i32..3_000_000) {
            let day = jiff::civil::date(1, 1, 1).saturating_add(jiff::Span::new().days(day));
            prop_assert_eq!(parse(&day.to_string()), Some(day));
        }
    }
}
