//! Whether the bytes of a file are still those of its digest: what we keep of it, and what lies at the partner's.

use std::io::Read;
use std::path::{Path, PathBuf};

use cardline_core::file_formats::EnvelopeKind;
use sha2::{Digest, Sha256};

use super::Partner;
use super::files::FileRecord;
use super::inbox::archived;
use super::removal::remaining;
use super::transport::plain_files::open_plain;
use crate::crypto::objects::{ObjectError, Objects};
use crate::hex::hex;

/// Read at a time: a partner's folder may hold a file of any size.
const PIECE_BYTES: usize = 1 << 16;

/// What became of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bytes {
    /// They are those of the digest.
    Same,
    /// They are others, or cannot be opened.
    Changed,
    Missing,
    /// A partner takes away what was placed, and nothing of an incoming file is kept but the file itself.
    NotThere,
    /// They were destroyed once their work was done.
    Purged,
    /// They were purged, and lie there again.
    Left,
}

impl Bytes {
    /// As lists show it.
    pub fn word(self) -> &'static str {
        match self {
            Bytes::Same => "same",
            Bytes::Changed => "CHANGED",
            Bytes::Missing => "MISSING",
            Bytes::NotThere => "-",
            Bytes::Purged => "purged",
            Bytes::Left => "LEFT",
        }
    }

    /// Whether somebody must look.
    pub fn is_wrong(self) -> bool {
        matches!(self, Bytes::Changed | Bytes::Missing | Bytes::Left)
    }
}

/// What we keep of a file that we send. Of one that was lost with a database nothing is kept.
///
/// # Errors
/// The object store cannot be read.
pub async fn kept(objects: &Objects, file: &FileRecord) -> Result<Bytes, ObjectError> {
    if file.direction != "out" || file.state == "held" {
        return Ok(Bytes::NotThere);
    }
    if file.purged_at.is_some() {
        return Ok(if objects.has("files", &file.sha256).await? { Bytes::Left } else { Bytes::Purged });
    }
    match objects.get("files", &file.sha256).await {
        Ok(_) => Ok(Bytes::Same),
        Err(ObjectError::Missing { .. }) => Ok(Bytes::Missing),
        Err(ObjectError::Encrypted { .. } | ObjectError::Changed { .. }) => Ok(Bytes::Changed),
        Err(error) => Err(error),
    }
}

/// What lies at the partner's under the file's name: where we placed it, or in the archive of what came.
///
/// # Errors
/// It is there and cannot be read.
pub fn placed(partner: &Partner, file: &FileRecord) -> std::io::Result<Bytes> {
    if file.purged_at.is_some() {
        return Ok(if remaining(partner, file)?.is_empty() { Bytes::Purged } else { Bytes::Left });
    }
    let envelopes = &partner.profile.envelope;
    let wrapped = if file.direction == "out" { envelopes.out } else { envelopes.incoming };
    if wrapped != EnvelopeKind::None {
        // What lies there is the envelope; its file was compared with its manifest when it was opened.
        return Ok(Bytes::NotThere);
    }
    let path = place_of(partner, file);
    match digest(&path) {
        Ok(found) if found == file.sha256 => Ok(Bytes::Same),
        Ok(_) => Ok(Bytes::Changed),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Bytes::NotThere),
        Err(error) => Err(error),
    }
}

fn place_of(partner: &Partner, file: &FileRecord) -> PathBuf {
    if file.direction == "out" {
        partner.to().join(&file.name)
    } else {
        archived(&partner.archive(), &file.name, &file.state, &file.sha256)
    }
}

fn digest(path: &Path) -> std::io::Result<String> {
    let (mut file, mut digest, mut piece) = (open_plain(path)?, Sha256::new(), vec![0; PIECE_BYTES]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&digest.finalize())),
            read => digest.update(&piece[..read]),
        }
    }
}
