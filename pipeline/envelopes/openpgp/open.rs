//! Opens an OpenPGP message: decrypts it, verifies its one signature, and reads its archive.

use std::ops::Range;

use jiff::Timestamp;
use pgp::composed::PlainSessionKey;
use pgp::packet::{PacketHeader, PublicKeyEncryptedSessionKey};
use pgp::types::{DecryptionKey, EskType, Password, Tag};

use super::message::{self, Message};
use super::own::OwnKey;
use super::packets::{self, wrong};
use super::partner::PublicKey;
use super::{protected, validity};
use crate::disagreement::Disagreement;
use crate::error::{EnvelopeError, Part, malformed};
use crate::expected::signed_by;
use crate::manifest::{MANIFEST, MAX_MANIFEST_BYTES, Manifest};
use crate::{Envelope, MAX_CONTENT_BYTES, Opened, archive};

/// A message is encrypted to us and perhaps to its sender; nobody needs more.
const MAX_RECIPIENTS: usize = 8;

/// An encrypted session key of RSA with 16384 bits would fit.
const MAX_SESSION_KEY_BYTES: usize = 4096;

/// Opens an envelope by its name and bytes. `ours` are the keys it may be encrypted to, `partners` those that may
/// have signed it; `check` sees the manifest before the plain file is handed on.
pub fn open(
    name: &str,
    mut envelope: Vec<u8>,
    ours: &[&dyn OwnKey],
    partners: &[PublicKey],
    check: impl FnOnce(&Manifest) -> Result<(), Disagreement>,
) -> Result<Opened, EnvelopeError> {
    let plain_name = Envelope::OpenPgp.plain_name(name);
    let plain_name = plain_name.ok_or(malformed(Part::Name, "it is no bare file name ending with .pgp"))?;
    let inside = decrypt(&mut envelope, ours)?;
    opened(plain_name, envelope, inside, partners, check)
}

/// Everything after decryption. Whoever has our public key can write what comes here, so nothing of it is believed
/// before the signature is verified.
fn opened(
    plain_name: &str,
    mut envelope: Vec<u8>,
    inside: Range<usize>,
    partners: &[PublicKey],
    check: impl FnOnce(&Manifest) -> Result<(), Disagreement>,
) -> Result<Opened, EnvelopeError> {
    let inside = message::decompressed(&mut envelope, inside)?;
    let signed = message::read(&mut envelope, inside)?;
    let archive = &envelope[signed.data.clone()];
    let (signer, signed_at) = verified(&signed, archive, partners)?;
    let [manifest, content] =
        archive::read(archive, [(MANIFEST, MAX_MANIFEST_BYTES), (plain_name, MAX_CONTENT_BYTES)])?;
    let manifest = Manifest::read(&archive[manifest])?;
    signed_by(&manifest, signer)?;
    check(&manifest)?;
    manifest.agrees_with(&archive[content.clone()])?;

    // The content stays where it was decrypted; what lies around it is cut off.
    let start = signed.data.start;
    envelope.truncate(start + content.end);
    envelope.drain(..start + content.start);
    let (name, signed_by) = (plain_name.to_owned(), signer.to_owned());
    Ok(Opened { manifest, name, content: envelope, signed_by, signed_at })
}

/// Decrypts in place and says where the message lies.
fn decrypt(envelope: &mut [u8], ours: &[&dyn OwnKey]) -> Result<Range<usize>, EnvelopeError> {
    let (mut at, mut keys) = (0, Vec::new());
    let data = loop {
        let packet = packets::read(envelope, at..envelope.len())?;
        at = packet.next;
        match packet.tag {
            packets::SESSION_KEY if keys.len() < MAX_RECIPIENTS => keys.push(packet.body),
            packets::SESSION_KEY => return Err(wrong("it is encrypted to more than eight keys")),
            packets::PROTECTED => break packet,
            packets::PASSWORD_KEY => return Err(wrong("it is encrypted with a password and not to our key")),
            packets::UNPROTECTED => return Err(wrong("it is encrypted without protection of its integrity")),
            _ => return Err(wrong("it is not encrypted")),
        }
    };
    if data.next != envelope.len() {
        return Err(wrong("something stands behind its encrypted data"));
    }
    if envelope[data.body.clone()].first() != Some(&1) {
        return Err(wrong("its encrypted data is of a version other than 1"));
    }
    let key = session_key(envelope, &keys, ours)?;
    let PlainSessionKey::V3_4 { sym_alg, key } = &key else { return Err(wrong("its session key has another version")) };
    let start = data.body.start + 1;
    let inside = protected::open(&mut envelope[start..data.body.end], *sym_alg, key)?;
    Ok(start + inside.start..start + inside.end)
}

/// The session key, decrypted by the first of our keys that one of the packets is for.
fn session_key(
    envelope: &[u8],
    packets: &[Range<usize>],
    ours: &[&dyn OwnKey],
) -> Result<PlainSessionKey, EnvelopeError> {
    let keys: Vec<&dyn DecryptionKey> = ours.iter().flat_map(|own| own.decrypting()).collect();
    for body in packets {
        let packet = parsed(&envelope[body.clone()])?;
        let Ok(values) = packet.values() else { continue };
        let Ok(id) = packet.id() else { continue };
        // A packet without an id is for whoever can decrypt it (`gpg --hidden-recipient`).
        for key in keys.iter().filter(|key| id.is_wildcard() || *id == key.legacy_key_id()) {
            if let Ok(Ok(found)) = key.decrypt(&Password::empty(), values, EskType::V3_4) {
                return Ok(found);
            }
        }
    }
    let keys = ours.iter().map(|own| own.public().key_id()).collect::<Vec<_>>().join(", ");
    Err(EnvelopeError::NotForUs { keys })
}

fn parsed(mut body: &[u8]) -> Result<PublicKeyEncryptedSessionKey, EnvelopeError> {
    let unreadable = malformed(Part::SessionKey, "it cannot be read");
    let length = u32::try_from(body.len()).map_err(|_| unreadable.clone())?;
    if body.len() > MAX_SESSION_KEY_BYTES {
        return Err(unreadable);
    }
    let header = PacketHeader::new_fixed(Tag::PublicKeyEncryptedSessionKey, length);
    let packet = PublicKeyEncryptedSessionKey::try_from_reader(header, &mut body).map_err(|_| unreadable.clone())?;
    if body.is_empty() { Ok(packet) } else { Err(unreadable) }
}

/// The id of the key that signed, and when it says it did.
fn verified<'a>(
    message: &Message,
    data: &[u8],
    partners: &'a [PublicKey],
) -> Result<(&'a str, Timestamp), EnvelopeError> {
    let signature = &message.signature;
    if !validity::is_strong(signature) {
        let algorithm = signature.hash_alg().map_or("an unknown version".to_owned(), |digest| format!("{digest:?}"));
        return Err(EnvelopeError::Algorithm { part: Part::Signature, algorithm, accepted: "SHA-256 or SHA-512" });
    }
    for partner in partners {
        if let Some(verified) = partner.verifies(signature, data) {
            verified?;
            let seconds = signature.created().map_or(0, |created| created.as_secs());
            let signed_at = Timestamp::from_second(seconds.into());
            return Ok((partner.key_id(), signed_at.map_err(|_| malformed(Part::Signature, "it has no time"))?));
        }
    }
    let expected = partners.iter().map(PublicKey::key_id).collect::<Vec<_>>().join(", ");
    Err(EnvelopeError::WrongSigner { expected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openpgp::{SecretKey, seal};
    use crate::trials::setting::{NAME, an_hour_ago, draft, plain};

    /// Behind the encryption no digest stands before the parsers: these bytes anybody can choose.
    #[test]
    fn no_changed_bit_behind_the_encryption_is_taken_for_another_file() {
        let key = |user| SecretKey::generate(user, an_hour_ago()).unwrap();
        let (bank, ours) = (key("Bank"), key("Cardline"));
        let partners = [bank.public().clone()];
        let mut bytes = seal(&draft(), NAME, &plain(), &bank, ours.public()).unwrap().bytes;
        let inside = decrypt(&mut bytes, &[&ours]).unwrap();
        let open = |bytes: Vec<u8>, inside: Range<usize>| opened(NAME, bytes, inside, &partners, |_| Ok(()));
        let good = open(bytes.clone(), inside.clone()).unwrap();
        for end in inside.clone() {
            assert!(open(bytes.clone(), inside.start..end).is_err(), "cut at {end}");
        }
        let mut unseen = 0;
        for bit in inside.start * 8..inside.end * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Ok(opened) = open(changed, inside.clone()) {
                assert_eq!(opened, good, "bit {bit}");
                unseen += 1;
            }
        }
        // The time and format of the literal data and what the signature leaves out of its digest.
        assert!(unseen < 300, "{unseen}");
    }
}
