//! A partner's OpenPGP key, or the public half of ours.

use pgp::composed::{ArmorOptions, Deserializable, SignedPublicKey, SignedPublicSubKey};
use pgp::packet::{self, Signature};
use pgp::types::KeyDetails;

use super::validity;
use crate::error::{EnvelopeError, KeyFault, Part, malformed};
use crate::hex;

/// A key with many certificates of others still has no more than this.
const MAX_TEXT_BYTES: usize = 512 * 1024;

/// A transferable public key (RFC 9580, section 10.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    key: SignedPublicKey,
    key_id: String,
}

/// The part of a key that signs.
enum Signing<'a> {
    Primary(&'a packet::PublicKey),
    Sub(&'a SignedPublicSubKey),
}

impl PublicKey {
    /// Reads armored text (`gpg --armor --export KEY`) of one key. Algorithms, self-signatures and the like are
    /// looked at here, except for what depends on the day: that is looked at when the key is used.
    pub fn read(text: &str) -> Result<PublicKey, EnvelopeError> {
        let unreadable = EnvelopeError::KeyText { what: "it is no OpenPGP public key in armored text" };
        if text.len() > MAX_TEXT_BYTES {
            return Err(EnvelopeError::KeyText { what: "it is longer than 512 KiB" });
        }
        if text.matches("-----BEGIN ").count() != 1 {
            return Err(EnvelopeError::KeyText { what: "it is not one armored block" });
        }
        let (mut keys, _) = SignedPublicKey::from_string_many(text).map_err(|_| unreadable.clone())?;
        let key = keys.next().and_then(Result::ok).ok_or(unreadable)?;
        if keys.next().is_some() {
            return Err(EnvelopeError::KeyText { what: "it holds more than one key" });
        }
        let key = PublicKey::of(key);
        match validity::primary(&key.key, key.key.created_at().as_secs()) {
            Err(fault @ (KeyFault::Weak(_) | KeyFault::Unbound)) => Err(key.fault(fault)),
            _ => Ok(key),
        }
    }

    /// Armored text, as `gpg --import` reads it.
    pub fn armored(&self) -> Result<String, EnvelopeError> {
        let text = self.key.to_armored_string(ArmorOptions::default());
        text.map_err(|_| EnvelopeError::Unsealable { what: "a key has no armored text" })
    }

    /// The fingerprint in upper-case hexadecimal, as `gpg --fingerprint` shows it without its blanks.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(super) fn of(key: SignedPublicKey) -> PublicKey {
        let key_id = hex::upper(key.fingerprint().as_bytes());
        PublicKey { key, key_id }
    }

    /// The subkey that something sealed at this time is encrypted to: the newest that may.
    pub(super) fn encrypting(&self, at: u32) -> Result<&packet::PublicSubkey, EnvelopeError> {
        validity::primary(&self.key, at).map_err(|fault| self.fault(fault))?;
        let mut fault = KeyFault::CannotEncrypt;
        let mut newest: Option<&SignedPublicSubKey> = None;
        for subkey in &self.key.public_subkeys {
            match validity::subkey(&self.key, subkey, at) {
                Ok(flags) if flags.encrypt_comms() || flags.encrypt_storage() => {
                    newest = newest.filter(|other| other.created_at().as_secs() > subkey.created_at().as_secs());
                    newest = newest.or(Some(subkey));
                }
                Ok(_) => {}
                Err(found) => fault = found,
            }
        }
        newest.map(|subkey| &subkey.key).ok_or_else(|| self.fault(fault))
    }

    /// Whether this key signed the data: none if the signature names another key.
    pub(super) fn verifies(&self, signature: &Signature, data: &[u8]) -> Option<Result<(), EnvelopeError>> {
        let part = self.named_by(signature)?;
        let verified = self.may_sign(&part, signature).map_err(|fault| self.fault(fault)).and_then(|()| {
            let verified = match part {
                Signing::Primary(key) => signature.verify(key, data),
                Signing::Sub(subkey) => signature.verify(&subkey.key, data),
            };
            verified.map_err(|_| malformed(Part::Signature, "it is not over this data"))
        });
        Some(verified)
    }

    fn may_sign(&self, part: &Signing<'_>, signature: &Signature) -> Result<(), KeyFault> {
        let at = signature.created().map_or(0, |created| created.as_secs());
        let mut flags = validity::primary(&self.key, at)?;
        if let Signing::Sub(subkey) = part {
            flags = validity::subkey(&self.key, subkey, at)?;
        }
        if flags.sign() { Ok(()) } else { Err(KeyFault::CannotSign) }
    }

    /// The part of this key that a signature names as its maker, by fingerprint or, where it has none, by key id.
    fn named_by(&self, signature: &Signature) -> Option<Signing<'_>> {
        let fingerprints = signature.issuer_fingerprint();
        let names = |key: &dyn KeyDetails| match fingerprints.is_empty() {
            true => signature.issuer_key_id().contains(&&key.legacy_key_id()),
            false => fingerprints.contains(&&key.fingerprint()),
        };
        if names(&self.key.primary_key) {
            return Some(Signing::Primary(&self.key.primary_key));
        }
        self.key.public_subkeys.iter().find(|subkey| names(&subkey.key)).map(Signing::Sub)
    }

    fn fault(&self, fault: KeyFault) -> EnvelopeError {
        EnvelopeError::Key { key_id: self.key_id.clone(), fault }
    }
}
