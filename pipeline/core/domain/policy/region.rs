//! What one region has decided: its keys, what a file of an earlier release means by leaving one out, and the range of
//! every number.

use serde::Deserialize;

use super::hand_over::{HandOver, Lacking};
use crate::domain::application::{Channel, PickupMethod};
use crate::domain::matrix::Matrix;
use crate::domain::notices::Language;
use crate::domain::set::Set;
use crate::domain::validity::ChildCard;

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
    /// More than this share of all open windows does not end at once without a person.
    #[serde(default = "window_ends_percent")]
    pub window_ends_percent: u32,
    /// Of fewer windows the share says nothing.
    #[serde(default = "window_ends_count")]
    pub window_ends_count: i64,
    pub unit_working_days: u32,
    #[serde(default = "missing_working_days")]
    pub missing_working_days: u32,
    /// From the sending by mail to the delivery.
    #[serde(default = "mail_working_days")]
    pub mail_working_days: u32,
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
    /// Natural months from the arrival at the point for which the city keeps what nobody collected.
    #[serde(default = "city_months")]
    pub city_months: i32,
    /// As many, after which it is closed and destroyed; until then the bank keeps it.
    #[serde(default = "bank_months")]
    pub bank_months: i32,
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
fn window_ends_percent() -> u32 {
    50
}

fn window_ends_count() -> i64 {
    100
}

fn missing_working_days() -> u32 {
    10
}

fn mail_working_days() -> u32 {
    7
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

fn city_months() -> i32 {
    6
}

fn bank_months() -> i32 {
    12
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

/// Every number of a section with its least and its most. Natural days end within ten years and working days
/// within one: what is longer is a slip of the pen, and what is below zero never ends.
pub(super) const RANGES: &[(&str, i64, i64)] = &[
    ("promise_days", 1, 366),
    ("correction_days", 1, 3_660),
    ("window_working_days", 1, 250),
    ("roll_overs", 0, 100),
    ("window_ends_percent", 1, 100),
    ("window_ends_count", 1, 1_000_000),
    ("unit_working_days", 1, 250),
    ("missing_working_days", 1, 250),
    ("mail_working_days", 1, 250),
    ("activation_working_days", 1, 250),
    ("activation_reminders", 0, 100),
    ("notices_from_hour", 0, 12),
    ("notices_until_hour", 13, 24),
    ("return_working_days", 1, 250),
    ("recycle_working_days", 1, 250),
    ("city_months", 0, 120),
    ("bank_months", 0, 120),
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
