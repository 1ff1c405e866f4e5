//! What a key may do at a time: by its self-signatures, its revocations and its algorithm.
//!
//! Only what the key's owner signed counts, with a digest of today. The newest self-signature decides, so that an
//! owner can extend a key.

use jiff::Timestamp;
use pgp::composed::{SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{KeyFlags, RevocationCode, Signature, SignatureType, SignatureVersion};
use pgp::ser::Serialize;
use pgp::types::{EcdhPublicParams, EcdsaPublicParams, KeyDetails, KeyVersion, PublicParams, Tag};

use crate::error::KeyFault;

/// Shorter RSA keys are refused (NIST SP 800-57; BSI TR-02102 asks for 3000 from new ones).
const MIN_RSA_BITS: usize = 2048;

/// Seconds as OpenPGP counts them; what does not fit is no time of a signature.
pub fn seconds(at: Timestamp) -> Option<u32> {
    u32::try_from(at.as_second()).ok()
}

/// What the primary key may do at this time.
pub fn primary(key: &SignedPublicKey, at: u32) -> Result<KeyFlags, KeyFault> {
    strong(&key.primary_key)?;
    let revoking = key.details.revocation_signatures.iter();
    if revoking.filter(|s| s.verify_key(&key.primary_key).is_ok()).any(|s| in_force(s, at)) {
        return Err(KeyFault::Revoked);
    }
    let own = latest(self_signatures(key)).ok_or(KeyFault::Unbound)?;
    lives(&key.primary_key, own, at)?;
    Ok(own.key_flags())
}

/// What a subkey may do at this time; the primary key is looked at by itself.
pub fn subkey(key: &SignedPublicKey, subkey: &SignedPublicSubKey, at: u32) -> Result<KeyFlags, KeyFault> {
    strong(&subkey.key)?;
    let verified = |kind: SignatureType| {
        let bound = |s: &&Signature| s.verify_subkey_binding(&key.primary_key, &subkey.key).is_ok();
        subkey.signatures.iter().filter(move |s| s.typ() == Some(kind)).filter(bound)
    };
    if verified(SignatureType::SubkeyRevocation).any(|s| in_force(s, at)) {
        return Err(KeyFault::Revoked);
    }
    let binding = latest(verified(SignatureType::SubkeyBinding).filter(|s| is_strong(s))).ok_or(KeyFault::Unbound)?;
    lives(&subkey.key, binding, at)?;
    let flags = binding.key_flags();
    // A key that signs must itself say whose it is; else somebody could claim another's signatures.
    let agrees =
        |back: &Signature| is_strong(back) && back.verify_primary_key_binding(&subkey.key, &key.primary_key).is_ok();
    if flags.sign() && !binding.embedded_signature().is_some_and(agrees) {
        return Err(KeyFault::Unbound);
    }
    Ok(flags)
}

/// Whether a signature is of the only version of our keys and made with a digest of today.
pub fn is_strong(signature: &Signature) -> bool {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    signature.version() == SignatureVersion::V4
        && signature.created().is_some()
        && matches!(signature.hash_alg(), Some(Sha256 | Sha384 | Sha512))
}

/// Whether the algorithm of a key is accepted.
pub fn strong(key: &impl KeyDetails) -> Result<(), KeyFault> {
    if key.version() != KeyVersion::V4 {
        return Err(KeyFault::Weak("only keys of version 4 are read by every partner's gpg"));
    }
    match key.public_params() {
        PublicParams::RSA(_) if rsa_bits(key.public_params()) < MIN_RSA_BITS => {
            Err(KeyFault::Weak("RSA with less than 2048 bits"))
        }
        PublicParams::RSA(_)
        | PublicParams::EdDSALegacy(_)
        | PublicParams::Ed25519(_)
        | PublicParams::X25519(_)
        | PublicParams::ECDSA(
            EcdsaPublicParams::P256 { .. } | EcdsaPublicParams::P384 { .. } | EcdsaPublicParams::P521 { .. },
        )
        | PublicParams::ECDH(
            EcdhPublicParams::Curve25519Legacy { .. }
            | EcdhPublicParams::P256 { .. }
            | EcdhPublicParams::P384 { .. }
            | EcdhPublicParams::P521 { .. },
        ) => Ok(()),
        _ => Err(KeyFault::Weak("neither RSA nor Curve25519 nor a NIST curve")),
    }
}

/// The bits of a modulus: the number that stands first where the key is written (RFC 9580, sections 3.2 and 5.5.5.1).
fn rsa_bits(params: &PublicParams) -> usize {
    match params.to_bytes().as_deref() {
        Ok([high, low, ..]) => u16::from_be_bytes([*high, *low]).into(),
        _ => 0,
    }
}

/// The owner's certifications of names that are not withdrawn, and direct signatures.
fn self_signatures(key: &SignedPublicKey) -> impl Iterator<Item = &Signature> {
    let direct = key.details.direct_signatures.iter();
    let direct = direct.filter(|s| is_strong(s) && s.verify_key(&key.primary_key).is_ok());
    let of_users = key.details.users.iter().filter_map(|user| {
        let own = |s: &&Signature| s.verify_certification(&key.primary_key, Tag::UserId, &user.id).is_ok();
        let newest = latest(user.signatures.iter().filter(|s| is_strong(s)).filter(own))?;
        (newest.typ() != Some(SignatureType::CertRevocation)).then_some(newest)
    });
    direct.chain(of_users)
}

fn latest<'a>(signatures: impl Iterator<Item = &'a Signature>) -> Option<&'a Signature> {
    signatures.max_by_key(|signature| signature.created().map(|created| created.as_secs()))
}

/// Whether a key exists already and has not expired.
fn lives(key: &impl KeyDetails, own: &Signature, at: u32) -> Result<(), KeyFault> {
    let time =
        |seconds: u64| Timestamp::from_second(i64::try_from(seconds).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX);
    let made = u64::from(key.created_at().as_secs());
    if u64::from(at) < made {
        return Err(KeyFault::NotYetMade(time(u64::from(at))));
    }
    // Nothing and zero both mean: for ever (RFC 9580, section 5.2.3.13).
    let lasts = own.key_expiration_time().map_or(0, |lasts| lasts.as_secs());
    let until = made + u64::from(lasts);
    if lasts != 0 && until <= u64::from(at) { Err(KeyFault::Expired(time(until))) } else { Ok(()) }
}

/// Whether a revocation counts at this time. One for want of a newer key counts from then on; any other says
/// that the secret may be known, and then no time that a signature claims can be believed.
fn in_force(revocation: &Signature, at: u32) -> bool {
    let orderly =
        matches!(revocation.revocation_reason_code(), Some(RevocationCode::KeySuperseded | RevocationCode::KeyRetired));
    !orderly || revocation.created().is_none_or(|created| created.as_secs() <= at)
}
