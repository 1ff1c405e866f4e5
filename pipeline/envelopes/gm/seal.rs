//! Seals a plain file with SM2 and SM4.

use ctr::cipher::{KeyIvInit, StreamCipher};
use zeroize::Zeroizing;

use super::{Cipher, KEY_BYTES, OwnKey, PAYLOAD, PublicKey, SESSION_KEY, SIGNATURE};
use crate::error::{EnvelopeError, Part, malformed};
use crate::manifest::{Draft, MANIFEST};
use crate::{Envelope, MAX_CONTENT_BYTES, Sealed, archive};

/// Seals a file for a partner. Key and IV are new each time, so a counter never meets the same key twice.
pub fn seal(
    draft: &Draft,
    name: &str,
    plain: &[u8],
    ours: &dyn OwnKey,
    partner: &PublicKey,
) -> Result<Sealed, EnvelopeError> {
    let sealed_name = format!("{name}{}", Envelope::Gm.suffix());
    if Envelope::Gm.plain_name(&sealed_name).is_none() {
        return Err(malformed(Part::Name, "it is no bare file name"));
    }
    if plain.len() > MAX_CONTENT_BYTES {
        return Err(EnvelopeError::TooLarge { part: Part::Payload, limit: MAX_CONTENT_BYTES });
    }
    let manifest = draft.completed(plain, ours.public().key_id())?;
    let text = manifest.canonical()?;
    let signature = ours.sign(&text)?;
    let mut secret = Zeroizing::new([0; 2 * KEY_BYTES]);
    getrandom::fill(&mut *secret).map_err(|_| EnvelopeError::Random)?;
    let session_key = partner.encrypt(&*secret)?;

    let sizes = [text.len(), signature.len(), session_key.len(), plain.len()];
    let mut bytes = Vec::with_capacity(archive::length(&sizes));
    archive::push(&mut bytes, MANIFEST, &text);
    archive::push(&mut bytes, SIGNATURE, &signature);
    archive::push(&mut bytes, SESSION_KEY, &session_key);
    // The payload is encrypted where it lies in the archive: the plain bytes are copied once.
    let payload = bytes.len() + archive::HEADER_BYTES;
    archive::push(&mut bytes, PAYLOAD, plain);
    cipher(&*secret)?.apply_keystream(&mut bytes[payload..payload + plain.len()]);
    archive::finish(&mut bytes);
    Ok(Sealed { manifest, name: sealed_name, bytes })
}

/// The cipher of a payload: 16 bytes of key, then 16 bytes of IV.
pub(super) fn cipher(secret: &[u8]) -> Result<Cipher, EnvelopeError> {
    let wrong = malformed(Part::SessionKey, "it is not a key and an IV of 16 bytes each");
    let (key, iv) = secret.split_at_checked(KEY_BYTES).ok_or(wrong.clone())?;
    Cipher::new_from_slices(key, iv).map_err(|_| wrong)
}
