//! A partner is one TOML file: who it is, what it takes, and how its files look.
//!
//! A profile is linted as it is loaded, so that a slip of the pen stops the start and not the
//! night run. Not here: secrets, which it names and which belong to the installation.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use serde::Deserialize;

use crate::file_formats::charset::Charset;
use crate::file_formats::layouts::codes::Codes;
use crate::file_formats::layouts::file::FileSpec;
use crate::file_formats::layouts::file_name::NameParts;
use crate::file_formats::layouts::kind::{Direction, FileKind, PartnerKind};
use crate::file_formats::profiles::wire::{Envelopes, Wire};

/// One partner, as its file describes it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Our code of the partner.
    pub code: String,
    pub name: String,
    pub kind: PartnerKind,
    pub version: u32,
    /// First day on which this version is in force.
    pub effective: Date,
    pub environment: Environment,
    /// Six-digit regions served; empty means all.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Banks: the beginnings of the outlet codes that are theirs.
    #[serde(default)]
    pub cnaps_prefixes: Vec<String>,
    pub charset: Charset,
    /// Name of the working calendar.
    pub calendar: String,
    /// Days on which the partner is closed besides those of the calendar.
    #[serde(default)]
    pub closed_days: Vec<Date>,
    /// IANA name of the zone its days and times are in.
    #[serde(default = "shanghai")]
    pub time_zone: String,
    /// Rights of the files we place, as `chmod` writes them.
    #[serde(default)]
    pub mode: Mode,
    /// Hours a file of the partner may lie without its marker.
    #[serde(default = "two")]
    pub unfinished_after_hours: u32,
    /// Working days until an answer is late, for every kind of request.
    #[serde(default)]
    pub answer_within_working_days: BTreeMap<FileKind, u32>,
    pub batch: Batching,
    #[serde(default)]
    pub codes: Codes,
    /// How files travel.
    #[serde(default)]
    pub transport: Wire,
    /// What they are wrapped in.
    #[serde(default)]
    pub envelope: Envelopes,
    pub files: Vec<FileSpec>,
}

fn shanghai() -> String {
    "Asia/Shanghai".to_owned()
}

const fn two() -> u32 {
    2
}

/// Rights over a file: the owner reads and writes, nobody runs it, and not everybody writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Mode(u32);

impl Mode {
    /// The bits of the rights.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl Default for Mode {
    /// The group may read: it is the partner's transfer program that fetches the file.
    fn default() -> Self {
        Self(0o640)
    }
}

impl TryFrom<String> for Mode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bits = u32::from_str_radix(&text, 8).ok().filter(|bits| *bits <= 0o666 && text.len() <= 4);
        bits.filter(|bits| bits & 0o600 == 0o600 && bits & 0o113 == 0)
            .map(Self)
            .ok_or("mode must be \"0600\", \"0640\", \"0644\", \"0660\" or \"0664\": its owner reads and writes it, nobody runs it")
    }
}

/// When a batch closes: on size, on age, or at the cut-off. Times are the partner's own.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batching {
    pub max_cards: u32,
    /// As many wait for no cut-off; a full batch when absent.
    enough_cards: Option<u32>,
    /// Working days the oldest card of the normal lane waits for others.
    pub max_age_days: u32,
    pub cut_off: Time,
    /// Nothing is cut before this.
    #[serde(default = "Time::midnight")]
    pub opens: Time,
    /// Nothing is cut from here on; absent: until midnight.
    pub closes: Option<Time>,
    /// Times of the urgent lane; without any it does not wait.
    #[serde(default)]
    pub urgent: Vec<Time>,
    /// Times of the lane of newborns; without any it does not wait.
    #[serde(default)]
    pub newborn: Vec<Time>,
    /// A bureau: cards it makes on one day; absent: as many as come.
    pub capacity_per_day: Option<u32>,
    /// A bureau: one run may hold several regions, a section each.
    #[serde(default)]
    pub merge_regions: bool,
    /// A batch is cut on hold, and sent once a person releases it.
    #[serde(default)]
    pub wait_for_release: bool,
    /// A recycling batch is cut on hold: no plastic is destroyed before two persons agreed.
    #[serde(default)]
    pub wait_to_destroy: bool,
}

impl Batching {
    /// As many cards are cut without waiting for the cut-off.
    #[must_use]
    pub fn enough_cards(&self) -> u32 {
        self.enough_cards.unwrap_or(self.max_cards)
    }
}

/// Test and production are never mixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    Test,
    Production,
}

impl Profile {
    /// The file of that kind.
    #[must_use]
    pub fn file(&self, kind: FileKind) -> Option<&FileSpec> {
        self.files.iter().find(|file| file.kind == kind)
    }

    /// The incoming file a name belongs to, and what the name says. Where files come in envelopes, the name is the
    /// envelope's.
    #[must_use]
    pub fn recognise(&self, name: &str) -> Option<(&FileSpec, NameParts)> {
        let name = name.strip_suffix(self.envelope.incoming.suffix())?;
        let incoming = self.files.iter().filter(|file| file.direction == Direction::In);
        incoming.filter_map(|file| Some((file, file.recognise(name)?))).next()
    }

    /// The name under which a file of ours lies at the partner.
    #[must_use]
    pub fn sent_name(&self, name: &str) -> String {
        format!("{name}{}", self.envelope.out.suffix())
    }

    /// The marker of a file of ours under that name, if it has one.
    #[must_use]
    pub fn sent_marker(&self, kind: &str, sent_name: &str) -> Option<String> {
        FileKind::named(kind).and_then(|kind| self.file(kind)).and_then(|spec| spec.marker_name(sent_name))
    }

    /// Whether a name is an incoming file's but for capitals and small letters.
    #[must_use]
    pub fn recognise_but_for_case(&self, name: &str) -> bool {
        let mut incoming = self.files.iter().filter(|file| file.direction == Direction::In);
        incoming.any(|file| file.recognise_but_for_case(name))
    }

    /// The incoming file whose name a longer one begins with: a marker's, or one that is not finished.
    #[must_use]
    pub fn recognise_beginning<'n>(&self, name: &'n str) -> Option<&'n str> {
        let beginnings = name.char_indices().map(|(at, _)| &name[..at]);
        beginnings.rev().find(|beginning| self.recognise(beginning).is_some())
    }

    /// Whether the partner serves the region.
    #[must_use]
    pub fn serves(&self, region: &str) -> bool {
        self.regions.is_empty() || self.regions.iter().any(|served| served == region)
    }

    /// Whether an outlet code is this bank's.
    #[must_use]
    pub fn owns_outlet(&self, outlet_code: &str) -> bool {
        let mut prefixes = self.cnaps_prefixes.iter();
        prefixes.any(|prefix| outlet_code.starts_with(prefix.as_str()))
    }

    /// Working days until an answer to that kind is late.
    #[must_use]
    pub fn answer_within_working_days(&self, kind: FileKind) -> Option<u32> {
        self.answer_within_working_days.get(&kind).copied()
    }
}

#[cfg(test)]
mod tests {
    use crate::file_formats::{FileKind, sample};

    #[test]
    fn a_profile_answers_for_its_partner() {
        let profile = sample::profile();
        assert!(profile.serves("110101") && !profile.serves("110102"));
        assert!(profile.owns_outlet("102100000030") && !profile.owns_outlet("103100000030"));
        let within = profile.answer_within_working_days(FileKind::AccountRequest);
        assert_eq!(within, Some(2));
        let (file, parts) = profile.recognise("TEST_R_20260105_000003.txt").unwrap();
        assert_eq!((file.kind, parts.sequence), (FileKind::AccountResult, 3));
        assert!(profile.recognise("TEST_110101_20260105_000003.txt").is_none());
    }
}
