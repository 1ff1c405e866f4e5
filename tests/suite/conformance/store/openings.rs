//! Who only looks makes nothing, and needs no right to write.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::databases::{Database, Engine, on_both_engines};
use crate::operation::worker::{ended, program};

on_both_engines!(a_ledger_that_is_not_there_is_told_and_not_made);

/// Commands that read a ledger.
const READS: &[&[&str]] = &[
    &["books"],
    &["trace", "110101-20260105-000000000"],
    &["deadlines", "explain", "110101-20260105-000000000"],
    &["batch", "list"],
    &["batch", "show", "A20260105-0001"],
    &["batch", "plan"],
    &["quarantine", "list"],
    &["photos", "list"],
    &["exchange", "missing"],
    &["import", "list"],
    &["approvals", "list"],
    &["topic", "list"],
    &["migrate", "--check"],
    &["backup", "--to", "none"],
    &["reconcile", "show"],
    &["quarantine", "retry", "1", "--reason", "x", "--as", "lin"],
    &["batch", "hold", "account/ABC", "--reason", "x", "--as", "lin"],
];

/// Everything below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let inner: Vec<PathBuf> = found.iter().filter(|path| path.is_dir()).flat_map(|path| below(path)).collect();
    found.extend(inner);
    found.sort();
    found
}

fn applications(folder: &Path) -> PathBuf {
    let file = folder.join("some.ndjson");
    let arguments = ["generate", "applications", "--count", "3", "--following", "0", "--out"];
    ended(program("sqlite:none", folder).args(arguments).arg(&file), &[0]);
    file
}

async fn a_ledger_that_is_not_there_is_told_and_not_made(database: Database) {
    let data = database.folder.path().join("typo");
    let file = applications(database.folder.path());
    let address = match database.engine {
        Engine::Sqlite => format!("sqlite:{}", data.join("cardline.db").display()),
        Engine::Postgres => database.url.clone(),
    };
    for command in READS {
        let output = ended(program(&address, &data).args(*command), &[1]);
        let told = String::from_utf8(output.stderr).unwrap();
        let unmigrated = command[0] == "migrate" && database.engine == Engine::Postgres;
        assert!(
            unmigrated || (told.contains("there is no ledger") && told.contains("cardline migrate")),
            "{command:?}: {told}"
        );
    }
    let told = ended(program(&address, &data).arg("doctor"), &[1]).stdout;
    assert!(String::from_utf8(told).unwrap().contains("there is no ledger"));
    // A dry run judges as against an empty one.
    let dry = ended(program(&address, &data).args(["intake", "--dry-run", "--from"]).arg(&file), &[0]).stdout;
    assert!(String::from_utf8(dry).unwrap().contains("\n3     3 "));
    let points = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/holidays-2026.csv");
    let dry = ["import", "calendar", "--dry-run", "--effective", "2026-01-01"];
    ended(program(&address, &data).args(dry).arg(points), &[0]);
    assert!(!data.exists(), "{:?}", below(&data));
    if database.engine == Engine::Postgres {
        let empty = cardline::store::Ledger::unmigrated(&database.url).await.unwrap();
        assert_eq!(empty.occupied_table().await.unwrap(), None);
        assert!(empty.schema_state(&cardline::store::schema::Schema::built_in()).await.unwrap().applied.is_empty());
        empty.close().await;
    }
    // Work makes it, and then it can be looked at.
    ended(program(&address, &data).args(["intake", "--from"]).arg(&file), &[0]);
    for command in [&["books"][..], &["doctor"]] {
        let output = ended(program(&address, &data).args(command), &[0, 1]);
        assert!(!String::from_utf8([output.stdout, output.stderr].concat()).unwrap().contains("no ledger"));
    }
}

#[test]
fn an_address_with_a_slash_is_absolute() {
    let folder = tempfile::tempdir().unwrap();
    let (there, here) = (folder.path().join("abs.db"), folder.path().join("here"));
    std::fs::create_dir(&here).unwrap();
    for slashes in ["", "//", "///"] {
        let address = format!("sqlite:{slashes}{}", there.display());
        ended(program(&address, &here).current_dir(&here).args(["migrate"]), &[0]);
        assert!(there.exists() && below(&here).is_empty(), "{address}");
        std::fs::remove_file(&there).unwrap();
    }
}

#[test]
fn a_folder_that_is_not_utf8_is_refused_and_no_other_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = applications(folder.path());
    let before = below(folder.path());
    let odd = folder.path().join(OsStr::from_bytes(b"\xca\xfd\xbe\xdd"));
    let mut by_environment = program("", &odd);
    by_environment.env_remove("CARDLINE_DATABASE");
    let mut by_flag = program("", folder.path());
    by_flag.env_remove("CARDLINE_DATABASE").env_remove("CARDLINE_DATA").arg("--data").arg(&odd);
    for command in [&mut by_environment, &mut by_flag] {
        let output = ended(command.current_dir(folder.path()).args(["intake", "--from"]).arg(&file), &[1]);
        assert!(String::from_utf8(output.stderr).unwrap().contains("is not UTF-8"));
    }
    assert_eq!(below(folder.path()), before);
}

/// A folder or a file on which nothing can be written, whoever tries; gone with the test.
struct ReadOnly<'a>(&'a Path);

impl<'a> ReadOnly<'a> {
    fn of(path: &'a Path) -> ReadOnly<'a> {
        let mount = |arguments: &[&OsStr]| {
            let mounted = Command::new("mount").args(arguments).status().expect("this test needs `mount`");
            assert!(mounted.success(), "this test mounts a folder: run it as root (in a container with CAP_SYS_ADMIN)");
        };
        mount(&["--bind".as_ref(), path.as_os_str(), path.as_os_str()]);
        mount(&["-o".as_ref(), "remount,ro,bind".as_ref(), path.as_os_str()]);
        ReadOnly(path)
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_ledger_that_nobody_may_write_can_be_read() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    let file = applications(outer.path());
    let line: serde_json::Value =
        serde_json::from_str(std::fs::read_to_string(&file).unwrap().lines().next().unwrap()).unwrap();
    let application = line["application_id"].as_str().unwrap();
    let database = folder.join("cardline.db");
    let address = format!("sqlite:{}", database.display());
    ended(program(&address, &folder).args(["intake", "--from"]).arg(&file), &[0]);
    let reads: [&[&str]; 8] = [
        &["books"],
        &["books", "--full"],
        &["trace", application],
        &["batch", "list"],
        &["batch", "plan"],
        &["quarantine", "list"],
        &["photos", "list"],
        &["import", "list"],
    ];
    // The file alone, then the folder with all that is in it.
    for path in [&database, &folder] {
        let _held = ReadOnly::of(path);
        for command in reads {
            ended(
                program(&address, &folder)
                    .args(command)
                    .args(["--at", "2026-01-06T09:00:00+08:00"].iter().filter(|_| command[0] == "books")),
                &[0],
            );
        }
        let told = ended(program(&address, &folder).arg("doctor"), &[0, 1]).stdout;
        let told = String::from_utf8(told).unwrap();
        assert!(told.lines().any(|line| line.starts_with("ok") && line.contains("database  ")), "{told}");
        // Who works is told why it cannot.
        let told = ended(program(&address, &folder).args(["tick"]), &[1]).stderr;
        let told = String::from_utf8(told).unwrap().to_lowercase();
        assert!(told.contains("readonly") || told.contains("read-only"), "{told}");
    }
}
