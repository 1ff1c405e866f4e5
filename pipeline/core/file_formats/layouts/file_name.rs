//! File names: written from a template, and recognised by exactly the same template.
//!
//! Every part has a fixed width, so a name has one reading or none. Nothing outside the template
//! is recognised: no path, no suffix, no other case. Names carry no personal data.

use jiff::civil::Date;

use super::column::expand_date;
use super::file::FileSpec;
use crate::file_formats::limits::SEQUENCE_MOST_DIGITS;

/// What a file's name says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameParts {
    pub sequence: u64,
    /// `None` when the template has no date.
    pub date: Option<Date>,
    /// `None` when the template has no region.
    pub region: Option<String>,
}

/// Why a name could not be written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameFault {
    #[error("the name template is wrong: {0}")]
    Template(&'static str),
    #[error("the sequence number needs more than the template's {digits} digits")]
    Sequence { digits: usize },
    #[error("the region is not six digits")]
    Region,
}

/// One part of a template.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    Date,
    Sequence(usize),
    Partner,
    Region,
}

/// The parts of a template such as `ICBC_{date}_{sequence:06}.txt`.
pub(crate) fn parts(template: &str) -> Result<Vec<Part>, &'static str> {
    let mut parts = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let (literal, more) = rest.split_once('{').unwrap_or((rest, ""));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !literal.bytes().all(is_plain) {
            return Err("only letters, digits, `.`, `_` and `-` may stand between the parts");
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        if literal.len() == rest.len() {
            break;
        }
        let (name, more) = more.split_once('}').ok_or("a `{` is not closed")?;
        parts.push(part(name)?);
        rest = more;
    }
    Ok(parts)
}

fn part(name: &str) -> Result<Part, &'static str> {
    match name {
        "date" => Ok(Part::Date),
        "partner" => Ok(Part::Partner),
        "region" => Ok(Part::Region),
        _ => name
            .strip_prefix("sequence:0")
            .and_then(|digits| digits.parse().ok())
            .filter(|digits| (1..=SEQUENCE_MOST_DIGITS).contains(digits))
            .map(Part::Sequence)
            .ok_or("parts are {date}, {sequence:06}, {partner} and {region}"),
    }
}

impl FileSpec {
    /// The name of the file of that day and sequence number.
    ///
    /// # Errors
    /// A sequence number or region that does not fit the template.
    pub fn file_name(&self, date: Date, sequence: u64, region: &str) -> Result<String, NameFault> {
        let mut name = String::new();
        for part in parts(&self.name_template).map_err(NameFault::Template)? {
            match part {
                Part::Literal(literal) => name.push_str(&literal),
                Part::Date => name.push_str(&date.to_string().replace('-', "")),
                Part::Partner => name.push_str(&self.partner),
                Part::Region if is_region(region) => name.push_str(region),
                Part::Region => return Err(NameFault::Region),
                Part::Sequence(digits) => {
                    let number = format!("{sequence:0digits$}");
                    if number.len() > digits {
                        return Err(NameFault::Sequence { digits });
                    }
                    name.push_str(&number);
                }
            }
        }
        Ok(name)
    }

    /// What the name says, if it is a name of this file; the inverse of `file_name`.
    #[must_use]
    pub fn recognise(&self, name: &str) -> Option<NameParts> {
        self.read_name(name, |text, ours| text == ours)
    }

    /// Whether it would be a name of this file if capitals and small letters were the same.
    #[must_use]
    pub fn recognise_but_for_case(&self, name: &str) -> bool {
        self.read_name(name, str::eq_ignore_ascii_case).is_some()
    }

    fn read_name(&self, name: &str, same: fn(&str, &str) -> bool) -> Option<NameParts> {
        let mut found = NameParts { sequence: 0, date: None, region: None };
        let mut rest = name;
        for part in parts(&self.name_template).ok()? {
            let agreed = |ours: &str| rest.split_at_checked(ours.len()).filter(|(text, _)| same(text, ours));
            let (value, more) = match &part {
                Part::Literal(literal) => agreed(literal)?,
                Part::Partner => agreed(&self.partner)?,
                Part::Date => rest.split_at_checked(8)?,
                Part::Region => rest.split_at_checked(6)?,
                Part::Sequence(digits) => rest.split_at_checked(*digits)?,
            };
            match part {
                Part::Date => found.date = Some(expand_date(value)?.parse().ok()?),
                Part::Region => found.region = Some(is_region(value).then(|| value.to_owned())?),
                Part::Sequence(_) => {
                    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
                    found.sequence = is_number.then(|| value.parse().ok())??;
                }
                Part::Literal(_) | Part::Partner => {}
            }
            rest = more;
        }
        // Sequences start at 1, so a name with 0 is not one of ours.
        (rest.is_empty() && found.sequence > 0).then_some(found)
    }

    /// The name of the marker of a file, where the partner uses markers.
    #[must_use]
    pub fn marker_name(&self, file_name: &str) -> Option<String> {
        let suffix = self.marker.as_ref()?;
        Some(format!("{file_name}{suffix}"))
    }
}

fn is_region(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::NameFault;
    use crate::file_formats::{FileKind, sample};

    #[test]
    fn a_name_is_recognised_by_its_own_template_only() {
        let profile = sample::profile();
        let file = profile.file(FileKind::AccountRequest).unwrap();
        let name = file.file_name(date(2026, 1, 5), 7, "110101").unwrap();
        assert_eq!(name, "TEST_110101_20260105_000007.txt");
        let parts = file.recognise(&name).unwrap();
        assert_eq!(parts.sequence, 7);
        assert_eq!(parts.date, Some(date(2026, 1, 5)));
        assert_eq!(parts.region.as_deref(), Some("110101"));
        for wrong in [
            "TEST_110101_20260105_000000.txt",
            "TEST_110101_20260230_000007.txt",
            "TEST_110101_20260105_00007.txt",
            "TEST_110101_20260105_+00007.txt",
            "TEST_110101_20260105_000007.txt.ok",
            "../TEST_110101_20260105_000007.txt",
            "test_110101_20260105_000007.txt",
            "TEST_测试_20260105_000007.txt",
            "",
        ] {
            assert_eq!(file.recognise(wrong), None, "{wrong}");
        }
        assert_eq!(file.marker_name(&name), Some(format!("{name}.ok")));
    }

    #[test]
    fn a_number_too_long_for_the_template_is_refused() {
        let profile = sample::profile();
        let file = profile.file(FileKind::AccountRequest).unwrap();
        let day = date(2026, 1, 5);
        assert_eq!(file.file_name(day, 1_000_000, "110101"), Err(NameFault::Sequence { digits: 6 }));
        assert_eq!(file.file_name(day, 1, "11"), Err(NameFault::Region));
    }
}
