//! Lints about code tables.

use std::collections::{BTreeMap, BTreeSet};

use super::found::Found;
use super::profile::Profile;
use crate::file_formats::layouts::codes::{Answer, AnswerClass, CodeTable, TABLES};
use crate::file_formats::layouts::kind::FileKind;

/// The tables the profile's columns use, with a column that does.
fn used(profile: &Profile) -> BTreeMap<&str, FileKind> {
    let mut used = BTreeMap::new();
    for file in &profile.files {
        for column in file.control.iter().chain(&file.columns) {
            if let Some(table) = &column.codes {
                used.entry(table.as_str()).or_insert(file.kind);
            }
        }
    }
    used
}

/// Every used table covers every value of ours; no table holds a value that is not ours.
pub(crate) fn tables(profile: &Profile, found: &mut Found) {
    let used = used(profile);
    for table in TABLES {
        let mapped: BTreeSet<&str> = match profile.codes.answers(table.name) {
            Some(answers) => answers.values().map(|answer| answer.reason.as_str()).collect(),
            None => {
                profile.codes.table(table.name).into_iter().flat_map(|codes| codes.keys().map(String::as_str)).collect()
            }
        };
        let unmapped = table.values.iter().filter(|value| !mapped.contains(*value));
        if used.contains_key(table.name) {
            for value in unmapped {
                found.whole(format!("codes.{}: {value} is not mapped", table.name));
            }
        }
        for value in mapped.iter().filter(|value| !table.values.contains(*value)) {
            found.whole(format!("codes.{}: {value} is no value of ours", table.name));
        }
    }
    let answers = profile.codes.account_answer.values();
    for answer in answers.chain(profile.codes.recycling_answer.values()) {
        if !is_fitting(answer) {
            found.whole(format!("the class does not fit the reason {}", answer.reason));
        }
    }
}

/// An answer that an account exists, or is closed, or is not known, must say just that.
fn is_fitting(answer: &Answer) -> bool {
    let expected = match answer.reason.as_str() {
        "opened" | "duplicate_request" => Some(AnswerClass::Opened),
        "closed" => Some(AnswerClass::Closed),
        "timeout" => Some(AnswerClass::Unknown),
        _ => None,
    };
    expected
        .map_or(matches!(answer.class, AnswerClass::Fixable | AnswerClass::Final), |expected| answer.class == expected)
}

pub(crate) fn cells(profile: &Profile, found: &mut Found) {
    for file in &profile.files {
        for column in &file.columns {
            let Some(table) = column.codes.as_deref() else {
                continue;
            };
            let codes: Vec<&String> = match profile.codes.answers(table) {
                Some(answers) => answers.keys().collect(),
                None => profile.codes.table(table).into_iter().flat_map(BTreeMap::values).collect(),
            };
            let fits = |code: &&String| {
                let checked = column.check(1, code, file.charset(), file.delimiter());
                !code.is_empty() && checked.is_ok()
            };
            if !codes.iter().all(fits) {
                let message = format!("a code of the table {table} does not fit the column");
                found.column(file.kind, &column.field, message);
            }
        }
    }
}

pub(crate) fn repeats(profile: &Profile, found: &mut Found) {
    for table in TABLES.iter().filter(|table| table.reversible) {
        let Some(codes) = profile.codes.table(table.name) else {
            continue;
        };
        if codes.values().collect::<BTreeSet<_>>().len() != codes.len() {
            let message = "two values share a code, so a result could not be read";
            found.whole(format!("codes.{}: {message}", table.name));
        }
    }
}

pub(crate) fn names(profile: &Profile, found: &mut Found) {
    for file in &profile.files {
        for column in &file.columns {
            let name = column.codes.as_deref();
            if name.is_some_and(|name| CodeTable::named(name).is_none()) {
                found.column(file.kind, &column.field, "there is no code table of that name");
            }
        }
        let code = file.column("code").and_then(|place| file.columns.get(place));
        let Some(answers) = file.kind.answers() else { continue };
        if code.is_some_and(|code| code.codes.as_deref() != Some(answers)) {
            found.column(file.kind, "code", format!("needs codes = \"{answers}\""));
        }
    }
}
