//! The server's key is one that the profile pins, or nothing is sent: there is no trust on first use.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client;
use russh::keys::{HashAlg, PublicKey, PublicKeyOrCertificate};

/// Takes a server by its pinned keys; remembers the key of one it refused.
pub(super) struct Pinned {
    keys: Vec<PublicKey>,
    refused: Arc<Mutex<Option<String>>>,
}

impl Pinned {
    /// The keys of lines as `ssh-keyscan` prints them. A line that is none pins nothing.
    pub(super) fn new(lines: &[String]) -> (Pinned, Arc<Mutex<Option<String>>>) {
        let key = |line: &String| {
            let mut words = line.split_whitespace().skip(1);
            PublicKey::from_openssh(&format!("{} {}", words.next()?, words.next()?)).ok()
        };
        let refused = Arc::<Mutex<Option<String>>>::default();
        (Pinned { keys: lines.iter().filter_map(key).collect(), refused: refused.clone() }, refused)
    }
}

impl client::Handler for Pinned {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        // The comment of a line is nobody's business.
        let is_pinned = self.keys.iter().any(|pinned| pinned.key_data() == key.key_data());
        if !is_pinned {
            let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
        }
        Ok(is_pinned)
    }
}
