//! Keys of SM2 (GM/T 0003), as the openssl command line writes and reads them.

use getrandom::SysRng;
use sha2::{Digest, Sha256};
use sm2::dsa::signature::{RandomizedSigner, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::Generate;
use sm2::pkcs8::der::{Decode, Encode};
use sm2::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use sm2::pke::{Cipher, DecryptingKey, EncryptingKey, Mode};
use zeroize::Zeroizing;

use super::{KEY_BYTES, USER_ID};
use crate::error::{EnvelopeError, Part, malformed};
use crate::hex;

/// What only our secret key can do. The one place where a security module comes in: an implementation that calls
/// PKCS#11 signs and decrypts inside the module and keeps no secret here. [`SecretKey`] does both in software.
pub trait OwnKey {
    /// The public half.
    fn public(&self) -> &PublicKey;

    /// Signs a message with the default user id: SM2 over SM3, in ASN.1 (GM/T 0003.2, GM/T 0009).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, EnvelopeError>;

    /// Decrypts what [`PublicKey`] encrypted: SM2, in ASN.1, in the order C1, C3, C2 (GM/T 0003.4, GM/T 0009).
    fn decrypt(&self, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, EnvelopeError>;
}

/// A partner's key, or the public half of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    key: sm2::PublicKey,
    key_id: String,
}

impl PublicKey {
    /// Reads PEM: `BEGIN PUBLIC KEY` (X.509 SubjectPublicKeyInfo, the curve named by its OID 1.2.156.10197.1.301).
    pub fn read(pem: &str) -> Result<PublicKey, EnvelopeError> {
        let what = "a public key of SM2 begins with `BEGIN PUBLIC KEY` and names the curve SM2";
        let key = sm2::PublicKey::from_public_key_pem(pem.trim()).map_err(|_| EnvelopeError::KeyText { what })?;
        PublicKey::of(key)
    }

    /// PEM, as `openssl pkey -pubout` writes it.
    pub fn pem(&self) -> Result<String, EnvelopeError> {
        self.key.to_public_key_pem(LineEnding::LF).map_err(|_| EnvelopeError::Unsealable { what: "a key has no PEM" })
    }

    /// The first 32 hexadecimal digits of the SHA-256 of its SubjectPublicKeyInfo in DER:
    /// `openssl pkey -pubin -in KEY -outform DER | openssl dgst -sha256`.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    fn of(key: sm2::PublicKey) -> Result<PublicKey, EnvelopeError> {
        let der = key.to_public_key_der().map_err(|_| EnvelopeError::KeyText { what: "it has no DER" })?;
        let key_id = hex::lower(&Sha256::digest(der.as_bytes())[..16]);
        Ok(PublicKey { key, key_id })
    }

    /// Whether this key signed this message. A signature has one form only: other DER is no signature.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(parsed) = Signature::from_der(signature) else { return false };
        let Ok(key) = VerifyingKey::new(USER_ID, self.key) else { return false };
        parsed.to_der().as_bytes() == signature && key.verify(message, &parsed).is_ok()
    }

    /// Encrypts the key and IV of a payload.
    pub(crate) fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let key = EncryptingKey::new_with_mode(self.key, Mode::C1C3C2);
        key.encrypt_der(&mut SysRng, plain).map_err(|_| EnvelopeError::Random)
    }
}

/// Our key in software. It is wiped when it is dropped.
#[derive(Clone)]
pub struct SecretKey {
    key: sm2::SecretKey,
    public: PublicKey,
}

impl SecretKey {
    /// A new key, from the random source of the operating system.
    pub fn generate() -> Result<SecretKey, EnvelopeError> {
        SecretKey::of(sm2::SecretKey::try_generate_from_rng(&mut SysRng).map_err(|_| EnvelopeError::Random)?)
    }

    /// Reads PEM: `BEGIN PRIVATE KEY` (PKCS#8, as `openssl genpkey -algorithm SM2` writes it), or
    /// `BEGIN EC PRIVATE KEY` or `BEGIN SM2 PRIVATE KEY` (SEC1, as `openssl ec` writes it). Parameters before it, as
    /// `openssl ecparam -genkey` writes them, are passed over: the key itself names its curve.
    pub fn read(pem: &str) -> Result<SecretKey, EnvelopeError> {
        let what = "a secret key of SM2 begins with `BEGIN PRIVATE KEY` or `BEGIN SM2 PRIVATE KEY` and is not locked";
        let from = |label: &str| pem.find(&format!("-----BEGIN {label}-----")).map(|at| pem[at..].trim());
        let key = match from("EC PRIVATE KEY").or_else(|| from("SM2 PRIVATE KEY")) {
            Some(pem) => {
                // The same form under the name that openssl 3 gives it.
                let named = Zeroizing::new(pem.replace(" SM2 PRIVATE KEY-----", " EC PRIVATE KEY-----"));
                sm2::SecretKey::from_sec1_pem(&named).ok()
            }
            None => from("PRIVATE KEY").and_then(|pem| sm2::SecretKey::from_pkcs8_pem(pem).ok()),
        };
        SecretKey::of(key.ok_or(EnvelopeError::KeyText { what })?)
    }

    /// PEM of PKCS#8, not locked: to be kept encrypted by who keeps it.
    pub fn pem(&self) -> Result<Zeroizing<String>, EnvelopeError> {
        self.key.to_pkcs8_pem(LineEnding::LF).map_err(|_| EnvelopeError::Unsealable { what: "a key has no PEM" })
    }

    fn of(key: sm2::SecretKey) -> Result<SecretKey, EnvelopeError> {
        Ok(SecretKey { public: PublicKey::of(key.public_key())?, key })
    }
}

impl OwnKey for SecretKey {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let key = SigningKey::new(USER_ID, &self.key)
            .map_err(|_| EnvelopeError::Unsealable { what: "the key cannot sign" })?;
        let signature: Signature = key.try_sign_with_rng(&mut SysRng, message).map_err(|_| EnvelopeError::Random)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn decrypt(&self, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
        let wrong = |what| malformed(Part::SessionKey, what);
        let cipher: Cipher<'_> =
            Cipher::from_der(encrypted).map_err(|_| wrong("it is not in the ASN.1 of GM/T 0009"))?;
        // DER has one form for a value; that the reader insists on it is checked and not hoped for.
        if cipher.to_der().ok().as_deref() != Some(encrypted) || cipher.c2().len() != 2 * KEY_BYTES {
            return Err(wrong("it is not a key and an IV of 16 bytes each"));
        }
        let key = DecryptingKey::new_with_mode(self.key.to_nonzero_scalar(), Mode::C1C3C2);
        let plain = key.decrypt_cipher(&cipher);
        plain.map(Zeroizing::new).map_err(|_| EnvelopeError::NotForUs { keys: self.public.key_id.clone() })
    }
}
