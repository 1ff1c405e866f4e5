//! Lints of how files travel.

use std::collections::BTreeSet;

use super::found::Found;
use super::profile::Profile;
use super::wire::{Secret, SftpServer, Wire};
use crate::file_formats::limits::{TIMEOUT_LEAST_SECONDS, TIMEOUT_MOST_SECONDS};

/// What `ssh-keyscan` prints of keys that are strong enough.
const KEY_KINDS: &[&str] =
    &["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

pub fn transport(profile: &Profile, found: &mut Found) {
    let Wire::Sftp(server) = &profile.transport else { return };
    if server.host.is_empty() || !server.host.chars().all(is_of_host) || server.port == 0 {
        found
            .whole("transport.host must be a name or an address, without a user or a port; the port is transport.port");
    }
    if server.user.trim().is_empty() || server.user.chars().any(char::is_control) {
        found.whole("transport.user must name the login we have at the partner");
    }
    if server.host_keys.is_empty() || !server.host_keys.iter().all(|line| is_host_key(line)) {
        found.whole(
            "transport.host_key must be the server's key as ssh-keyscan prints it: HOST KIND BASE64, or several of them \
             while it changes. Compare it with the partner by telephone",
        );
    }
    if server.key.is_none() && server.password.is_none() {
        found.whole("transport needs key_file or password_file: a file of mode 600, or $NAME of a variable");
    }
    if [&server.key, &server.password].into_iter().flatten().any(|secret| !is_named(secret)) {
        found.whole("transport.key_file and password_file are a path, or $NAME of a variable in capitals");
    }
    if !is_apart(server) {
        found.whole("transport.to, from and archive must be three folders, without \"..\"");
    }
    if !(TIMEOUT_LEAST_SECONDS..=TIMEOUT_MOST_SECONDS).contains(&server.timeout_seconds) {
        found.whole(format!("transport.timeout_seconds must be {TIMEOUT_LEAST_SECONDS} to {TIMEOUT_MOST_SECONDS}"));
    }
}

pub fn envelope(profile: &Profile, found: &mut Found) {
    let us = &profile.envelope.us;
    let is_code = us.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !(2..=16).contains(&us.len()) || !is_code || *us == profile.code {
        found.whole("envelope.us must be 2 to 16 capital letters and digits, and not the partner's own code");
    }
}

fn is_of_host(character: char) -> bool {
    character.is_ascii_alphanumeric() || ".-:_".contains(character)
}

/// Which host the key is of is not compared: the profile says whose it is.
fn is_host_key(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_base64 = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    matches!(words[..], [host, kind, key, ..] if !host.starts_with(['#', '@']) && KEY_KINDS.contains(&kind) && is_base64(key))
}

fn is_named(secret: &Secret) -> bool {
    match secret {
        Secret::File(path) => !path.trim().is_empty(),
        Secret::Variable(name) => {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        }
    }
}

fn is_apart(server: &SftpServer) -> bool {
    let folders = [Some(&server.to), Some(&server.from), server.archive.as_ref()].into_iter().flatten();
    let bare: Vec<&str> = folders.map(|folder| folder.trim_end_matches('/')).collect();
    let is_sound = |folder: &&str| {
        !folder.is_empty() && !folder.chars().any(char::is_control) && folder.split('/').all(|part| part != "..")
    };
    bare.iter().all(is_sound) && bare.iter().collect::<BTreeSet<_>>().len() == bare.len()
}
