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

use super::application::{Channel, PickupMethod};
use super::matrix::Matrix;
use super::notices::Language;
use super::set::Set;
use super::toml_fault::{TomlFault, unquoted};
use super::validity::ChildCard;
use hand_over::{HandOver, Lacking};

mod by_region;
pub mod hand_over;

const BUILT_IN: &str = include_str!("../../../schemas/policy.toml");

/// How far from a region something may lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    Country,
    Province,
    City,
    District,
}

impl Within {
    /// Whether two codes that begin with six digits of GB/T 2260 lie within it.
    pub fn holds(self, one: &str, other: &str) -> bool {
        let digits = match self {
            Within::Country => 0,
            Within::Province => 2,
            Within::City => 4,
            Within::District => 6,
        };
        one.get(..digits) == other.get(..digits)
    }
}

/// What one region has decided, complete. The keys are explained in `schemas/policy.toml`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RegionPolicy {
    /// Natural days from approval to ready.
    pub promise_days: i32,
    /// Natural days a returned application may take.
    pub correction_days: i32,
    pub window_working_days: u32,
    pub roll_overs: i64,
    pub unit_working_days: u32,
    #[serde(default = "missing_working_days")]
    pub missing_working_days: u32,
    /// From the pickup, and from each reminder.
    #[serde(default = "activation_working_days")]
    pub activation_working_days: u32,
    #[serde(default = "activation_reminders")]
    pub activation_reminders: i64,
    /// Hours of the local day in which people are told something: from this one until before that one.
    #[serde(default = "notices_from_hour")]
    pub notices_from_hour: i8,
    #[serde(default = "notices_until_hour")]
    pub notices_until_hour: i8,
    #[serde(default = "notice_language")]
    pub notice_language: Language,
    pub return_working_days: u32,
    pub recycle_working_days: u32,
    pub remakes: i64,
    pub transit_working_days: u32,
    pub case_working_days: u32,
    pub chase_working_days: u32,
    #[serde(default = "clock_jump_days")]
    pub clock_jump_days: u32,
    #[serde(default = "clock_due_percent")]
    pub clock_due_percent: u32,
    /// Natural days after a batch closed until what the bureau was given and gave is destroyed.
    #[serde(default = "purge_bureau_days")]
    pub purge_bureau_days: u32,
    /// As much, of what a bank was given and gave.
    #[serde(default = "purge_bank_days")]
    pub purge_bank_days: u32,
    /// Natural days until the record of a discarded message is destroyed.
    #[serde(default = "purge_discarded_days")]
    pub purge_discarded_days: u32,
    pub child_card: ChildCard,
    /// Age, in whole years, from which the default photo is no longer offered.
    pub default_photo_years: i16,
    /// Age, in whole months, from which nobody is a newborn any more.
    pub newborn_months: i32,
    /// Where a child must be registered to need no residence permit.
    pub home_within: Within,
    /// Channels at which a minor's other paper is seen as original.
    pub other_papers_at: Set<Channel>,
    pub pickup_methods: Set<PickupMethod>,
    /// Where the opening outlet and the pickup point must lie.
    pub pickup_within: Within,
    /// What a hand-over must show.
    #[serde(default)]
    pub hand_over: HandOver,
    /// What becomes of one that lacks something.
    #[serde(default)]
    pub hand_over_lacking: Lacking,
    pub documents: Matrix,
}

/// Of a file of the release before these keys.
fn missing_working_days() -> u32 {
    10
}

fn activation_working_days() -> u32 {
    15
}

fn activation_reminders() -> i64 {
    2
}

fn notices_from_hour() -> i8 {
    8
}

fn notices_until_hour() -> i8 {
    20
}

fn notice_language() -> Language {
    Language::Chinese
}

fn clock_jump_days() -> u32 {
    15
}

fn clock_due_percent() -> u32 {
    50
}

fn purge_bureau_days() -> u32 {
    30
}

fn purge_bank_days() -> u32 {
    180
}

fn purge_discarded_days() -> u32 {
    30
}

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

/// Every number of a section with its least and its most. Natural days end within ten years and working days
/// within one: what is longer is a slip of the pen, and what is below zero never ends.
const RANGES: &[(&str, i64, i64)] = &[
    ("promise_days", 1, 366),
    ("correction_days", 1, 3_660),
    ("window_working_days", 1, 250),
    ("roll_overs", 0, 100),
    ("unit_working_days", 1, 250),
    ("missing_working_days", 1, 250),
    ("activation_working_days", 1, 250),
    ("activation_reminders", 0, 100),
    ("notices_from_hour", 0, 12),
    ("notices_until_hour", 13, 24),
    ("return_working_days", 1, 250),
    ("recycle_working_days", 1, 250),
    ("remakes", 0, 100),
    ("transit_working_days", 1, 250),
    ("case_working_days", 1, 250),
    ("chase_working_days", 1, 250),
    ("clock_jump_days", 4, 366),
    ("clock_due_percent", 1, 100),
    ("purge_bureau_days", 1, 3_660),
    ("purge_bank_days", 1, 3_660),
    ("purge_discarded_days", 1, 3_660),
    ("default_photo_years", 0, 120),
    ("newborn_months", 0, 216),
];

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
