//! What the machine gives: folders, free space, keys, the clock's zone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Finding;
use crate::cli::context::Context;
use crate::daemon::free_bytes;
use crate::keys::{KeyError, Keys};
use crate::limits::DATA_FREE_BYTES_MIN;

/// Below this somebody should make room before it is urgent: a day's files of a province.
const FREE_BYTES_WANTED: u64 = 5 << 30;

/// Data folder, free space, keys, time zone.
pub fn findings(context: &Context) -> Vec<Finding> {
    let data = &context.config.data.value;
    let mut findings = vec![writable(data)];
    findings.extend(free_space(data));
    let there = data.join("keys/data.key").exists();
    findings.push(Finding::of(
        "keys",
        keys(data, there),
        "restore the folder keys from its backup; nothing sealed opens without it",
    ));
    findings.extend(key_modes(&data.join("keys")));
    findings.push(time_zone());
    findings
}

fn writable(data: &Path) -> Finding {
    let tried = std::fs::create_dir_all(data)
        .and_then(|()| tempfile::Builder::new().prefix(".doctor").tempfile_in(data).map(|_| ()));
    let found =
        tried.map(|()| format!("{} can be written", data.display())).map_err(|e| format!("{}: {e}", data.display()));
    Finding::of("data folder", found, "give the user of cardline the folder, or another one with --data")
}

fn free_space(data: &Path) -> Option<Finding> {
    let free = free_bytes(data).ok()?;
    let found = format!("{} MiB free in {}", free >> 20, data.display());
    let advice = "make room: ops/runbooks/disk-full.md";
    Some(match free {
        free if free < DATA_FREE_BYTES_MIN => Finding::fail("free space", found + "; workers rest", advice),
        free if free < FREE_BYTES_WANTED => Finding::warn("free space", found, advice),
        _ => Finding::ok("free space", found),
    })
}

fn keys(data: &Path, there: bool) -> Result<String, KeyError> {
    let folder = data.join("keys");
    let keys = Keys::open(&folder)?;
    keys.open_record(&keys.seal(b"doctor")?)?;
    let words = if there { "open what they seal" } else { "were made now: back them up" };
    Ok(format!("the keys in {} {words}", folder.display()))
}

/// Key files may be read by their owner alone.
fn key_modes(folder: &Path) -> Vec<Finding> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut open = Vec::new();
    for entry in entries.flatten() {
        if let Ok(found) = entry.metadata()
            && found.permissions().mode() & 0o077 != 0
        {
            open.push(format!("{} has mode {:o}", entry.path().display(), found.permissions().mode() & 0o777));
        }
    }
    if open.is_empty() {
        return vec![Finding::ok("key files", "only their owner may read them")];
    }
    open.sort();
    vec![Finding::fail("key files", open.join(", "), format!("chmod 600 {}/*.key", folder.display()))]
}

fn time_zone() -> Finding {
    let zone = std::env::var("TZ").unwrap_or_else(|_| "the system's".into());
    Finding::ok(
        "time zone",
        format!("deadlines are days of Asia/Shanghai (UTC+8), whatever this machine's zone is ({zone})"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_others_may_read_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        Keys::open(folder.path()).unwrap();
        assert_eq!(key_modes(folder.path())[0].verdict, "ok");
        let open = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(folder.path().join("master.key"), open).unwrap();
        let finding = &key_modes(folder.path())[0];
        assert!(finding.verdict == "FAIL" && finding.found.contains("master.key has mode 640"), "{}", finding.found);
    }
}
