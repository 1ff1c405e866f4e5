//! Which regions are in force on a day, and which took over those that are not.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;

/// What became of a region until a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegionNow<'r> {
    /// It is in force.
    InForce(&'r str),
    /// Merged or renamed: this region in force took over all of it.
    Followed(&'r str),
    /// Several regions took over parts of it; which one is for a person.
    Split,
    /// Abolished, and no successor is known.
    Gone,
    /// Never a code of GB/T 2260.
    Unknown,
}

impl<'r> RegionNow<'r> {
    /// The region in force that the code names or leads to.
    pub fn in_force(self) -> Option<&'r str> {
        match self {
            RegionNow::InForce(now) | RegionNow::Followed(now) => Some(now),
            RegionNow::Split | RegionNow::Gone | RegionNow::Unknown => None,
        }
    }
}

/// A day in a table of regions: a date, or a year, which stands for all of it. `None`: neither.
pub(super) fn first_day(text: &str) -> Option<Date> {
    if text.is_empty() {
        return Some(Date::MIN);
    }
    year(text).and_then(|year| Date::new(year, 1, 1).ok()).or_else(|| text.parse().ok())
}

/// See [`first_day`]; the last day of the year, or the date itself.
pub(super) fn last_day(text: &str) -> Option<Date> {
    if text.is_empty() {
        return Some(Date::MAX);
    }
    year(text).and_then(|year| Date::new(year, 12, 31).ok()).or_else(|| text.parse().ok())
}

fn year(text: &str) -> Option<i16> {
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_year { text.parse().ok() } else { None }
}

/// Follows each abolished code to the regions in force its successors lead to, through any number of
/// changes. A circle leads nowhere.
pub(super) fn followed(
    named: &HashMap<String, Vec<String>>,
    in_force: impl Fn(&str) -> bool,
) -> HashMap<String, Vec<String>> {
    let mut all = HashMap::new();
    for old in named.keys().filter(|old| !in_force(old)) {
        let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::from([old.as_str()]));
        let mut open = vec![old.as_str()];
        while let Some(code) = open.pop() {
            for next in named.get(code).into_iter().flatten() {
                if in_force(next) {
                    found.insert(next.clone());
                } else if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        all.insert(old.clone(), found.into_iter().collect());
    }
    all
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn following(lines: &[(&str, &str)], old: &str) -> Vec<String> {
        let named =
            lines.iter().map(|(old, new)| ((*old).to_owned(), new.split(' ').map(str::to_owned).collect())).collect();
        followed(&named, |code| code.starts_with('9')).remove(old).unwrap_or_default()
    }

    #[test]
    fn a_code_is_followed_through_several_changes() {
        let lines = [("1", "2"), ("2", "3"), ("3", "90")];
        assert_eq!(following(&lines, "1"), ["90"]);
        assert_eq!(following(&lines, "90"), [""; 0], "what is in force is not followed");
    }

    #[test]
    fn a_split_leads_to_several_unless_they_were_merged_again() {
        assert_eq!(following(&[("1", "90 91")], "1"), ["90", "91"]);
        assert_eq!(following(&[("1", "2 3"), ("2", "90"), ("3", "90")], "1"), ["90"]);
    }

    #[test]
    fn a_circle_leads_nowhere() {
        assert_eq!(following(&[("1", "2"), ("2", "1")], "1"), [""; 0]);
    }

    #[test]
    fn a_year_is_all_of_it() {
        assert_eq!(first_day("2026"), Some(date(2026, 1, 1)));
        assert_eq!(last_day("2026"), Some(date(2026, 12, 31)));
        assert_eq!(last_day("2026-06-30"), Some(date(2026, 6, 30)));
        assert_eq!((first_day(""), last_day("")), (Some(Date::MIN), Some(Date::MAX)));
        assert_eq!(first_day("last year"), None);
    }
}
