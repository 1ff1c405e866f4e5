//! Files on a partner's server: which are complete, and how one comes into our folder.

use std::collections::BTreeSet;

use cardline_core::file_formats::parse_marker;
use jiff::Timestamp;

use super::partners::Partner;
use super::transport::plain_files::{keep_names, place_bytes, remove_one};
use super::transport::{Entry, Place, TransportError};
use crate::crypto::objects::sha256;
use crate::limits::{LONG_UNCHANGED_SECONDS, PARTNER_FILE_BYTES_MAX, PARTNER_MARKER_BYTES_MAX};

/// Names of files of the partner's profile that are complete, in the order of their kinds and numbers. One with a
/// marker is complete once that is there, one without when nothing changed for a while.
pub fn complete(partner: &Partner, lying: &[Entry], now: Timestamp) -> Vec<String> {
    let plain: BTreeSet<&str> = lying.iter().filter(|entry| entry.is_plain).map(|entry| entry.name.as_str()).collect();
    partner.seen.keep(&plain);
    let mut found = Vec::new();
    for entry in lying.iter().filter(|entry| entry.is_plain) {
        let Some((spec, parts)) = partner.profile.recognise(&entry.name) else { continue };
        let is_complete = match spec.marker_name(&entry.name) {
            Some(marker) => plain.contains(marker.as_str()),
            // One that is old by any clock needs no second look.
            None => {
                let is_old = entry.changed.is_some_and(|changed| now.as_second() - changed > LONG_UNCHANGED_SECONDS);
                is_old || partner.seen.is_unchanged(entry, now)
            }
        };
        if is_complete {
            found.push((spec.kind.name(), parts.sequence, entry.name.clone()));
        }
    }
    found.sort();
    found.into_iter().map(|(_, _, name)| name).collect()
}

/// A file as it came over the wire.
pub struct Arrived {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Its marker's name and bytes.
    pub marker: Option<(String, Vec<u8>)>,
}

impl Arrived {
    /// The digest of its bytes.
    pub fn sha256(&self) -> String {
        sha256(&self.bytes)
    }

    /// Whether its marker, if it has one, speaks of these bytes.
    pub fn agrees(&self) -> bool {
        let Some((_, marker)) = &self.marker else { return true };
        parse_marker(marker).is_ok_and(|told| told.is_of(self.bytes.len() as u64, &self.sha256()))
    }
}

/// Fetches a file and its marker; `None` where one of them is gone.
///
/// # Errors
/// The server fails.
pub async fn fetch(partner: &Partner, name: &str) -> Result<Option<Arrived>, TransportError> {
    let from = |name: String, most: u64| async move { partner.transport.get(Place::From, &name, most).await };
    let marker = match marker_name(partner, name) {
        None => None,
        Some(marker) => match from(marker.clone(), PARTNER_MARKER_BYTES_MAX).await? {
            Some(bytes) => Some((marker, bytes)),
            None => return Ok(None),
        },
    };
    let bytes = from(name.to_owned(), PARTNER_FILE_BYTES_MAX).await?;
    Ok(bytes.map(|bytes| Arrived { name: name.to_owned(), bytes, marker }))
}

/// Places a file in our folder as the partner placed it: its marker last.
///
/// # Errors
/// Our folder cannot be written, or another file waits there under the name.
pub fn place_here(partner: &Partner, arrived: &Arrived) -> Result<(), TransportError> {
    let (folder, mode) = (partner.from(), partner.profile.mode);
    if let Some((marker, _)) = &arrived.marker
        && !folder.join(&arrived.name).exists()
    {
        // What is left of an earlier file of that name.
        remove_one(&folder.join(marker)).map_err(TransportError::io(&folder))?;
    }
    place_bytes(&folder.join(&arrived.name), &arrived.bytes, mode)?;
    if let Some((name, bytes)) = &arrived.marker {
        place_bytes(&folder.join(name), bytes, mode)?;
    }
    keep_names(&folder)
}

/// Puts a settled file away on the server: its marker goes last, as it came last.
///
/// # Errors
/// The server fails.
pub async fn put_away(partner: &Partner, name: &str, archived: &str) -> Result<(), TransportError> {
    partner.transport.archive(name, archived).await?;
    match marker_name(partner, name) {
        Some(marker) => partner.transport.remove(Place::From, &marker).await,
        None => Ok(()),
    }
}

/// The name of the marker of a file, if it has one.
pub fn marker_name(partner: &Partner, name: &str) -> Option<String> {
    partner.profile.recognise(name).and_then(|(spec, _)| spec.marker_name(name))
}
