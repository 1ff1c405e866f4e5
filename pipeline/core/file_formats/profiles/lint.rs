//! What is checked of a profile as it is loaded. One lint is one element of `LINTS` and one
//! function; the functions live in `lint_files`, `lint_codes` and `lint_wire` where they are about those.

use std::collections::BTreeSet;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::found::{Found, ProfileDefect};
use super::profile::Profile;
use super::ranges::{expected_at, outside};
use super::{lint_codes, lint_files, lint_wire};
use crate::domain::toml_fault::TomlFault;
use crate::file_formats::layouts::file::FileSpec;
use crate::file_formats::layouts::kind::{FileKind, PartnerKind};
use crate::file_formats::limits::{
    AGE_MOST_WORKING_DAYS, ANSWER_MOST_WORKING_DAYS, BATCH_MOST_CARDS, CALENDAR, CAPACITY_MOST_CARDS, VERSION_MOST,
};

/// One check of a profile.
pub struct Lint {
    /// Stable, never reused.
    pub code: &'static str,
    pub says: &'static str,
    pub(crate) find: fn(&Profile, &mut Found),
}

/// The code of a file that is not TOML or not a profile.
const TOML: &str = "PROFILE-TOML";

const fn lint(code: &'static str, says: &'static str, find: fn(&Profile, &mut Found)) -> Lint {
    Lint { code, says, find }
}

/// Every lint, sorted by code.
pub const LINTS: &[Lint] = &[
    lint("PROFILE-ANSWER", "every request says when its answer is late", answer),
    lint("PROFILE-BATCH", "batches hold 1 to 50,000 cards, and are cut while the partner is open", batch),
    lint("PROFILE-CNAPS", "a bank lists its outlet code prefixes, a bureau none", cnaps),
    lint("PROFILE-CODES", "code tables cover every value of ours and nothing else", lint_codes::tables),
    lint("PROFILE-CODES-CELL", "every mapped code fits its column", lint_codes::cells),
    lint("PROFILE-CODES-REPEAT", "reversible tables use no code twice", lint_codes::repeats),
    lint("PROFILE-COLUMN-CODES", "columns name code tables that exist", lint_codes::names),
    lint("PROFILE-COLUMN-CONSTANT", "a constant fits its own column", lint_files::constants),
    lint("PROFILE-COLUMN-MISSING", "no column a row is matched by is missing", lint_files::missing),
    lint("PROFILE-COLUMN-TWICE", "no field and no heading is used twice", lint_files::twice),
    lint("PROFILE-COLUMN-UNKNOWN", "every column is a field of its kind of file", lint_files::unknown),
    lint("PROFILE-COLUMN-WIDTH", "widths are given where they count, and lie in their range", lint_files::widths),
    lint("PROFILE-CONTROL", "the control line states the count", lint_files::control),
    lint("PROFILE-DELIMITER", "the delimiter is no character of the data", lint_files::delimiter),
    lint("PROFILE-ENVELOPE", "manifests name us by a code that is not the partner's", lint_wire::envelope),
    lint("PROFILE-FILE-KIND", "files travel the right way to the right kind of partner", file_kind),
    lint("PROFILE-FILE-TWICE", "one file of a kind", file_twice),
    lint("PROFILE-IDENTITY", "code, name, version, calendar and time zone are sound", identity),
    lint("PROFILE-LAYOUT", "XML and packages are laid out as the code expects", lint_files::layout),
    lint("PROFILE-NAME", "file names have a sequence and are told apart", lint_files::names),
    lint("PROFILE-REGION", "regions are six digits, each once", regions),
    lint(
        "PROFILE-TRANSPORT",
        "an SFTP server is pinned, and reached with a secret the profile does not hold",
        lint_wire::transport,
    ),
];

/// Runs every lint.
pub(crate) fn defects(profile: &Profile) -> Vec<ProfileDefect> {
    let mut found = Found { code: TOML, defects: Vec::new() };
    for lint in LINTS {
        found.code = lint.code;
        (lint.find)(profile, &mut found);
    }
    found.defects
}

/// A slip of the TOML as a defect, with its line.
pub(crate) fn toml_defect(text: &str, error: &toml::de::Error) -> ProfileDefect {
    let fault = TomlFault::of(text, error);
    ProfileDefect {
        code: TOML,
        line: error.span().map(|_| fault.line),
        kind: None,
        column: None,
        message: error.span().and_then(|span| expected_at(text, span.start)).unwrap_or(fault.what),
    }
}

/// Finds the lines of files and columns: the entry of the kind, and the field within it.
pub(crate) fn find_lines(text: &str, defects: &mut [ProfileDefect]) {
    for defect in defects {
        let Some(kind) = defect.kind else { continue };
        let quoted = format!("\"{}\"", kind.name());
        let mut lines = text.lines().zip(1_usize..);
        let is_kind = |line: &str| line.trim_start().starts_with("kind") && line.contains(&quoted);
        defect.line = lines.find(|(line, _)| is_kind(line)).map(|(_, number)| number);
        if let Some(column) = &defect.column {
            let quoted = format!("field = \"{column}\"");
            let inside = lines.take_while(|(line, _)| line.trim() != "[[files]]");
            let mut found = inside.filter(|(line, _)| line.contains(&quoted));
            defect.line = found.next().map(|(_, number)| number).or(defect.line);
        }
    }
}

fn answer(profile: &Profile, found: &mut Found) {
    for file in profile.files.iter().filter(|file| file.kind.is_request()) {
        let within = profile.answer_within_working_days(file.kind).unwrap_or_default();
        if !(1..=ANSWER_MOST_WORKING_DAYS).contains(&within) {
            let message = format!(
                "answer_within_working_days must name {}, with 1 to {ANSWER_MOST_WORKING_DAYS}",
                file.kind.name()
            );
            found.file(file.kind, message);
        }
    }
}

fn batch(profile: &Profile, found: &mut Found) {
    let batch = &profile.batch;
    if !(1..=BATCH_MOST_CARDS).contains(&batch.max_cards) {
        found.whole(format!("batch.max_cards must be 1 to {BATCH_MOST_CARDS}"));
    }
    if !(1..=batch.max_cards).contains(&batch.enough_cards()) {
        found.whole(format!("batch.enough_cards must be 1 to {BATCH_MOST_CARDS}, and max_cards at most"));
    }
    let is_open = |time: &Time| *time >= batch.opens && batch.closes.is_none_or(|closes| *time < closes);
    if ![batch.cut_off].iter().chain(&batch.urgent).chain(&batch.newborn).all(is_open) {
        found.whole("batch: the cut-off and the lanes' times must lie between opens and closes");
    }
    let is_in_order = |times: &[Time]| times.is_sorted_by(|a, b| a < b);
    if !is_in_order(&batch.urgent) || !is_in_order(&batch.newborn) {
        found.whole("batch.urgent and batch.newborn must be in order, each time once");
    }
    let is_bureau = profile.kind == PartnerKind::Bureau;
    if (batch.merge_regions || batch.capacity_per_day.is_some()) && !is_bureau {
        found.whole("batch.merge_regions and batch.capacity_per_day are a bureau's");
    }
    if batch.capacity_per_day.is_some_and(|cards| !(1..=CAPACITY_MOST_CARDS).contains(&cards)) {
        found.whole(format!("batch.capacity_per_day must be 1 to {CAPACITY_MOST_CARDS}; leave it out for no limit"));
    }
    if batch.max_age_days > AGE_MOST_WORKING_DAYS {
        found.whole(format!("batch.max_age_days must be 0 to {AGE_MOST_WORKING_DAYS}"));
    }
    let shows_region = |file: &&FileSpec| file.kind != FileKind::Personalization || file.column("region").is_some();
    if batch.merge_regions && !profile.files.iter().all(|file| shows_region(&file)) {
        found.whole("batch.merge_regions needs the column region, which tells the sections apart");
    }
}

fn cnaps(profile: &Profile, found: &mut Found) {
    let prefixes = &profile.cnaps_prefixes;
    let is_prefix = |prefix: &String| (3..=12).contains(&prefix.len()) && is_digits(prefix);
    if !prefixes.iter().all(is_prefix) || !is_unique(prefixes) {
        found.whole("cnaps_prefixes must be 3 to 12 digits, each once");
    }
    if prefixes.is_empty() == (profile.kind == PartnerKind::Bank) {
        found.whole("cnaps_prefixes are a bank's, and a bank has at least one");
    }
}

fn file_kind(profile: &Profile, found: &mut Found) {
    for file in &profile.files {
        let (kind, direction) = (file.kind.partner(), file.kind.direction());
        if profile.kind != kind || file.direction != direction {
            found.file(file.kind, format!("goes {direction:?} with a {kind:?} only"));
        }
    }
}

fn file_twice(profile: &Profile, found: &mut Found) {
    let mut kinds = BTreeSet::new();
    for file in &profile.files {
        if !kinds.insert(file.kind) {
            found.file(file.kind, "is listed twice");
        }
    }
}

fn identity(profile: &Profile, found: &mut Found) {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if !(2..=16).contains(&profile.code.len()) || !profile.code.bytes().all(is_plain) {
        found.whole("code must be 2 to 16 capital letters and digits");
    }
    if profile.name.trim().is_empty() || !(1..=VERSION_MOST).contains(&profile.version) {
        found.whole(format!("name must not be empty, and version must be 1 to {VERSION_MOST}"));
    }
    if let Some(wrong) = outside("unfinished_after_hours", profile.unfinished_after_hours as usize) {
        found.whole(wrong);
    }
    if profile.calendar != CALENDAR {
        found.whole(format!("calendar must be \"{CALENDAR}\": no other is loaded; closed_days adds a partner's own"));
    }
    if !profile.time_zone.contains('/') || TimeZone::get(&profile.time_zone).is_err() {
        found.whole("time_zone must be an IANA name like Asia/Shanghai");
    }
    if !profile.closed_days.is_sorted_by(|a, b| a < b) {
        found.whole("closed_days must be in order, each day once");
    }
}

fn regions(profile: &Profile, found: &mut Found) {
    let is_region = |region: &String| region.len() == 6 && is_digits(region);
    if !profile.regions.iter().all(is_region) || !is_unique(&profile.regions) {
        found.whole("regions must be six digits, each once");
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unique(list: &[String]) -> bool {
    list.iter().collect::<BTreeSet<_>>().len() == list.len()
}
