//! The operator's hand and the schedule: every action keeps the laws, has one effect, and two schedulers
//! have one effect together.

use std::collections::BTreeMap;

use cardline::actions::batches::cancel::cancel_batch;
use cardline::actions::batches::cut::{cut_now, preview_cut};
use cardline::actions::batches::hold::{hold_batch, hold_stream, release_batch, release_stream};
use cardline::actions::batches::plan::plan;
use cardline::actions::batches::refusal::BatchRefusal;
use cardline::actions::batches::second_person::{BatchDecision, needs_second};
use cardline::actions::batches::split::{Division, split_batch};
use cardline::actions::decisions::{ApprovalRefusal, Carried, give};
use cardline::actions::dual_control::{Second, second_person};
use cardline::actions::outcome::{ActionError, Instruction, Outcome};
use cardline::batching::any_kind::waiting_streams;
use cardline::route::deadlines::Deadlines;
use cardline::route::send::Send;
use cardline::route::{accounts, batches_of, production};
use cardline::step::{StageError, Step, Worker};
use cardline::store::LedgerError;
use cardline::time::instant;
use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::staff::{DualControl, Role};
use cardline_world::mirror;
use cardline_world::play::day;
use jiff::{Timestamp, ToSpan};
use tokio::sync::OnceCell;

use crate::conformance::arrivals::{execute, number};
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, Engine, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;

on_both_engines!(
    every_action_on_accounts_keeps_the_laws,
    every_action_on_production_keeps_the_laws,
    every_action_on_recycling_keeps_the_laws,
    what_is_made_and_not_shipped_is_chased,
    a_held_stream_is_not_cut_even_by_who_has_begun,
    what_is_being_sent_is_not_taken_back,
    two_schedulers_at_once_have_one_effect,
    a_scheduler_that_was_paused_writes_nothing,
    a_bureau_makes_no_more_than_its_capacity,
    a_batch_that_waits_for_release_is_sent_after_it,
    the_plan_changes_nothing_and_tells_what_the_scheduler_does,
    a_batch_is_released_and_cancelled_by_two_people,
    plastic_is_destroyed_by_two_people,
    a_batch_that_counts_too_many_keeps_no_other_back,
    a_cut_that_only_holds_cards_is_an_act_too,
);

/// Days played before a test acts, until a Tuesday: by then something waits in every room.
pub(crate) const PLAYED: u32 = 22;
/// Days of the whole play.
const DAYS: u32 = 60;
/// Days until old cards have come back.
const RETURNED: u32 = 37;

const SEED: u64 = 5;
const CARDS: u64 = 400;

/// The days played, once on each engine; every test has a copy.
pub(crate) async fn played(database: Database) -> Play {
    static ONCE: [OnceCell<Database>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
    let engine = database.engine;
    let once = ONCE[usize::from(engine == Engine::Postgres)].get_or_init(|| async move {
        played_until(Database::to_copy(engine).await, PLAYED).await.into_database().await
    });
    Play::copied(once.await, database, SEED, CARDS, DAYS).await
}

/// Days played, and more may follow.
async fn played_until(database: Database, days: u32) -> Play {
    let mut play = Play::new(database, SEED, CARDS, DAYS).await;
    for n in 0..days {
        play.day(n).await;
    }
    play
}

/// The morning after, before anybody looks.
pub(crate) fn morning() -> Timestamp {
    instant(day(PLAYED), 8, 0)
}

pub(crate) fn by(at: Timestamp) -> Instruction<'static> {
    Instruction { actor: "lin", reason: "a test of 王伟", at, approval: None }
}

pub(crate) async fn laws_hold(play: &Play, after: &str) {
    laws_hold_on(play, PLAYED, after).await;
}

/// Names of the streams of a kind in which at least so many cards wait.
pub(crate) async fn streams(worker: &Worker, kind: BatchKind, cards: i64) -> Vec<String> {
    streams_at(worker, kind, cards, morning()).await
}

async fn streams_at(worker: &Worker, kind: BatchKind, cards: i64, at: Timestamp) -> Vec<String> {
    let found = waiting_streams(worker, batches_of(kind).unwrap(), at).await.unwrap();
    found.iter().filter(|c| c.waiting.cards >= cards).map(|c| c.stream.name()).collect()
}

/// Cuts the next batch of a stream, twice by the same command.
pub(crate) async fn cut(worker: &Worker, stream: &str, at: Timestamp) -> String {
    let preview = preview_cut(worker, stream, at).await.unwrap();
    assert!(preview.cards > 0 && preview.sections.iter().map(|(_, n)| n).sum::<i64>() == preview.cards);
    let first = cut_now(worker, stream, &preview.batch, by(at)).await.unwrap();
    assert_eq!(first, Outcome::Done(vec![preview.batch.clone()]));
    let writes = worker.ledger.row_writes();
    assert_eq!(
        cut_now(worker, stream, &preview.batch, by(at)).await.unwrap(),
        Outcome::Before(vec![preview.batch.clone()])
    );
    assert_eq!(worker.ledger.row_writes(), writes);
    preview.batch
}

pub(crate) async fn state(worker: &Worker, batch: &str) -> String {
    worker.ledger.batch(batch).await.unwrap().unwrap().1.state
}

pub(crate) fn refusal<T: std::fmt::Debug, R: std::fmt::Debug>(ended: Result<T, ActionError<R>>) -> R {
    match ended {
        Err(ActionError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// Lin asks, Wang gives; what was given is done once, and Lin alone does nothing.
async fn a_batch_is_released_and_cancelled_by_two_people(database: Database) {
    let mut play = played(database).await;
    two_people(&mut play, BatchKind::PRODUCTION, DualControl::ReleaseBatch, morning()).await;
    laws_hold(&play, "two people released and cancelled a batch").await;
    let law = "UPDATE batch_act SET approval = NULL WHERE what = 'cancel'";
    fails_without(&play, law, morning()).await;
}

async fn plastic_is_destroyed_by_two_people(database: Database) {
    let mut play = played_until(database, RETURNED).await;
    let at = instant(day(RETURNED), 8, 0);
    let stream = streams_at(&play.worker, BatchKind::RECYCLING, 1, at).await.remove(0);
    let bank = stream.split('/').nth(1).unwrap();
    let waits = ("[batch]\n", "[batch]\nwait_to_destroy = true\n");
    play.worker = with_profiles(&play, profiles(&play, bank, waits)).await;
    two_people(&mut play, BatchKind::RECYCLING, DualControl::DestroyPlastic, at).await;
    laws_hold_on(&play, RETURNED, "two people let plastic be destroyed").await;
    fails_without(&play, "UPDATE batch_act SET approval = NULL WHERE what = 'release'", at).await;
}

async fn a_batch_that_counts_too_many_keeps_no_other_back(database: Database) {
    let play = played(database).await;
    let ledger = &play.worker.ledger;
    // Two batches of one group, and the older one says that it has a thousand cards more.
    let oldest = "(SELECT min(id) FROM batch WHERE to_produce > 0)";
    let other = format!("(SELECT min(id) FROM batch WHERE to_produce > 0 AND id > {oldest})");
    let column = |name: &str| format!("{name} = (SELECT {name} FROM batch WHERE id = {oldest})");
    let columns = ["region", "bank", "lane"].map(column).join(", ");
    assert_eq!(execute(ledger, &format!("UPDATE batch SET {columns} WHERE id = {other}")).await, 1);
    let groups = ledger.waiting_production().await.unwrap();
    let both = format!("SELECT CAST(sum(to_produce) AS BIGINT) FROM batch WHERE id IN ({oldest}, {other})");
    let joined = number(ledger, &both).await;
    let group = groups.into_iter().find(|group| group.cards == joined).expect("the group of both");
    execute(ledger, &format!("UPDATE batch SET to_produce = to_produce + 1000 WHERE id = {oldest}")).await;
    assert_eq!(ledger.accounted_cards(&[group], joined).await.unwrap().len() as i64, joined);
    play.end().await;
}

/// Law 14 sees what this takes away.
async fn a_cut_that_only_holds_cards_is_an_act_too(database: Database) {
    let play = played(database).await;
    let ledger = &play.worker.ledger;
    let stream = streams(&play.worker, BatchKind::ACCOUNT, 2).await.remove(0);
    let preview = preview_cut(&play.worker, &stream, morning()).await.unwrap();
    // Each was sent before the database was restored: no file can carry it.
    execute(
        ledger,
        "INSERT INTO sent_before (kind, key, file) SELECT 'account-request', application_id, 0 FROM account_waiting",
    )
    .await;
    let ended = cut_now(&play.worker, &stream, &preview.batch, by(morning())).await;
    assert_eq!(refusal(ended), BatchRefusal::NothingToCarry { stream });
    let actions =
        "SELECT count(*) FROM batch_act WHERE what = 'cut' AND batch IS NULL AND result IS NULL AND actor = 'lin'";
    assert_eq!(number(ledger, actions).await, 1);
    let held = "SELECT count(*) FROM application WHERE place = 'held' AND reason LIKE 'was sent before%'";
    assert_eq!(number(ledger, held).await, preview.cards);
    laws_hold(&play, "a cut that held every card").await;
    play.end().await;
}

async fn fails_without(play: &Play, taken: &str, at: Timestamp) {
    execute(&play.worker.ledger, taken).await;
    let law = play.worker.ledger.books(at, true, Some(14)).await.unwrap();
    assert!(!law.books[0].holds, "an action without its approval is seen");
}

/// Lin asks for the release of a batch on hold, then for its cancellation; Wang gives both, twice.
async fn two_people(play: &mut Play, kind: BatchKind, release: DualControl, at: Timestamp) {
    let stream = streams_at(&play.worker, kind, 1, at).await.remove(0);
    let batch = cut(&play.worker, &stream, at).await;
    if kind == BatchKind::RECYCLING {
        assert_eq!(state(&play.worker, &batch).await, "held", "its bank waits to destroy");
    } else {
        assert_eq!(hold_batch(&play.worker, &batch, by(at)).await.unwrap(), Outcome::Done(vec![batch.clone()]));
    }
    let ledger = administered(&play.worker.ledger).await;
    let lin = add(&ledger, "lin", Role::Operator, "", "").await;
    let wang = add(&ledger, "wang", Role::Administrator, "", "").await;
    for (what, action, becomes) in
        [(BatchDecision::Release, release, "cut"), (BatchDecision::Cancel, DualControl::CancelBatch, "cancelled")]
    {
        play.worker.ledger = ledger.seen_by(lin.clone());
        let (_, found) = play.worker.ledger.batch(&batch).await.unwrap().unwrap();
        let wanted = needs_second(what, &found, "wrong points").unwrap();
        assert_eq!(wanted.action, action);
        let Second::Asked { id, .. } = second_person(&play.worker, &wanted, at).await.unwrap() else {
            panic!("nobody gave it yet");
        };
        let own = give(&mut play.worker, id, &lin, at).await;
        assert!(matches!(own, Err(ActionError::Refused(ApprovalRefusal::OwnRequest { .. }))));
        assert_eq!(state(&play.worker, &batch).await, found.state);
        for carried in [Carried::Out, Carried::Before] {
            assert_eq!(give(&mut play.worker, id, &wang, at).await.unwrap(), carried);
            assert_eq!(state(&play.worker, &batch).await, becomes);
        }
    }
    play.worker.ledger = ledger;
}

async fn every_action_on_accounts_keeps_the_laws(database: Database) {
    let play = played_until(database, PLAYED).await;
    every_action(&play, BatchKind::ACCOUNT, &Division::Count(2), PLAYED).await;
    to_the_end(play, PLAYED).await;
}

async fn every_action_on_production_keeps_the_laws(database: Database) {
    let play = played_until(database, PLAYED).await;
    every_action(&play, BatchKind::PRODUCTION, &Division::Regions(vec!["522634".into()]), PLAYED).await;
    to_the_end(play, PLAYED).await;
}

async fn every_action_on_recycling_keeps_the_laws(database: Database) {
    let play = played_until(database, RETURNED).await;
    every_action(&play, BatchKind::RECYCLING, &Division::Count(1), RETURNED).await;
    to_the_end(play, RETURNED).await;
}

pub(crate) async fn laws_hold_on(play: &Play, n: u32, after: &str) {
    // The day's own deadlines are looked after when its steps run.
    assert_eq!(broken(&play.books(n - 1, true).await), Vec::<String>::new(), "after {after}");
}

/// Cut, hold, split, cancel one part, release the other: each twice, the laws after each.
async fn every_action(play: &Play, kind: BatchKind, division: &Division, n: u32) {
    let (worker, at) = (&play.worker, instant(day(n), 8, 0));
    let found = waiting_streams(worker, batches_of(kind).unwrap(), at).await.unwrap();
    let stream = found.iter().find(|c| c.waiting.cards >= 2 && (kind != BatchKind::PRODUCTION || c.slices.len() > 1));
    let stream = stream.unwrap_or_else(|| panic!("too little waits for {kind:?}; choose another day")).stream.name();
    let batch = cut(worker, &stream, at).await;
    laws_hold_on(play, n, "cut").await;
    for expected in [Outcome::Done(vec![batch.clone()]), Outcome::Before(vec![batch.clone()])] {
        assert_eq!(hold_batch(worker, &batch, by(at)).await.unwrap(), expected);
    }
    laws_hold_on(play, n, "hold").await;
    drain(&Send, worker, at).await.unwrap();
    assert_eq!(state(worker, &batch).await, "held");
    let Outcome::Done(parts) = split_batch(worker, &batch, division, by(at)).await.unwrap() else {
        panic!("{batch} was not split");
    };
    assert_eq!(parts.len(), 2);
    laws_hold_on(play, n, "split").await;
    assert_eq!(split_batch(worker, &batch, division, by(at)).await.unwrap(), Outcome::Before(parts.clone()));
    let ended = BatchRefusal::Ended { number: batch.clone() };
    assert_eq!(refusal(cancel_batch(worker, &batch, by(at)).await), ended);
    assert_eq!((state(worker, &batch).await, state(worker, &parts[0]).await), ("cancelled".into(), "held".into()));
    for expected in [Outcome::Done(vec![parts[0].clone()]), Outcome::Before(vec![parts[0].clone()])] {
        assert_eq!(cancel_batch(worker, &parts[0], by(at)).await.unwrap(), expected);
    }
    laws_hold_on(play, n, "cancel").await;
    for expected in [Outcome::Done(vec![parts[1].clone()]), Outcome::Before(vec![parts[1].clone()])] {
        assert_eq!(release_batch(worker, &parts[1], by(at)).await.unwrap(), expected);
    }
    drain(&Send, worker, at).await.unwrap();
    assert_eq!(state(worker, &parts[1]).await, "sent");
    for refused in [
        hold_batch(worker, &parts[1], by(at)).await,
        cancel_batch(worker, &parts[1], by(at)).await,
        split_batch(worker, &parts[1], division, by(at)).await,
    ] {
        assert!(matches!(refusal(refused), BatchRefusal::Sent { state, .. } if state == "sent"));
    }
    laws_hold_on(play, n, "release").await;
    let (id, _) = worker.ledger.batch(&batch).await.unwrap().unwrap();
    let actions = worker.ledger.batch_actions(id).await.unwrap();
    assert_eq!(actions.iter().map(|a| a.what.as_str()).collect::<Vec<_>>(), ["cut", "hold", "split"]);
    let told = |reason: &[u8]| worker.keys.decrypt(reason).unwrap() == "a test of 王伟".as_bytes();
    assert!(actions.iter().all(|a| a.actor == "lin" && told(&a.reason)));
}

/// The world never saw a cancelled file, and everybody agrees in the end.
async fn to_the_end(mut play: Play, from: u32) {
    for n in from..DAYS {
        play.day(n).await;
    }
    assert_eq!(broken(&play.books(DAYS - 1, true).await), Vec::<String>::new());
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    assert!(seen.holds, "{:#?}", seen.differences);
    play.end().await;
}

async fn a_held_stream_is_not_cut_even_by_who_has_begun(database: Database) {
    let play = played(database).await;
    let (worker, at) = (&play.worker, morning());
    let stream = streams(worker, BatchKind::ACCOUNT, 1).await.remove(0);
    let evening = instant(day(PLAYED + 2), 17, 45);
    let claimed =
        crate::steps::claim(&accounts::Cut::STEP, worker, evening).await.unwrap().expect("something is due by then");
    let worked = tokio::task::block_in_place(|| accounts::Cut::STEP.work(worker, claimed, evening)).unwrap();
    let batches = number(&worker.ledger, "SELECT count(*) FROM batch").await;
    for expected in [Outcome::Done(vec!["account".into()]), Outcome::Before(vec!["account".into()])] {
        assert_eq!(hold_stream(worker, "account", by(at)).await.unwrap(), expected);
    }
    let late = accounts::Cut::STEP.settle(worker, worked, evening).await;
    assert!(matches!(late, Err(StageError::Ledger(LedgerError::OnHold { .. }))));
    assert_eq!(drain(&accounts::Cut::STEP, worker, evening).await.unwrap(), 0);
    let on_hold = BatchRefusal::OnHoldWith { stream: stream.clone(), hold: "account".into(), beyond: None };
    assert_eq!(refusal(preview_cut(worker, &stream, at).await), on_hold);
    assert_eq!(refusal(release_stream(worker, &stream, by(at)).await), on_hold);
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM batch").await, batches);
    let unknown = BatchRefusal::NoSuchStream { stream: "accounts/ABC".into() };
    assert_eq!(refusal(hold_stream(worker, "accounts/ABC", by(at)).await), unknown);
    assert_eq!(release_stream(worker, "account", by(at)).await.unwrap(), Outcome::Done(vec!["account".into()]));
    assert_eq!(release_stream(worker, "account", by(at)).await.unwrap(), Outcome::Before(vec!["account".into()]));
    assert!(drain(&accounts::Cut::STEP, worker, evening).await.unwrap() > 0);
    laws_hold(&play, "hold and release of a stream").await;
    play.end().await;
}

async fn what_is_being_sent_is_not_taken_back(database: Database) {
    let play = played(database).await;
    let (worker, at) = (&play.worker, morning());
    let stream = streams(worker, BatchKind::ACCOUNT, 4).await.remove(0);
    let batch = cut(worker, &stream, at).await;
    let sending = crate::steps::claim(&Send, worker, at).await.unwrap().expect("a frozen file");
    // Its lease lapses; the file may lie at the bank all the same.
    let later = at + 10.minutes();
    for refused in [
        hold_batch(worker, &batch, by(later)).await,
        cancel_batch(worker, &batch, by(later)).await,
        split_batch(worker, &batch, &Division::Count(1), by(later)).await,
    ] {
        assert_eq!(refusal(refused), BatchRefusal::Sending { number: batch.clone() });
    }
    let placed = tokio::task::block_in_place(|| Send.work(worker, sending, later)).unwrap();
    Send.settle(worker, placed, later).await.unwrap();
    assert_eq!(state(worker, &batch).await, "sent");
    laws_hold(&play, "sending").await;
    play.end().await;
}

async fn two_schedulers_at_once_have_one_effect(database: Database) {
    let play = played(database).await;
    let other = play.another("worker-2", day(PLAYED)).await;
    let evening = instant(day(PLAYED + 2), 17, 45);
    let waiting = async |kind| streams(&play.worker, kind, 1).await.len();
    assert!(waiting(BatchKind::ACCOUNT).await > 1 && waiting(BatchKind::PRODUCTION).await > 1);
    for _ in 0..3 {
        // Who meets the other's lease goes on without; who takes a taken number tries again.
        let one = async |worker| {
            let cut = drain(&accounts::Cut::STEP, worker, evening).await.unwrap();
            cut + drain(&production::Cut::STEP, worker, evening).await.unwrap()
        };
        tokio::join!(one(&play.worker), one(&other));
    }
    for kind in [BatchKind::ACCOUNT, BatchKind::PRODUCTION] {
        let left = waiting_streams(&play.worker, batches_of(kind).unwrap(), evening).await.unwrap();
        assert!(left.iter().all(|c| !c.is_due()), "{:?}", left.iter().map(|c| c.stream.name()).collect::<Vec<_>>());
    }
    let doubled =
        "SELECT count(*) FROM (SELECT application FROM production_row GROUP BY application HAVING count(*) > 1) d";
    assert_eq!(number(&play.worker.ledger, doubled).await, 0);
    // Batch numbers and sequences without a hole: laws 3 and 8 read the rest.
    let numbers =
        "SELECT count(*) FROM counter c WHERE c.name LIKE 'batch/%' AND c.next - 1 <> (SELECT count(*) FROM batch b
        WHERE b.number LIKE substr(c.name, 7, 1) || replace(substr(c.name, 9), '-', '') || '-%')";
    assert_eq!(number(&play.worker.ledger, numbers).await, 0);
    laws_hold(&play, "two schedulers").await;
    other.ledger.close().await;
    play.end().await;
}

async fn a_scheduler_that_was_paused_writes_nothing(database: Database) {
    let play = played(database).await;
    let other = play.another("worker-2", day(PLAYED)).await;
    let evening = instant(day(PLAYED + 2), 17, 45);
    let paused = crate::steps::claim(&accounts::Cut::STEP, &play.worker, evening)
        .await
        .unwrap()
        .expect("something is due by then");
    let worked = tokio::task::block_in_place(|| accounts::Cut::STEP.work(&play.worker, paused, evening)).unwrap();
    let later = evening + 61.seconds();
    assert!(drain(&accounts::Cut::STEP, &other, later).await.unwrap() > 0);
    let books = async || {
        let sql = "SELECT (SELECT count(*) FROM batch) + (SELECT count(*) FROM file) + (SELECT CAST(sum(next) AS BIGINT) FROM counter)";
        number(&other.ledger, sql).await
    };
    let before = books().await;
    let late = accounts::Cut::STEP.settle(&play.worker, worked, later).await;
    assert!(late.is_err(), "a paused scheduler went on");
    assert_eq!(books().await, before);
    laws_hold(&play, "a paused scheduler").await;
    other.ledger.close().await;
    play.end().await;
}

/// The built-in profiles, one of them changed, in a folder of their own.
pub(crate) fn profiles(play: &Play, code: &str, change: (&str, &str)) -> std::path::PathBuf {
    let folder = play.folder().join("profiles");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["ABC", "BUREAU", "CCB", "ICBC"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/partners/{name}.toml"));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(name != code || text.contains(change.0));
        let text = if name == code { text.replacen(change.0, change.1, 1) } else { text };
        std::fs::write(folder.join(format!("{name}.toml")), text).unwrap();
    }
    folder
}

pub(crate) async fn with_profiles(play: &Play, folder: std::path::PathBuf) -> Worker {
    let mut config = play.worker.config.clone();
    config.partners.value = Some(folder);
    Worker::open(config, day(PLAYED)).await.unwrap()
}

async fn a_bureau_makes_no_more_than_its_capacity(database: Database) {
    let play = played(database).await;
    let folder = profiles(&play, "BUREAU", ("capacity_per_day = 50000", "capacity_per_day = 3"));
    let worker = with_profiles(&play, folder).await;
    let evening = |n| instant(day(PLAYED + n), 17, 45);
    let waiting: i64 = waiting_streams(&worker, batches_of(BatchKind::PRODUCTION).unwrap(), evening(2))
        .await
        .unwrap()
        .iter()
        .map(|c| c.waiting.cards)
        .sum();
    assert!(waiting > 6, "{waiting}");
    let mut made = Vec::new();
    for n in [2, 3, 6, 7] {
        let plan = plan(&worker, evening(n)).await.unwrap();
        let told: BTreeMap<&str, (i64, i64)> = plan
            .streams
            .iter()
            .filter(|s| s.kind == "production" && s.due)
            .map(|s| {
                (
                    s.stream.as_str(),
                    (s.cards, s.left_out.iter().filter(|l| l.why.contains("capacity")).map(|l| l.cards).sum()),
                )
            })
            .collect();
        let before = number(&worker.ledger, "SELECT count(*) FROM production_row").await;
        drain(&production::Cut::STEP, &worker, evening(n)).await.unwrap();
        let cut = number(&worker.ledger, "SELECT count(*) FROM production_row").await - before;
        assert_eq!(cut, told.values().map(|(cards, _)| cards).sum::<i64>(), "{told:?}");
        assert!(cut <= 3, "{cut} on day {n}");
        assert_eq!(
            drain(&production::Cut::STEP, &worker, evening(n) + 1.hour()).await.unwrap(),
            0,
            "the day is used up"
        );
        made.push(cut);
    }
    assert!(made.iter().filter(|cut| **cut == 3).count() >= 2, "{made:?}");
    laws_hold(&play, "capacity").await;
    worker.ledger.close().await;
    play.end().await;
}

async fn a_batch_that_waits_for_release_is_sent_after_it(database: Database) {
    let play = played(database).await;
    let folder = profiles(&play, "BUREAU", ("merge_regions = true", "merge_regions = true\nwait_for_release = true"));
    let (worker, at) = (with_profiles(&play, folder).await, morning());
    let stream = streams(&worker, BatchKind::PRODUCTION, 1).await.remove(0);
    let batch = cut(&worker, &stream, at).await;
    drain(&Send, &worker, at).await.unwrap();
    assert_eq!(state(&worker, &batch).await, "held");
    release_batch(&worker, &batch, by(at)).await.unwrap();
    drain(&Send, &worker, at).await.unwrap();
    assert_eq!(state(&worker, &batch).await, "sent");
    laws_hold(&play, "release to printing").await;
    worker.ledger.close().await;
    play.end().await;
}

async fn the_plan_changes_nothing_and_tells_what_the_scheduler_does(database: Database) {
    let play = played(database).await;
    let worker = &play.worker;
    let evening = instant(day(PLAYED + 2), 17, 45);
    let writes = worker.ledger.row_writes();
    let told = plan(worker, evening).await.unwrap();
    let sunday = plan(worker, instant(day(PLAYED + 5), 7, 0)).await.unwrap();
    assert_eq!(worker.ledger.row_writes(), writes);
    assert!(sunday.streams.iter().all(|s| s.next_cuts.len() == 5));
    let due: i64 = told.streams.iter().filter(|s| s.due && s.kind == "production").map(|s| s.cards).sum();
    let batches: i64 = told.streams.iter().filter(|s| s.due && s.kind == "production").filter_map(|s| s.batches).sum();
    let before = number(&worker.ledger, "SELECT count(*) FROM production_row").await;
    assert_eq!(drain(&production::Cut::STEP, worker, evening).await.unwrap() as i64, batches);
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM production_row").await - before, due);
    assert!(due > 0);
    // A run of several regions: its rows are in the order of sections, then of application ids.
    let unordered = "SELECT count(*) FROM production_row p JOIN application a ON a.id = p.application
        JOIN production_row q ON q.batch = p.batch AND q.row = p.row + 1 JOIN application b ON b.id = q.application
        WHERE a.region > b.region OR (a.region = b.region AND a.application_id >= b.application_id)";
    assert_eq!(number(&worker.ledger, unordered).await, 0);
    let merged = "SELECT count(*) FROM (SELECT p.batch FROM production_row p JOIN application a ON a.id = p.application
        GROUP BY p.batch HAVING count(DISTINCT a.region) > 1) m";
    assert!(number(&worker.ledger, merged).await > 0, "no run has two sections");
    play.end().await;
}

/// The report came and the manifest never does: the bureau is chased, and the cards keep a day.
async fn what_is_made_and_not_shipped_is_chased(database: Database) {
    let play = played(database).await;
    let ledger = &play.worker.ledger;
    let unship = "UPDATE box SET shipment = NULL WHERE id = (SELECT max(m.box) FROM made m JOIN card c ON c.id = m.application
         JOIN box x ON x.id = m.box JOIN batch b ON b.id = x.batch WHERE b.state = 'answered' AND c.place = 'in_transit')";
    assert_eq!(execute(ledger, unship).await, 1, "the play shows too little");
    let waiting = "SELECT count(*) FROM box x JOIN batch b ON b.id = x.batch WHERE x.shipment IS NULL AND b.due_on >= '2026-07-01'";
    let chased = "SELECT count(*) FROM desk_case WHERE reason = 'cards were made and not shipped; the bureau is chased' AND state IN ('open', 'escalated')";
    let before = number(ledger, chased).await;
    assert_eq!(number(ledger, waiting).await, 0);
    let months = instant(day(PLAYED + 180), 8, 0);
    drain(&Deadlines, &play.worker, months).await.unwrap();
    let boxes = number(ledger, "SELECT count(*) FROM box WHERE shipment IS NULL").await;
    assert_eq!(number(ledger, waiting).await, boxes);
    assert!(number(ledger, chased).await > before);
    play.end().await;
}
