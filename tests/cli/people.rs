//! People at the command line: who is let in, who is not, and what takes two of them.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use cardline::store::{Ledger, LedgerError};
use cardline::time::local_date;
use jiff::{Span, Timestamp};
use serde_json::Value;

use super::{code, root, text};

/// Passwords of the people in these tests.
const PASSWORD: &str = "a quiet river in spring";
const ANOTHER: &str = "the old bridge at noon";

/// A data folder, and a session file for each person.
struct House {
    folder: tempfile::TempDir,
}

impl House {
    /// A house with an administrator who is logged in.
    fn new() -> House {
        House::without_users().administered()
    }

    fn without_users() -> House {
        House { folder: tempfile::tempdir().unwrap() }
    }

    fn administered(self) -> House {
        let output = self.run("boss", &["users", "add", "boss", "--role", "administrator"], &[PASSWORD]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        self.log_in("boss");
        self
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn session(&self, who: &str) -> PathBuf {
        self.folder.path().join(format!("session-{who}"))
    }

    fn service(&self) -> PathBuf {
        self.folder.path().join("service")
    }

    /// Adds the service that ticks are run for.
    fn serve(&self) {
        let output = self.run("boss", &["users", "add", "steps-1", "--role", "service"], &[]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    }

    fn command(&self, who: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARDLINE_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(root()).env("CARDLINE_DATA", self.data());
        command.env("CARDLINE_SESSION", self.session(who)).env("CARDLINE_SERVICE_FILE", self.service());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Changes the database beside the program.
    fn sql(&self, sql: &'static str) {
        let url = format!("sqlite:{}", self.data().join("cardline.db").display());
        let changed = async {
            let ledger = Ledger::unmigrated(&url).await?;
            let mut tx = ledger.begin().await?;
            let rows = tx.run(sql, vec![]).await?;
            tx.commit().await?;
            ledger.close().await;
            Ok::<u64, LedgerError>(rows)
        };
        assert!(tokio::runtime::Runtime::new().unwrap().block_on(changed).unwrap() > 0, "{sql}");
    }

    /// Runs a command as whoever has this session; the lines are standard input.
    fn run(&self, who: &str, arguments: &[&str], lines: &[&str]) -> Output {
        let mut child = self.command(who, arguments).spawn().unwrap();
        // A command that asks for nothing may be gone before it is told.
        let _ = child.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes());
        child.wait_with_output().unwrap()
    }

    fn log_in(&self, who: &str) {
        let output = self.run(who, &["login", "--as", who], &[PASSWORD]);
        assert_eq!(code(&output), 0, "{who}: {}", text(&output.stderr));
    }

    /// Adds a user and logs them in.
    fn add(&self, who: &str, more: &[&str]) {
        let output = self.run("boss", &[&["users", "add", who, "--role"], more].concat(), &[PASSWORD]);
        assert_eq!(code(&output), 0, "{who}: {}", text(&output.stderr));
        self.log_in(who);
    }

    fn json(&self, who: &str, arguments: &[&str]) -> Value {
        let output = self.run(who, &[arguments, &["--output", "json"]].concat(), &[]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {}", text(&output.stderr)))
    }
}

/// What a command needs beside its name to pass the parser.
fn arguments(command: &str) -> Vec<&'static str> {
    match command {
        "intake" => vec!["--from", "fixtures/quarantine/mixed.ndjson"],
        "quarantine show" => vec!["1"],
        "quarantine show --reveal" => vec!["1", "--reason", "r"],
        "quarantine retry" | "quarantine discard" | "quarantine export" => {
            let more: &[&str] = match command {
                "quarantine export" => &["999", "--reason", "r", "--out", "/dev/null/none"],
                "quarantine discard" => &["999", "--reason", "r"],
                _ => &["999"],
            };
            more.to_vec()
        }
        "import regions" | "import points" | "import outlets" | "import studios" | "import partners"
        | "import calendar" | "import cards" => {
            vec!["none.csv"]
        }
        "trace" | "deadlines explain" => vec!["none"],
        "find" => vec!["--reason", "r"],
        "batch show" => vec!["none"],
        "photos retry" => vec!["none"],
        "file inspect" | "file validate" => vec!["none.dat"],
        "users add" => vec!["boss", "--role", "auditor"],
        "users disable" | "users enable" | "users unlock" | "users password" | "users token" => vec!["nobody"],
        "approvals give" | "approvals refuse" => vec!["999"],
        "cases show" => vec!["999"],
        "cases decide" => vec!["999", "noted", "--reason", "r"],
        "batch cut" => vec!["none", "--dry-run"],
        "pickup open" => vec!["--area", "none", "--until", "2026-02-01", "--dry-run"],
        "pickup list" => vec!["--point", "none", "--out", "/dev/null/none", "--reason", "r"],
        "pickup sheet" => vec!["--point", "none", "--reason", "r"],
        "pickup record" => vec!["none.csv", "--reason", "r"],
        "pickup close" => vec!["--point", "none", "--last", "2099-01-01", "--dry-run"],
        "pickup reassign" => vec!["--from", "none", "--to", "none", "--dry-run"],
        "pickup extend" => vec!["--point", "none", "--days", "1", "--dry-run"],
        "batch split" => vec!["none", "--count", "1", "--reason", "r"],
        "batch hold" | "batch release" | "batch cancel" | "batch urgent" => vec!["none", "--reason", "r"],
        "topic accept" => vec!["none", "--reason", "r"],
        "migrate" => vec!["--check"],
        "backup" => vec!["--to", "/dev/null/none"],
        "exchange test" => vec!["ICBC"],
        "exchange resend" => vec!["999"],
        "keys new" => vec!["--kind", "openpgp", "--until", "2000-01-01T00:00:00Z"],
        "keys rotate" => vec!["--kind", "gm", "--from", "2099-01-01T00:00:00Z", "--overlap-days", "0"],
        "keys revoke" => vec!["00", "--from", "2099-01-01T00:00:00Z"],
        "keys export" => vec!["00"],
        "exchange skip" => vec!["ICBC", "account-result", "--go-on-with", "2", "--reason", "r"],
        "erase person" => vec!["none", "--ground", "unlawful", "--dry-run"],
        "quarantine disclosures" | "file compare" | "erase scan" => Vec::new(),
        "reconcile accept" => vec!["--reason", "r"],
        "quarantine list" | "import list" | "books" | "batch list" | "batch plan" | "photos list" | "users list"
        | "approvals list" | "topic list" | "reconcile show" | "exchange missing" | "exchange list" | "keys list"
        | "pickup waiting" | "pickup due" | "pickup overdue" | "pickup silent" | "pickup forecast" | "cases list"
        | "users tokens" => Vec::new(),
        other => panic!("say what `{other}` needs to pass the parser"),
    }
}

#[test]
fn every_command_lets_in_the_roles_of_the_table_and_nobody_else() {
    let house = House::new();
    let table = house.json("boss", &["users", "roles"]);
    let roles = ["operator", "bank-it", "administrator", "auditor"];
    for role in roles {
        house.add(&format!("one-{role}"), &[role]);
        house.add(&format!("part-{role}"), &[role, "--area", "1101"]);
    }
    let mut seen = 0;
    for line in table["commands"].as_array().unwrap() {
        let (name, Some(allowed)) = (line["command"].as_str().unwrap(), line["roles"].as_array()) else { continue };
        let typed: Vec<&str> = name.split(' ').chain(arguments(name)).collect();
        let told = |who: &str| {
            let output = house.run(who, &typed, &[PASSWORD]);
            (code(&output), text(&output.stderr))
        };
        let (ended, said) = told("nobody");
        assert!(ended == 1 && said.contains("cardline login"), "{name} without a session: {ended} {said}");
        for role in roles {
            let may = allowed.iter().any(|allowed| allowed == role);
            let (ended, said) = told(&format!("one-{role}"));
            assert_eq!(!may, said.contains("may not"), "{name} as {role}: {ended} {said}");
            assert!(may || ended == 1, "{name} as {role}: {ended}");
            let (_, said) = told(&format!("part-{role}"));
            // A partner's files are of no area, so whoever sees one does not see all of them.
            let beyond = may && (line["whole"] == true || ["exchange skip", "exchange test"].contains(&name));
            assert_eq!(beyond, said.contains("reaches beyond"), "{name} as {role} of one area: {said}");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_session_written_by_sql_shows_nothing_either() {
    let house = House::new();
    house.add("lin", &["operator", "--area", "1101"]);
    assert_eq!(code(&house.run("lin", &["approvals", "list"], &[])), 0);
    house.sql(
        "UPDATE session SET user_id = b.id, opened_for = (SELECT s.opened_for FROM session s WHERE s.user_id = b.id)
         FROM users b, users l WHERE b.name = 'boss' AND l.name = 'lin' AND session.user_id = l.id",
    );
    for command in [&["approvals", "list"][..], &["users", "list"], &["quarantine", "disclosures"], &["books"]] {
        let output = house.run("lin", command, &[]);
        let told = text(&output.stderr);
        assert!(code(&output) == 1 && told.contains("the session has ended"), "{command:?}: {told}");
        assert!(output.stdout.is_empty(), "{command:?}");
    }
    house.log_in("lin");
    house.sql("UPDATE users SET role = 'administrator', area = '' WHERE name = 'lin'");
    let output = house.run("lin", &["users", "list"], &[]);
    assert!(code(&output) == 1 && text(&output.stderr).contains("not as it was written"), "{}", text(&output.stderr));
    house.sql("DELETE FROM users");
    let output = house.run("lin", &["users", "add", "mine", "--role", "administrator"], &[PASSWORD]);
    assert_eq!(code(&output), 1, "nobody is the first user a second time");
}

#[test]
fn a_lost_administrator_comes_back_by_the_keys_and_no_other_does() {
    let house = House::without_users();
    let told = house.run("x", &["users", "recover", "boss"], &[ANOTHER]);
    assert_eq!(code(&told), 1, "there is no ledger yet, and none is made");
    assert!(!house.data().exists());
    let house = house.administered();
    house.add("second", &["administrator"]);
    let told = house.run("x", &["users", "recover", "boss"], &[ANOTHER]);
    let said = text(&told.stderr);
    assert!(code(&told) == 1 && said.contains("second administers everything"), "{said}");
    assert_eq!(code(&house.run("boss", &["users", "disable", "second"], &[])), 0);
    let told = house.run("x", &["users", "recover", "boss"], &[ANOTHER]);
    assert_eq!(code(&told), 0, "{}", text(&told.stderr));
    assert_eq!(code(&house.run("boss", &["users", "list"], &[])), 1, "the session ended");
    assert_eq!(code(&house.run("boss", &["login", "--as", "boss"], &[ANOTHER])), 0);
    assert_eq!(code(&house.run("boss", &["books", "--full"], &[])), 0);
    // Whoever has not the keys recovers nobody.
    std::fs::remove_file(house.data().join("keys/data.key")).unwrap();
    assert_eq!(code(&house.run("x", &["users", "recover", "boss"], &[PASSWORD])), 1);
}

#[test]
fn a_bulk_discard_takes_two_people() {
    let house = House::new();
    house.add("lin", &["operator"]);
    house.add("wang", &["operator"]);
    let intake = ["intake", "--from", "fixtures/quarantine/mixed.ndjson"];
    assert_eq!(code(&house.run("lin", &intake, &[])), 3);
    let discard = ["quarantine", "discard", "--code", "UNKNOWN-SCHEMA", "--reason", "another province's"];
    let preview = house.json("lin", &[&discard[..], &["--dry-run"]].concat());
    let confirmed = [&discard[..], &["--confirm", preview["operation"].as_str().unwrap()]].concat();
    for _ in 0..2 {
        let output = house.run("lin", &confirmed, &[]);
        assert_eq!(code(&output), 4, "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("approvals give 1"), "{}", text(&output.stderr));
    }
    let waiting = house.json("wang", &["approvals", "list"]);
    assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["maker"]), (1, &"lin".into()));
    assert_eq!((&waiting[0]["count"], &waiting[0]["reason"]), (&2.into(), &"another province's".into()));
    let own = house.run("lin", &["approvals", "give", "1"], &[]);
    assert!(code(&own) == 1 && text(&own.stderr).contains("somebody else"), "{}", text(&own.stderr));
    for told in ["is given and carried out", "was given and carried out before"] {
        let given = house.run("wang", &["approvals", "give", "1"], &[]);
        assert_eq!((code(&given), text(&given.stderr)), (0, String::new()));
        assert_eq!(text(&given.stdout), format!("approval 1 {told}\n"));
    }
    let again = house.run("lin", &confirmed, &[]);
    assert!(code(&again) == 0 && text(&again.stdout).contains("carried out before"), "{}", text(&again.stdout));
    assert_eq!(house.json("boss", &["quarantine", "list", "--reason", "UNKNOWN-SCHEMA"])["total"], 0);
    for more in [&[][..], &["--full"]] {
        assert_eq!(code(&house.run("boss", &[&["books"], more].concat(), &[])), 0);
    }
}

#[test]
fn an_export_is_collected_once_it_is_given() {
    let house = House::new();
    house.add("lin", &["operator"]);
    house.run("lin", &["intake", "--from", "fixtures/quarantine/mixed.ndjson"], &[]);
    let out = house.folder.path().join("out.ndjson");
    let out = out.to_str().unwrap();
    let export = ["quarantine", "export", "--code", "UNKNOWN-SCHEMA", "--reason", "ticket 12", "--out", out];
    assert_eq!(code(&house.run("lin", &export, &[])), 4);
    assert!(!Path::new(out).exists());
    assert_eq!(code(&house.run("boss", &["approvals", "give", "1"], &[])), 0);
    let done = house.run("lin", &export, &[]);
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    assert_eq!(std::fs::metadata(out).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(out).unwrap().lines().count(), 2);
    let third = house.run("lin", &export, &[]);
    assert!(code(&third) == 1 && text(&third.stderr).contains("is there already"), "{}", text(&third.stderr));
    std::fs::remove_file(out).unwrap();
    assert_eq!(code(&house.run("lin", &export, &[])), 4, "one approval is one file");
    assert!(!Path::new(out).exists());
    let disclosed = house.json("boss", &["quarantine", "disclosures"]);
    assert_eq!(disclosed.as_array().unwrap().len(), 1);
    let only = &disclosed[0];
    assert_eq!((&only["by"], &only["count"], &only["approval"]), (&"lin".into(), &2.into(), &1.into()));
    assert_eq!(only["reason"], "ticket 12");
    assert_eq!(code(&house.run("boss", &["books", "--full"], &[])), 0);
}

#[test]
fn a_table_is_replaced_by_two_people() {
    let house = House::new();
    house.add("chief", &["administrator"]);
    let whole = std::fs::read_to_string(root().join("fixtures/reference/outlets.csv")).unwrap();
    let shorter: Vec<&str> = whole.lines().take(whole.lines().count() - 1).collect();
    let file = house.folder.path().join("outlets.csv");
    std::fs::write(&file, shorter.join("\n")).unwrap();
    let import = ["import", "outlets", file.to_str().unwrap(), "--complete", "--effective", "2026-11-01"];
    assert_eq!(code(&house.run("boss", &[&import[..], &["--dry-run"]].concat(), &[])), 0);
    for _ in 0..2 {
        assert_eq!(code(&house.run("boss", &import, &[])), 4);
    }
    assert_eq!(house.json("boss", &["import", "list"]), serde_json::json!([]));
    assert_eq!(code(&house.run("boss", &["approvals", "give", "1"], &[])), 1);
    assert_eq!(code(&house.run("chief", &["approvals", "give", "1"], &[])), 0);
    assert_eq!(code(&house.run("chief", &import, &[])), 4, "it was given to whoever asked");
    for _ in 0..2 {
        let output = house.run("boss", &import, &[]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    }
    let list = house.json("boss", &["import", "list"]);
    assert_eq!((list.as_array().unwrap().len(), &list[0]["actor"]), (1, &"boss".into()));
    assert_eq!(code(&house.run("boss", &["books", "--full"], &[])), 0);
}

#[test]
fn an_approval_killed_again_and_again_is_carried_out_once() {
    let house = House::new();
    house.add("lin", &["operator"]);
    let file = house.folder.path().join("many.ndjson");
    let lines: String = (0..3_000).map(|n| format!("{{\"schema\":\"card.application.v9\",\"n\":{n}}}\n")).collect();
    std::fs::write(&file, lines).unwrap();
    assert_eq!(code(&house.run("lin", &["intake", "--from", file.to_str().unwrap()], &[])), 3);
    let discard = ["quarantine", "discard", "--code", "UNKNOWN-SCHEMA", "--reason", "r"];
    let preview = house.json("lin", &[&discard[..], &["--dry-run"]].concat());
    let confirmed = [&discard[..], &["--confirm", preview["operation"].as_str().unwrap()]].concat();
    assert_eq!(code(&house.run("lin", &confirmed, &[])), 4);
    let mut kills = 0;
    let ended = loop {
        let mut child = house.command("boss", &["approvals", "give", "1"]).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(15 * (kills + 1)));
        if child.try_wait().unwrap().is_none() && kills < 60 {
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            continue;
        }
        break child.wait_with_output().unwrap();
    };
    assert_eq!(code(&ended), 0, "{}", text(&ended.stderr));
    assert!(kills > 2, "only {kills} kills; the test proves little");
    assert_eq!(code(&house.run("boss", &["approvals", "give", "1"], &[])), 0);
    let all = house.json("boss", &["approvals", "list", "--all"]);
    assert_eq!((all.as_array().unwrap().len(), &all[0]["state"]), (1, &"used".into()));
    assert_eq!(house.json("boss", &["quarantine", "list"])["total"], 0);
    assert_eq!(code(&house.run("boss", &["books", "--full"], &[])), 0);
}

#[test]
fn a_password_or_token_is_told_to_nobody() {
    let house = House::new();
    house.add("lin", &["operator"]);
    let token = std::fs::read_to_string(house.session("lin")).unwrap();
    assert_eq!(std::fs::metadata(house.session("lin")).unwrap().permissions().mode() & 0o777, 0o600);
    let mut told = Vec::new();
    for (arguments, lines) in [
        (vec!["login", "--as", "lin"], vec![PASSWORD]),
        (vec!["users", "password", "lin"], vec![PASSWORD, ANOTHER]),
        (vec!["login", "--as", "lin"], vec![PASSWORD]),
        (vec!["login", "--as", "lin", "--output", "json"], vec![ANOTHER]),
        (vec!["users", "list", "--output", "json"], vec![]),
        (vec!["config", "show"], vec![]),
    ] {
        let output = house.run("lin", &arguments, &lines);
        told.extend([output.stdout, output.stderr]);
    }
    for file in ["cardline.db", "cardline.db-wal"] {
        told.extend(std::fs::read(house.data().join(file)));
    }
    for secret in [PASSWORD, ANOTHER, token.trim()] {
        let found = told.iter().any(|bytes| bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        assert!(!found, "a secret of {} bytes was told", secret.len());
    }
    // The session of before ended with the password; the one after it is another.
    std::fs::write(house.session("lin"), &token).unwrap();
    let ended = house.run("lin", &["quarantine", "list"], &[]);
    assert!(code(&ended) == 1 && text(&ended.stderr).contains("has ended"), "{}", text(&ended.stderr));
}

#[test]
fn a_disabled_user_is_out_at_once() {
    let house = House::new();
    house.add("lin", &["operator"]);
    let list = || house.run("lin", &["quarantine", "list"], &[]);
    assert_eq!(code(&list()), 0);
    assert_eq!(code(&house.run("boss", &["users", "disable", "lin"], &[])), 0);
    assert_eq!(code(&list()), 1);
    let wrong = house.run("lin", &["login", "--as", "lin"], &[PASSWORD]);
    let unknown = house.run("lin", &["login", "--as", "somebody"], &[PASSWORD]);
    assert_eq!((code(&wrong), text(&wrong.stderr)), (1, text(&unknown.stderr)), "the same words");
    assert_eq!(code(&house.run("boss", &["users", "enable", "lin"], &[])), 0);
    assert_eq!(code(&list()), 1, "an old session does not come back");
    house.log_in("lin");
    assert_eq!(code(&list()), 0);
    assert_eq!(code(&house.run("boss", &["users", "disable", "boss"], &[])), 1, "somebody must administer");
    assert_eq!(code(&house.run("lin", &["logout"], &[])), 0);
    assert_eq!(code(&list()), 1);
}

#[test]
fn an_unattended_command_proves_itself_by_a_password_file() {
    let house = House::new();
    house.add("night", &["operator"]);
    let file = house.folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let list = |name: &[&str]| {
        let mut command = house.command("nobody", &[&["quarantine", "list"], name].concat());
        let output = command.env("CARDLINE_PASSWORD_FILE", &file).output().unwrap();
        (code(&output), text(&output.stderr))
    };
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (ended, said) = list(&["--as", "night"]);
    assert!(ended == 1 && said.contains("chmod 600"), "{said}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(list(&["--as", "night"]).0, 0);
    assert_eq!(list(&[]).0, 2, "--as must be there");
    assert_eq!(list(&["--as", "boss"]).0, 0, "they share a password here");
    std::fs::write(&file, "not the password").unwrap();
    assert_eq!(list(&["--as", "night"]).0, 1);
}

#[test]
fn an_act_carries_the_name_of_who_is_logged_in() {
    let house = House::new();
    house.add("lin", &["operator"]);
    let other = house.run("lin", &["quarantine", "list", "--as", "boss"], &[]);
    assert!(code(&other) == 1 && text(&other.stderr).contains("logged in as lin"), "{}", text(&other.stderr));
    house.run("lin", &["intake", "--from", "fixtures/quarantine/mixed.ndjson"], &[]);
    assert_eq!(code(&house.run("lin", &["quarantine", "discard", "3", "--reason", "r"], &[])), 0);
    let shown = house.json("lin", &["quarantine", "show", "3"]);
    assert_eq!((&shown["acts"][0]["by"], &shown["acts"][0]["what"]), (&"lin".into(), &"discard".into()));
    let points = root().join("fixtures/reference/points.csv");
    let import = ["import", "points", points.to_str().unwrap(), "--effective", "2027-01-01"];
    assert_eq!(code(&house.run("boss", &import, &[])), 0);
}

/// Twenty-four applications of two regions, approved three days ago, and their photos rendered.
fn take_in_two_regions(house: &House) {
    let file = house.folder.path().join("a.ndjson");
    let (file, photos) = (file.to_str().unwrap(), house.data().join("objects"));
    let approved = local_date(Timestamp::now()).saturating_sub(Span::new().days(3));
    let from = approved.to_string();
    let generate = ["generate", "applications", "--count", "24", "--out", file, "--following", "0", "--from", &from];
    let more = ["--regions", "110101,522634", "--photos", photos.to_str().unwrap()];
    for command in [
        &[&generate[..], &more].concat()[..],
        &["intake", "--from", file],
        // Photos are rendered, and nothing is cut.
        &["photos", "retry", "--all", "--as", "files"],
    ] {
        let output = house.run("boss", command, &[]);
        assert_eq!(code(&output), 0, "{command:?}: {}", text(&output.stderr));
    }
}

#[test]
fn an_operator_acts_on_the_batches_of_an_area() {
    const WHY: [&str; 2] = ["--reason", "r"];
    let house = House::without_users();
    take_in_two_regions(&house);
    let house = house.administered();
    for who in ["lin", "wang"] {
        house.add(who, &["operator", "--area", "1101"]);
    }
    let streams = |who: &str| -> Vec<(String, i64)> {
        let plan = house.json(who, &["batch", "plan"]);
        let streams = plan["streams"].as_array().unwrap().iter();
        streams.map(|s| (s["stream"].as_str().unwrap().to_owned(), s["cards"].as_i64().unwrap())).collect()
    };
    let (all, seen) = (streams("boss"), streams("lin"));
    let own: Vec<_> = all.iter().filter(|(stream, _)| stream.contains("/110101/")).cloned().collect();
    assert!(own.len() > 1 && own.len() < all.len() && seen == own, "{seen:?} of {all:?}");
    let batch = |who: &str, act: &[&str]| house.run(who, &[&["batch"], act, &WHY].concat(), &[]);
    let cut = |who: &str, stream: &str| {
        let number = house.json(who, &["batch", "cut", stream, "--dry-run"])["batch"].clone();
        let number = number.as_str().unwrap().to_owned();
        assert_eq!(code(&batch(who, &["cut", stream, "--confirm", &number])), 0);
        number
    };
    let other = &all.iter().find(|(stream, _)| stream.contains("/522634/")).unwrap().0;
    let (stream, _) = own.iter().max_by_key(|(_, cards)| cards).unwrap();
    for act in [&["hold", "account/ABC"][..], &["hold", other], &["release", other], &["cut", other, "--dry-run"]] {
        let refused = batch("lin", act);
        let said = text(&refused.stderr);
        assert!(code(&refused) == 1 && said.contains("reaches beyond area 1101"), "{act:?}: {said}");
    }
    for act in ["hold", "release"] {
        assert_eq!(code(&batch("lin", &[act, stream])), 0);
    }
    let (theirs, number) = (cut("boss", other), cut("lin", stream));
    for act in
        [&["hold", &theirs][..], &["release", &theirs], &["cancel", &theirs], &["split", &theirs, "--count", "1"]]
    {
        let refused = batch("lin", act);
        let said = text(&refused.stderr);
        assert!(code(&refused) == 1 && said.contains("no batch has the number"), "{act:?}: {said}");
    }
    assert_eq!(code(&house.run("lin", &["batch", "show", &theirs], &[])), 1);
    assert_eq!(code(&batch("lin", &["hold", &number])), 0);
    let split = batch("lin", &["split", &number, "--count", "1"]);
    assert_eq!(code(&split), 0, "{}", text(&split.stderr));
    let parts = text(&split.stdout).trim().replace("split is done: ", "");
    let (one, rest) = parts.split_once(", ").unwrap();
    assert_eq!(code(&batch("lin", &["release", rest])), 0);
    let cancel = house.run("lin", &["batch", "cancel", one, "--reason", "r"], &[]);
    assert_eq!(code(&cancel), 4, "{}", text(&cancel.stderr));
    assert_eq!(code(&house.run("wang", &["approvals", "give", "1"], &[])), 0);
    assert_eq!(house.json("lin", &["batch", "show", one])["batch"]["state"], "cancelled");
    let books = house.run("boss", &["books", "--full"], &[]);
    assert_eq!(code(&books), 0, "{}{}", text(&books.stdout), text(&books.stderr));
}

#[test]
fn once_there_are_users_nobody_says_what_time_it_is() {
    let house = House::new();
    house.serve();
    for command in [
        &["tick"][..],
        &["intake", "--from", "fixtures/quarantine/mixed.ndjson"],
        &["books"],
        &["photos", "retry", "--all"],
        &["batch", "cancel", "A20260105-0001", "--reason", "r"],
        &["batch", "hold", "account/ABC", "--reason", "r"],
        &["quarantine", "discard", "1", "--reason", "r"],
        &["quarantine", "show", "1", "--reveal", "--reason", "r"],
    ] {
        let told = house.run("boss", &[command, &["--at", "2099-01-05T09:00:00+08:00"]].concat(), &[]);
        let said = text(&told.stderr);
        assert!(code(&told) == 2 && said.contains("--at is taken only before there are users"), "{command:?}: {said}");
    }
    // What only looks may look at any day.
    assert_eq!(code(&house.run("boss", &["batch", "plan", "--at", "2026-03-05T09:00:00+08:00"], &[])), 0);
}

#[test]
fn whose_files_they_are_is_asked_before_anything_of_them_is_told() {
    let house = House::new();
    house.add("wu", &["bank-it", "--bank", "CCB"]);
    // Nothing is missing at either bank, and of one that is not hers she does not learn it.
    for (bank, told) in [("ABC", "reaches beyond"), ("CCB", "nothing is missing")] {
        let skip = ["exchange", "skip", bank, "account-result", "--go-on-with", "7", "--reason", "r"];
        let said = house.run("wu", &skip, &[]);
        assert!(code(&said) != 0 && text(&said.stderr).contains(told), "{bank}: {}", text(&said.stderr));
    }
}

#[test]
fn a_right_password_is_not_refused_for_wrong_ones() {
    let house = House::new();
    let at_once = |password: &'static str, times: usize| -> Vec<i32> {
        std::thread::scope(|scope| {
            let logins: Vec<_> = (0..times)
                .map(|_| scope.spawn(|| code(&house.run("boss", &["login", "--as", "boss"], &[password]))))
                .collect();
            logins.into_iter().map(|login| login.join().unwrap()).collect()
        })
    };
    assert_eq!(at_once(PASSWORD, 8), [0; 8]);
    assert_eq!(at_once(ANOTHER, 6), [1; 6]);
    house.log_in("boss");
    house.add("lin", &["operator"]);
    assert_eq!(code(&house.run("lin", &["users", "unlock", "boss"], &[])), 1, "an operator unlocks nobody");
    assert_eq!(code(&house.run("boss", &["users", "unlock", "lin"], &[])), 0);
    let nobody = house.run("boss", &["users", "unlock", "nobody"], &[]);
    assert!(text(&nobody.stderr).contains("no user has the name nobody"), "{}", text(&nobody.stderr));
}

#[test]
fn steps_run_for_a_service_once_there_are_users() {
    let house = House::new();
    let ended = |arguments: &[&str]| {
        let output = house.run("boss", arguments, &[PASSWORD]);
        (code(&output), text(&output.stderr))
    };
    for command in ["tick", "run"] {
        let (exit, said) = ended(&[command]);
        assert!(exit == 1 && said.contains("cardline users add NAME --role service"), "{command}: {exit} {said}");
    }
    house.serve();
    let credential = std::fs::read_to_string(house.service()).unwrap();
    assert_eq!(std::fs::metadata(house.service()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(ended(&["tick"]).0, 0);
    let (exit, said) = ended(&["users", "add", "steps-2", "--role", "service"]);
    assert!(exit == 1 && said.contains("nothing was added"), "a credential is never overwritten: {said}");
    assert_eq!(std::fs::read_to_string(house.service()).unwrap(), credential);
    assert_eq!(ended(&["users", "add", "steps-2", "--role", "service", "--area", "1101"]).0, 2);
    assert_eq!(ended(&["users", "password", "steps-1"]).0, 1, "a service has no password");
    assert_eq!(ended(&["login", "--as", "steps-1"]).0, 1);

    std::fs::set_permissions(house.service(), std::fs::Permissions::from_mode(0o640)).unwrap();
    let (exit, said) = ended(&["tick"]);
    assert!(exit == 1 && said.contains("chmod 600"), "{said}");
    std::fs::set_permissions(house.service(), std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(house.service(), credential.replace("steps-1", "boss")).unwrap();
    assert_eq!(ended(&["tick"]).0, 1, "no other user is a service");
    std::fs::write(house.service(), &credential).unwrap();
    let (listed, token) = (ended(&["config", "show"]).1, credential.trim().split(' ').next_back().unwrap());
    assert!(!listed.contains(token));
    let database = std::fs::read(house.data().join("cardline.db")).unwrap();
    assert!(!database.windows(token.len()).any(|bytes| bytes == token.as_bytes()), "only a digest is kept");
    assert_eq!(ended(&["books", "--full"]).0, 0);
    // One that runs meanwhile ends by itself.
    let mut running = house.command("boss", &["run"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(running.try_wait().unwrap().is_none(), "it runs");
    assert_eq!(ended(&["users", "disable", "steps-1"]).0, 0);
    let stopped = running.wait_with_output().unwrap();
    assert!(code(&stopped) == 1 && text(&stopped.stderr).contains("enabled service"), "{}", text(&stopped.stderr));
    for command in ["tick", "run"] {
        let (exit, said) = ended(&[command]);
        assert!(exit == 1 && said.contains("steps-1 is not one of an enabled service user"), "{command}: {said}");
    }
}

#[test]
fn a_demo_deletes_nothing_that_others_wrote() {
    let house = House::without_users();
    let folder = house.folder.path().join("demo");
    let dir = folder.to_str().unwrap();
    let demo = |more: &[&str]| {
        let output =
            house.run("x", &[&["demo", "--no-serve", "--cards", "1", "--days", "1", "--dir", dir], more].concat(), &[]);
        (code(&output), text(&output.stderr))
    };
    assert_eq!(demo(&[]).0, 0);
    assert_eq!(demo(&[]).0, 0, "its own it makes anew");
    // Somebody took applications in, or became a user there.
    let (intake, add): ([&str; 3], [&str; 5]) =
        (["intake", "--from", "fixtures/quarantine/mixed.ndjson"], ["users", "add", "boss", "--role", "administrator"]);
    for (command, at) in [(&intake[..], "cardline.db"), (&add, "real.db")] {
        let database = format!("sqlite:{}", folder.join(at).display());
        let place = ["--data", dir, "--database", &database];
        let output = house.run("x", &[command, &place].concat(), &[PASSWORD]);
        assert!(code(&output) != 1, "{}", text(&output.stderr));
        for more in [&[][..], &["--database", &database]] {
            let (exit, said) = demo(more);
            assert!(exit == 2 && said.contains(&format!("{at} has rows that no demo made")), "{exit} {said}");
        }
        assert!(folder.join(at).exists());
        std::fs::remove_file(folder.join(at)).unwrap();
    }
    assert_eq!(demo(&[]).0, 0);
}

#[test]
fn messages_opened_one_at_a_time_add_up() {
    let house = House::new();
    house.add("lin", &["operator"]);
    house.run("lin", &["intake", "--from", "fixtures/quarantine/mixed.ndjson"], &[]);
    let reveal = |id: &str, limit: &str| {
        let mut command = house.command("lin", &["quarantine", "show", id, "--reveal", "--reason", "r"]);
        let output = command.env("CARDLINE_ALONE_A_DAY", limit).output().unwrap();
        (code(&output), text(&output.stdout), text(&output.stderr))
    };
    let (exit, shown, _) = reveal("3", "1");
    assert_eq!(exit, 0);
    let (exit, told, said) = reveal("3", "1");
    assert!(exit == 4 && told.is_empty() && said.contains("quarantine export 3 --out"), "{exit} {told} {said}");
    assert!(!shown.is_empty());
    assert_eq!(reveal("3", "21").0, 1, "nobody allows themselves more");
    assert!(reveal("3", "21").2.contains("CARDLINE_ALONE_A_DAY"));
    for _ in 0..19 {
        assert_eq!(reveal("3", "20").0, 0);
    }
    assert_eq!(reveal("3", "20").0, 4);
    assert_eq!(code(&house.run("boss", &["books", "--full"], &[])), 0);
    assert_eq!(house.json("boss", &["quarantine", "disclosures", "--by", "lin"]).as_array().unwrap().len(), 20);
}

#[test]
fn a_token_is_shown_once_and_belongs_to_its_user() {
    let house = House::new();
    house.add("lin", &["operator", "--area", "1101"]);
    house.add("eyes", &["auditor"]);
    let made = house.json("boss", &["users", "token", "lin", "--days", "7"]);
    let token = made["token"].as_str().unwrap();
    assert_eq!((made["name"].as_str(), made["id"].as_i64(), token.len()), (Some("lin"), Some(1), 64));
    let own = house.run("lin", &["users", "token", "lin"], &[]);
    assert_eq!((code(&own), text(&own.stdout).trim().len()), (0, 64), "{}", text(&own.stderr));
    for refused in [&["users", "token", "boss"][..], &["users", "tokens", "boss"], &["users", "token", "--revoke", "9"]]
    {
        let output = house.run("lin", refused, &[]);
        assert_eq!((code(&output), text(&output.stdout)), (1, String::new()), "{refused:?}");
    }
    let listed = house.json("eyes", &["users", "tokens"]);
    assert_eq!((listed.as_array().unwrap().len(), listed.to_string().contains(token)), (2, false), "{listed}");
    assert_eq!(listed[0]["made_by"], "boss");
    assert_eq!(code(&house.run("lin", &["users", "token", "--revoke", "1"], &[])), 0);
    assert_eq!(house.json("lin", &["users", "tokens"]).as_array().unwrap().len(), 1);
    house.run("boss", &["users", "disable", "lin"], &[]);
    assert_eq!(house.json("boss", &["users", "tokens"]).as_array().unwrap().len(), 0);
}

#[test]
fn a_person_is_erased_by_two_people() {
    let house = House::without_users();
    let policy = house.folder.path().join("policy.toml");
    let built_in = std::fs::read_to_string(root().join("schemas/policy.toml")).unwrap();
    std::fs::write(&policy, built_in.replace("clock_jump_days = 15", "clock_jump_days = 60")).unwrap();
    for (command, ended) in [
        (["intake", "--from", "fixtures/quarantine/mixed.ndjson", "--at", "2026-01-05T09:00:00+08:00"].as_slice(), 3),
        // The rejected application lapses.
        (&["tick", "--at", "2026-02-06T09:00:00+08:00"], 0),
    ] {
        let output = house.command("x", command).env("CARDLINE_POLICY", &policy).output().unwrap();
        assert_eq!(code(&output), ended, "{command:?}: {}", text(&output.stderr));
    }
    let house = house.administered();
    house.add("chief", &["administrator"]);
    let told = |who: &str, arguments: &[&str]| {
        let output = house.run(who, arguments, &[]);
        (code(&output), text(&output.stdout), text(&output.stderr))
    };
    let silent = String::new;
    let erase = |number: &str, more: &[&str]| {
        let id = format!("110101-20261120-{number}");
        told("boss", &[&["erase", "person", &id, "--ground", "unlawful"], more].concat())
    };
    let because = ["--reason", "letter 17"];
    let needed = "cardline: the person is still needed: application 110101-20261120-000000001 is under way (accepted); \
        the card of 110101-20261120-000000001 has not ended (waiting_account); \
        message 2 is in the quarantine: retry or discard it; nothing was changed\n";
    assert_eq!(erase("000000001", &because), (1, silent(), needed.to_owned()));
    let counts = "WHAT          DESTROYED\napplications  1\nmessages      1\naccounts      0\nfiles         0\nphotos        1\n";
    assert_eq!(erase("000000002", &["--dry-run"]), (0, counts.to_owned(), silent()));
    let waits = "cardline: nothing was done yet: a second person must approve it; approval 1, asked for by boss, \
        is given with `cardline approvals give 1`\n";
    for _ in 0..2 {
        assert_eq!(erase("000000002", &because), (4, silent(), waits.to_owned()));
    }
    let own = "cardline: you asked for approval 1 yourself: somebody else must decide it\n";
    assert_eq!(told("boss", &["approvals", "give", "1"]), (1, silent(), own.to_owned()));
    let none = "nothing is left of 0 persons, 0 records and 0 files\n";
    assert_eq!(told("boss", &["erase", "scan"]), (0, none.to_owned(), silent()));
    let given = "approval 1 is given and carried out\n";
    assert_eq!(told("chief", &["approvals", "give", "1"]), (0, given.to_owned(), silent()));
    let before = "110101-20261120-000000002: it was erased before; nothing was changed\n";
    assert_eq!(erase("000000002", &because), (0, before.to_owned(), silent()));
    let one = "nothing is left of 1 persons, 1 records and 0 files\n";
    assert_eq!(told("chief", &["erase", "scan"]), (0, one.to_owned(), silent()));
}

/// By a number on standard input, with a reason; recorded, within the scope, and the number is said nowhere.
#[test]
fn a_person_is_found_by_a_number_on_standard_input() {
    let house = House::new();
    house.run("boss", &["intake", "--from", "fixtures/quarantine/mixed.ndjson"], &[]);
    house.add("lin", &["administrator", "--area", "1101"]);
    house.add("far", &["administrator", "--area", "33"]);
    let lines = std::fs::read_to_string(root().join("fixtures/quarantine/mixed.ndjson")).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let person = first["holder"]["id_number"].as_str().unwrap();
    // In two parts: no source holds what could be a person's number.
    let nobody = &["1101011900", "01010014"].concat();
    let find = |who: &str, number: &str, more: &[&str]| {
        let output = house.run(who, &[&["find"], more].concat(), &[number]);
        let said = (code(&output), text(&output.stdout), text(&output.stderr));
        assert!(!format!("{said:?}").contains(number), "the number is said");
        said
    };
    let because = ["--reason", "asks at the counter", "--output", "json"];
    let (ended, found, _) = find("lin", person, &because);
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!((ended, &found[0]["application_id"]), (0, &first["application_id"]));
    assert_eq!((&found[0]["state"], &found[0]["point"]), (&"waiting_account".into(), &first["pickup"]["point"]));
    assert_eq!(found.as_array().unwrap().len(), 1);
    // Outside is as nobody, to the sign.
    assert_eq!(find("far", person, &because), find("far", nobody, &because));
    assert_eq!(find("far", nobody, &because).1, "[]\n");
    assert_eq!(find("far", nobody, &because[..2]).1, "nobody is found within what you see; the look-up was recorded\n");
    // No reason, no number.
    assert_eq!(find("lin", person, &[]).0, 2);
    assert_eq!(find("lin", "110101190013010000", &because).0, 2);
    assert_eq!(house.json("boss", &["quarantine", "disclosures"]).as_array().unwrap().len(), 5);
    // Never as an argument, and what was typed so is not said again.
    let of_before = &["11010190", "0307001"].concat();
    for number in [person, of_before] {
        let output = house.run("lin", &["find", number, "--reason", "r"], &[]);
        let said = text(&output.stderr);
        assert!(code(&output) == 2 && said.contains("standard input") && !said.contains(number), "{said}");
    }
    // Everything else that is wrong is said as it is, and no word at all is help.
    for (arguments, told) in
        [(&["find", "查", "--reason", "r"][..], "unexpected argument '查'"), (&["batch"], "Usage: cardline batch")]
    {
        let said = text(&house.run("lin", arguments, &[]).stderr);
        assert!(said.contains(told), "{said}");
    }
}
