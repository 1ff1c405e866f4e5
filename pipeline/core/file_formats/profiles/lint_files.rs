//! Lints about files, their names, columns and widths.

use std::collections::BTreeSet;

use super::found::Found;
use super::profile::Profile;
use super::ranges::outside;
use crate::file_formats::charset::Charset;
use crate::file_formats::layouts::column::{Class, Column};
use crate::file_formats::layouts::file::{FileSpec, Layout};
use crate::file_formats::layouts::file_name::{Part, parts};
use crate::file_formats::layouts::kind::FileKind;

/// Control and row columns alike.
fn all_columns(file: &FileSpec) -> impl Iterator<Item = &Column> {
    file.control.iter().chain(&file.columns)
}

pub(crate) fn constants(profile: &Profile, found: &mut Found) {
    for file in &profile.files {
        for column in all_columns(file) {
            let Some(constant) = &column.constant else {
                continue;
            };
            let checked = column.check(1, constant, file.charset(), file.delimiter());
            if constant.is_empty() || checked.is_err() {
                found.column(file.kind, &column.field, "the constant does not fit the column");
            }
        }
    }
}

pub(crate) fn missing(profile: &Profile, found: &mut Found) {
    for file in &profile.files {
        for field in file.kind.required_fields() {
            if file.column(field).is_none() {
                found.file(file.kind, format!("has no column for {field}"));
            }
        }
    }
}

pub(crate) fn twice(profile: &Profile, found: &mut Found) {
    for file in &profile.files {
        for columns in [&file.control, &file.columns] {
            let (mut fields, mut headings) = (BTreeSet::new(), BTreeSet::new());
            for column in columns {
                if !fields.insert(&column.field) || !headings.insert(column.heading()) {
                    found.column(file.kind, &column.field, "field or heading is used twice");
                }
            }
        }
    }
}

pub(crate) fn unknown(profile: &Profile, found: &mut Found) {
    for file in &profile.files {
        for column in &file.columns {
            // A constant is the partner's filler and no field of ours.
            if column.constant.is_none() && !file.kind.knows(&column.field) {
                found.column(file.kind, &column.field, "is no field of this kind of file");
            }
        }
    }
}

pub(crate) fn widths(profile: &Profile, found: &mut Found) {
    for file in &profile.files {
        let is_fixed = file.layout == Layout::Fixed;
        for column in all_columns(file) {
            for (key, bytes) in [("width", column.width), ("max_bytes", column.max_bytes)] {
                if let Some(wrong) = bytes.and_then(|bytes| outside(key, bytes)) {
                    found.column(file.kind, &column.field, wrong);
                }
            }
            let is_wider = matches!((column.max_bytes, column.width), (Some(most), Some(width)) if most > width);
            let is_padded = column.zero_padded && (!is_fixed || column.class != Class::Digits);
            if is_fixed != column.width.is_some() || is_wider || is_padded {
                let message = "fixed layouts need a width, others none; max_bytes is within it; \
                    only fixed digits are zero-padded";
                found.column(file.kind, &column.field, message);
            }
        }
    }
}

pub(crate) fn control(profile: &Profile, found: &mut Found) {
    for file in profile.files.iter().filter(|file| file.layout != Layout::Xml) {
        let count = file.control.iter().find(|column| column.field == "count");
        if count.is_none_or(|count| count.class != Class::Digits || !count.required) {
            found.file(file.kind, "the control line needs a count: required digits");
        }
    }
}

pub(crate) fn delimiter(profile: &Profile, found: &mut Found) {
    for file in profile.files.iter().filter(|file| file.delimiter().is_some()) {
        let delimiter = file.delimiter;
        let is_apart = delimiter == '\t' || (delimiter.is_ascii_punctuation() && !"-._'\"/:+".contains(delimiter));
        // GB18030 ends characters in these bytes. We decode first; partners may not. Only `|` is
        // so common in the field that it is taken all the same.
        let is_trap = file.charset() == Charset::Gb18030 && ('@'..='~').contains(&delimiter) && delimiter != '|';
        if !is_apart || is_trap {
            found.file(file.kind, "the delimiter may be part of the data: use `|` or tab");
        }
    }
}

pub(crate) fn layout(profile: &Profile, found: &mut Found) {
    for file in &profile.files {
        let is_manifest = file.kind == FileKind::ShippingManifest;
        if is_manifest != (file.layout == Layout::Xml) {
            found.file(file.kind, "the shipping manifest, and it alone, is XML");
        }
        let fields = file.columns.iter().map(|column| column.field.as_str());
        if is_manifest && !fields.eq(file.kind.required_fields().iter().copied()) {
            found.file(file.kind, "the columns of the manifest are fixed, in its own order");
        }
        if file.layout == Layout::Package && file.kind != FileKind::Personalization {
            found.file(file.kind, "only personalization is a package");
        }
    }
}

pub(crate) fn names(profile: &Profile, found: &mut Found) {
    let mut shapes: Vec<Vec<Part>> = Vec::new();
    for file in &profile.files {
        let parts = match parts(&file.name_template) {
            Ok(parts) => parts,
            Err(message) => {
                found.file(file.kind, message);
                continue;
            }
        };
        let sequences = parts.iter().filter(|part| matches!(part, Part::Sequence(_)));
        if sequences.count() != 1 {
            found.file(file.kind, "the name needs one {sequence:06}, or files overwrite each other");
        }
        if file.marker.as_deref().is_some_and(|suffix| !is_suffix(suffix)) {
            found.file(file.kind, "the marker is a suffix such as .ok");
        }
        if shapes.contains(&parts) {
            found.file(file.kind, "the name is that of another file");
        }
        shapes.push(parts);
    }
}

/// `.part` is what a file is called while it is being sent.
fn is_suffix(suffix: &str) -> bool {
    suffix
        .strip_prefix('.')
        .is_some_and(|rest| !rest.is_empty() && rest != "part" && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
