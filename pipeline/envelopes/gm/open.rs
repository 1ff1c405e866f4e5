//! Opens an envelope of SM2 and SM4.

use std::ops::Range;

use ctr::cipher::StreamCipher;

use super::seal::cipher;
use super::{MAX_SESSION_KEY_BYTES, MAX_SIGNATURE_BYTES, OwnKey, PAYLOAD, PublicKey, SESSION_KEY, SIGNATURE};
use crate::disagreement::Disagreement;
use crate::error::{EnvelopeError, Part, malformed};
use crate::expected::signed_by;
use crate::manifest::{MANIFEST, MAX_MANIFEST_BYTES, Manifest};
use crate::{Envelope, MAX_CONTENT_BYTES, Opened, archive};

/// The files of an envelope, each with its largest size.
const FILES: [(&str, usize); 4] = [
    (MANIFEST, MAX_MANIFEST_BYTES),
    (SIGNATURE, MAX_SIGNATURE_BYTES),
    (SESSION_KEY, MAX_SESSION_KEY_BYTES),
    (PAYLOAD, MAX_CONTENT_BYTES),
];

/// Opens an envelope by its name and bytes. `ours` are the keys it may be encrypted to, `partners` those that may
/// have signed it; `check` sees the manifest before the payload is decrypted.
///
/// An envelope names no key that it is encrypted to, so our keys are tried, one decryption of 32 bytes each.
pub fn open(
    name: &str,
    mut envelope: Vec<u8>,
    ours: &[&dyn OwnKey],
    partners: &[PublicKey],
    check: impl FnOnce(&Manifest) -> Result<(), Disagreement>,
) -> Result<Opened, EnvelopeError> {
    let plain_name = Envelope::Gm.plain_name(name);
    let plain_name = plain_name.ok_or(malformed(Part::Name, "it is no bare file name ending with .gm"))?;
    let [manifest, signature, session_key, payload] = archive::read(&envelope, FILES)?;
    let signer = signer(&envelope[manifest.clone()], &envelope[signature], partners)?;
    let manifest = Manifest::read(&envelope[manifest])?;
    signed_by(&manifest, signer.key_id())?;
    check(&manifest)?;
    manifest.has_length(payload.len())?;
    decrypt(&mut envelope, &session_key, &payload, ours)?;
    manifest.agrees_with(&envelope[payload.clone()])?;

    // The content stays where it was decrypted; what lies around it is cut off.
    envelope.truncate(payload.end);
    envelope.drain(..payload.start);
    Ok(Opened {
        name: plain_name.to_owned(),
        content: envelope,
        signed_by: signer.key_id().to_owned(),
        // The manifest is all that is signed, so its time is the time of the signature.
        signed_at: manifest.made_at,
        manifest,
    })
}

/// The key that signed the manifest.
fn signer<'a>(manifest: &[u8], signature: &[u8], partners: &'a [PublicKey]) -> Result<&'a PublicKey, EnvelopeError> {
    partners.iter().find(|key| key.verifies(manifest, signature)).ok_or_else(|| {
        let expected = partners.iter().map(PublicKey::key_id).collect::<Vec<_>>().join(", ");
        EnvelopeError::WrongSigner { expected }
    })
}

/// Decrypts the payload in its place.
fn decrypt(
    envelope: &mut [u8],
    session_key: &Range<usize>,
    payload: &Range<usize>,
    ours: &[&dyn OwnKey],
) -> Result<(), EnvelopeError> {
    let mut refused = Vec::new();
    for key in ours {
        match key.decrypt(&envelope[session_key.clone()]) {
            Ok(secret) => {
                cipher(&secret)?.apply_keystream(&mut envelope[payload.clone()]);
                return Ok(());
            }
            Err(EnvelopeError::NotForUs { keys }) => refused.push(keys),
            Err(other) => return Err(other),
        }
    }
    Err(EnvelopeError::NotForUs { keys: refused.join(", ") })
}
