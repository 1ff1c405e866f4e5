//! What a person decides: every way out of hold, by the words the table of states allows, and nothing twice.

use cardline::actions::cases::decide::{asks_second, decide, preview};
use cardline::actions::cases::list::case_page;
use cardline::actions::cases::refusal::CaseRefusal;
use cardline::actions::decisions::give;
use cardline::actions::dual_control::Second;
use cardline::actions::outcome::{ActionError, Instruction, Outcome};
use cardline::args;
use cardline::books::case_shown::{MaskedValue, show_case};
use cardline::cases::case_list::CaseQuery;
use cardline::erasing::purge::Purge;
use cardline::exchange::compare::{Bytes, placed};
use cardline::route::{accounts, production, recycling, send::Send};
use cardline::step::Worker;
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_core::file_formats::FileKind;
use cardline_core::state_machines::decision::Decision;
use cardline_world::play::day;
use jiff::Timestamp;

use crate::conformance::arrivals::number;
use crate::conformance::exchange::partner_files::{Asked, largest_request, morning, opens_all, request};
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;

on_both_engines!(every_way_out_of_hold_is_decided,);

/// An account request waits for its answer on the evening of this day.
const ASKED: u32 = 3;

fn by(actor: &str, at: Timestamp) -> Instruction<'_> {
    Instruction { actor, reason: "a letter of the bank", at, approval: None }
}

async fn place_of(play: &Play, task: &str) -> String {
    let mut tx = play.worker.ledger.read().await.unwrap();
    let sql = "SELECT place, '' FROM card WHERE application_id = $1";
    tx.row::<(String, String)>(sql, args![task]).await.unwrap().unwrap().0
}

/// The open case of a card, and the words it offers.
async fn case_of(worker: &Worker, task: &str) -> (i64, Vec<&'static str>) {
    let all = CaseQuery { limit: 1_000, ..CaseQuery::default() };
    let page = case_page(worker, &all, morning(12)).await.unwrap();
    let found: Vec<_> = page.cases.iter().filter(|case| case.application_id.as_deref() == Some(task)).collect();
    let number = found.first().unwrap_or_else(|| panic!("no open case of {task}")).number;
    let shown = show_case(worker, number, morning(12)).await.unwrap().unwrap();
    assert!(shown.case.kind == "card-on-hold" && shown.card.is_some_and(|card| !card.moves.is_empty()));
    (number, shown.words.iter().map(|word| word.word).collect())
}

/// Decides the case of a card, which offers these words, and says where the card is then.
async fn decided(play: &Play, task: &str, words: &[&str], decision: Decision, at: Timestamp) -> String {
    let worker = &play.worker;
    assert_eq!(place_of(play, task).await, "held");
    let (case, offered) = case_of(worker, task).await;
    assert_eq!(offered, words, "{task}");
    let seen = preview(worker, case, decision, "lin").await.unwrap();
    assert!(!seen.done_before && seen.word.to.is_some());
    assert!(matches!(decide(worker, case, decision, by("lin", at)).await, Ok(Outcome::Done(_))));
    let moves = number(&worker.ledger, "SELECT count(*) FROM move").await;
    assert!(matches!(decide(worker, case, decision, by("lin", at)).await, Ok(Outcome::Before(_))));
    match decide(worker, case, decision, by("wang", at)).await {
        Err(ActionError::Refused(CaseRefusal::Decided { by, .. })) => assert_eq!(by, "lin"),
        other => panic!("{other:?}"),
    }
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM move").await, moves);
    let open = "SELECT count(*) FROM desk_case k JOIN application a ON a.id = k.application
        WHERE k.state IN ('open', 'escalated') AND a.application_id = ";
    assert_eq!(number(&worker.ledger, &format!("{open}'{task}'")).await, 0);
    let now = place_of(play, task).await;
    assert_eq!(seen.word.to.as_deref(), Some(now.as_str()));
    now
}

async fn every_way_out_of_hold_is_decided(database: Database) {
    let mut play = Play::new(database, 5, 160, ASKED + 1).await;
    for n in 0..=ASKED {
        play.day(n).await;
    }
    let asked = largest_request(&play, "ICBC", FileKind::AccountRequest).await;
    let task = asked.values("task");
    accounts_are_decided(&play, &asked, &task).await;
    let [go_on, closed] = [&task[2], &task[3]];
    assert_eq!(place_of(&play, go_on).await, "waiting_production");

    let evening = instant(day(11), 17, 30);
    drain(&production::Cut::STEP, &play.worker, evening).await.unwrap();
    drain(&Send, &play.worker, evening).await.unwrap();
    cards_are_decided(&play, &asked, &task).await;
    closings_are_decided(&play, closed).await;
    files_are_decided(&play, &asked).await;

    let laws = play.worker.ledger.books(instant(day(12), 19, 0), true, None).await.unwrap();
    // The play stood still for a week, so days have passed; everything else holds.
    let others: Vec<String> =
        broken(&laws).into_iter().filter(|law| !law.starts_with("law 10") && !law.starts_with("law 8")).collect();
    assert_eq!(others, Vec::<String>::new());
    people_decide_within_their_scope(&mut play, &task[4]).await;
    play.end().await;
}

/// The bank's answers are about others, or contradict each other.
async fn accounts_are_decided(play: &Play, asked: &Asked, task: &[String]) {
    let spec = asked.answers(play, FileKind::AccountResult);
    let mut rows = opens_all(asked, spec, ASKED);
    for row in [0, 1, 4, 6] {
        rows[row][spec.column("name").unwrap()] = "测试甲".into();
    }
    // A row that was never asked is a case about the file.
    let mut never = rows[5].clone();
    never[spec.column("row").unwrap()] = "99999".into();
    rows.push(never);
    asked.place(play, FileKind::AccountResult, &rows).await;
    let at = morning(ASKED + 1);
    drain(&accounts::Answers::STEP, &play.worker, at).await.unwrap();
    refuse_again(play, asked, &[2, 3]).await;
    drain(&accounts::Answers::STEP, &play.worker, at).await.unwrap();
    both_sides_are_shown(play, &task[0]).await;
    let without = ["ask-bank", "end"];
    assert_eq!(decided(play, &task[0], &without, Decision::AskBank, at).await, "waiting_account");
    assert_eq!(decided(play, &task[1], &without, Decision::End, at).await, "no_plastic");
    two_decide_at_once(play, &task[6], at).await;
    let with = ["go-on", "close"];
    assert_eq!(decided(play, &task[2], &with, Decision::GoOn, at).await, "waiting_production");
    assert_eq!(decided(play, &task[3], &with, Decision::Close, at).await, "to_recycle");
}

/// Of two who decide one case at once one is told who was first.
async fn two_decide_at_once(play: &Play, task: &str, at: Timestamp) {
    let (case, _) = case_of(&play.worker, task).await;
    let (one, other) = tokio::join!(
        decide(&play.worker, case, Decision::AskBank, by("lin", at)),
        decide(&play.worker, case, Decision::End, by("wang", at)),
    );
    let (first, place, second) = match (one, other) {
        (Ok(Outcome::Done(_)), Err(ActionError::Refused(second))) => ("lin", "waiting_account", second),
        (Err(ActionError::Refused(second)), Ok(Outcome::Done(_))) => ("wang", "no_plastic", second),
        other => panic!("{other:?}"),
    };
    assert!(matches!(&second, CaseRefusal::Decided { by, .. } if by == first), "{second:?}");
    assert_eq!(place_of(play, task).await, place);
}

/// What we asked and what the bank answered stand beside each other, masked.
async fn both_sides_are_shown(play: &Play, task: &str) {
    let (case, _) = case_of(&play.worker, task).await;
    let card = show_case(&play.worker, case, morning(12)).await.unwrap().unwrap().card.unwrap();
    let [answer] = &card.answers[..] else { panic!("{} answers", card.answers.len()) };
    assert_eq!((answer.outcome.as_str(), answer.code.as_str()), ("mismatch", "ACCOUNT-OF-ANOTHER-PERSON"));
    let cell = |cells: &[MaskedValue], path: &str| cells.iter().find(|cell| cell.path == path).unwrap().value.clone();
    assert_eq!(cell(&answer.asked, "task"), task);
    assert_eq!(cell(&answer.answered, "task"), task);
    let (ours, theirs) = (cell(&answer.asked, "name"), cell(&answer.answered, "name"));
    assert!(ours.contains('*') && theirs.starts_with("测*") && ours != theirs, "{ours} {theirs}");
    let holder = card.application.iter().find(|value| value.path == "holder.name").unwrap();
    assert!(holder.value.starts_with('汉'), "{}", holder.value);
}

/// The bank answers rows again, differently.
async fn refuse_again(play: &Play, asked: &Asked, which: &[usize]) {
    let spec = asked.answers(play, FileKind::AccountResult);
    let rows = opens_all(asked, spec, ASKED);
    let refused: String = spec.codes().theirs("account_answer", "rare_character").unwrap().into();
    let again: Vec<_> = which
        .iter()
        .map(|row| {
            let mut row = rows[*row].clone();
            row[spec.column("code").unwrap()] = refused.clone();
            row
        })
        .collect();
    asked.place(play, FileKind::AccountResult, &again).await;
}

/// Cards that were made wrong, too often, or whose bank contradicts itself while they are made and sent.
async fn cards_are_decided(play: &Play, bank: &Asked, task: &[String]) {
    let name = request_of(play, "production_row", &task[2]).await;
    let ordered = request(play, &name, FileKind::Personalization).await;
    let spec = ordered.answers(play, FileKind::ProductionReport);
    let (regions, points, numbers) =
        (ordered.values("region"), ordered.values("delivery_point"), ordered.values("card_number"));
    let mut ids = Vec::new();
    for number in &numbers {
        let mut tx = play.worker.ledger.read().await.unwrap();
        let sql = "SELECT a.application_id, '' FROM production_row p JOIN application a ON a.id = p.application WHERE p.card_number = $1";
        ids.push(tx.row::<(String, String)>(sql, args![number]).await.unwrap().unwrap().0);
    }
    let ours: Vec<usize> = (0..ids.len()).filter(|n| task[5..].contains(&ids[*n])).collect();
    let [failed, one, other, lying, sent] = ours[..5] else { panic!("{} cards of the bank", ours.len()) };
    let identifier = |n: usize| format!("{}D156000005{:016X}", regions[n], 0xABCD_0000 + n);
    let row_of = |n: usize, outcome: &str, number: &str| {
        let rows = ordered.arranged(spec, |at, field| match field {
            "outcome" => Some(outcome.into()),
            "failed_stage" | "reason" if outcome == "spoiled" => Some("bureau".into()),
            _ if outcome == "spoiled" => None,
            "card_identifier" => Some(identifier(at)),
            "atr" => Some(format!("00{at:024X}")),
            "box" | "carton" => Some(number.to_owned()),
            "box_position" => Some((at + 1).to_string()),
            _ => None,
        });
        rows[n].clone()
    };
    let at = morning(12);
    let report = async |rows: &[Vec<String>]| {
        ordered.place(play, FileKind::ProductionReport, rows).await;
        drain(&production::Reports::STEP, &play.worker, at).await.unwrap();
    };
    let mut rows: Vec<_> = (0..numbers.len()).map(|n| row_of(n, "good", &format!("TB{}", points[n]))).collect();
    rows[failed] = row_of(failed, "spoiled", "");
    rows[sent] = row_of(sent, "good", "TBSENT");
    rows[other][spec.column("card_identifier").unwrap()] = identifier(one);
    report(&rows).await;
    let states = |of: &[usize]| of.iter().map(|n| ids[*n].clone()).collect::<Vec<_>>();
    for id in states(&[one, other]) {
        assert_eq!(decided(play, &id, &["go-on", "close"], Decision::GoOn, at).await, "in_production");
    }
    report(&[row_of(one, "good", "TBONE"), row_of(other, "good", "TBOTHER")]).await;
    let mut tries = 1;
    while place_of(play, &ids[failed]).await == "in_production" {
        tries += 1;
        report(&[row_of(failed, "spoiled", "")]).await;
    }
    let batch = "SELECT count(*) FROM batch WHERE kind = 'production' AND state = 'answered'";
    assert_eq!((tries > 2, number(&play.worker.ledger, batch).await), (true, 1));
    assert_eq!(decided(play, &ids[failed], &["remake", "close"], Decision::Remake, at).await, "in_production");
    assert_eq!(number(&play.worker.ledger, batch).await, 0, "it waits for the card");
    drain(&Purge, &play.worker, instant(day(90), 18, 0)).await.unwrap();
    let purged = "SELECT count(*) FROM purge p JOIN file f ON f.id = p.file JOIN batch b ON b.id = f.batch";
    assert_eq!(number(&play.worker.ledger, purged).await, 0, "what its bureau needs is kept");
    report(&[row_of(failed, "good", "TBFAILED")]).await;
    assert_eq!(place_of(play, &ids[failed]).await, "produced");
    assert_eq!(number(&play.worker.ledger, batch).await, 1);

    let rows_at_bank = [lying, sent].map(|n| task.iter().position(|one| *one == ids[n]).unwrap());
    refuse_again(play, bank, &rows_at_bank).await;
    drain(&accounts::Answers::STEP, &play.worker, at).await.unwrap();
    assert_eq!(decided(play, &ids[lying], &["go-on", "close"], Decision::GoOn, at).await, "produced");
    carton(play, &ordered, "TBSENT", &points[sent], &numbers[sent]).await;
    assert_eq!(decided(play, &ids[sent], &["go-on", "close"], Decision::GoOn, at).await, "in_transit");
}

/// The newest request a card was in.
async fn request_of(play: &Play, members: &str, task: &str) -> String {
    let sql = format!(
        "SELECT f.name, '' FROM file f JOIN {members} r ON r.batch = f.batch JOIN application a ON a.id = r.application
         WHERE f.direction = 'out' AND a.application_id = '{task}' ORDER BY f.id DESC LIMIT 1"
    );
    let mut tx = play.worker.ledger.read().await.unwrap();
    tx.row::<(String, String)>(sql.leak(), args![]).await.unwrap().unwrap().0
}

/// A manifest of one carton with one card.
async fn carton(play: &Play, ordered: &Asked, number: &str, point: &str, card: &str) {
    let kind = FileKind::ShippingManifest;
    let sequence = play.worker.ledger.next_sequence("BUREAU", kind.name(), "in").await.unwrap();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<shippingManifest bureau=\"BUREAU\" batch=\"{}\" sequence=\"{sequence}\" date=\"{}\">\n\
         <carton number=\"CX\" tracking=\"TX\" seal=\"SX\">\n<box number=\"{number}\" point=\"{point}\" from=\"1\" to=\"1\" count=\"1\">\n\
         <card number=\"{card}\" position=\"1\"/>\n</box>\n</carton>\n<totals cartons=\"1\" boxes=\"1\" cards=\"1\"/>\n</shippingManifest>\n",
        ordered.parsed.control["batch"],
        day(12),
    );
    ordered.place_bytes(play, kind, sequence, document.as_bytes());
    drain(&production::Manifests::STEP, &play.worker, morning(12)).await.unwrap();
}

/// An account without a card is closed; what the bank would not close is asked again.
async fn closings_are_decided(play: &Play, task: &str) {
    for (day_of, answer) in [(40, "frozen"), (80, "closed")] {
        let evening = instant(day(day_of), 17, 30);
        drain(&recycling::Cut::STEP, &play.worker, evening).await.unwrap();
        drain(&Send, &play.worker, evening).await.unwrap();
        let name = request_of(play, "recycling_row", task).await;
        let asked = request(play, &name, FileKind::RecyclingRequest).await;
        let at = asked.values("card_number").iter().position(|number| number == "NOCARD").unwrap();
        assert_eq!(asked.values("plastic")[at], "not_received");
        let spec = asked.answers(play, FileKind::RecyclingResult);
        let rows = asked.arranged(spec, |_, field| match field {
            "code" => Some(answer.into()),
            "closed_on" => Some(day(day_of).to_string()),
            _ => None,
        });
        asked.place(play, FileKind::RecyclingResult, &[rows[at].clone()]).await;
        drain(&recycling::Answers::STEP, &play.worker, instant(day(day_of), 19, 0)).await.unwrap();
        if answer == "frozen" {
            assert_eq!(decided(play, task, &["close"], Decision::Close, morning(41)).await, "to_recycle");
        }
    }
    assert_eq!(place_of(play, task).await, "destroyed");
}

/// A file that was not believed is refused; a case about nothing on hold is noted.
async fn files_are_decided(play: &Play, asked: &Asked) {
    let spec = asked.answers(play, FileKind::AccountResult);
    let rows = opens_all(asked, spec, ASKED);
    let sequence = play.worker.ledger.next_sequence("ICBC", FileKind::AccountResult.name(), "in").await.unwrap();
    let name = asked.place(play, FileKind::AccountResult, &rows[..1]).await;
    let from = play.worker.partners.get("ICBC").unwrap().from();
    let bytes = std::fs::read(from.join(&name)).unwrap();
    for marker in [name.clone(), spec.marker_name(&name).unwrap()] {
        std::fs::remove_file(from.join(marker)).unwrap();
    }
    asked.place_bytes(play, FileKind::AccountResult, sequence - 1, &bytes);
    drain(&accounts::Answers::STEP, &play.worker, morning(12)).await.unwrap();
    let query = |kind: &str| CaseQuery { kind: kind.into(), limit: 10, ..CaseQuery::default() };
    for (kind, word, other) in
        [("file-on-hold", Decision::RefuseFile, Decision::Noted), ("file", Decision::Noted, Decision::RefuseFile)]
    {
        let page = case_page(&play.worker, &query(kind), morning(12)).await.unwrap();
        let Some(case) = page.cases.first() else { panic!("no case of kind {kind}") };
        let refused = decide(&play.worker, case.number, other, by("lin", morning(12))).await;
        assert!(matches!(refused, Err(ActionError::Refused(CaseRefusal::NotOffered { .. }))), "{kind}: {refused:?}");
        let done = decide(&play.worker, case.number, word, by("lin", morning(12))).await;
        assert!(matches!(done, Ok(Outcome::Done(_))), "{kind}: {done:?}");
    }
    let files = play.worker.ledger.files().await.unwrap();
    let refused: Vec<_> = files.iter().filter(|file| file.state == "refused").collect();
    assert!(refused.len() == 1 && files.iter().all(|file| file.state != "held"));
    let partner = play.worker.partners.get("ICBC").unwrap();
    assert_eq!(placed(partner, refused[0]).unwrap(), Bytes::Same, "it lies where it was put");
}

/// What cannot be taken back needs two, who see the card.
async fn people_decide_within_their_scope(play: &mut Play, task: &str) {
    let ledger = play.worker.ledger.clone();
    let boss = administered(&ledger).await;
    let lin = add(&boss, "lin", Role::Operator, "", "").await;
    let abc = add(&boss, "abc", Role::BankIt, "ABC", "").await;
    let (case, _) = case_of(&play.worker, task).await;
    let at = morning(12);
    play.worker.ledger = ledger.seen_by(abc);
    let unseen = decide(&play.worker, case, Decision::AskBank, by("abc", at)).await;
    assert!(matches!(unseen, Err(ActionError::Refused(CaseRefusal::NoSuchCase { .. }))), "{unseen:?}");
    assert!(show_case(&play.worker, case, at).await.unwrap().is_none());
    let all = CaseQuery { limit: 1_000, all: true, ..CaseQuery::default() };
    let seen = case_page(&play.worker, &all, at).await.unwrap();
    assert!(seen.cases.iter().all(|case| case.bank == "ABC"));

    play.worker.ledger = ledger.seen_by(lin);
    let alone = decide(&play.worker, case, Decision::End, by("lin", at)).await;
    assert!(matches!(alone, Err(ActionError::Refused(CaseRefusal::NeedsSecond { .. }))), "{alone:?}");
    let asked = asks_second(&play.worker, case, Decision::End, by("lin", at)).await.unwrap();
    let Second::Asked { id, .. } = asked else { panic!("{asked:?}") };
    assert_eq!(place_of(play, task).await, "held");
    let boss_seen = boss.viewer().unwrap().clone();
    play.worker.ledger = boss.clone();
    give(&mut play.worker, id, &boss_seen, at).await.unwrap();
    assert_eq!(place_of(play, task).await, "no_plastic");
    play.worker.ledger = ledger;
    let laws = play.worker.ledger.books(instant(day(12), 20, 0), true, None).await.unwrap();
    let people = broken(&laws).into_iter().find(|law| law.starts_with("law 13") || law.starts_with("law 14"));
    assert_eq!(people, None);
}
