//! Dates and instants as messages write them: `YYYY-MM-DD` and RFC 3339 with an offset, nothing else.
//! The general parsers of time libraries also take shorter, longer and signed forms, which no two
//! systems read alike.

use jiff::Timestamp;
use jiff::civil::Date;

/// A date of the form `YYYY-MM-DD`.
pub fn parse(text: &str) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits
            .iter()
            .try_fold(0_i16, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i16::from(*digit - b'0')))
    };
    let part = |digits: &[u8]| number(digits).and_then(|number| i8::try_from(number).ok());
    Date::new(number(&[y1, y2, y3, y4])?, part(&[m1, m2])?, part(&[d1, d2])?).ok()
}

/// An instant of RFC 3339: date, `T`, time of day with seconds and perhaps a fraction, `Z` or an offset.
pub fn instant(text: &str) -> Option<Timestamp> {
    let (day, rest) = text.split_at_checked(10)?;
    parse(day)?;
    let (time, rest) = rest.split_at_checked(9)?;
    let shaped = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                wanted => byte == wanted,
            })
    };
    let (fraction, offset) = rest.split_at(rest.find(['Z', '+', '-'])?);
    let is_fraction = fraction
        .strip_prefix('.')
        .is_none_or(|digits| (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let is_offset = offset == "Z" || shaped(offset, "+00:00") || shaped(offset, "-00:00");
    if !shaped(time, "T00:00:00") || !is_offset || !is_fraction || (!fraction.is_empty() && !fraction.starts_with('.'))
    {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        for right in ["2026-11-20T10:12:31+08:00", "2026-11-20T10:12:31Z", "2026-11-20T10:12:31.123456-00:30"] {
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
        fn what_is_written_is_read(day in 1_i32..3_000_000) {
            let day = jiff::civil::date(1, 1, 1).saturating_add(jiff::Span::new().days(day));
            prop_assert_eq!(parse(&day.to_string()), Some(day));
        }
    }
}
