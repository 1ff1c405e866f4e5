//! Records are compressed before they are encrypted, with a dictionary they share.

use std::cell::RefCell;

use super::key_error::KeyError;

/// Shared compression dictionary; its number is written into every record, so it can be replaced.
const DICTIONARY: &[u8] = include_bytes!("../../schemas/sealed/dictionary.v1");
/// Of zstd: half the time of level 1, to encrypt and each time a record is decrypted, for a quarter more bytes.
const COMPRESSION_LEVEL: i32 = -1;
/// An encrypted record never opens to more than this: a message, twice over.
const OPENED_BYTES_MAX: usize = 4 * 1024 * 1024;

thread_local! {
    /// One per thread: building one per record costs more than the compression itself.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

pub(super) fn compress(plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(
                zstd::bulk::Compressor::with_dictionary(COMPRESSION_LEVEL, DICTIONARY)
                    .map_err(KeyError::Compression)?,
            );
        }
        match slot {
            Some(compressor) => compressor.compress(plain).map_err(KeyError::Compression),
            None => Err(KeyError::Encrypted),
        }
    })
}

pub(super) fn decompress(packed: &[u8]) -> Result<Vec<u8>, KeyError> {
    DECOMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(zstd::bulk::Decompressor::with_dictionary(DICTIONARY).map_err(KeyError::Compression)?);
        }
        match slot {
            Some(decompressor) => decompressor.decompress(packed, OPENED_BYTES_MAX).map_err(KeyError::Compression),
            None => Err(KeyError::Encrypted),
        }
    })
}
