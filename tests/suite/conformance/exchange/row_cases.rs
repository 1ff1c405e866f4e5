//! A row of a bank's answer that cannot be believed is a case; the others are applied with it.

use cardline::route::accounts::Answers;
use cardline::time::instant;
use cardline_core::domain::gb18030;
use cardline_core::file_formats::{FileKind, FileSpec};
use cardline_world::play::day;

use super::partner_files::{Asked, largest_request, morning, opens_all};
use crate::conformance::arrivals::number;
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;

on_both_engines!(
    a_row_that_cannot_be_believed_costs_no_other,
    a_frame_that_is_wrong_costs_the_whole_file,
    an_answer_that_is_never_clear_ends_with_a_person,
);

const KIND: FileKind = FileKind::AccountResult;
/// An account request waits for its answer on the evening of this day.
const ASKED: u32 = 3;

/// The cells a row is given, where its card is then, and what is kept of the answer.
type Case<'c> = (Vec<(&'c str, &'c str)>, &'static str, &'static str);

async fn asked(database: Database, seed: u64) -> (Play, Asked) {
    let mut play = Play::new(database, seed, 160, ASKED + 1).await;
    for n in 0..=ASKED {
        play.day(n).await;
    }
    let asked = largest_request(&play, "ICBC", FileKind::AccountRequest).await;
    (play, asked)
}

fn set(spec: &FileSpec, row: &mut [String], field: &str, cell: &str) {
    row[spec.column(field).unwrap()] = cell.into();
}

fn code(spec: &FileSpec, reason: &str) -> String {
    spec.codes().theirs("account_answer", reason).unwrap().into()
}

async fn one(play: &Play, sql: &str) -> i64 {
    number(&play.worker.ledger, sql).await
}

/// What became of the card of a row: where it is and, where its answer is kept, outcome and reason.
async fn became(play: &Play, task: &str) -> (String, String) {
    let mut tx = play.worker.ledger.read().await.unwrap();
    let sql = "SELECT c.place, COALESCE((SELECT n.outcome || ' ' || n.reason FROM answer n
        WHERE n.application = c.id ORDER BY n.file DESC LIMIT 1), '') FROM card c WHERE c.application_id = $1";
    tx.row::<(String, String)>(sql, cardline::args![task]).await.unwrap().unwrap()
}

async fn a_row_that_cannot_be_believed_costs_no_other(database: Database) {
    let (play, asked) = asked(database, 5).await;
    let spec = asked.answers(&play, KIND);
    let mut rows = opens_all(&asked, spec, ASKED);
    let name = asked.values("name");
    let refused = code(spec, "rare_character");
    let lost = format!("{}\u{FFFD}", name[1]);
    let cases: Vec<Case<'_>> = vec![
        (vec![("code", &refused), ("name", "王?")], "no_plastic", "fixable rare_character"),
        (
            vec![("code", &refused), ("name", ""), ("pan", ""), ("opened_on", "")],
            "no_plastic",
            "fixable rare_character",
        ),
        (vec![("code", "Z99")], "waiting_account", "unknown unknown_code"),
        (vec![("code", "")], "waiting_account", "unknown unknown_code"),
        (vec![("name", "王?")], "held", "mismatch ANSWER-UNREADABLE"),
        (vec![("name", "")], "held", "mismatch ANSWER-UNREADABLE"),
        (vec![("name", &lost)], "held", "mismatch ANSWER-UNREADABLE"),
        (vec![("name", "测试甲")], "held", "mismatch ACCOUNT-OF-ANOTHER-PERSON"),
        (vec![("id_type", "04")], "held", "mismatch OTHER-ID-TYPE"),
        (vec![("opened_on", "20991231")], "held", "mismatch OPENED-ON"),
        (vec![("opened_on", "20200101")], "held", "mismatch OPENED-ON"),
        (vec![("opened_on", "")], "held", "mismatch OPENED-ON"),
        (vec![("opened_on", "20260230")], "held", "mismatch ANSWER-UNREADABLE"),
        (vec![("pan", "6299990000000001")], "held", "mismatch PAN-CHECK"),
        (vec![("code", &refused), ("id_number", "110101199003070000")], "held", "mismatch ACCOUNT-OF-ANOTHER-PERSON"),
        (vec![("text", "开户\u{FFFD}")], "waiting_production", ""),
    ];
    let padded = [format!("{}\u{3000}", name[cases.len()]), format!("{} ", name[cases.len() + 1])];
    let wanted = cases.len() + padded.len() + 4;
    assert!(rows.len() >= wanted + 2, "{} rows, {wanted} are needed", rows.len());
    for (row, (cells, ..)) in rows.iter_mut().zip(&cases) {
        cells.iter().for_each(|(field, cell)| set(spec, row, field, cell));
    }
    for (n, cell) in padded.iter().enumerate() {
        set(spec, &mut rows[cases.len() + n], "name", cell);
    }
    let task = asked.values("task");
    let at = cases.len() + padded.len();
    // One is answered twice; one has the application of the next; one was never asked; one has no number.
    let twice = rows[at].clone();
    rows.push(twice);
    set(spec, &mut rows[at + 1], "task", &task[at + 2]);
    let mut never = rows[at + 2].clone();
    set(spec, &mut never, "row", "99999");
    rows.push(never);
    set(spec, &mut rows[at + 3], "row", "x");
    let sent = rows.len() as i64;

    let file = asked.place(&play, KIND, &rows).await;
    drain(&Answers::STEP, &play.worker, morning(ASKED + 1)).await.unwrap();

    assert_eq!(
        one(&play, &format!("SELECT count(*) FROM file WHERE name = '{file}' AND state = 'applied' AND rows = {sent}"))
            .await,
        1
    );
    for (n, (cells, place, answer)) in cases.iter().enumerate() {
        assert_eq!(became(&play, &task[n]).await, ((*place).into(), (*answer).into()), "{cells:?}");
    }
    for n in 0..padded.len() {
        let found = became(&play, &task[cases.len() + n]).await;
        assert_eq!(found, ("held".into(), "mismatch ANSWER-UNREADABLE".into()), "padded");
    }
    assert_eq!(became(&play, &task[at]).await, ("held".into(), "mismatch ROW-ANSWERED-TWICE".into()));
    for n in [at + 1, at + 3] {
        assert_eq!(became(&play, &task[n]).await, ("in_account_batch".into(), String::new()), "not answered yet");
    }
    for n in std::iter::once(at + 2).chain(wanted..task.len()) {
        assert_eq!(
            became(&play, &task[n]).await,
            ("waiting_production".into(), String::new()),
            "the others are opened"
        );
    }
    // Every doubt is a person's, with a day; the partner is told of each.
    let of_file = format!("FROM desk_case k JOIN file f ON f.id = k.file WHERE f.name = '{file}' AND k.state = 'open'");
    assert_eq!(
        one(&play, &format!("SELECT count(*) {of_file} AND k.application IS NULL AND k.reason LIKE 'line %'")).await,
        3
    );
    assert_eq!(
        one(&play, &format!("SELECT count(*) {of_file} AND k.application IS NOT NULL")).await,
        2,
        "unknown codes"
    );
    let held = task.iter().map(|task| format!("'{task}'")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT count(*) FROM application a WHERE a.place = 'held' AND a.application_id IN ({held})
            AND NOT EXISTS (SELECT 1 FROM desk_case k WHERE k.application = a.id AND k.state = 'open')"
    );
    assert_eq!(one(&play, &sql).await, 0);
    let partner = play.worker.partners.get(&asked.partner).unwrap();
    let report = std::fs::read_dir(partner.to()).unwrap().map(|e| e.unwrap().path()).find(|path| {
        path.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with(&file) && n.to_string_lossy().ends_with(".errors.csv"))
    });
    // In the charset that the partner's own files are in.
    let report =
        partner.profile.charset.decode(&std::fs::read(report.expect("a report of the rows")).unwrap()).unwrap();
    assert!(report.contains("FIELD-MATCH") && report.contains("FIELD-CLASS"), "{report}");
    assert!(!report.contains(&name[4]), "no value of a person");
    let lines: std::collections::BTreeSet<&str> = report.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
    assert!(!lines.contains("2") && !lines.contains("17"), "what nobody needed is not complained of: {lines:?}");
    let laws = play.worker.ledger.books(instant(day(ASKED + 1), 8, 0), true, None).await.unwrap();
    assert_eq!(broken(&laws), Vec::<String>::new());
    play.end().await;
}

async fn a_frame_that_is_wrong_costs_the_whole_file(database: Database) {
    let (play, asked) = asked(database, 6).await;
    let spec = asked.answers(&play, KIND);
    let rows = opens_all(&asked, spec, ASKED);
    let sequence = play.worker.ledger.next_sequence(&asked.partner, KIND.name(), "in").await.unwrap();
    let line = |cells: &[String]| format!("{}|\n", cells.join("|"));
    let control = |count: usize, region: &str| {
        let asked = |field: &str| asked.parsed.control.get(field).cloned().unwrap_or_default();
        let cells =
            [KIND.name(), &asked("partner"), region, &asked("batch"), &sequence.to_string(), &asked("sequence")];
        format!("{}|{count}|\n", cells.join("|"))
    };
    let region = asked.parsed.control["region"].clone();
    let body: String = rows.iter().map(|row| line(row)).collect();
    let whole = format!("{}{body}", control(rows.len(), &region));
    let extra = whole.replacen("|\n1|", "|\n1||", 1);
    let files = [
        ("FILE-COUNT", format!("{}{body}", control(rows.len() + 1, &region))),
        ("ROW-COLUMNS", extra),
        ("FILE-TRUNCATED", whole.trim_end().to_owned()),
        ("FILE-LINE-END", whole.replace('\n', "\r\n")),
        ("FILE-CONTROL", format!("{}{body}", control(rows.len(), "999999"))),
    ];
    let before = one(&play, "SELECT count(*) FROM account").await;
    for (code, text) in files {
        asked.place_bytes(&play, KIND, sequence, &gb18030::encode(&text).unwrap());
        drain(&Answers::STEP, &play.worker, morning(ASKED + 1)).await.unwrap();
        let sql =
            format!("SELECT count(*) FROM file WHERE state IN ('refused', 'held') AND reason LIKE '{code} in line %'");
        assert_eq!(one(&play, &sql).await, 1, "{code}");
        assert_eq!(one(&play, "SELECT count(*) FROM account").await, before, "{code}");
    }
    // The same with a byte order mark in front is whole.
    let bytes = [&b"\xEF\xBB\xBF"[..], &gb18030::encode(&whole).unwrap()].concat();
    asked.place_bytes(&play, KIND, sequence, &bytes);
    drain(&Answers::STEP, &play.worker, morning(ASKED + 1)).await.unwrap();
    assert_eq!(one(&play, "SELECT count(*) FROM account").await, before + rows.len() as i64);
    play.end().await;
}

async fn an_answer_that_is_never_clear_ends_with_a_person(database: Database) {
    let (mut play, mut asked) = asked(database, 7).await;
    let task = asked.values("task").remove(0);
    for round in 1..=3 {
        let spec = asked.answers(&play, KIND);
        let mut rows = opens_all(&asked, spec, ASKED);
        rows.retain(|row| row[spec.column("task").unwrap()] == task);
        set(spec, &mut rows[0], "code", &code(spec, "timeout"));
        asked.place(&play, KIND, &rows).await;
        drain(&Answers::STEP, &play.worker, morning(ASKED + 1)).await.unwrap();
        let (place, answer) = became(&play, &task).await;
        if round == 3 {
            assert_eq!((place.as_str(), answer.as_str()), ("held", "mismatch NO-CLEAR-ANSWER"));
            break;
        }
        assert_eq!((place.as_str(), answer.as_str()), ("waiting_account", "unknown timeout"));
        asked = ask_again(&mut play, &asked, round).await;
    }
    play.end().await;
}

/// Has the cards that wait at the bank asked of it again, on a later day.
async fn ask_again(play: &mut Play, before: &Asked, round: u32) -> Asked {
    let now = instant(day(ASKED + 7 * round), 17, 30);
    drain(&cardline::route::accounts::Cut::STEP, &play.worker, now).await.unwrap();
    drain(&cardline::route::send::Send, &play.worker, now).await.unwrap();
    let files = play.worker.ledger.files().await.unwrap();
    let last =
        files.iter().filter(|f| f.kind == "account-request" && f.partner == before.partner && f.direction == "out");
    let region = &before.parsed.control["region"];
    let name = last.filter(|f| f.name.contains(region.as_str())).max_by_key(|f| f.sequence).unwrap().name.clone();
    super::partner_files::request(play, &name, FileKind::AccountRequest).await
}
