//! Keys of envelopes in files, for development: `ID.toml` with the public key and its times, `ID.secret` with our
//! secret, encrypted under the ledger's data key.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cardline_core::file_formats::EnvelopeKind;
use cardline_envelopes::{gm, openpgp};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::envelope_keys::{EnvelopeKey, EnvelopeKeyError, EnvelopeKeys, OwnKey};
use super::key_error::KeyError;
use super::keys::Keys;

/// Who our OpenPGP keys say they are of.
const USER_ID: &str = "Cardline";

/// A folder of keys.
pub struct EnvelopeKeyFiles {
    folder: PathBuf,
    keys: Keys,
}

/// A key as its file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    partner: String,
    kind: String,
    from: Timestamp,
    until: Option<Timestamp>,
    revoked_from: Option<Timestamp>,
    public: String,
}

impl EnvelopeKeyFiles {
    /// The keys of a folder, which is made with the first of them.
    pub fn new(folder: &Path, keys: Keys) -> EnvelopeKeyFiles {
        EnvelopeKeyFiles { folder: folder.into(), keys }
    }

    fn path(&self, id: &str, ending: &str) -> Result<PathBuf, EnvelopeKeyError> {
        // It comes from a command: nothing but a key's id leads to a file.
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id {
            Ok(self.folder.join(format!("{id}.{ending}")))
        } else {
            Err(EnvelopeKeyError::NoKey { id: id.into() })
        }
    }

    fn read(&self, path: &Path) -> Result<EnvelopeKey, EnvelopeKeyError> {
        let text = std::fs::read_to_string(path).map_err(failed(path))?;
        let damaged = |what: String| EnvelopeKeyError::Damaged { path: path.display().to_string(), what };
        let Written { partner, kind, from, until, revoked_from, public } =
            toml::from_str(&text).map_err(|error| damaged(error.message().to_owned()))?;
        let kind = EnvelopeKind::named(&kind).ok_or_else(|| damaged("no such kind".into()))?;
        let key =
            EnvelopeKey::of(kind, &partner, &public, (from, until)).map_err(|error| damaged(error.to_string()))?;
        if path.file_stem().is_none_or(|stem| stem.to_string_lossy() != key.id) {
            return Err(damaged("it holds another key than its name says".into()));
        }
        Ok(EnvelopeKey { revoked_from, ..key })
    }

    fn write(&self, key: &EnvelopeKey, is_new: bool) -> Result<(), EnvelopeKeyError> {
        let path = self.path(&key.id, "toml")?;
        let written = Written {
            partner: key.partner.clone(),
            kind: key.kind.code().into(),
            from: key.from,
            until: key.until,
            revoked_from: key.revoked_from,
            public: key.public.clone(),
        };
        let damaged = |what: String| EnvelopeKeyError::Damaged { path: path.display().to_string(), what };
        let text = toml::to_string(&written).map_err(|error| damaged(error.to_string()))?;
        self.place(&path, text.as_bytes(), is_new)
    }

    /// Whole or not at all; mode 600, as a temporary file has it.
    fn place(&self, path: &Path, bytes: &[u8], is_new: bool) -> Result<(), EnvelopeKeyError> {
        std::fs::create_dir_all(&self.folder).map_err(failed(&self.folder))?;
        let part = tempfile::NamedTempFile::new_in(&self.folder).map_err(failed(path))?;
        std::fs::write(part.path(), bytes).and_then(|()| part.as_file().sync_all()).map_err(failed(path))?;
        let placed = if is_new { part.persist_noclobber(path) } else { part.persist(path) };
        match placed {
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                Err(EnvelopeKeyError::Twice { id })
            }
            placed => placed.map(|_| ()).map_err(|error| failed(path)(error.error)),
        }
    }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> EnvelopeKeyError {
    move |source| EnvelopeKeyError::File { path: path.display().to_string(), source }
}

impl EnvelopeKeys for EnvelopeKeyFiles {
    fn all(&self) -> Result<Vec<EnvelopeKey>, EnvelopeKeyError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed(&self.folder))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed(&self.folder))?.path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                // One that is damaged is of one partner, and keeps nobody else's from being used.
                match self.read(&path) {
                    Ok(key) => found.push(key),
                    Err(error) => tracing::error!("{error}"),
                }
            }
        }
        found.sort_by(|one, other| (&one.partner, one.from, &one.id).cmp(&(&other.partner, other.from, &other.id)));
        Ok(found)
    }

    fn own(&self, id: &str) -> Result<OwnKey, EnvelopeKeyError> {
        let key = self.read(&self.path(id, "toml")?)?;
        let path = self.path(id, "secret")?;
        let encrypted = std::fs::read(&path).map_err(failed(&path))?;
        let text = String::from_utf8(self.keys.decrypt_large(&encrypted)?).map_err(|_| KeyError::Encrypted)?;
        Ok(match key.kind {
            EnvelopeKind::OpenPgp => OwnKey::OpenPgp(Box::new(openpgp::SecretKey::read(&text)?)),
            EnvelopeKind::Gm => OwnKey::Gm(Box::new(gm::SecretKey::read(&text)?)),
            EnvelopeKind::None => return Err(EnvelopeKeyError::NoKey { id: id.into() }),
        })
    }

    fn make(
        &self,
        kind: EnvelopeKind,
        from: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<EnvelopeKey, EnvelopeKeyError> {
        use cardline_envelopes::gm::OwnKey as _;
        use cardline_envelopes::openpgp::OwnKey as _;
        let (public, secret) = match kind {
            EnvelopeKind::OpenPgp => {
                let key = openpgp::SecretKey::generate(USER_ID, from)?;
                (key.public().armored()?, key.armored()?)
            }
            EnvelopeKind::Gm => {
                let key = gm::SecretKey::generate()?;
                (key.public().pem()?, key.pem()?)
            }
            EnvelopeKind::None => return Err(EnvelopeKeyError::NoKey { id: String::new() }),
        };
        let key = EnvelopeKey::of(kind, "", &public, (from, until))?;
        // The secret first: a public key without it would be given to partners.
        self.place(&self.path(&key.id, "secret")?, &self.keys.encrypt_large(secret.as_bytes())?, true)?;
        self.write(&key, true)?;
        Ok(key)
    }

    fn enter(&self, key: &EnvelopeKey) -> Result<(), EnvelopeKeyError> {
        self.write(key, true)
    }

    fn change(&self, key: &EnvelopeKey) -> Result<(), EnvelopeKeyError> {
        self.read(&self.path(&key.id, "toml")?)?;
        self.write(key, false)
    }
}
