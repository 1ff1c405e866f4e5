//! Seals a plain file as one OpenPGP message, signed and then encrypted.
//!
//! Not compressed: the length of compressed data tells about it, a bomb cannot be told from a file before it is
//! opened, and partners' lines are not short of bytes.

use pgp::composed::RawSessionKey;
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::errors::Result as PgpResult;
use pgp::packet::{
    PacketTrait, PublicKeyEncryptedSessionKey, Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData,
};
use pgp::types::{Password, SigningKey, Timestamp};
use rand_core_for_pgp::OsRng;
use zeroize::Zeroizing;

use super::own::OwnKey;
use super::partner::PublicKey;
use super::{packets, protected, validity};
use crate::error::{EnvelopeError, Part, malformed};
use crate::manifest::{Draft, MANIFEST};
use crate::{Envelope, MAX_CONTENT_BYTES, Sealed, archive};

/// Mode, empty name and no time: what stands before literal data.
const LITERAL: [u8; 6] = *b"b\0\0\0\0\0";

/// What may come behind the plain data: signature and digest, with room to spare.
const BEHIND: usize = 1024;

/// Seals a file for a partner. The session key is new each time.
pub fn seal(
    draft: &Draft,
    name: &str,
    plain: &[u8],
    ours: &dyn OwnKey,
    partner: &PublicKey,
) -> Result<Sealed, EnvelopeError> {
    let sealed_name = format!("{name}{}", Envelope::OpenPgp.suffix());
    if Envelope::OpenPgp.plain_name(&sealed_name).is_none() {
        return Err(malformed(Part::Name, "it is no bare file name"));
    }
    if plain.len() > MAX_CONTENT_BYTES {
        return Err(EnvelopeError::TooLarge { part: Part::Payload, limit: MAX_CONTENT_BYTES });
    }
    let what = "it is made at no time that OpenPGP can write";
    let at = validity::seconds(draft.made_at).ok_or(EnvelopeError::Unsealable { what })?;
    let recipient = partner.encrypting(at)?;
    let manifest = draft.completed(plain, ours.public().key_id())?;
    let text = manifest.canonical()?;

    let mut secret = Zeroizing::new(vec![0; SymmetricKeyAlgorithm::AES256.key_size()]);
    getrandom::fill(&mut secret).map_err(|_| EnvelopeError::Random)?;
    let session_key = RawSessionKey::from(secret);
    let mut bytes = Vec::with_capacity(archive::length(&[text.len(), plain.len()]) + 2 * BEHIND);
    let cipher = SymmetricKeyAlgorithm::AES256;
    PublicKeyEncryptedSessionKey::from_session_key_v3(OsRng, &session_key, cipher, recipient)
        .and_then(|packet| packet.to_writer_with_header(&mut bytes))
        .map_err(|_| EnvelopeError::Unsealable { what: "the session key cannot be encrypted" })?;

    // Everything is laid out in one buffer and encrypted there: the plain bytes are copied once.
    let header = bytes.len();
    bytes.extend_from_slice(&packets::header(packets::PROTECTED, 0)?);
    bytes.push(1);
    let start = bytes.len();
    bytes.resize(start + protected::BEFORE, 0);
    message(&mut bytes, &text, name, plain, ours, at)?;
    bytes.resize(bytes.len() + protected::AFTER, 0);
    protected::seal(&mut bytes[start..], &session_key)?;
    let length = packets::header(packets::PROTECTED, bytes.len() - start + 1)?;
    bytes[header..header + length.len()].copy_from_slice(&length);
    Ok(Sealed { manifest, name: sealed_name, bytes })
}

/// A one-pass header, the archive as literal data, and the signature.
fn message(
    bytes: &mut Vec<u8>,
    manifest: &[u8],
    name: &str,
    plain: &[u8],
    ours: &dyn OwnKey,
    at: u32,
) -> Result<(), EnvelopeError> {
    let key = ours.signing();
    let one_pass = [3, u8::from(SignatureType::Binary), HashAlgorithm::Sha256.into(), key.algorithm().into()];
    bytes.extend_from_slice(&packets::header(packets::ONE_PASS, 13)?);
    bytes.extend_from_slice(&one_pass);
    bytes.extend_from_slice(key.legacy_key_id().as_ref());
    bytes.push(1);
    let length = archive::length(&[manifest.len(), plain.len()]);
    bytes.extend_from_slice(&packets::header(packets::LITERAL, LITERAL.len() + length)?);
    bytes.extend_from_slice(&LITERAL);
    let data = bytes.len();
    archive::push(bytes, MANIFEST, manifest);
    archive::push(bytes, name, plain);
    archive::finish(bytes);
    signed(&bytes[data..], key, at)
        .and_then(|signature| signature.to_writer_with_header(bytes))
        .map_err(|_| EnvelopeError::Unsealable { what: "the key cannot sign" })
}

fn signed(data: &[u8], key: &dyn SigningKey, at: u32) -> PgpResult<Signature> {
    let mut config = SignatureConfig::v4(SignatureType::Binary, key.algorithm(), HashAlgorithm::Sha256);
    config.hashed_subpackets = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(Timestamp::from_secs(at)))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
    ];
    config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?];
    config.sign(&Box::new(key), &Password::empty(), data)
}
