//! How long files on a partner's server have been as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::transport::Entry;
use crate::limits::UNCHANGED_SECONDS;

/// What was seen of files that have no marker, or one that does not fit: they are complete once nothing changes any
/// more.
#[derive(Default)]
pub struct Seen(Mutex<BTreeMap<String, AsItWas>>);

/// Bytes, when they were changed, and since when both are as they are.
type AsItWas = (u64, Option<i64>, Timestamp);

impl Seen {
    /// Whether a file has been as it is for long enough.
    pub fn is_unchanged(&self, entry: &Entry, now: Timestamp) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let as_it_is = (entry.bytes, entry.changed);
        let since = match seen.get(&entry.name) {
            Some((bytes, changed, since)) if (*bytes, *changed) == as_it_is => *since,
            _ => {
                seen.insert(entry.name.clone(), (entry.bytes, entry.changed, now));
                now
            }
        };
        now.as_second() - since.as_second() >= UNCHANGED_SECONDS
    }

    /// Forgets what is no longer listed.
    pub fn keep(&self, listed: &BTreeSet<&str>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|name, _| listed.contains(name.as_str()));
    }
}
