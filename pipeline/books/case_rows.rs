//! The rows of partners' files that are about a card: what we asked and what was answered, cell by cell, masked.
//!
//! A file that was purged, or is not at hand, shows nothing; nor does one whose bytes are not those of its digest.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Cursor;

use cardline_core::file_formats::{FileKind, FileSpec, Parsed, masked};

use super::file_bytes::bytes_of;
use crate::exchange::files::FileRecord;
use crate::quarantine::redaction::MaskedValue;
use crate::route::production::records::records;
use crate::step::Worker;

/// Files that were read once.
#[derive(Default)]
pub(super) struct ReadFiles<'w> {
    files: HashMap<i64, Option<(&'w FileSpec, Parsed)>>,
}

impl<'w> ReadFiles<'w> {
    /// The cells of a row of a file, masked; more than one row of the same number stand one after the other.
    pub(super) async fn row(&mut self, worker: &'w Worker, file: &FileRecord, row: i64) -> Vec<MaskedValue> {
        let read = match self.files.entry(file.id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(read(worker, file).await),
        };
        let Some((spec, parsed)) = read else { return Vec::new() };
        let is_asked = |cells: &&Vec<String>| spec.value(cells, "row").is_some_and(|number| number.parse() == Ok(row));
        let shown = |cells: &Vec<String>| {
            let columns = spec.columns.iter().zip(cells);
            let shown = columns.map(|(column, cell)| MaskedValue {
                path: column.field.clone(),
                value: masked(spec.kind, &column.field, cell),
            });
            shown.collect::<Vec<_>>()
        };
        parsed.rows.iter().filter(is_asked).flat_map(shown).collect()
    }
}

async fn read<'w>(worker: &'w Worker, file: &FileRecord) -> Option<(&'w FileSpec, Parsed)> {
    let spec = worker.partners.get(&file.partner)?.profile.file(FileKind::named(&file.kind)?)?;
    let bytes = bytes_of(worker, file).await.ok()?;
    let records = records(spec, Cursor::new(bytes)).ok()?;
    Some((spec, spec.parse(&records).ok()?))
}
