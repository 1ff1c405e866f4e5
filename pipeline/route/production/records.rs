//! The records of a partner's file, wherever it comes from: bounded, and taken out of a package.

use std::io::{Read, Seek};

use cardline_core::file_formats::{FaultCode, FileSpec, Layout, Validation};

use super::package::CARDS_ENTRY;
use crate::limits::PARTNER_FILE_BYTES_MAX;

/// Why a file's records were not read.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    #[error(transparent)]
    Read(#[from] std::io::Error),
    #[error("the package has no {CARDS_ENTRY}; ask for it again")]
    NoRecords,
    #[error("the package is cut off or no archive: {0}; ask for it again")]
    Broken(std::io::Error),
    #[error("larger than a partner's file may be ({PARTNER_FILE_BYTES_MAX} bytes)")]
    TooLarge,
}

/// The records of a file: itself, or the entry of a package that has them, past the photos without holding them.
///
/// # Errors
/// It cannot be read, is too large, or is a package without records.
pub fn records(spec: &FileSpec, mut from: impl Read + Seek) -> Result<Vec<u8>, RecordsError> {
    if spec.layout == Layout::Package {
        let mut head = Vec::new();
        from.by_ref().take(512).read_to_end(&mut head)?;
        from.rewind()?;
        if head.get(257..262) == Some(b"ustar".as_slice()) {
            return packaged(from);
        }
    }
    bounded(from)
}

/// Checks a file that lies nowhere in the route: nothing is taken in, and every fault is listed.
///
/// # Errors
/// It cannot be read.
pub fn validate(spec: &FileSpec, name: &str, from: impl Read + Seek) -> std::io::Result<Validation> {
    match records(spec, from) {
        Ok(records) => Ok(spec.validate(name, &records)),
        Err(RecordsError::Read(error)) => Err(error),
        Err(error @ RecordsError::NoRecords) => Ok(spec.unreadable(FaultCode::FileControl, &error.to_string())),
        Err(error) => Ok(spec.unreadable(FaultCode::FileTruncated, &error.to_string())),
    }
}

fn packaged(from: impl Read + Seek) -> Result<Vec<u8>, RecordsError> {
    let mut archive = tar::Archive::new(from);
    for entry in archive.entries_with_seek().map_err(RecordsError::Broken)? {
        let entry = entry.map_err(RecordsError::Broken)?;
        if entry.path_bytes().as_ref() == CARDS_ENTRY.as_bytes() {
            let whole = entry.size();
            let records = bounded(entry)?;
            if (records.len() as u64) < whole {
                return Err(RecordsError::Broken(std::io::ErrorKind::UnexpectedEof.into()));
            }
            return Ok(records);
        }
    }
    Err(RecordsError::NoRecords)
}

fn bounded(from: impl Read) -> Result<Vec<u8>, RecordsError> {
    let mut bytes = Vec::new();
    from.take(PARTNER_FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > PARTNER_FILE_BYTES_MAX {
        return Err(RecordsError::TooLarge);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use cardline_core::file_formats::{FileKind, FileSpec, Validation};

    use super::super::package::{CARDS_ENTRY, CONTROL_ENTRY};
    use super::validate;

    fn spec(kind: FileKind) -> FileSpec {
        let profiles = crate::exchange::load_profiles(None).unwrap();
        let partner = if kind == FileKind::AccountResult { "ICBC" } else { "BUREAU" };
        profiles.iter().find(|profile| profile.code == partner).and_then(|profile| profile.file(kind)).unwrap().clone()
    }

    fn fixture(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/partners");
        std::fs::read(format!("{folder}/{name}/expected.bin")).unwrap()
    }

    fn found(kind: FileKind, name: &str, bytes: &[u8]) -> Validation {
        validate(&spec(kind), name, Cursor::new(bytes)).unwrap()
    }

    fn codes(found: &Validation) -> Vec<(usize, usize, &'static str)> {
        found.errors.iter().map(|fault| (fault.line, fault.column, fault.code.code())).collect()
    }

    #[test]
    fn all_that_is_wrong_with_a_file_is_found_at_once() {
        let whole = fixture("ICBC/account-result");
        assert!(found(FileKind::AccountResult, "any", &whole).valid);
        assert_eq!(codes(&found(FileKind::AccountResult, "any", b"")), [(0, 0, "FILE-EMPTY")]);
        // The count, a row without its columns, another one with a wrong day, and no line feed at the end.
        let (text, line_feeds) = (String::from_utf8_lossy(&whole).into_owned(), b'\n');
        assert!(text.contains("20260106"), "{text}");
        let mut bytes = whole.clone();
        let at = bytes.windows(8).position(|day| day == b"20260106").unwrap();
        bytes[at + 4..at + 6].copy_from_slice(b"13");
        bytes.extend_from_slice(b"one cell");
        let faults = codes(&found(FileKind::AccountResult, "any", &bytes));
        let last = bytes.iter().filter(|byte| **byte == line_feeds).count() + 1;
        assert!(faults.iter().any(|(line, _, code)| (*line, *code) == (1, "FILE-COUNT")), "{faults:?}");
        assert!(
            faults.iter().any(|(line, column, code)| *line == 2 && *column > 0 && *code == "FIELD-CLASS"),
            "{faults:?}"
        );
        assert!(faults.iter().any(|(line, ..)| *line == last), "{faults:?}");
        assert!(faults.iter().any(|(.., code)| *code == "FILE-TRUNCATED"), "{faults:?}");
    }

    #[test]
    fn a_name_says_the_number_in_the_file() {
        let (spec, whole) = (spec(FileKind::AccountResult), fixture("ICBC/account-result"));
        let name = |number| spec.file_name("2026-01-06".parse().unwrap(), number, "110101").unwrap();
        assert!(found(FileKind::AccountResult, &name(1), &whole).valid);
        let other = found(FileKind::AccountResult, &name(2), &whole);
        assert!(!other.valid && other.errors[0].field == "sequence" && other.errors[0].line == 1);
    }

    #[test]
    fn a_package_cut_off_anywhere_is_a_fault_and_no_panic() {
        let records = fixture("BUREAU/personalization");
        let package = |entries: &[(&str, &[u8])]| {
            let mut tar = tar::Builder::new(Vec::new());
            for (name, bytes) in entries {
                let mut header = tar::Header::new_ustar();
                header.set_size(bytes.len() as u64);
                tar.append_data(&mut header, name, *bytes).unwrap();
            }
            tar.into_inner().unwrap()
        };
        let whole = package(&[(CONTROL_ENTRY, b"a=b\n"), (CARDS_ENTRY, &records)]);
        assert!(found(FileKind::Personalization, "any", &whole).valid);
        let without = found(FileKind::Personalization, "any", &package(&[(CONTROL_ENTRY, b"a=b\n")]));
        assert_eq!(codes(&without), [(0, 0, "FILE-CONTROL")]);
        let end = 512 * 3 + records.len();
        for cut in (0..end).step_by(7) {
            assert!(!found(FileKind::Personalization, "any", &whole[..cut]).valid, "{cut} of {end}");
        }
        for at in (0..whole.len()).step_by(3) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0xff;
            let _ = found(FileKind::Personalization, "any", &flipped);
        }
    }
}
