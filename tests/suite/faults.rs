//! The faults at one partner: every durable act of the exchange, made to fail by the real thing.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use cardline_world::play::day;

use crate::isolation::Case;

/// A bank, and the bureau: all production goes through it, so the others are what is before that.
pub const BANK: &str = "ICBC";
pub const BUREAU: &str = "BUREAU";

/// Days of the play that come before: on this morning every bank's answers, reports and manifests have come.
pub const ANSWERS: u32 = 16;
/// On this one an answer of the bank about its recycling.
pub const RECYCLING: u32 = 30;

/// What is made to fail, and where.
pub struct Fault {
    pub name: &'static str,
    /// The partner at whom it fails.
    pub at: &'static str,
    /// The morning on which it begins.
    pub on: u32,
    /// Step and cause under which it must be told.
    pub told: (&'static str, &'static str),
    pub cause: fn(&Case),
    pub mend: fn(&Case),
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn shut(case: &Case, of: &str) {
    chmod(&case.folder(of), 0o000);
    assert!(fs::read_dir(case.folder(of)).is_err(), "rights over files were not given up");
}

fn opened(case: &Case, of: &str) {
    chmod(&case.folder(of), 0o755);
}

fn hide(case: &Case, of: &str) {
    fs::rename(case.folder(of), case.aside(of)).unwrap();
}

fn bring_back(case: &Case, of: &str) {
    let _ = fs::remove_file(case.folder(of));
    fs::rename(case.aside(of), case.folder(of)).unwrap();
}

/// The folder lies somewhere else, under a name longer than any may be.
fn hide_behind_a_long_name(case: &Case, of: &str) {
    hide(case, of);
    std::os::unix::fs::symlink("n".repeat(300), case.folder(of)).unwrap();
}

/// The folder is a disk without room.
fn fill(case: &Case, of: &str) {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=4k,nr_inodes=2", "tmpfs"]).arg(case.folder(of));
    assert!(mount.status().unwrap().success(), "this test mounts a small disk: run it as root");
    fs::write(case.folder(of).join("ballast"), [0; 4096]).unwrap();
}

fn take_away(case: &Case, of: &str) {
    assert!(Command::new("umount").arg("-l").arg(case.folder(of)).status().unwrap().success());
}

/// The first file in a folder of the partner whose name ends so.
fn first(case: &Case, of: &str, end: &str) -> PathBuf {
    let names = fs::read_dir(case.folder(of)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = names.filter(|path| path.is_file()).collect();
    files.retain(|path| path.to_str().is_some_and(|path| path.ends_with(end)));
    files.sort();
    files.swap_remove(0)
}

/// The numbers of the partner's files of a kind are used up.
fn use_up(case: &Case, kind: &str) {
    case.now(format!("UPDATE counter SET next = next + 100000000 WHERE name = 'file/{}/{kind}/out'", case.at));
}

fn give_numbers_again(case: &Case, kind: &str) {
    // Numbers that go back look like a restored database to who has seen them.
    fs::remove_dir_all(case.database.folder.path().join("watermarks")).unwrap();
    case.now(format!("UPDATE counter SET next = next - 100000000 WHERE name = 'file/{}/{kind}/out'", case.at));
}

/// The names the partner's next request may have: by the day it is cut, and by its region.
fn next_requests(case: &Case) -> Vec<PathBuf> {
    tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(async {
            let partner = case.worker.partners.get(case.at).unwrap();
            let spec = partner.profile.file(cardline_core::file_formats::FileKind::AccountRequest).unwrap();
            let next = case.worker.ledger.next_sequence(case.at, "account-request", "out").await.unwrap();
            let waiting = case.worker.ledger.waiting_accounts().await.unwrap();
            let mut regions: Vec<String> = waiting.into_iter().map(|group| group.region).collect();
            regions.dedup();
            let name = |n: u32, region: &String| spec.file_name(day(n), next as u64, region).unwrap();
            let days = [case.on, case.on + 1];
            days.into_iter()
                .flat_map(|n| regions.iter().map(move |region| partner.to().join(name(n, region))))
                .collect()
        })
    })
}

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "requests: the folder is not permitted",
        at: BANK,
        on: ANSWERS,
        told: ("exchange/send", "permission"),
        cause: |case| shut(case, "to"),
        mend: |case| opened(case, "to"),
    },
    Fault {
        name: "requests: the folder is not there",
        at: BANK,
        on: ANSWERS,
        told: ("exchange/send", "missing"),
        cause: |case| hide(case, "to"),
        mend: |case| bring_back(case, "to"),
    },
    Fault {
        name: "requests: the folder is none",
        at: BANK,
        on: ANSWERS,
        told: ("exchange/send", "missing"),
        cause: |case| {
            hide(case, "to");
            fs::write(case.folder("to"), b"").unwrap();
        },
        mend: |case| bring_back(case, "to"),
    },
    Fault {
        name: "requests: a name is too long",
        at: BANK,
        on: ANSWERS,
        told: ("exchange/send", "name"),
        cause: |case| hide_behind_a_long_name(case, "to"),
        mend: |case| bring_back(case, "to"),
    },
    Fault {
        name: "requests: no room",
        at: BANK,
        on: ANSWERS,
        told: ("exchange/send", "full"),
        cause: |case| fill(case, "to"),
        mend: |case| take_away(case, "to"),
    },
    Fault {
        name: "requests: a pipe under the next name",
        at: BANK,
        on: ANSWERS,
        told: ("exchange/send", "exists"),
        cause: |case| {
            let made = Command::new("mkfifo").args(next_requests(case)).status();
            assert!(made.unwrap().success());
        },
        mend: |case| {
            let pipe = |path: &PathBuf| std::os::unix::fs::FileTypeExt::is_fifo(&path.metadata().unwrap().file_type());
            let names = fs::read_dir(case.folder("to")).unwrap().map(|entry| entry.unwrap().path());
            names.filter(pipe).for_each(|path| fs::remove_file(path).unwrap());
        },
    },
    Fault {
        name: "requests: the sequence is used up",
        at: BANK,
        on: ANSWERS,
        told: ("accounts/cut", "profile"),
        cause: |case| use_up(case, "account-request"),
        mend: |case| give_numbers_again(case, "account-request"),
    },
    Fault {
        name: "answers: the folder is not permitted",
        at: BANK,
        on: ANSWERS,
        told: ("accounts/answers", "permission"),
        cause: |case| shut(case, "from"),
        mend: |case| opened(case, "from"),
    },
    Fault {
        name: "answers: the folder is not there",
        at: BANK,
        on: ANSWERS,
        told: ("accounts/answers", "missing"),
        cause: |case| hide(case, "from"),
        mend: |case| bring_back(case, "from"),
    },
    Fault {
        name: "answers: a name is too long",
        at: BANK,
        on: ANSWERS,
        told: ("accounts/answers", "name"),
        cause: |case| hide_behind_a_long_name(case, "from"),
        mend: |case| bring_back(case, "from"),
    },
    Fault {
        name: "answers: a file that may not be read",
        at: BANK,
        on: ANSWERS,
        told: ("accounts/answers", "permission"),
        cause: |case| chmod(&first(case, "from", ".txt"), 0o000),
        mend: |case| chmod(&first(case, "from", ".txt"), 0o644),
    },
    Fault {
        name: "answers: the archive is not permitted",
        at: BANK,
        on: ANSWERS,
        told: ("accounts/answers", "permission"),
        cause: |case| chmod(&case.folder("from/archive"), 0o555),
        mend: |case| opened(case, "from/archive"),
    },
    Fault {
        name: "answers: something under the name in the archive",
        at: BANK,
        on: ANSWERS,
        told: ("accounts/answers", "missing"),
        cause: |case| {
            let name = first(case, "from", ".txt").file_name().unwrap().to_owned();
            fs::create_dir(case.folder("from/archive").join(name)).unwrap();
        },
        mend: |case| {
            let names = fs::read_dir(case.folder("from/archive")).unwrap().map(|entry| entry.unwrap().path());
            names.filter(|path| path.is_dir()).for_each(|path| fs::remove_dir(path).unwrap());
        },
    },
    Fault {
        name: "answers: the folder may be listed and not entered",
        at: BANK,
        on: ANSWERS,
        told: ("accounts/answers", "permission"),
        cause: |case| chmod(&case.folder("from"), 0o444),
        mend: |case| opened(case, "from"),
    },
    Fault {
        name: "answers: a name nobody agreed on",
        at: BANK,
        on: ANSWERS,
        told: ("accounts/answers", "stray"),
        cause: |case| fs::write(case.folder("from").join("notes.txt"), b"").unwrap(),
        mend: |case| fs::remove_file(case.folder("from").join("notes.txt")).unwrap(),
    },
    Fault {
        name: "packages: the folder is not permitted",
        at: BUREAU,
        on: ANSWERS,
        told: ("exchange/send", "permission"),
        cause: |case| shut(case, "to"),
        mend: |case| opened(case, "to"),
    },
    Fault {
        name: "packages: no room",
        at: BUREAU,
        on: ANSWERS,
        told: ("exchange/send", "full"),
        cause: |case| fill(case, "to"),
        mend: |case| take_away(case, "to"),
    },
    Fault {
        name: "packages: the sequence is used up",
        at: BUREAU,
        on: ANSWERS,
        told: ("production/cut", "profile"),
        cause: |case| use_up(case, "personalization"),
        mend: |case| give_numbers_again(case, "personalization"),
    },
    Fault {
        name: "reports: the folder is not permitted",
        at: BUREAU,
        on: ANSWERS,
        told: ("production/reports", "permission"),
        cause: |case| shut(case, "from"),
        mend: |case| opened(case, "from"),
    },
    Fault {
        name: "manifests: a file that may not be read",
        at: BUREAU,
        on: ANSWERS,
        told: ("production/manifests", "permission"),
        cause: |case| chmod(&first(case, "from", ".xml"), 0o000),
        mend: |case| chmod(&first(case, "from", ".xml"), 0o644),
    },
    Fault {
        name: "recycling: an answer that may not be read",
        at: BANK,
        on: RECYCLING,
        told: ("recycling/answers", "permission"),
        cause: |case| chmod(&first(case, "from", ".txt"), 0o000),
        mend: |case| chmod(&first(case, "from", ".txt"), 0o644),
    },
    Fault {
        name: "recycling: the sequence is used up",
        at: BANK,
        on: RECYCLING,
        told: ("recycling/cut", "profile"),
        cause: |case| use_up(case, "recycling-request"),
        mend: |case| give_numbers_again(case, "recycling-request"),
    },
];
