//! What the machine gives: folders, free space, keys, the clock's zone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cardline::crypto::keys::Keys;
use cardline::crypto::objects::Objects;
use cardline::daemon::free_bytes;
use cardline::limits::DATA_FREE_BYTES_MIN;
use cardline::step::keys_of;
use cardline::store::{Ledger, Opening};

use super::Finding;
use crate::context::Context;

/// Below this somebody should make room before it is urgent: a day's files of a province.
const FREE_BYTES_WANTED: u64 = 5 << 30;

/// Data folder, free space, time zone.
pub fn findings(context: &Context) -> Vec<Finding> {
    let data = &context.config.data.value;
    let mut findings = vec![writable(data)];
    findings.extend(free_space(data));
    findings.extend(file_modes(data));
    findings.push(time_zone());
    findings
}

/// Whether the keys at hand are the ledger's, and who may read them.
pub async fn keys(context: &Context, ledger: Option<&Ledger>) -> Vec<Finding> {
    let folder = context.key_folder();
    let found = match ledger {
        Some(ledger) => keys_of(ledger, &folder, Opening::Look).await.map_err(|error| error.to_string()),
        None if folder.exists() => Keys::open(&folder).map_err(|error| error.to_string()),
        None => Ok(Keys::passing()),
    };
    let found = found.map(|keys| match keys.is_passing() {
        true => "none yet; the first work makes them: back them up then".to_owned(),
        false => format!("the keys in {} are this ledger's", folder.display()),
    });
    let advice = "restore the folder keys from its backup; nothing encrypted can be read without it";
    let mut findings = vec![Finding::of("keys", found, advice)];
    findings.extend(key_modes(&folder));
    findings
}

/// Whether the service that keeps objects lets us in, and keeps to its conditions (a probe is placed and removed); nothing where they lie in the data folder.
pub async fn objects(context: &Context) -> Option<Finding> {
    let bucket = context.config.objects.value.as_ref()?;
    let reached = match Objects::in_bucket(bucket, Keys::passing()) {
        Ok(objects) => match objects.reach().await {
            Ok(()) => objects.keeps_conditions().await,
            away => away,
        },
        Err(error) => Err(error),
    };
    let found = reached.map(|()| format!("{bucket} can be read and written, and keeps what is first"));
    Some(Finding::of("objects", found, "do what it says; [objects_store] of the configuration"))
}

fn writable(data: &Path) -> Finding {
    let what = "data folder";
    if !data.exists() {
        let advice = "correct --data, or mount it; the first work makes it otherwise";
        return Finding::warn(what, format!("{} is not there", data.display()), advice);
    }
    let tried = tempfile::Builder::new().prefix(".doctor").tempfile_in(data);
    let found =
        tried.map(|_| format!("{} can be written", data.display())).map_err(|e| format!("{}: {e}", data.display()));
    Finding::of(what, found, "give the user of cardline the folder, or another one with --data")
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

/// What lies in the data folder is its owner's alone, but for what partners reach. What a version before made may
/// be open.
fn file_modes(data: &Path) -> Option<Finding> {
    let mut open = Vec::new();
    for entry in std::fs::read_dir(data).ok()?.flatten().filter(|entry| entry.file_name() != "partners") {
        let mode = entry.metadata().map_or(0, |found| found.permissions().mode() & 0o777);
        if mode & 0o077 != 0 {
            open.push(format!("{} ({mode:o})", entry.file_name().display()));
        }
    }
    if open.is_empty() {
        return Some(Finding::ok("files", "only their owner may read them".to_owned()));
    }
    open.sort();
    let advice = format!("in {}: chmod -R go= each of them", data.display());
    Some(Finding::warn("files", format!("others may read {}", open.join(", ")), advice))
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
    fn what_others_may_read_in_the_data_folder_is_told() {
        let data = tempfile::tempdir().unwrap();
        let make = |name: &str, mode| {
            std::fs::write(data.path().join(name), "x").unwrap();
            std::fs::set_permissions(data.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
        };
        make("cardline.db", 0o600);
        make("partners", 0o755);
        assert_eq!(file_modes(data.path()).unwrap().verdict, "ok");
        make("cardline.db-wal", 0o644);
        let finding = file_modes(data.path()).unwrap();
        assert!(finding.verdict == "warn" && finding.found.ends_with("cardline.db-wal (644)"), "{}", finding.found);
    }

    #[test]
    fn a_key_file_others_may_read_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        Keys::make(folder.path()).unwrap();
        assert_eq!(key_modes(folder.path())[0].verdict, "ok");
        let open = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(folder.path().join("master.key"), open).unwrap();
        let finding = &key_modes(folder.path())[0];
        assert!(finding.verdict == "FAIL" && finding.found.contains("master.key has mode 640"), "{}", finding.found);
    }
}
