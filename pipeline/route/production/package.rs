//! The package for the bureau: one tar with a control record, one record a card, and for each card a
//! print photo and a chip photo. Equal photos are stored once and linked, so that what it holds is
//! one picture a card and what it weighs is one picture a face. No entry names personal data, and
//! the same cards always give the same bytes.

use std::collections::HashMap;
use std::io::Read;

use cardline_core::file_formats::FileSpec;

use crate::batching::cutting;
use crate::crypto::objects::sha256;
use crate::step::{Progress, StageError};

/// Entry with what the package should hold, and the digest of the records.
pub const CONTROL_ENTRY: &str = "control.txt";
/// Entry with one record a card.
pub const CARDS_ENTRY: &str = "cards.dat";

/// Digests of the renditions of a card's photo.
pub struct CardPhotos<'p> {
    pub print: &'p str,
    pub chip: &'p str,
}

/// Name of a photo entry: `print/000001.jpg`.
pub fn photo_entry(kind: &str, number: usize) -> String {
    format!("{kind}/{number:06}.jpg")
}

/// Writes the package of these records, each with the digests of its photos; `photos` has the bytes by digest.
pub fn write_package(
    spec: &FileSpec,
    control: &std::collections::BTreeMap<String, String>,
    rows: &[Vec<String>],
    (cards, photos): (&[CardPhotos<'_>], &HashMap<String, Vec<u8>>),
    progress: &Progress,
) -> Result<Vec<u8>, StageError> {
    progress.phase("package", Some(2 * cards.len()));
    let records = cutting::render(spec, control, rows)?;
    let mut text = String::new();
    for (field, value) in control {
        text.push_str(&format!("{field}={value}\n"));
    }
    for (region, first, last) in sections(spec, rows) {
        text.push_str(&format!("section={region} {first}-{last}\n"));
    }
    text.push_str(&format!(
        "cards_sha256={}\nprint_photos={}\nchip_photos={}\n",
        sha256(&records),
        cards.len(),
        cards.len()
    ));
    let mut tar = tar::Builder::new(Vec::with_capacity(records.len() + cards.len() * 1024));
    append(&mut tar, CONTROL_ENTRY, text.as_bytes())?;
    append(&mut tar, CARDS_ENTRY, &records)?;
    let mut first: HashMap<&str, String> = HashMap::new();
    for (kind, of) in [("print", (|c| c.print) as for<'c> fn(&'c CardPhotos<'_>) -> &'c str), ("chip", |c| c.chip)] {
        for (at, card) in cards.iter().enumerate() {
            let (entry, digest) = (photo_entry(kind, at + 1), of(card));
            progress.advance(1);
            match first.get(digest) {
                Some(stored) => link(&mut tar, &entry, stored)?,
                None => {
                    let bytes = photos
                        .get(digest)
                        .ok_or_else(|| StageError::Shape(format!("rendition of {entry} is missing")))?;
                    append(&mut tar, &entry, bytes)?;
                    first.insert(digest, entry);
                }
            }
        }
    }
    tar.into_inner().map_err(|e| StageError::file("package", e))
}

/// Region, first and last row of each section; none when the records do not tell the region.
fn sections<'r>(spec: &FileSpec, rows: &'r [Vec<String>]) -> Vec<(&'r str, usize, usize)> {
    let mut sections: Vec<(&str, usize, usize)> = Vec::new();
    let Some(place) = spec.column("region") else { return sections };
    for (region, row) in rows.iter().filter_map(|row| row.get(place)).zip(1..) {
        match sections.last_mut() {
            Some((last, _, end)) if last == region => *end = row,
            _ => sections.push((region, row, row)),
        }
    }
    sections
}

/// The records of a package, as the bureau and `file inspect` read them.
pub fn read_cards(package: &[u8]) -> Result<Vec<u8>, StageError> {
    let failed = |e| StageError::file("package", e);
    let mut archive = tar::Archive::new(package);
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        if entry.path_bytes().as_ref() == CARDS_ENTRY.as_bytes() {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(failed)?;
            return Ok(bytes);
        }
    }
    Err(StageError::Shape(format!("the package has no {CARDS_ENTRY}")))
}

/// A header with nothing in it that differs from one rendering to the next.
fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o600);
    header.set_mtime(0);
    header.set_size(size);
    header
}

fn append(tar: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]) -> Result<(), StageError> {
    tar.append_data(&mut header(bytes.len() as u64), name, bytes).map_err(|e| StageError::file(name, e))
}

fn link(tar: &mut tar::Builder<Vec<u8>>, name: &str, target: &str) -> Result<(), StageError> {
    let mut header = header(0);
    header.set_entry_type(tar::EntryType::Link);
    tar.append_link(&mut header, name, target).map_err(|e| StageError::file(name, e))
}
