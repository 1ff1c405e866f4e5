//! Encrypted and integrity-protected data, version 1 (RFC 9580, section 5.13.1).
//!
//! This version and no newer one, because gpg 2.2 reads no other. Its integrity is the SHA-1 of the plain data
//! inside the encryption, which is no signature and needs no resistance to collisions; whose data it is says the
//! signature, by SHA-256. Both directions work in place.

use std::ops::Range;

use pgp::composed::RawSessionKey;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use sha1::{Digest, Sha1};

use super::packets::wrong;
use crate::error::{EnvelopeError, Part};

/// One block of random bytes and the last two of them again: what stands before the plain data.
pub const BEFORE: usize = 18;

/// The packet with the digest: two bytes of header and a SHA-1.
pub const AFTER: usize = 22;

const DIGEST_HEADER: [u8; 2] = [0xD3, 0x14];

/// The cipher has a vector of zeros: the random bytes take its place.
const VECTOR: [u8; BLOCK] = [0; BLOCK];

const BLOCK: usize = 16;

/// Digest and cipher go through the data together, in pieces that stay in the processor's cache. A piece is whole
/// blocks, so that the last block of one is the vector of the next: that is how this mode goes on.
const PIECE: usize = 64 * 1024;

/// Encrypts. `data` has room for [`BEFORE`] and [`AFTER`] at its ends.
pub fn seal(data: &mut [u8], key: &RawSessionKey) -> Result<(), EnvelopeError> {
    let failed = EnvelopeError::Unsealable { what: "the data cannot be encrypted" };
    let before = data.first_chunk_mut::<BEFORE>().ok_or(failed.clone())?;
    getrandom::fill(&mut before[..BLOCK]).map_err(|_| EnvelopeError::Random)?;
    before.copy_within(BLOCK - 2..BLOCK, BLOCK);
    let (pieces, rest) = split(data).ok_or(failed.clone())?;
    let (mut sha1, mut vector) = (Sha1::new(), VECTOR);
    let mut encrypt = |piece: &mut [u8]| {
        SymmetricKeyAlgorithm::AES256.encrypt_with_iv_regular(key.as_ref(), &vector, piece).ok()?;
        vector = *piece.last_chunk()?;
        Some(())
    };
    for piece in pieces.chunks_mut(PIECE) {
        sha1.update(&*piece);
        encrypt(piece).ok_or(failed.clone())?;
    }
    let (plain, digest) = rest.split_last_chunk_mut::<AFTER>().ok_or(failed.clone())?;
    digest[..2].copy_from_slice(&DIGEST_HEADER);
    digest[2..].copy_from_slice(&sha1.chain_update(plain).chain_update(DIGEST_HEADER).finalize());
    encrypt(rest).ok_or(failed)
}

/// Decrypts and says where the plain data lies. The two repeated bytes are not looked at: that would tell an
/// attacker something (RFC 9580, section 13.4), and the digest covers them.
pub fn open(
    data: &mut [u8],
    cipher: SymmetricKeyAlgorithm,
    key: &RawSessionKey,
) -> Result<Range<usize>, EnvelopeError> {
    accepted(cipher)?;
    let plain_bytes = data.len().saturating_sub(AFTER);
    let (pieces, rest) = split(data).ok_or(wrong("its encrypted data is too short"))?;
    // One text for a wrong key and for changed data: whoever tries learns nothing.
    let changed = wrong("its encrypted data is not whole");
    let (mut sha1, mut vector) = (Sha1::new(), VECTOR);
    let mut decrypt = |piece: &mut [u8]| {
        let next = *piece.last_chunk()?;
        cipher.decrypt_with_iv_regular(key.as_ref(), &vector, piece).ok()?;
        vector = next;
        Some(())
    };
    for piece in pieces.chunks_mut(PIECE) {
        decrypt(piece).ok_or(changed.clone())?;
        sha1.update(piece);
    }
    decrypt(rest).ok_or(changed.clone())?;
    let (plain, digest) = rest.split_last_chunk::<AFTER>().ok_or(changed.clone())?;
    let expected = sha1.chain_update(plain).chain_update(DIGEST_HEADER).finalize();
    if digest[..2] != DIGEST_HEADER || digest[2..] != expected[..] {
        return Err(changed);
    }
    Ok(BEFORE..plain_bytes)
}

/// The whole pieces of the data, and what comes behind them, the digest included.
fn split(data: &mut [u8]) -> Option<(&mut [u8], &mut [u8])> {
    let plain_bytes = data.len().checked_sub(AFTER).filter(|plain| *plain >= BEFORE)?;
    data.split_at_mut_checked(plain_bytes / PIECE * PIECE)
}

/// Ciphers with blocks of 8 bytes are broken at the sizes of our files; the others nobody uses.
fn accepted(cipher: SymmetricKeyAlgorithm) -> Result<(), EnvelopeError> {
    use SymmetricKeyAlgorithm::{AES128, AES192, AES256};
    if matches!(cipher, AES128 | AES192 | AES256) {
        return Ok(());
    }
    let algorithm = format!("the cipher {cipher:?}");
    Err(EnvelopeError::Algorithm { part: Part::Message, algorithm, accepted: "AES" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_encrypted_as_one() {
        let key = RawSessionKey::from(vec![5; 32]);
        for plain_bytes in [0, 1, PIECE - 19, PIECE - 18, PIECE - 17, PIECE, 2 * PIECE + 7, 3 * PIECE - 18] {
            let mut data = vec![9; BEFORE + plain_bytes + AFTER];
            seal(&mut data, &key).unwrap();
            let mut at_once = data.clone();
            SymmetricKeyAlgorithm::AES256.decrypt_with_iv_regular(key.as_ref(), &VECTOR, &mut at_once).unwrap();
            let inside = open(&mut data, SymmetricKeyAlgorithm::AES256, &key).unwrap();
            assert!(data == at_once && data[inside.clone()] == vec![9; plain_bytes][..], "{plain_bytes}");
            assert_eq!(inside.len(), plain_bytes);
        }
    }
}
