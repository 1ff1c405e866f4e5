//! Policy: what provinces decide differently, as data. Several versions stand side by side, each with
//! the day it takes effect; a region overrides single keys.
//!
//! The version is chosen by the date that matters: the day of approval for what an applicant must
//! show, the day of the act for windows and deadlines. A date before the first version gets the first.
//!
//! Invariant: everything is worked out while loading. A look-up compares a date and a few codes; it
//! reads no TOML and allocates nothing.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

pub use by_region::ByRegion;
use region::RANGES;
pub use region::{RegionPolicy, Within};

use super::toml_fault::{TomlFault, unquoted};

mod by_region;
pub mod hand_over;
mod region;

const BUILT_IN: &str = include_str!("../../../schemas/policy.toml");

/// One version, in force from a day on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    pub number: u32,
    pub effective: Date,
    pub regions: ByRegion<RegionPolicy>,
}

/// All versions, in the order they take effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    versions: Vec<Version>,
}

/// A policy file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("policy, {0}")]
    Toml(TomlFault),
    #[error("policy, {section}: {what}")]
    Section { section: String, what: String },
    #[error("policy, version {number}: {expected}")]
    Version { number: i64, expected: &'static str },
    #[error("policy, {section}: {key} is {found}; it must be a whole number from {least} to {most}")]
    Range { section: String, key: &'static str, found: String, least: i64, most: i64 },
    #[error("{file}: {cause}")]
    File { file: String, cause: Box<PolicyError> },
    #[error("policy: no version; begin with [[version]], its number and the day it is effective")]
    None,
}

/// Number of a version, at most.
const VERSION_MOST: u32 = 9_999;

/// The first number of a section that lies outside its range.
fn in_range(keys: &toml::Table, section: &str) -> Result<(), PolicyError> {
    for &(key, least, most) in RANGES {
        let found = match keys.get(key) {
            Some(toml::Value::Integer(number)) if (least..=most).contains(number) => continue,
            Some(toml::Value::Integer(number)) => number.to_string(),
            Some(toml::Value::Float(number)) => number.to_string(),
            _ => continue,
        };
        return Err(PolicyError::Range { section: section.to_owned(), key, found, least, most });
    }
    Ok(())
}

impl Policy {
    /// The policy that comes with the program.
    ///
    /// # Errors
    /// As [`Policy::load`].
    pub fn built_in() -> Result<Policy, PolicyError> {
        Policy::load(BUILT_IN)
    }

    /// Reads a policy file. A version says only what changed since the one before it.
    ///
    /// # Errors
    /// No version, versions out of order, a region that is no code of 2, 4 or 6 digits, or a section
    /// that misses or misspells a key; the section is named.
    pub fn load(text: &str) -> Result<Policy, PolicyError> {
        let file: PolicyFile = toml::from_str(text).map_err(|error| PolicyError::Toml(TomlFault::of(text, &error)))?;
        let mut versions: Vec<Version> = Vec::with_capacity(file.version.len());
        let mut sections = Sections::default();
        for text in file.version {
            let wrong = |expected| PolicyError::Version { number: text.number, expected };
            if versions
                .last()
                .is_some_and(|last| last.effective >= text.effective || i64::from(last.number) >= text.number)
            {
                return Err(wrong("expected a higher number and a later day than the version before it"));
            }
            if !text.region.keys().all(|code| is_region_code(code)) {
                return Err(wrong("expected regions as codes of 2, 4 or 6 digits"));
            }
            sections.change(text.default, text.region);
            let number = u32::try_from(text.number).ok().filter(|number| (1..=VERSION_MOST).contains(number));
            let number = number.ok_or_else(|| PolicyError::Range {
                section: "version".to_owned(),
                key: "number",
                found: text.number.to_string(),
                least: 1,
                most: VERSION_MOST.into(),
            })?;
            versions.push(sections.version(number, text.effective)?);
        }
        if versions.is_empty() { Err(PolicyError::None) } else { Ok(Policy { versions }) }
    }

    /// As [`Policy::load`], with the file named in what is wrong.
    ///
    /// # Errors
    /// As [`Policy::load`].
    pub fn load_file(text: &str, file: &str) -> Result<Policy, PolicyError> {
        Policy::load(text).map_err(|cause| PolicyError::File { file: file.to_owned(), cause: Box::new(cause) })
    }

    /// The version in force on a day; the first one before it.
    pub fn on(&self, day: Date) -> &Version {
        let begun = self.versions.partition_point(|version| version.effective <= day);
        // Never empty, and never past the end: `load` sees to it.
        &self.versions[begun.saturating_sub(1)]
    }

    /// The policy of a region on a day.
    pub fn of(&self, region: &str, day: Date) -> &RegionPolicy {
        self.on(day).regions.of(region)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    #[serde(default)]
    version: Vec<VersionText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionText {
    number: i64,
    effective: Date,
    #[serde(default)]
    default: toml::Table,
    #[serde(default)]
    region: BTreeMap<String, toml::Table>,
}

/// The sections as they stand after some versions: a region's holds only what it overrides.
#[derive(Default)]
struct Sections {
    default: toml::Table,
    regions: BTreeMap<String, toml::Table>,
}

impl Sections {
    fn change(&mut self, default: toml::Table, regions: BTreeMap<String, toml::Table>) {
        overlay(&mut self.default, &default);
        for (code, keys) in regions {
            overlay(self.regions.entry(code).or_default(), &keys);
        }
    }

    fn version(&self, number: u32, effective: Date) -> Result<Version, PolicyError> {
        let whole = |keys: toml::Table, section: &str| {
            in_range(&keys, section)?;
            keys.try_into().map_err(|cause| fault(section, &cause))
        };
        // First, so that what is wrong in the default is not said of a region.
        let default = whole(self.default.clone(), "default")?;
        let mut regions = Vec::with_capacity(self.regions.len());
        for code in self.regions.keys() {
            let mut keys = self.default.clone();
            // Shorter codes sort before the longer ones that begin with them.
            for (_, wider) in self.regions.iter().filter(|(wider, _)| code.starts_with(wider.as_str())) {
                overlay(&mut keys, wider);
            }
            regions.push((code.clone(), whole(keys, code)?));
        }
        Ok(Version { number, effective, regions: ByRegion::new(default, regions) })
    }
}

/// Puts keys over others. Rows of the document matrix are keys of their own.
fn overlay(keys: &mut toml::Table, over: &toml::Table) {
    for (key, value) in over {
        match (keys.get_mut(key), value) {
            (Some(toml::Value::Table(rows)), toml::Value::Table(others)) => rows.extend(others.clone()),
            _ => {
                keys.insert(key.clone(), value.clone());
            }
        }
    }
}

fn is_region_code(code: &str) -> bool {
    matches!(code.len(), 2 | 4 | 6) && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the parser says of a section and the key it names, without a text that stands there.
fn fault(section: &str, cause: &toml::de::Error) -> PolicyError {
    let cause = cause.to_string();
    let (message, place) = cause.trim_end().split_once('\n').unwrap_or((cause.trim_end(), ""));
    let what = if message.contains('"') { unquoted(message, message) } else { message.to_owned() };
    let what = if place.is_empty() { what } else { format!("{what}, {place}") };
    PolicyError::Section { section: section.to_owned(), what }
}

#[cfg(test)]
mod tests;
