//! Keys of envelopes: ours and our partners', each with the time in which it is used.
//!
//! While a key changes the old and the new one are valid beside each other: the newest seals, each opens. One that is
//! revoked from an instant on vouches for nothing signed since then. The store here is files; a security module comes
//! in over PKCS#11 behind [`EnvelopeKeys`], which gives keys that sign and decrypt inside it.

use cardline_core::file_formats::EnvelopeKind;
use cardline_envelopes::{EnvelopeError, gm, openpgp};
use jiff::Timestamp;

use super::key_error::KeyError;

/// A key without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnvelopeKey {
    /// As the kind of envelope names keys: a fingerprint, or the digest of the public key.
    pub id: String,
    /// Code of the partner; empty: ours.
    pub partner: String,
    pub kind: EnvelopeKind,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
    /// What was signed from this instant on is not believed.
    pub revoked_from: Option<Timestamp>,
    /// Armored, or PEM.
    pub public: String,
}

impl EnvelopeKey {
    /// A key of that text; its id follows from it.
    ///
    /// # Errors
    /// The text is no public key of the kind, or of a weak one.
    pub fn of(
        kind: EnvelopeKind,
        partner: &str,
        public: &str,
        (from, until): (Timestamp, Option<Timestamp>),
    ) -> Result<EnvelopeKey, EnvelopeError> {
        let id = match kind {
            EnvelopeKind::OpenPgp => openpgp::PublicKey::read(public)?.key_id().to_owned(),
            EnvelopeKind::Gm => gm::PublicKey::read(public)?.key_id().to_owned(),
            EnvelopeKind::None => return Err(EnvelopeError::KeyText { what: "there is no such kind of envelope" }),
        };
        let (partner, public) = (partner.to_owned(), public.to_owned());
        Ok(EnvelopeKey { id, partner, kind, from, until, revoked_from: None, public })
    }

    /// Whether it is used at an instant.
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until) && !self.is_revoked(at)
    }

    /// Whether what it signed at an instant is not believed any more.
    pub fn is_revoked(&self, at: Timestamp) -> bool {
        self.revoked_from.is_some_and(|from| from <= at)
    }
}

/// Our key with what only its secret can do.
pub enum OwnKey {
    OpenPgp(Box<dyn openpgp::OwnKey + Send + Sync>),
    Gm(Box<dyn gm::OwnKey + Send + Sync>),
}

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeKeyError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path} cannot be read as a key of an envelope: {what}; restore it from a backup, or remove it")]
    Damaged { path: String, what: String },
    #[error("the key {id} is there already")]
    Twice { id: String },
    #[error("there is no key {id}")]
    NoKey { id: String },
    #[error("no key {of} for envelopes of kind {kind} is valid at {at}: enter one, or have its time extended")]
    NoneValid { of: String, kind: &'static str, at: Timestamp },
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Where keys of envelopes are kept.
pub trait EnvelopeKeys: Send + Sync {
    /// Every key, in order of partner and time.
    fn all(&self) -> Result<Vec<EnvelopeKey>, EnvelopeKeyError>;
    /// Our key of that id, with its secret or inside the module.
    fn own(&self, id: &str) -> Result<OwnKey, EnvelopeKeyError>;
    /// Makes a key of ours.
    fn make(
        &self,
        kind: EnvelopeKind,
        from: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<EnvelopeKey, EnvelopeKeyError>;
    /// Enters a partner's key.
    fn enter(&self, key: &EnvelopeKey) -> Result<(), EnvelopeKeyError>;
    /// Writes the times of a key anew.
    fn change(&self, key: &EnvelopeKey) -> Result<(), EnvelopeKeyError>;
}

/// The key that seals at an instant, of those of a partner or (empty) ours: the newest that is valid.
///
/// # Errors
/// None is valid, or the keys cannot be read.
pub fn sealing(
    keys: &dyn EnvelopeKeys,
    partner: &str,
    kind: EnvelopeKind,
    at: Timestamp,
) -> Result<EnvelopeKey, EnvelopeKeyError> {
    let of_them = |key: &EnvelopeKey| key.partner == partner && key.kind == kind && key.is_valid(at);
    let newest = keys.all()?.into_iter().filter(of_them).max_by_key(|key| key.from);
    let of = || if partner.is_empty() { "of ours".to_owned() } else { format!("of {partner}") };
    newest.ok_or_else(|| EnvelopeKeyError::NoneValid { of: of(), kind: kind.code(), at })
}
