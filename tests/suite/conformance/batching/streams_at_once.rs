//! Streams of banks do not wait for each other, and their numbers have no holes.

use cardline::actions::batches::cut::{cut_now, preview_cut};
use cardline::actions::batches::refusal::BatchRefusal;
use cardline::route::accounts::Cut;
use cardline::route::send::Send;
use cardline::step::{Ran, Step, Unit, driver};
use cardline::time::instant;
use cardline_core::file_formats::FileKind;
use cardline_world::play::day;

use super::batches::{PLAYED, by, laws_hold, played, refusal};
use crate::conformance::arrivals::texts;
use crate::conformance::exchange::partner_files::request;
use crate::databases::{Database, on_both_engines};
use crate::steps::drain;

on_both_engines!(
    a_cut_that_is_overtaken_gets_the_next_numbers,
    what_was_confirmed_is_cut_under_its_number_or_not_at_all,
);

async fn a_cut_that_is_overtaken_gets_the_next_numbers(database: Database) {
    let play = played(database).await;
    let (worker, evening) = (&play.worker, instant(day(PLAYED + 2), 17, 45));
    let other = play.another("worker-2", day(PLAYED + 2)).await;
    let units = Cut::STEP.units(worker, evening).await.unwrap();
    let [slow, quick, ..] = &units[..] else { panic!("{} streams are due", units.len()) };
    let claimed = Cut::STEP.claim(worker, slow, evening).await.unwrap().taken().expect("it is due");
    let worked = tokio::task::block_in_place(|| Cut::STEP.work(worker, claimed, evening)).unwrap();
    assert_eq!(driver::once(&Cut::STEP, &other, slow, evening).await.unwrap(), Ran::Busy, "one lease a stream");
    assert_eq!(driver::once(&Cut::STEP, &other, quick, evening).await.unwrap(), Ran::Did);
    Cut::STEP.settle(worker, worked, evening).await.unwrap();

    let sql =
        "SELECT b.number || ' ' || f.name || ' ' || CAST(f.sequence AS TEXT) FROM batch b JOIN file f ON f.batch = b.id
        WHERE b.kind = 'account' ORDER BY b.id DESC LIMIT 2";
    let cut: Vec<Vec<String>> =
        texts(&worker.ledger, sql).await.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect();
    let [second, first] = &cut[..] else { panic!("{cut:?}") };
    let number = |of: &[String]| of[0].rsplit('-').next().unwrap().parse::<i64>().unwrap();
    assert_eq!(number(second), number(first) + 1);
    drain(&Send, worker, evening).await.unwrap();
    for line in &cut {
        let asked = request(&play, &line[1], FileKind::AccountRequest).await;
        assert_eq!((&asked.parsed.control["batch"], &asked.parsed.control["sequence"]), (&line[0], &line[2]));
    }
    laws_hold(&play, "two streams were cut at once").await;
    other.ledger.close().await;
    play.end().await;
}

async fn what_was_confirmed_is_cut_under_its_number_or_not_at_all(database: Database) {
    let play = played(database).await;
    let (worker, evening) = (&play.worker, instant(day(PLAYED + 2), 17, 45));
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
