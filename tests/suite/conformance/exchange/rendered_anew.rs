//! A batch that was sent is rendered anew under a later number: by two persons, of every kind, and whatever the
//! partner does meanwhile nothing is asked for that was answered.

use std::cell::RefCell;
use std::collections::BTreeMap;

use cardline::actions::approval_list::show_approval;
use cardline::actions::decisions::{Carried, give};
use cardline::actions::dual_control::Second;
use cardline::actions::outcome::{Instruction, Outcome};
use cardline::actions::render_anew::{asks_second, preview_anew, render_anew};
use cardline::actions::resend::{ResendRefusal, preview};
use cardline::args;
use cardline::exchange::files::FileRecord;
use cardline::limits::LEASE_SECONDS;
use cardline::route::recycling::Cut;
use cardline::route::send::Send;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_core::file_formats::FileKind;
use cardline_world::mirror;
use cardline_world::play::day;
use jiff::{Timestamp, ToSpan};

use super::answers::{key, opened, planted};
use crate::conformance::arrivals::execute;
use crate::conformance::batching::batches::refusal;
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;

on_both_engines!(
    every_kind_of_lost_file_goes_out_anew,
    an_answer_overtakes_a_new_rendering,
    two_persons_render_a_batch_anew,
);

const DAYS: u32 = 40;
/// Files of each kind that their partners lose.
const LOST_OF_A_KIND: i64 = 2;
/// Account batches wait for their answers on the morning of this day.
const ASKED: u32 = 4;

fn by(at: Timestamp) -> Instruction<'static> {
    Instruction { actor: "lin", reason: "the partner lost it", at, approval: None }
}

/// Takes a placed file away from its partner, with its marker.
fn lose(worker: &Worker, file: &FileRecord) {
    let partner = worker.partners.get(&file.partner).unwrap();
    let marker = partner.profile.sent_marker(&file.kind, &file.name).unwrap();
    for name in [&file.name, &marker] {
        std::fs::remove_file(partner.to().join(name)).unwrap();
    }
}

/// Loses files that no partner has read yet, and renders their batches anew; the new files' names.
pub async fn render_lost_files_anew(
    worker: &Worker,
    by: Instruction<'_>,
    is_lost: impl Fn(&FileRecord) -> bool,
) -> Vec<String> {
    let mut rendered = Vec::new();
    for file in worker.ledger.files().await.unwrap() {
        let placed = file.direction == "out" && file.state == "placed";
        if placed && is_lost(&file) && is_unread(worker, file.id, by.at).await {
            lose(worker, &file);
            let Outcome::Done(names) = render_anew(worker, file.id, by).await.unwrap() else { panic!("{}", file.name) };
            rendered.extend(names);
        }
    }
    rendered
}

/// Whether it was placed after the world looked last, the morning before.
async fn is_unread(worker: &Worker, file: i64, now: Timestamp) -> bool {
    let mut tx = worker.ledger.read().await.unwrap();
    let sql = "SELECT count(*) FROM move WHERE scope = 'file' AND subject = $1 AND to_state = 'placed' AND at >= $2";
    tx.number(sql, args![file, now - 23.hours()]).await.unwrap() > 0
}

/// Where a file stands.
async fn state(worker: &Worker, id: i64) -> String {
    worker.ledger.file_record(id).await.unwrap().unwrap().state
}

async fn every_kind_of_lost_file_goes_out_anew(database: Database) {
    let mut play = Play::new(database, 3, 80, DAYS).await;
    let lost = RefCell::new(BTreeMap::<String, i64>::new());
    let is_lost = |file: &FileRecord| {
        let mut lost = lost.borrow_mut();
        let of_kind = lost.entry(file.kind.clone()).or_default();
        *of_kind += 1;
        *of_kind <= LOST_OF_A_KIND
    };
    let mut anew = Vec::new();
    for n in 0..DAYS {
        anew.extend(render_lost_files_anew(&play.worker, by(instant(day(n), 8, 0)), is_lost).await);
        play.day(n).await;
        assert_eq!(broken(&play.books(n, n + 1 == DAYS).await), Vec::<String>::new(), "day {n}");
    }
    let files = play.worker.ledger.files().await.unwrap();
    for kind in [FileKind::AccountRequest, FileKind::Personalization] {
        let of_kind = |state: &str| files.iter().filter(|file| file.kind == kind.name() && file.state == state).count();
        assert_eq!(of_kind("replaced") as i64, LOST_OF_A_KIND, "{}", kind.name());
    }
    // One of them was lost again.
    let over = |file: &FileRecord| matches!(file.state.as_str(), "answered" | "replaced");
    let unanswered = files.iter().filter(|file| anew.contains(&file.name) && !over(file));
    assert_eq!(unanswered.map(|file| (&file.name, &file.state)).collect::<Vec<_>>(), []);
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    assert!(seen.holds, "{:#?}", seen.differences);
    recycling_goes_out_anew(&play).await;
    play.end().await;
}

/// Cards of the opening stock come back at once, and the file about them is lost.
async fn recycling_goes_out_anew(play: &Play) {
    let worker = &play.worker;
    execute(
        &worker.ledger,
        "UPDATE application SET place = 'to_recycle', social = 'cancelled', open = FALSE, live = FALSE, bank = 'ICBC',
            region = '110101', due_on = '2026-01-05' WHERE old_number IS NOT NULL",
    )
    .await;
    let evening = instant(day(DAYS), 17, 30);
    drain(&Cut::STEP, worker, evening).await.unwrap();
    drain(&Send, worker, evening).await.unwrap();
    let is_recycling = |file: &FileRecord| file.kind == FileKind::RecyclingRequest.name();
    let anew = render_lost_files_anew(worker, by(evening), is_recycling).await;
    drain(&Send, worker, evening).await.unwrap();
    let files = worker.ledger.files().await.unwrap();
    let of_batch = |batch: Option<i64>| files.iter().filter(move |file| file.batch == batch).collect::<Vec<_>>();
    assert!(!anew.is_empty());
    for new in files.iter().filter(|file| anew.contains(&file.name)) {
        let states: Vec<_> = of_batch(new.batch).iter().map(|file| (file.state.as_str(), file.rows)).collect();
        assert_eq!(states, [("replaced", new.rows), ("placed", new.rows)]);
    }
}

/// An account batch that was sent, and the file it was asked with.
async fn sent_batch(play: &Play) -> (i64, FileRecord) {
    let mut tx = play.worker.ledger.read().await.unwrap();
    let sql = "SELECT min(b.id) FROM batch b JOIN file f ON f.batch = b.id
        WHERE b.kind = 'account' AND b.state = 'sent' AND f.direction = 'out' AND f.state = 'placed'";
    let batch = tx.number(sql, Vec::new()).await.unwrap();
    drop(tx);
    let files = play.worker.ledger.files_of_batch(batch).await.unwrap();
    (batch, files.into_iter().find(|file| file.direction == "out").expect("a batch was sent"))
}

/// Its bank answers every row, under the number of the file before.
async fn answer(play: &Play, (batch, before): (i64, &FileRecord)) {
    let asked = play.worker.ledger.asked_batch(batch).await.unwrap().cards;
    let keys = |purpose: &str, n: usize| key(purpose, batch as usize * 1_000 + n);
    let rows = asked.iter().enumerate().map(|(n, card)| opened(card, keys("number", n), keys("pan", n)));
    planted(play, (&before.partner, batch), rows.collect()).await;
}

/// The new file of a batch.
async fn anew(play: &Play, before: i64, batch: i64) -> FileRecord {
    let (now, worker) = (instant(day(ASKED), 7, 0), &play.worker);
    render_anew(worker, before, by(now)).await.unwrap();
    let file = worker.ledger.files_of_batch(batch).await.unwrap().pop().unwrap();
    assert_eq!((file.state.as_str(), file.batch), ("frozen", Some(batch)));
    file
}

async fn an_answer_overtakes_a_new_rendering(database: Database) {
    let mut play = Play::new(database, 5, 400, 60).await;
    for n in 0..ASKED {
        play.day(n).await;
    }
    let now = instant(day(ASKED), 7, 0);
    // Not sent yet: it is not needed any more.
    let (batch, before) = sent_batch(&play).await;
    let file = anew(&play, before.id, batch).await;
    answer(&play, (batch, &before)).await;
    assert_eq!(
        (state(&play.worker, before.id).await, state(&play.worker, file.id).await),
        ("answered".into(), "cancelled".into())
    );
    assert_eq!(drain(&Send, &play.worker, now).await.unwrap(), 0);
    // On its way, and the sender gone: it may lie there, so it is sent to its end.
    let (batch, before) = sent_batch(&play).await;
    let file = anew(&play, before.id, batch).await;
    play.worker.ledger.begin_sending(&file, "gone", now, LEASE_SECONDS).await.unwrap().expect("it waits");
    answer(&play, (batch, &before)).await;
    assert_eq!(
        (state(&play.worker, before.id).await, state(&play.worker, file.id).await),
        ("answered".into(), "frozen".into())
    );
    let later = now + LEASE_SECONDS.seconds() + 1.second();
    assert_eq!(drain(&Send, &play.worker, later).await.unwrap(), 1);
    assert_eq!(state(&play.worker, file.id).await, "answered");
    // Sent: an answer to either number is an answer to the batch.
    let (batch, before) = sent_batch(&play).await;
    let file = anew(&play, before.id, batch).await;
    assert_eq!(drain(&Send, &play.worker, later).await.unwrap(), 1);
    for number in [before.sequence, file.sequence] {
        let found = play.worker.ledger.batch_of_request(&file.partner, &file.kind, number.unwrap()).await.unwrap();
        assert_eq!(found.map(|(id, ..)| id), Some(batch));
    }
    answer(&play, (batch, &before)).await;
    assert_eq!(
        (state(&play.worker, before.id).await, state(&play.worker, file.id).await),
        ("replaced".into(), "answered".into())
    );
    for law in [3, 8, 14] {
        assert_eq!(broken(&play.worker.ledger.books(later, true, Some(law)).await.unwrap()), Vec::<String>::new());
    }
    play.end().await;
}

async fn two_persons_render_a_batch_anew(database: Database) {
    let mut play = Play::new(database, 5, 400, 60).await;
    for n in 0..ASKED {
        play.day(n).await;
    }
    let now = instant(day(ASKED - 1), 19, 0);
    let (batch, file) = sent_batch(&play).await;
    let refused = async |play: &Play, id: i64| refusal(preview_anew(&play.worker, id).await);
    let came = play.worker.ledger.files().await.unwrap().into_iter().find(|file| file.direction == "in").unwrap();
    assert_eq!(refused(&play, came.id).await, ResendRefusal::FromThem);
    assert_eq!(refused(&play, 9_999).await, ResendRefusal::NoFile(9_999));
    let ledger = administered(&play.worker.ledger).await;
    let lin = add(&ledger, "lin", Role::BankIt, &file.partner, "").await;
    let wang = add(&ledger, "wang", Role::Operator, "", "").await;
    let other = ["ABC", "CCB"].into_iter().find(|bank| *bank != file.partner).unwrap();
    play.worker.ledger = ledger.seen_by(add(&ledger, "chen", Role::BankIt, other, "").await);
    assert_eq!(refused(&play, file.id).await, ResendRefusal::NoFile(file.id), "another bank's");
    play.worker.ledger = ledger.seen_by(lin.clone());
    let shown = preview_anew(&play.worker, file.id).await.unwrap();
    assert!(shown.before.lies_there && shown.number > file.sequence.unwrap(), "{shown:?}");
    let Second::Asked { id, .. } = asks_second(&play.worker, file.id, by(now)).await.unwrap() else { panic!("alone") };
    let again = asks_second(&play.worker, file.id, by(now)).await.unwrap();
    assert_eq!(again, Second::Asked { id, maker: "lin".into() }, "it is one request");
    let told = show_approval(&play.worker, id, now).await.unwrap().unwrap().about.unwrap().to_string();
    assert!(told.contains(&file.name) && told.contains("still lies at the partner"), "{told}");
    play.worker.ledger = ledger.seen_by(wang.clone());
    for carried in [Carried::Out, Carried::Before] {
        assert_eq!(give(&mut play.worker, id, &wang, now).await.unwrap(), carried);
    }
    play.worker.ledger = ledger.clone();
    let new = play.worker.ledger.files_of_batch(batch).await.unwrap().pop().unwrap();
    assert_eq!(refused(&play, file.id).await, ResendRefusal::Replaced { by: new.id });
    assert_eq!(refused(&play, new.id).await, ResendRefusal::NotSent { state: "frozen".into() });
    assert_eq!(drain(&Send, &play.worker, now).await.unwrap(), 1);
    assert_eq!(refusal(preview(&play.worker, file.id).await), ResendRefusal::Replaced { by: new.id });
    assert!(preview(&play.worker, new.id).await.unwrap().lies_there);
    assert_eq!(broken(&play.worker.ledger.books(now, true, None).await.unwrap()), Vec::<String>::new());
    execute(&ledger, "UPDATE batch_act SET approval = NULL").await;
    assert_eq!(broken(&play.worker.ledger.books(now, true, Some(14)).await.unwrap()).len(), 1);
    play.end().await;
}
