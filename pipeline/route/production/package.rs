//! The package for the bureau: one tar with a control record, one record a card, and for each card a
//! print photo and a chip photo. Equal photos are stored once and linked, so that what it holds is
//! one picture a card and what it weighs is one picture a face. No entry names personal data, and
//! the same cards always give the same bytes.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use cardline_core::file_formats::FileSpec;

use crate::batching::cutting;
use crate::crypto::objects::sha256;
use crate::step::{Progress, StageError};

/// Entry with what the package should hold, and the digest of the records.
pub const CONTROL_ENTRY: &str = "control.txt";
/// Entry with one record a card.
pub const CARDS_ENTRY: &str = "cards.dat";

/// An archive is made of blocks of so many bytes.
const BLOCK_BYTES: u64 = 512;

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
    control: &BTreeMap<String, String>,
    rows: &[Vec<String>],
    (cards, photos): (&[CardPhotos<'_>], &HashMap<String, Vec<u8>>),
    progress: &Progress,
) -> Result<Vec<u8>, StageError> {
    progress.phase("package", Some(2 * cards.len()));
    let mut tar = tar::Builder::new(Vec::with_capacity(rows.len() * 2048));
    write_records(&mut tar, spec, control, rows)?;
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

/// The same package under other numbers: its records are written anew, its photos stay as they are.
pub fn write_package_anew(
    spec: &FileSpec,
    control: &BTreeMap<String, String>,
    rows: &[Vec<String>],
    before: &[u8],
) -> Result<Vec<u8>, StageError> {
    let failed = |e| StageError::file("package", e);
    let mut archive = tar::Archive::new(before);
    let records = archive.entries().map_err(failed)?.nth(1).transpose().map_err(failed)?;
    let records = records.ok_or_else(|| StageError::Shape(format!("the package has no {CARDS_ENTRY}")))?;
    let photos_at = (records.raw_file_position() + records.size()).next_multiple_of(BLOCK_BYTES) as usize;
    let photos = before.get(photos_at..).unwrap_or_default();
    let mut tar = tar::Builder::new(Vec::with_capacity(before.len() + BLOCK_BYTES as usize));
    write_records(&mut tar, spec, control, rows)?;
    tar.get_mut().extend_from_slice(photos);
    // What was copied has the end of the archive in it, so this one is not ended once more.
    Ok(std::mem::take(tar.get_mut()))
}

/// Writes what a package begins with: what it should hold, and its records.
fn write_records(
    tar: &mut tar::Builder<Vec<u8>>,
    spec: &FileSpec,
    control: &BTreeMap<String, String>,
    rows: &[Vec<String>],
) -> Result<(), StageError> {
    let records = cutting::render(spec, control, rows)?;
    let mut text = String::new();
    for (field, value) in control {
        text.push_str(&format!("{field}={value}\n"));
    }
    for (region, first, last) in sections(spec, rows) {
        text.push_str(&format!("section={region} {first}-{last}\n"));
    }
    let (digest, cards) = (sha256(&records), rows.len());
    text.push_str(&format!("cards_sha256={digest}\nprint_photos={cards}\nchip_photos={cards}\n"));
    append(tar, CONTROL_ENTRY, text.as_bytes())?;
    append(tar, CARDS_ENTRY, &records)
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use cardline_core::file_formats::FileKind;

    use super::{CardPhotos, write_package, write_package_anew};
    use crate::step::Progress;

    #[test]
    fn a_package_under_other_numbers_is_what_would_have_been_written() {
        let profiles = crate::exchange::load_profiles(None).unwrap();
        let bureau = profiles.iter().find(|profile| profile.code == "BUREAU").unwrap();
        let spec = bureau.file(FileKind::Personalization).unwrap();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/partners/BUREAU/personalization/expected.bin");
        let whole = spec.parse(&std::fs::read(path).unwrap()).unwrap();
        let control = |number: &str| {
            let mut control: BTreeMap<String, String> = whole.control.clone();
            control.insert("batch".into(), number.into());
            control
        };
        let photos = HashMap::from([("a".to_owned(), vec![7; 700]), ("b".to_owned(), vec![8; 512])]);
        for cards in [whole.rows.len(), 0] {
            let of_card = |at| CardPhotos { print: if at == 0 { "a" } else { "b" }, chip: "b" };
            let of_cards: Vec<CardPhotos<'_>> = (0..cards).map(of_card).collect();
            let package = |number: &str| {
                let photos = (&*of_cards, &photos);
                write_package(spec, &control(number), &whole.rows, photos, &Progress::unwatched()).unwrap()
            };
            let before = package("P20260105-0001");
            let anew = write_package_anew(spec, &control("P20260105-1234"), &whole.rows, &before).unwrap();
            assert_eq!(anew, package("P20260105-1234"), "{cards} photos");
        }
    }
}
