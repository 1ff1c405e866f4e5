//! The command line, as people and scripts meet it.
//!
//! `tests/cli/*.txt` are transcripts: `$ cardline …`, what it prints (`! ` before a line of standard
//! error, `...` for any lines), and `? CODE`. `CARDLINE_TRANSCRIPTS=write cargo test --test cli`
//! writes them again from what the program does; read the difference before keeping it.

#[path = "cli/people.rs"]
mod people;
#[path = "cli/secrets.rs"]
mod secrets;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program in the repository's root, with a data folder of its own.
fn cardline(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARDLINE_")) {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(root()).env("CARDLINE_DATA", data).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// What a command printed, as a transcript has it.
fn transcript_of(data: &Path, line: &str) -> Vec<String> {
    let arguments: Vec<&str> = line.strip_prefix("$ cardline").unwrap().split_whitespace().collect();
    let output = cardline(data, &arguments);
    let mut lines: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
    lines.extend(text(&output.stderr).lines().map(|line| format!("! {line}")));
    lines.push(format!("? {}", code(&output)));
    lines
}

/// Whether lines match what is expected, where `...` stands for any lines.
fn matches(expected: &[String], found: &[String]) -> bool {
    match expected.split_first() {
        None => found.is_empty(),
        Some((first, rest)) if first == "..." => (0..=found.len()).any(|n| matches(rest, &found[n..])),
        Some((first, rest)) => found.first() == Some(first) && matches(rest, &found[1..]),
    }
}

fn play(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read_to_string(path).unwrap();
    let write = std::env::var("CARDLINE_TRANSCRIPTS").is_ok_and(|mode| mode == "write");
    let mut anew = String::new();
    let mut lines = whole.lines().peekable();
    while let Some(line) = lines.next() {
        anew.push_str(&format!("{line}\n"));
        if !line.starts_with("$ cardline") {
            continue;
        }
        let mut expected = Vec::new();
        while let Some(next) = lines.next_if(|next| !next.starts_with("$ ")) {
            expected.push(next.to_owned());
            if next.starts_with("? ") {
                break;
            }
        }
        let found = transcript_of(folder.path(), line);
        if write && !expected.contains(&"...".to_owned()) {
            anew.push_str(&(found.join("\n") + "\n"));
        } else {
            anew.push_str(&(expected.join("\n") + "\n"));
            assert!(
                matches(&expected, &found),
                "{}: {line}\nexpected\n{}\nfound\n{}",
                path.display(),
                expected.join("\n"),
                found.join("\n")
            );
        }
    }
    if write {
        std::fs::write(path, anew).unwrap();
    }
}

#[test]
fn what_the_log_cannot_read_is_refused_by_name() {
    use std::os::unix::ffi::OsStrExt;
    for (name, value) in
        [("CARDLINE_LOG", &b"\xff"[..]), ("CARDLINE_LOG", b"warn,=x="), ("CARDLINE_LOG_FORMAT", b"\xff")]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
        command.arg("states").env(name, std::ffi::OsStr::from_bytes(value)).env_remove("RUST_BACKTRACE");
        let output = command.output().unwrap();
        assert!(code(&output) != 0 && text(&output.stderr).contains(name), "{}", text(&output.stderr));
    }
}

#[test]
fn transcripts_are_as_they_were() {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(root().join("tests/cli")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().for_each(|path| play(path));
}

/// `cardline rules page > fixtures/rules/README.md` makes it again.
#[test]
fn the_page_of_rules_is_fresh() {
    let folder = tempfile::tempdir().unwrap();
    let page = text(&cardline(folder.path(), &["rules", "page"]).stdout);
    let kept = std::fs::read_to_string(root().join("fixtures/rules/README.md")).unwrap();
    assert_eq!(kept, page);
}

#[test]
fn every_command_has_help_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let help = |arguments: &[&str]| {
        let output = cardline(folder.path(), arguments);
        assert_eq!(code(&output), 0, "{arguments:?}");
        text(&output.stdout)
    };
    let whole = help(&["--help"]);
    let commands = whole.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let mut seen = 0;
    for line in commands.filter(|line| !line.trim_start().starts_with("help")) {
        let name = line.split_whitespace().next().unwrap();
        assert!(!line.is_ascii(), "{name} has no Chinese line");
        assert!(help(&[name, "--help"]).contains("Usage: cardline"), "{name}");
        seen += 1;
    }
    assert!(seen >= 14, "{seen}");
}

/// The application of the contract on one line, with its number's check digit or with a wrong one.
fn application(wrong: bool) -> String {
    let whole = std::fs::read_to_string(root().join("fixtures/rules/application.example.json")).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&whole).unwrap();
    if wrong {
        let number = value["holder"]["id_number"].as_str().unwrap();
        let last = if number.ends_with('5') { '6' } else { '5' };
        value["holder"]["id_number"] = format!("{}{last}", &number[..17]).into();
    }
    value.to_string() + "\n"
}

#[test]
fn the_same_application_again_is_a_repeat() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("one.ndjson"));
    std::fs::write(&file, application(false)).unwrap();
    let intake = || {
        let output = cardline(&data, &["intake", "--from", file.to_str().unwrap(), "--output", "json"]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let (first, second) = (intake(), intake());
    assert_eq!((&first["read"], &first["accepted"], &first["repeated"]), (&1.into(), &1.into(), &0.into()));
    assert_eq!((&second["read"], &second["accepted"], &second["repeated"]), (&1.into(), &0.into(), &1.into()));
    assert_eq!(code(&cardline(&data, &["books", "--full"])), 0);
}

#[test]
fn a_wrong_check_digit_is_named_by_its_field_and_not_by_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.ndjson");
    std::fs::write(&file, application(true) + "not json\n").unwrap();
    let output = cardline(folder.path(), &["rules", "check", file.to_str().unwrap(), "--output", "json"]);
    assert_eq!(code(&output), 3);
    let shown = text(&output.stdout);
    let lines: Vec<serde_json::Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    let findings = lines[0]["findings"].as_array().unwrap();
    assert!(findings.iter().any(|f| f["rule"] == "ID-CHECKSUM" && f["field"] == "holder.id_number"));
    assert!(lines[1]["application_id"].is_null() && lines[1]["findings"][0]["rule"] == "NOT-JSON");
    let value: serde_json::Value = serde_json::from_str(&application(true)).unwrap();
    assert!(!shown.contains(value["holder"]["id_number"].as_str().unwrap()));
}

#[test]
fn what_a_waiting_card_needs_is_taken_away_only_when_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("one.ndjson"));
    std::fs::write(&file, application(false)).unwrap();
    assert_eq!(code(&cardline(&data, &["intake", "--from", file.to_str().unwrap()])), 0);
    let value: serde_json::Value = serde_json::from_str(&application(false)).unwrap();
    let outlet = value["opening_outlet"].as_str().unwrap();
    let outlets = std::fs::read_to_string(root().join("fixtures/reference/outlets.csv")).unwrap();
    let kept: Vec<&str> = outlets.lines().filter(|line| !line.starts_with(outlet)).collect();
    let without = folder.path().join("outlets.csv");
    std::fs::write(&without, kept.join("\n")).unwrap();
    let import = |more: &[&str]| {
        let arguments =
            ["import", "outlets", without.to_str().unwrap(), "--complete", "--output", "json", "--as", "alice"];
        let output = cardline(&data, &[&arguments, more].concat());
        let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (code(&output), shown, text(&output.stderr))
    };
    let (ended, shown, told) = import(&[]);
    assert_eq!((ended, &shown["applied"], &shown["ended"]), (1, &false.into(), &1.into()));
    let operation = shown["operation"].as_str().unwrap();
    assert!(told.contains("1 unfinished cards need it") && told.contains(operation), "{told}");
    let dry = import(&["--dry-run"]);
    assert_eq!((dry.0, &dry.1["operation"], &dry.1["lines"][0]["touches"]["cards"]), (0, &operation.into(), &1.into()));
    assert_eq!(import(&["--confirm", "0123456789abcdef"]).0, 1);
    let (ended, shown, _) = import(&["--confirm", operation]);
    assert_eq!((ended, &shown["applied"]), (0, &true.into()));
    let again = import(&[]);
    assert_eq!((again.0, &again.1["new"], &again.1["applied"]), (0, &0.into(), &false.into()));
    let list = cardline(&data, &["import", "list", "--output", "json"]);
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(
        (&list[0]["actor"], &list[0]["confirmed"], &list[0]["cards"]),
        (&"alice".into(), &true.into(), &1.into())
    );
    assert_eq!(code(&cardline(&data, &["books", "--full"])), 0);
}

/// Files nobody should send, by name.
fn hostile(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let deep = "[".repeat(200_000) + "\n";
    let files: [(&str, Vec<u8>); 7] = [
        ("empty", Vec::new()),
        ("not-json", b"hello\n{\"a\":\n".to_vec()),
        ("long-line", [vec![b'a'; (1 << 20) + 10], b"\n".to_vec()].concat()),
        ("not-utf8", vec![0xFF, 0xFE, b'{', b'}', b'\n']),
        ("deep", deep.into_bytes()),
        ("zeros", vec![0; 4096]),
        ("blank", b"\n \n\n".to_vec()),
    ];
    let mut paths = vec![("missing", folder.join("missing")), ("folder", folder.to_path_buf())];
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
        paths.push((name, folder.join(name)));
    }
    paths
}

#[test]
fn bad_input_is_named_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let commands: [(&[&str], &[&str]); 5] = [
        (&["rules", "check"], &[]),
        (&["intake", "--from"], &[]),
        (&["file", "inspect"], &["--partner", "ICBC", "--kind", "account-result"]),
        (&["import", "points"], &[]),
        (&["import", "cards"], &[]),
    ];
    for (name, path) in hostile(folder.path()) {
        for (before, after) in commands {
            let output = cardline(&data, &[before, &[path.to_str().unwrap()], after].concat());
            let told = text(&output.stderr);
            assert!(!told.contains("panicked") && !told.contains("RUST_BACKTRACE"), "{before:?} {name}: {told}");
            let read_anyway =
                matches!(before[0], "rules" | "intake") && !matches!(name, "missing" | "folder" | "empty" | "blank");
            let blank_intake = before[0] == "intake" && name == "blank";
            let expected = if read_anyway { 3 } else { i32::from(!blank_intake) };
            assert_eq!(code(&output), expected, "{before:?} {name}: {told}");
            assert!(expected != 1 || told.contains(path.to_str().unwrap()), "{before:?} {name}: {told}");
        }
    }
}

#[test]
fn a_link_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (link, aim) = (folder.path().join("link.ndjson"), folder.path().join("precious"));
    std::fs::write(&aim, "precious").unwrap();
    std::os::unix::fs::symlink(&aim, &link).unwrap();
    let generate = |out: &Path| {
        let out = out.to_str().unwrap();
        code(&cardline(folder.path(), &["generate", "applications", "--count", "5", "--defects", "50", "--out", out]))
    };
    assert_eq!(generate(&link), 1);
    assert_eq!(std::fs::read_to_string(&aim).unwrap(), "precious");
    let out = folder.path().join("out.ndjson");
    assert_eq!((generate(&out), generate(&out)), (0, 0));
    assert_eq!(std::fs::read_to_string(&out).unwrap().lines().count(), 5);
    assert!(folder.path().join("out.ndjson.expected.json").is_file());
}

/// Generates a file, with everything that stands beside it.
fn generated(folder: &Path, arguments: &[&str]) -> PathBuf {
    let file = folder.join("a.ndjson");
    let before = ["generate", "applications", "--count", "400", "--out", file.to_str().unwrap()];
    let output = cardline(folder, &[&before, arguments].concat());
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    file
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn what_generate_expects_is_what_rules_check_finds() {
    let folder = tempfile::tempdir().unwrap();
    let file = generated(folder.path(), &["--defects", "40", "--seed", "8"]);
    let output = cardline(folder.path(), &["rules", "check", file.to_str().unwrap(), "--output", "json"]);
    let mut found = serde_json::Map::new();
    for line in text(&output.stdout).lines() {
        let checked: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut codes: Vec<_> = checked["findings"].as_array().unwrap().iter().map(|f| f["rule"].clone()).collect();
        codes.dedup();
        if !codes.is_empty() {
            found.insert(checked["application_id"].as_str().unwrap().into(), codes.into());
        }
    }
    assert!(found.len() > 100);
    assert_eq!(serde_json::Value::Object(found), json(&folder.path().join("a.ndjson.expected.json")));
}

#[test]
fn with_the_cards_imported_every_clean_application_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let file = generated(folder.path(), &["--profile", "city-day"]);
    let cards = folder.path().join("a.ndjson.cards.csv");
    for new in [true, false] {
        let output = cardline(folder.path(), &["import", "cards", cards.to_str().unwrap(), "--output", "json"]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        let counts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(counts["read"].as_u64().unwrap() > 150);
        assert_eq!(counts[if new { "new" } else { "known" }], counts["read"]);
    }
    let output = cardline(folder.path(), &["intake", "--from", file.to_str().unwrap(), "--output", "json"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    let counts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(counts["accepted"], 400);
}

#[test]
fn the_opening_stock_may_leave_its_last_column_out() {
    let folder = tempfile::tempdir().unwrap();
    generated(folder.path(), &["--following", "100"]);
    let whole = std::fs::read_to_string(folder.path().join("a.ndjson.cards.csv")).unwrap();
    let shorter: Vec<&str> = whole.lines().filter_map(|line| Some(line.rsplit_once(',')?.0)).collect();
    let path = folder.path().join("cards.csv");
    let import = |text: String| {
        std::fs::write(&path, text).unwrap();
        cardline(folder.path(), &["import", "cards", path.to_str().unwrap(), "--output", "json"])
    };
    assert_eq!(code(&import(shorter[..4].join("\n"))), 0);
    let lines: Vec<&str> = whole.lines().collect();
    let missing =
        import(format!("{}\n{}\n", lines[0], lines[10].replace(",active", ",missing").replace(",lost", ",missing")));
    assert_eq!(code(&missing), 3);
    assert!(text(&missing.stderr).contains("line 2, column state"), "{}", text(&missing.stderr));
}

/// A list that was opened and saved in a spreadsheet, and one that says other things than before: every such line
/// is named with its column, the others are imported.
#[test]
fn cards_that_were_damaged_or_contradict_are_refused_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    generated(folder.path(), &["--following", "100"]);
    let whole = std::fs::read_to_string(folder.path().join("a.ndjson.cards.csv")).unwrap();
    let rows: Vec<Vec<&str>> = whole.lines().take(8).map(|line| line.split(',').collect()).collect();
    let path = folder.path().join("cards.csv");
    let import = |change: &dyn Fn(usize, &mut Vec<String>)| {
        let mut list = String::from("\u{feff}");
        for (at, row) in rows.iter().enumerate() {
            let mut row: Vec<String> = row.iter().map(ToString::to_string).collect();
            change(at, &mut row);
            list += &format!("{}\r\n", row.join(","));
        }
        std::fs::write(&path, list).unwrap();
        let output = cardline(folder.path(), &["import", "cards", path.to_str().unwrap(), "--output", "json"]);
        let counts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let counts = ["read", "new", "known", "rejected"].map(|name| counts[name].as_u64().unwrap());
        (code(&output), counts, text(&output.stderr))
    };
    let scientific = |at: usize, row: &mut Vec<String>| {
        if at > 0 {
            (row[7], row[8]) = ("1.02000E+18".into(), "6.21700E+18".into());
        }
    };
    let (ended, counts, told) = import(&scientific);
    assert_eq!((ended, counts), (3, [7, 0, 0, 7]), "{told}");
    assert!(told.contains("line 2, column account: a power of ten; a spreadsheet changed it"), "{told}");
    let zeros = |at: usize, row: &mut Vec<String>| {
        if at > 0 {
            row[8] = format!("{}0000", &row[8][..15]);
        }
    };
    let (ended, counts, told) = import(&zeros);
    assert_eq!((ended, counts), (3, [7, 0, 0, 7]), "{told}");
    assert!(told.contains("line 8, column pan: zeros behind the fifteenth digit on every line"), "{told}");
    let (ended, counts, told) = import(&|_, _| ());
    assert_eq!((ended, counts), (0, [7, 7, 0, 0]), "{told}");
    let contradicting = |at: usize, row: &mut Vec<String>| match at {
        1 => row[1] = "改名后".into(),
        2 => row[3] = rows[3][3].into(),
        4 => row[10] = if rows[4][10] == "lost" { "active".into() } else { "lost".into() },
        5 => row[0] = "Y00000025".into(),
        6 => row[6] = rows[7][6].into(),
        _ => {}
    };
    let (ended, counts, told) = import(&contradicting);
    let known = 3 - u64::from(rows[6][6] != rows[7][6]);
    assert_eq!((ended, counts), (3, [7, 0, known, 7 - known]), "{told}");
    for (line, column) in [(2, "name"), (3, "id_number"), (5, "state"), (6, "id_number")] {
        assert!(told.contains(&format!("line {line}, column {column}: ")), "{told}");
    }
    // Two lines of one file that contradict each other: the first one stands.
    let fresh = tempfile::tempdir().unwrap();
    let twice =
        [rows[0].join(","), rows[1].join(","), rows[1].join(","), rows[1].join(",").replace(rows[1][1], "改名后")];
    std::fs::write(&path, twice.join("\n")).unwrap();
    let output = cardline(fresh.path(), &["import", "cards", path.to_str().unwrap()]);
    assert_eq!(code(&output), 3);
    let told = text(&output.stderr);
    assert!(told.contains("line 4, column name: differs") && told.contains("(line 2)"), "{told}");
}

/// What an argument selects by is one of the words there are: a slip is an error, not an empty list.
#[test]
fn an_unknown_word_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&cardline(folder.path(), &["migrate"])), 0);
    for arguments in [
        &["batch", "list", "--kind", "acount"][..],
        &["batch", "list", "--state", "send"],
        &["batch", "plan", "--stream", "acount/ABC"],
        &["batch", "plan", "--stream", "account/NOBODY"],
        &["batch", "plan", "--stream", "account/ABC/110101/nomral"],
        &["quarantine", "list", "--reason", "SHAPES"],
        &["quarantine", "list", "--outcome", "refused"],
        &["quarantine", "retry", "--code", "SHAPES", "--as", "lin"],
        &["quarantine", "discard", "--code", "SHAPES", "--reason", "x", "--as", "lin"],
        &["quarantine", "export", "--code", "SHAPES", "--out", "x", "--reason", "x", "--as", "lin"],
        &["exchange", "skip", "NOBODY", "account-result", "--go-on-with", "2", "--reason", "x", "--as", "lin"],
        &["exchange", "skip", "ABC", "acount-result", "--go-on-with", "2", "--reason", "x", "--as", "lin"],
        &["states", "cards"],
        &["tick", "acounts"],
        &["users", "add", "lin", "--role", "operators"],
        &["topic", "accept", "card.nothing", "--dry-run"],
    ] {
        let output = cardline(folder.path(), arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", text(&output.stderr));
    }
    for arguments in [
        &["batch", "list", "--kind", "account", "--state", "part_answered"][..],
        &["batch", "plan", "--stream", "production/BUREAU/ABC/urgent"],
        &["quarantine", "list", "--reason", "unknown-type"],
    ] {
        assert_eq!(code(&cardline(folder.path(), arguments)), 0, "{arguments:?}");
    }
}

/// Forty applications taken in, their photos rendered on a Sunday, when nothing is cut.
fn waiting_for_a_batch(folder: &Path) -> PathBuf {
    let (data, file) = (folder.join("data"), folder.join("a.ndjson"));
    let photos = data.join("objects");
    let run = |arguments: &[&str]| {
        let output = cardline(&data, arguments);
        assert_eq!(code(&output), 0, "{arguments:?}: {}", text(&output.stderr));
    };
    let (out, photos) = (file.to_str().unwrap(), photos.to_str().unwrap());
    run(&[
        "generate",
        "applications",
        "--count",
        "40",
        "--defects",
        "0",
        "--following",
        "0",
        "--days",
        "3",
        "--out",
        out,
        "--photos",
        photos,
    ]);
    run(&["intake", "--from", out, "--at", SUNDAY]);
    run(&["tick", "accounts", "--at", SUNDAY]);
    data
}

const SUNDAY: &str = "2026-01-11T12:00:00+08:00";
const MONDAY: &str = "2026-01-12T08:00:00+08:00";

#[test]
fn an_operator_plans_cuts_holds_splits_releases_and_cancels() {
    let folder = tempfile::tempdir().unwrap();
    let data = waiting_for_a_batch(folder.path());
    let run = |arguments: &[&str]| {
        let output = cardline(&data, &[&["batch"], arguments, &["--output", "json", "--at", MONDAY]].concat());
        let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (code(&output), shown, text(&output.stderr))
    };
    let why = ["--reason", "a test", "--as", "lin"];
    let batch_action = |arguments: &[&str]| run(&[arguments, &why[..]].concat());
    let (_, plan, _) = run(&["plan"]);
    let streams = plan["streams"].as_array().unwrap();
    let most = streams.iter().max_by_key(|s| s["cards"].as_i64()).unwrap();
    let (stream, cards) = (most["stream"].as_str().unwrap(), most["cards"].as_i64().unwrap());
    assert!(cards > 2 && most["next_cuts"].as_array().unwrap().len() == 5, "{most}");
    let (_, preview, _) = run(&["cut", stream, "--dry-run"]);
    let batch = preview["batch"].as_str().unwrap();
    assert_eq!(preview["cards"], cards);
    for done in [true, false] {
        let (ended, told, _) = batch_action(&["cut", stream, "--confirm", batch]);
        assert_eq!((ended, &told["done"], &told["of"][0]), (0, &done.into(), &batch.into()));
    }
    assert_eq!(batch_action(&["hold", batch]).1["done"], true);
    let (_, split, _) = batch_action(&["split", batch, "--count", "1"]);
    let (one, rest) = (split["of"][0].as_str().unwrap(), split["of"][1].as_str().unwrap());
    assert_eq!(batch_action(&["cancel", one]).1["done"], true);
    assert_eq!(batch_action(&["release", rest]).1["done"], true);
    assert_eq!(code(&cardline(&data, &["tick", "exchange", "--at", MONDAY])), 0);
    let (ended, _, told) = batch_action(&["cancel", rest]);
    assert!(ended == 1 && told.contains("ask the partner to put it aside"), "{told}");
    let (_, shown, _) = run_without_at(&data, &["batch", "show", batch]);
    assert_eq!((&shown["batch"]["state"], &shown["files"][0]["state"]), (&"cancelled".into(), &"cancelled".into()));
    let acts: Vec<&str> = shown["acts"].as_array().unwrap().iter().map(|a| a["what"].as_str().unwrap()).collect();
    assert_eq!((acts, &shown["acts"][2]["reason"]), (vec!["cut", "hold", "split"], &"a test".into()));
    assert_eq!(code(&cardline(&data, &["books", "--full", "--at", MONDAY])), 0);
}

fn run_without_at(data: &Path, arguments: &[&str]) -> (i32, serde_json::Value, String) {
    let output = cardline(data, &[arguments, &["--output", "json"]].concat());
    (code(&output), serde_json::from_slice(&output.stdout).unwrap(), text(&output.stderr))
}

#[test]
fn acts_killed_again_and_again_are_carried_out_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = waiting_for_a_batch(folder.path());
    let plan = cardline(&data, &["batch", "plan", "--at", MONDAY, "--output", "json"]);
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    let streams = plan["streams"].as_array().unwrap();
    let most = streams.iter().max_by_key(|s| s["cards"].as_i64()).unwrap();
    let stream = most["stream"].as_str().unwrap();
    let batch = "A20260112-0001";
    let why = ["--reason", "a test", "--as", "lin", "--at", MONDAY];
    for act in [&["cut", stream, "--confirm", batch][..], &["hold", batch], &["split", batch, "--count", "1"]] {
        let (_, output) = killed_until_done(&data, &[&["batch"], act, &why[..]].concat());
        assert_eq!(code(&output), 0, "{act:?}: {}", text(&output.stderr));
        assert_eq!(code(&cardline(&data, &["books", "--full", "--at", MONDAY])), 0, "{act:?}");
    }
    let list = cardline(&data, &["batch", "list", "--output", "json"]);
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let states: Vec<&str> = list.as_array().unwrap().iter().map(|b| b["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["cancelled", "held", "held"]);
}

/// Starts a command, kills it with -9 after a while, and again, until it ends by itself.
fn killed_until_done(data: &Path, arguments: &[&str]) -> (u32, Output) {
    for attempt in 0_u32.. {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cardline"))
            .args(arguments)
            .env("CARDLINE_DATA", data)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let patience = std::time::Duration::from_millis(20 * u64::from(attempt + 1));
        std::thread::sleep(patience);
        if child.try_wait().unwrap().is_none() && attempt < 60 {
            child.kill().unwrap();
            child.wait().unwrap();
            continue;
        }
        return (attempt, child.wait_with_output().unwrap());
    }
    unreachable!("the loop ends by returning")
}

#[test]
fn a_retry_killed_again_and_again_is_carried_out_once() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("many.ndjson"));
    let count = 4_000;
    let lines: String = (0..count).map(|n| format!("{{\"schema\":\"card.application.v9\",\"n\":{n}}}\n")).collect();
    std::fs::write(&file, lines).unwrap();
    assert_eq!(code(&cardline(&data, &["intake", "--from", file.to_str().unwrap()])), 3);
    let json = |output: &Output| serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
    let preview = json(&cardline(&data, &["quarantine", "retry", "--all", "--dry-run", "--output", "json"]));
    let operation = preview["operation"].as_str().unwrap();
    let confirmed = ["quarantine", "retry", "--all", "--confirm", operation, "--as", "lin", "--output", "json"];
    let (kills, output) = killed_until_done(&data, &confirmed);
    assert_eq!(code(&output), 3, "{}", text(&output.stderr));
    assert!(kills > 2, "only {kills} kills; the test proves little");
    let again = cardline(&data, &confirmed);
    for done in [json(&output), json(&again)] {
        assert_eq!((&done["messages"], &done["read"], &done["remaining"]), (&count.into(), &count.into(), &0.into()));
        assert_eq!(done["refused"]["UNKNOWN-SCHEMA"], count);
    }
    let list = json(&cardline(&data, &["quarantine", "list", "--limit", "1", "--output", "json"]));
    assert_eq!((&list["total"], list["unfinished"].as_array().unwrap().len()), (&count.into(), 0));
    assert_eq!(code(&cardline(&data, &["books"])), 0);
    assert_eq!(code(&cardline(&data, &["books", "--full"])), 0);
}

#[test]
fn a_personal_value_is_shown_by_a_recorded_reveal_only() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("bad.ndjson"));
    std::fs::write(&file, application(true)).unwrap();
    cardline(&data, &["intake", "--from", file.to_str().unwrap()]);
    let value: serde_json::Value = serde_json::from_str(&application(true)).unwrap();
    let personal = ["id_number", "mobile", "name"].map(|member| value["holder"][member].as_str().unwrap().to_owned());
    for output in ["table", "json", "csv"] {
        for command in [vec!["list"], vec!["list", "--group"], vec!["show", "1"]] {
            let shown = text(&cardline(&data, &[&["quarantine"], &command[..], &["--output", output]].concat()).stdout);
            assert!(!shown.is_empty() && personal.iter().all(|p| !shown.contains(p)), "{command:?} {output}");
        }
    }
    let reveal = ["quarantine", "show", "1", "--reveal", "--reason", "他打电话来", "--as", "lin"];
    let shown = text(&cardline(&data, &reveal).stdout);
    assert!(personal.iter().all(|p| shown.contains(p)) && shown.contains("他打电话来"));
    let traced = text(&cardline(&data, &["trace", value["application_id"].as_str().unwrap()]).stdout);
    assert!(traced.contains("reveal") && !traced.contains("他打电话来"), "{traced}");
    assert_eq!(code(&cardline(&data, &["books", "--full", "--law", "12"])), 0);
}

#[test]
fn a_file_that_is_not_its_own_is_not_replaced_by_generate() {
    let folder = tempfile::tempdir().unwrap();
    let (own, foreign) = (folder.path().join("own.ndjson"), folder.path().join("real.ndjson"));
    let generate = |out: &Path| {
        let arguments = ["generate", "applications", "--count", "2", "--out", out.to_str().unwrap()];
        cardline(folder.path(), &arguments)
    };
    for _ in 0..2 {
        assert_eq!(code(&generate(&own)), 0, "its own files it makes anew");
    }
    std::fs::copy(&own, &foreign).unwrap();
    let before = std::fs::read(&foreign).unwrap();
    let refused = generate(&foreign);
    let told = text(&refused.stderr);
    assert!(code(&refused) == 1 && told.contains("was not written here"), "{told}");
    assert_eq!(std::fs::read(&foreign).unwrap(), before);
    assert!(!folder.path().join("real.ndjson.expected.json").exists());
}
