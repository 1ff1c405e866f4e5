//! Records are compressed before they are encrypted, with a dictionary they share.
//!
//! A dictionary is trained on synthetic records (`schemas/sealed/train.py`) and never changes; its number is written
//! into every record, so that a better one takes over for new records and the old ones still open.

use std::cell::RefCell;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::get_dict_id_from_frame;

use super::key_error::KeyError;

/// The dictionaries by the number that their records bear: the first had none. New records get the last.
const DICTIONARIES: [(u32, &[u8]); 2] = [
    (0, include_bytes!("../../schemas/sealed/dictionary.v1")),
    (32_770, include_bytes!("../../schemas/sealed/dictionary.v2")),
];
const NEWEST: &[u8] = DICTIONARIES[DICTIONARIES.len() - 1].1;
/// Of zstd: with a dictionary that brings its codes along, a record takes no longer than at the quickest level, which
/// has none, and is a third smaller.
const COMPRESSION_LEVEL: i32 = 1;
/// An encrypted record never opens to more than this: a message, twice over.
const OPENED_BYTES_MAX: usize = 4 * 1024 * 1024;

thread_local! {
    /// One per thread: building one per record costs more than the compression itself.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    /// Those that were needed, each with the number of its dictionary.
    static DECOMPRESSORS: RefCell<Vec<(u32, Decompressor<'static>)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn compress(plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(Compressor::with_dictionary(COMPRESSION_LEVEL, NEWEST).map_err(KeyError::Compression)?);
        }
        match slot {
            Some(compressor) => compressor.compress(plain).map_err(KeyError::Compression),
            None => Err(KeyError::Encrypted),
        }
    })
}

pub(super) fn decompress(packed: &[u8]) -> Result<Vec<u8>, KeyError> {
    let number = get_dict_id_from_frame(packed).map_or(0, u32::from);
    DECOMPRESSORS.with_borrow_mut(|made| {
        if !made.iter().any(|(of, _)| *of == number) {
            let dictionary = DICTIONARIES.iter().find(|(of, _)| *of == number).ok_or(KeyError::Encrypted)?.1;
            made.push((number, Decompressor::with_dictionary(dictionary).map_err(KeyError::Compression)?));
        }
        match made.iter_mut().find(|(of, _)| *of == number) {
            Some((_, decompressor)) => decompressor.decompress(packed, OPENED_BYTES_MAX).map_err(KeyError::Compression),
            None => Err(KeyError::Encrypted),
        }
    })
}

#[cfg(test)]
mod tests {
    use zstd::bulk::Compressor;

    use super::{DICTIONARIES, compress, decompress};

    const APPLICATION: &str = include_str!("../../fixtures/intake/four.ndjson");

    #[test]
    fn records_of_every_dictionary_open() {
        let plain = APPLICATION.lines().next().unwrap().as_bytes();
        for (number, dictionary) in DICTIONARIES {
            let packed = Compressor::with_dictionary(1, dictionary).unwrap().compress(plain).unwrap();
            assert_eq!(zstd::zstd_safe::get_dict_id_from_frame(&packed).map_or(0, u32::from), number);
            assert_eq!(decompress(&packed).unwrap(), plain, "dictionary {number}");
        }
    }

    #[test]
    fn every_application_is_packed_into_a_third() {
        // The last line is none.
        for plain in APPLICATION.lines().take(3).map(str::as_bytes) {
            let packed = compress(plain).unwrap();
            assert!(packed.len() * 3 < plain.len(), "{} of {}", packed.len(), plain.len());
        }
    }
}
