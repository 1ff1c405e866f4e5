//! Makes our key: Ed25519 signs, Curve25519 decrypts, both in the form of version 4 that gpg 2.2 reads.
//!
//! The library can make a key too, but signs it with the time of the clock; here the time is given.

use pgp::composed::{KeyType, SignedKeyDetails, SignedSecretKey, SignedSecretSubKey};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::errors::Result;
use pgp::packet::{
    Features, KeyFlags, PubKeyInner, PublicKey, PublicSubkey, SecretKey, SecretSubkey, SignatureConfig, SignatureType,
    Subpacket, SubpacketData, UserId,
};
use pgp::types::{CompressionAlgorithm, KeyDetails, KeyVersion, Password, SecretParams, SignedUser, Tag, Timestamp};
use rand_core_for_pgp::OsRng;

/// A key that lasts until it is replaced: its end is decided by who keeps it, not by a date inside.
pub fn secret_key(user_id: &str, at: u32) -> Result<SignedSecretKey> {
    let at = Timestamp::from_secs(at);
    let (inner, secret) = pair(&KeyType::Ed25519Legacy, at)?;
    let public = PublicKey::from_inner(inner)?;
    let primary = SecretKey::new(public.clone(), secret)?;
    let (inner, secret) = pair(&KeyType::ECDH(ECCCurve::Curve25519Legacy), at)?;
    let public_subkey = PublicSubkey::from_inner(inner)?;
    let subkey = SecretSubkey::new(public_subkey.clone(), secret)?;

    let user_id = UserId::from_str(Default::default(), user_id)?;
    let config = signature(&primary, SignatureType::CertPositive, at, preferences()?)?;
    let certified = config.sign_certification(&primary, &public, &Password::empty(), Tag::UserId, &user_id)?;
    let mut flags = KeyFlags::default();
    flags.set_encrypt_comms(true);
    flags.set_encrypt_storage(true);
    let flags = vec![Subpacket::regular(SubpacketData::KeyFlags(flags))?];
    let config = signature(&primary, SignatureType::SubkeyBinding, at, flags)?;
    let bound = config.sign_subkey_binding(&primary, &public, &Password::empty(), &public_subkey)?;

    let users = vec![SignedUser::new(user_id, vec![certified])];
    let details = SignedKeyDetails::new(Vec::new(), Vec::new(), users, Vec::new());
    let subkeys = vec![SignedSecretSubKey::new(subkey, vec![bound])];
    Ok(SignedSecretKey::new(primary, details, Vec::new(), subkeys))
}

fn pair(kind: &KeyType, at: Timestamp) -> Result<(PubKeyInner, SecretParams)> {
    let (public, secret) = kind.generate(OsRng)?;
    Ok((PubKeyInner::new(KeyVersion::V4, kind.to_alg(), at, None, public)?, secret))
}

/// A self-signature with its maker and time.
fn signature(primary: &SecretKey, kind: SignatureType, at: Timestamp, more: Vec<Subpacket>) -> Result<SignatureConfig> {
    let mut config = SignatureConfig::v4(kind, primary.algorithm(), HashAlgorithm::Sha256);
    config.hashed_subpackets = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(at))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(primary.fingerprint()))?,
    ];
    config.hashed_subpackets.extend(more);
    config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(primary.legacy_key_id()))?];
    Ok(config)
}

/// What partners' programs read from our key: AES-256, SHA-256, no compression, and the protection of version 1.
fn preferences() -> Result<Vec<Subpacket>> {
    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(true);
    let mut features = Features::new();
    features.set_seipd_v1(true);
    [
        SubpacketData::KeyFlags(flags),
        SubpacketData::Features(features),
        SubpacketData::PreferredSymmetricAlgorithms(vec![SymmetricKeyAlgorithm::AES256].into()),
        SubpacketData::PreferredHashAlgorithms(vec![HashAlgorithm::Sha256, HashAlgorithm::Sha512].into()),
        SubpacketData::PreferredCompressionAlgorithms(vec![CompressionAlgorithm::Uncompressed].into()),
        SubpacketData::IsPrimary(true),
    ]
    .into_iter()
    .map(Subpacket::regular)
    .collect()
}
