//! Streams do not wait for each other: their numbers have no holes, and a bureau's day is shared all the same.

use std::time::Duration;

use cardline::actions::batches::cut::{cut_now, preview_cut};
use cardline::actions::batches::refusal::BatchRefusal;
use cardline::args;
use cardline::batching::any_kind::waiting_streams;
use cardline::batching::kind::{CutKind, CutStep};
use cardline::batching::schedule::DueStream;
use cardline::route::accounts::Cut;
use cardline::route::accounts::cut::Accounts;
use cardline::route::batches_of;
use cardline::route::production::cut::Production;
use cardline::route::send::Send;
use cardline::step::{Ran, StageError, Step, Unit, driver};
use cardline::store::LedgerError;
use cardline::time::instant;
use cardline_core::batch_kinds::BatchKind;
use cardline_world::mirror;
use cardline_world::play::day;
use jiff::Timestamp;

use super::batches::{PLAYED, by, laws_hold, laws_hold_on, played, profiles, refusal, with_profiles};
use crate::conformance::arrivals::{number, texts};
use crate::conformance::exchange::partner_files::request;
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;
use crate::steps::drain;

on_both_engines!(
    a_request_that_is_overtaken_gets_the_next_numbers,
    a_run_that_is_overtaken_gets_the_next_numbers,
    a_bureaus_day_is_used_up_once,
    a_card_held_while_its_run_is_settled_is_not_in_it,
    what_was_confirmed_is_cut_under_its_number_or_not_at_all,
    several_units_in_hand_lose_no_card,
);

fn evening() -> Timestamp {
    instant(day(PLAYED + 2), 17, 45)
}

async fn a_request_that_is_overtaken_gets_the_next_numbers(database: Database) {
    overtaken::<Accounts>(database).await;
}

async fn a_run_that_is_overtaken_gets_the_next_numbers(database: Database) {
    overtaken::<Production>(database).await;
}

/// One stream is cut and not settled yet when another one is.
async fn overtaken<K: CutKind>(database: Database) {
    let play = played(database).await;
    let (worker, step) = (&play.worker, CutStep::<K>::STEP);
    let other = play.another("worker-2", day(PLAYED + 2)).await;
    let units = step.units(worker, evening()).await.unwrap();
    let [slow, quick, ..] = &units[..] else { panic!("{} streams are due", units.len()) };
    let claimed = step.claim(worker, slow, evening()).await.unwrap().taken().expect("it is due");
    let worked = tokio::task::block_in_place(|| step.work(worker, claimed, evening())).unwrap();
    assert_eq!(driver::once(&step, &other, slow, evening()).await.unwrap(), Ran::Busy, "one lease a stream");
    assert_eq!(driver::once(&step, &other, quick, evening()).await.unwrap(), Ran::Did);
    step.settle(worker, worked, evening()).await.unwrap();

    let sql =
        "SELECT b.kind || ' ' || b.number || ' ' || f.name || ' ' || CAST(f.sequence AS TEXT) FROM batch b JOIN file f ON f.batch = b.id
        ORDER BY b.id DESC LIMIT 2";
    let cut: Vec<Vec<String>> =
        texts(&worker.ledger, sql).await.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect();
    let [second, first] = &cut[..] else { panic!("{cut:?}") };
    assert!(cut.iter().all(|of| of[0] == K::KIND.word), "{cut:?}");
    let serial = |of: &[String]| of[1].rsplit('-').next().unwrap().parse::<i64>().unwrap();
    assert_eq!(serial(second), serial(first) + 1);
    drain(&Send, worker, evening()).await.unwrap();
    for line in &cut {
        let asked = request(&play, &line[2], K::KIND.request).await;
        assert_eq!((&asked.parsed.control["batch"], &asked.parsed.control["sequence"]), (&line[1], &line[3]));
        let sql = "SELECT COALESCE(p.card_number, '') FROM batch b LEFT JOIN production_row p ON p.batch = b.id
            WHERE b.number = '{}' ORDER BY p.row";
        let numbers = texts(&worker.ledger, sql.replace("{}", &line[1]).leak()).await;
        assert!(K::KIND == BatchKind::ACCOUNT || numbers == asked.values("card_number"), "{numbers:?}");
    }
    laws_hold(&play, "two streams were cut at once").await;
    other.ledger.close().await;
    play.end().await;
}

/// A person has a stream cut while another one is under way: both together are more than the bureau makes.
async fn a_bureaus_day_is_used_up_once(database: Database) {
    let play = played(database).await;
    let step = CutStep::<Production>::STEP;
    let waiting = waiting_streams(&play.worker, batches_of(BatchKind::PRODUCTION).unwrap(), evening()).await.unwrap();
    let [slow, quick, ..] = &waiting[..] else { panic!("{} streams wait", waiting.len()) };
    let capacity = slow.waiting.cards + quick.waiting.cards - 1;
    let told = format!("capacity_per_day = {capacity}");
    let worker = with_profiles(&play, profiles(&play, "BUREAU", ("capacity_per_day = 50000", &told))).await;
    let other = play.another("worker-2", day(PLAYED + 2)).await;
    let slow: DueStream = slow.unit();
    let claimed = step.claim(&worker, &slow, evening()).await.unwrap().taken().expect("it is due");
    let worked = tokio::task::block_in_place(|| step.work(&worker, claimed, evening())).unwrap();
    let name = quick.stream.name();
    let shown = preview_cut(&other, &name, evening()).await.unwrap();
    assert_eq!(shown.cards, quick.waiting.cards);
    cut_now(&other, &name, &shown.batch, by(evening())).await.unwrap();
    let refused = step.settle(&worker, worked, evening()).await;
    assert!(matches!(refused, Err(StageError::Ledger(LedgerError::DayUsedUp { .. }))), "{refused:?}");

    let ordered = "SELECT count(*) FROM production_row p JOIN batch b ON b.id = p.batch WHERE b.cut_on = '{}'";
    let ordered = ordered.replace("{}", &day(PLAYED + 2).to_string());
    assert_eq!(number(&worker.ledger, &ordered).await, quick.waiting.cards);
    assert_eq!(driver::once(&step, &worker, &slow, evening()).await.unwrap(), Ran::Did);
    assert_eq!(number(&worker.ledger, &ordered).await, capacity);
    laws_hold(&play, "a day was used up").await;
    other.ledger.close().await;
    worker.ledger.close().await;
    play.end().await;
}

/// A bank contradicts itself about a card while the run it is in is being settled: whoever holds the card has its account
/// batch locked, and has committed when the run comes to it.
async fn a_card_held_while_its_run_is_settled_is_not_in_it(database: Database) {
    let play = played(database).await;
    let (worker, step) = (&play.worker, CutStep::<Production>::STEP);
    let other = play.another("worker-2", day(PLAYED + 2)).await;
    let units = step.units(worker, evening()).await.unwrap();
    let claimed = step.claim(worker, &units[0], evening()).await.unwrap().taken().expect("it is due");
    let worked = tokio::task::block_in_place(|| step.work(worker, claimed, evening())).unwrap();
    let held = worker.ledger.accounted_cards(&units[0].slices, 1).await.unwrap()[0].id;
    let mut tx = other.ledger.begin().await.unwrap();
    let sql = "UPDATE batch SET to_produce = to_produce - 1
        WHERE id = (SELECT batch FROM account_row WHERE application = $1)";
    tx.run(sql, args![held]).await.unwrap();
    tx.run("UPDATE application SET place = 'held' WHERE id = $1", args![held]).await.unwrap();
    let commit = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        tx.commit().await.unwrap();
    };
    let (settled, ()) = tokio::join!(step.settle(worker, worked, evening()), commit);
    assert!(matches!(settled, Err(StageError::Ledger(LedgerError::LostRace { .. }))), "{settled:?}");
    let ordered = format!("SELECT count(*) FROM production_row WHERE application = {held}");
    assert_eq!(number(&worker.ledger, &ordered).await, 0);
    other.ledger.close().await;
    play.end().await;
}

async fn what_was_confirmed_is_cut_under_its_number_or_not_at_all(database: Database) {
    let play = played(database).await;
    let (worker, evening) = (&play.worker, evening());
    let units = Cut::STEP.units(worker, evening).await.unwrap();
    let [confirmed, quick, ..] = &units[..] else { panic!("{} streams are due", units.len()) };
    let stream = confirmed.name().unwrap();
    let shown = preview_cut(worker, &stream, evening).await.unwrap().batch;
    assert_eq!(driver::once(&Cut::STEP, worker, quick, evening).await.unwrap(), Ran::Did);
    let ended = cut_now(worker, &stream, &shown, by(evening)).await;
    assert_eq!(refusal(ended), BatchRefusal::NotNext { number: shown });
    let shown = preview_cut(worker, &stream, evening).await.unwrap().batch;
    cut_now(worker, &stream, &shown, by(evening)).await.unwrap();
    laws_hold(&play, "a number was confirmed too late").await;
    play.end().await;
}

/// Nothing is lost or done twice: all laws hold, and the partners know of the same cards.
async fn several_units_in_hand_lose_no_card(database: Database) {
    let mut play = Play::new(database, 7, 300, 18).await;
    play.worker.in_hand = 3;
    for n in 0..18 {
        play.day(n).await;
    }
    laws_hold_on(&play, 17, "several units were in hand").await;
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    assert!(seen.holds, "{:?}", seen.differences);
    let places = play.worker.ledger.cards_by_state().await.unwrap();
    assert!(places.len() > 5 && places["in_transit"] > 9, "{places:?}");
    play.end().await;
}
