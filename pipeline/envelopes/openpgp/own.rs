//! Our OpenPGP key.

use jiff::Timestamp;
use pgp::composed::{ArmorOptions, Deserializable, SignedSecretKey};
use pgp::types::{DecryptionKey, KeyDetails, PublicParams, SigningKey};
use zeroize::Zeroizing;

use super::partner::PublicKey;
use super::{generate, validity};
use crate::error::{EnvelopeError, KeyFault};

/// What only our secret key can do. The one place where a security module comes in: an implementation that calls
/// PKCS#11 gives a [`SigningKey`] that signs a digest inside the module and [`DecryptionKey`]s that decrypt a
/// session key there, and keeps no secret here. [`SecretKey`] does both in software.
pub trait OwnKey {
    /// The public half.
    fn public(&self) -> &PublicKey;

    /// The key that signs.
    fn signing(&self) -> &dyn SigningKey;

    /// The keys that what partners send is encrypted to, the newest last.
    fn decrypting(&self) -> Vec<&dyn DecryptionKey>;
}

/// Our key in software: a primary key of Ed25519 that signs, and a subkey of Curve25519 that decrypts.
///
/// No other algorithm, so that no secret is ever used by the RSA of the library, whose time tells about it.
#[derive(Clone)]
pub struct SecretKey {
    key: SignedSecretKey,
    public: PublicKey,
}

impl SecretKey {
    /// A new key of version 4, which gpg 2.2 reads, from the random source of the operating system.
    pub fn generate(user_id: &str, made_at: Timestamp) -> Result<SecretKey, EnvelopeError> {
        let what = "a key is made for a user id, at a time after 1970";
        let unsealable = EnvelopeError::Unsealable { what };
        let at = validity::seconds(made_at).ok_or(unsealable.clone())?;
        SecretKey::of(generate::secret_key(user_id, at).map_err(|_| unsealable)?)
    }

    /// Reads armored text (`gpg --armor --export-secret-keys KEY`), not locked by a passphrase.
    pub fn read(text: &str) -> Result<SecretKey, EnvelopeError> {
        let what = "it is no OpenPGP secret key in armored text";
        let (key, _) = SignedSecretKey::from_string(text).map_err(|_| EnvelopeError::KeyText { what })?;
        let locked = key.secret_subkeys.iter().any(|subkey| subkey.key.secret_params().is_encrypted());
        if locked || key.primary_key.secret_params().is_encrypted() {
            return Err(EnvelopeError::KeyText { what: "it is locked by a passphrase" });
        }
        SecretKey::of(key)
    }

    /// Armored text, not locked: to be kept encrypted by who keeps it.
    pub fn armored(&self) -> Result<Zeroizing<String>, EnvelopeError> {
        let text = self.key.to_armored_string(ArmorOptions::default());
        text.map(Zeroizing::new).map_err(|_| EnvelopeError::Unsealable { what: "a key has no armored text" })
    }

    fn of(key: SignedSecretKey) -> Result<SecretKey, EnvelopeError> {
        let public = PublicKey::of(key.to_public_key());
        let parts = key.secret_subkeys.iter().map(|subkey| subkey.key.public_params());
        let elsewhere = |params: &PublicParams| {
            use PublicParams::{ECDH, Ed25519, EdDSALegacy, X25519};
            !matches!(params, ECDH(_) | Ed25519(_) | EdDSALegacy(_) | X25519(_))
        };
        if parts.chain([key.primary_key.public_params()]).any(elsewhere) {
            let fault = KeyFault::Weak("ours is of Curve25519");
            return Err(EnvelopeError::Key { key_id: public.key_id().to_owned(), fault });
        }
        // Also sees to it that the key has a self-signature and a subkey that encrypts.
        public.encrypting(key.primary_key.created_at().as_secs())?;
        Ok(SecretKey { key, public })
    }
}

impl OwnKey for SecretKey {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn signing(&self) -> &dyn SigningKey {
        &self.key.primary_key
    }

    fn decrypting(&self) -> Vec<&dyn DecryptionKey> {
        let encrypts = |params: &PublicParams| matches!(params, PublicParams::ECDH(_) | PublicParams::X25519(_));
        let subkeys = self.key.secret_subkeys.iter().map(|subkey| &subkey.key);
        subkeys.filter(|key| encrypts(key.public_params())).map(|key| key as &dyn DecryptionKey).collect()
    }
}
