//! What a process of the program keeps from others of the machine, and from whoever reads what it prints.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{cardline, code, text};

/// The program under a mask that takes nothing away.
fn unmasked(data: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_cardline")]);
    command.current_dir(super::root()).env("CARDLINE_DATA", data);
    command
}

/// Every file and folder below, with its rights.
fn rights(folder: &Path) -> Vec<(String, bool, u32)> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(path) = left.pop() {
        let about = std::fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        found.push((name, about.is_dir(), about.permissions().mode() & 0o777));
        if about.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}

#[test]
fn what_is_made_is_its_users_alone_whatever_the_mask_is() {
    let place = tempfile::tempdir().unwrap();
    let (data, demo) = (place.path().join("data"), place.path().join("demo"));
    let out = place.path().join("a.ndjson");
    let named = |path: &Path| path.to_str().unwrap().to_owned();
    for arguments in [
        vec![
            "demo".into(),
            "--cards".into(),
            "60".into(),
            "--days".into(),
            "20".into(),
            "--no-serve".into(),
            "--dir".into(),
            named(&demo),
        ],
        ["generate", "applications", "--count", "5", "--seed", "1", "--photos", "photos", "--out"]
            .iter()
            .map(|word| if *word == "photos" { named(&place.path().join("photos")) } else { (*word).to_owned() })
            .chain([named(&out)])
            .collect(),
        vec!["intake".into(), "--from".into(), named(&out)],
        vec!["backup".into(), "--to".into(), named(&place.path().join("backup"))],
        vec!["tick".into(), "--at".into(), "2026-01-07T09:00:00+08:00".into()],
    ] {
        let output = unmasked(&data).args(&arguments).output().unwrap();
        assert!(matches!(code(&output), 0 | 3), "{arguments:?}: {}", text(&output.stderr));
    }
    let all = rights(place.path());
    for wanted in ["data/cardline.db", "data/keys/master.key", "demo/cardline.db", "a.ndjson", "backup"] {
        assert!(all.iter().any(|(name, ..)| name.starts_with(wanted)), "{wanted} is not there");
    }
    // What partners reach has rights of its own: their group's, nobody else's.
    let (of_partners, ours): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, ..)| name.contains("/partners"));
    for (name, is_folder, mode) in ours.iter().filter(|(name, ..)| !name.is_empty()) {
        assert_eq!(*mode, if *is_folder { 0o700 } else { 0o600 }, "{name}: {mode:o}");
    }
    for (name, is_folder, mode) in of_partners {
        let parts: Vec<&str> = name.split('/').skip_while(|part| *part != "partners").collect();
        match (parts.get(2).copied(), is_folder) {
            (None | Some("to"), true) => assert_eq!(mode, 0o750, "{name}: {mode:o}"),
            (Some("from"), true) if parts.len() == 3 => assert_eq!(mode, 0o770, "{name}: {mode:o}"),
            (Some("to"), false) => assert_eq!(mode, 0o640, "{name}: {mode:o}"),
            _ => assert_eq!(mode & 0o077, 0, "{name}: {mode:o}"),
        }
    }
}

#[test]
fn a_worker_leaves_no_dump_of_its_memory() {
    let data = tempfile::tempdir().unwrap();
    let mut command = unmasked(data.path());
    let mut worker = command.args(["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Its database is there once it runs.
    while !data.path().join("cardline.db").exists() {
        assert!(worker.try_wait().unwrap().is_none(), "the worker ended");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", worker.id())).unwrap();
    worker.kill().unwrap();
    worker.wait().unwrap();
    let core: Vec<&str> =
        limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{core:?}");
}

#[test]
fn a_master_key_that_others_can_read_stops_every_command_that_needs_it() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(code(&cardline(data.path(), &["migrate"])), 0);
    assert_eq!(code(&cardline(data.path(), &["tick"])), 0);
    let key = data.path().join("keys/master.key");
    for mode in [0o640, 0o604, 0o620] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        for command in
            [&["run"][..], &["tick"], &["quarantine", "list"], &["batch", "list"], &["intake", "--from", "README.md"]]
        {
            let output = cardline(data.path(), command);
            let said = text(&output.stderr);
            assert!(code(&output) == 1 && said.contains("chmod 600"), "{command:?}, {mode:o}: {said}");
        }
        let said = text(&cardline(data.path(), &["doctor"]).stdout);
        assert!(said.contains("chmod 600"), "{said}");
    }
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(code(&cardline(data.path(), &["tick"])), 0);
}

/// A password that was put where it belongs, or nearly.
const PASSWORD: &str = "hunter2";

#[test]
fn a_wrong_configuration_is_told_by_line_and_key_and_never_quoted() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("cardline.toml");
    let path = file.to_str().unwrap();
    for (wrong, said) in [
        ("database = \"postgres://u:hunter2@h/db", "line 1"),
        ("kafka = \"mock\"\ndatabse = \"postgres://u:hunter2@h/db\"", "line 2, column 1, key databse: expected one of"),
        ("database = [\"postgres://u:hunter2@h/db\"]", "line 1, column 12, key database"),
        ("topics = \"hunter2\"", "line 1, column 10, key topics: expected a table"),
        ("stop_seconds = \"hunter2\"", "stop_seconds"),
        ("hunter2 = 1\n[hunter2.x]", "line "),
        ("kafka = \"u:hunter2@h:9092\"", "HOST:PORT"),
    ] {
        std::fs::write(&file, wrong).unwrap();
        for command in ["doctor", "tick", "config"] {
            let mut arguments = vec!["--config", path, command];
            arguments.extend((command == "config").then_some("show"));
            let output = cardline(&place.path().join("data"), &arguments);
            let told = text(&output.stderr) + &text(&output.stdout);
            assert!(code(&output) == 1 && told.contains(said) && !told.contains(PASSWORD), "{wrong}: {told}");
        }
        // The wrong file, where a policy or a profile belongs.
        let profiles = place.path().join("profiles");
        std::fs::create_dir_all(&profiles).unwrap();
        std::fs::write(profiles.join("ABC.toml"), wrong).unwrap();
        for (variable, value) in [("CARDLINE_POLICY", path), ("CARDLINE_PARTNERS", profiles.to_str().unwrap())] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
            command.env("CARDLINE_DATA", place.path().join("data")).env(variable, value).arg("tick");
            let output = command.output().unwrap();
            let told = text(&output.stderr);
            assert!(code(&output) == 1 && !told.contains(PASSWORD), "{variable}: {told}");
        }
    }
}

#[test]
fn an_address_is_shown_without_its_password_wherever_it_is_shown() {
    let data = tempfile::tempdir().unwrap();
    for address in [
        "postgres://u:hunter2@127.0.0.1:1/db",
        "postgresql://u:hunter2@127.0.0.1:1,127.0.0.1:2/db",
        "POSTGRES://u:hunter2@127.0.0.1:1/db",
        "postgre://u:hunter2@127.0.0.1:1/db",
        "postgres:u:hunter2@127.0.0.1:1/db",
        "u:hunter2@127.0.0.1:1/db",
        "postgres://u:hunter2@[::1/db",
        "postgres://u:hunter2@127.0.0.1:99999/db",
        "postgres://u:a/hunter2@127.0.0.1:1/db",
        "postgres://u:a?hunter2=x@127.0.0.1:1/db",
        "postgres://127.0.0.1:1/db?password=hunter2",
        "postgres://127.0.0.1:1/db?passwrd=hunter2",
        "host=127.0.0.1 password=hunter2",
    ] {
        for command in
            [&["tick"][..], &["doctor"], &["doctor", "--output", "json"], &["config", "show"], &["batch", "list"]]
        {
            let output = cardline(data.path(), &[&["--database", address], command].concat());
            let told = text(&output.stderr) + &text(&output.stdout);
            assert!(!told.is_empty() && !told.contains(PASSWORD), "{command:?} {address}: {told}");
        }
    }
}

#[test]
fn words_that_steer_a_terminal_are_shown_whoever_repeats_them() {
    let data = tempfile::tempdir().unwrap();
    for arguments in [
        vec!["tick", "a\u{202e}b\u{1b}[31m"],
        vec!["trac\u{202e}e\u{9b}2J"],
        vec!["intake", "--from", "nowhere\u{202e}\u{1b}[2J"],
        vec!["--config", "nowhere\u{2066}\u{7}", "tick"],
        vec!["trace", "\u{202e}\u{1b}]0;x\u{7}"],
        vec!["--data", "/proc/\u{1b}c\u{200f}", "tick"],
    ] {
        let output = cardline(data.path(), &arguments);
        let told = text(&output.stderr) + &text(&output.stdout);
        assert!(code(&output) != 0 && !told.is_empty());
        assert!(
            !told.contains(|c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{200f}".contains(c))),
            "{told:?}"
        );
    }
}
