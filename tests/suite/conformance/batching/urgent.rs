//! A card that waits for its account is put into the urgent lane: once, while it waits, by who sees it; its next batch
//! is one of that lane.

use cardline::actions::batches::hold::{hold_stream, release_stream};
use cardline::actions::batches::refusal::BatchRefusal;
use cardline::actions::batches::urgent::{make_urgent, preview_urgent};
use cardline::actions::outcome::{Instruction, Outcome};
use cardline::route::accounts;
use cardline::step::{StageError, Step, Unit};
use cardline::store::LedgerError;
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_world::play::day;

use super::batches::{PLAYED, by, cut, laws_hold, morning, played, refusal};
use crate::conformance::arrivals::texts;
use crate::conformance::people::users::add;
use crate::databases::{Database, on_both_engines};
use crate::steps::drain;

on_both_engines!(a_card_in_the_urgent_lane_is_cut_with_it, a_cut_under_way_misses_what_was_made_urgent);

/// The cards that wait for their account in the normal lane.
const WAITING: &str =
    "SELECT a.application_id FROM application a JOIN rendition r ON r.source = a.photo AND r.print IS NOT NULL
    JOIN account_waiting w ON w.application = a.id WHERE w.lane = 'normal' ORDER BY a.id";

async fn a_card_in_the_urgent_lane_is_cut_with_it(database: Database) {
    let mut play = played(database).await;
    let ledger = play.worker.ledger.clone();
    let card = texts(&ledger, WAITING).await.remove(0);

    let preview = preview_urgent(&play.worker, &card).await.unwrap().unwrap();
    assert_eq!(preview.from.replace("/normal", "/urgent"), preview.to);
    // Neither out of a stream on hold nor into one.
    for stream in [&preview.from, &preview.to] {
        hold_stream(&play.worker, stream, by(morning())).await.unwrap();
        let refused = refusal(make_urgent(&play.worker, &card, by(morning())).await);
        assert!(matches!(&refused, BatchRefusal::OnHoldWith { hold, .. } if hold == stream), "{refused:?}");
        release_stream(&play.worker, stream, by(morning())).await.unwrap();
    }
    assert_eq!(make_urgent(&play.worker, &card, by(morning())).await.unwrap(), Outcome::Done(vec![card.clone()]));
    let writes = ledger.row_writes();
    assert_eq!(make_urgent(&play.worker, &card, by(morning())).await.unwrap(), Outcome::Before(vec![card.clone()]));
    assert_eq!(ledger.row_writes(), writes);
    assert!(preview_urgent(&play.worker, &card).await.unwrap().is_none());
    laws_hold(&play, "a card was put into the urgent lane").await;

    let batch = cut(&play.worker, &preview.to, morning()).await;
    let of_card = format!(
        "SELECT b.number || ' ' || b.lane FROM application a JOIN account_row g ON g.application = a.id JOIN batch b ON b.id = g.batch WHERE a.application_id = '{card}'"
    );
    assert_eq!(texts(&ledger, of_card.leak()).await, [format!("{batch} urgent")]);
    // What is in a batch stays there.
    let not_waiting = |card: &str| BatchRefusal::NotWaiting { application: card.into() };
    assert_eq!(refusal(make_urgent(&play.worker, &card, by(morning())).await), not_waiting(&card));

    // Who sees another bank does not learn that a card waits; who sees it puts it there.
    let card = texts(&ledger, WAITING).await.remove(0);
    let bank =
        texts(&ledger, format!("SELECT bank FROM application WHERE application_id = '{card}'").leak()).await.remove(0);
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let other = if bank == "ABC" { "CCB" } else { "ABC" };
    for (name, bank, sees) in [("narrow", other, false), ("wide", bank.as_str(), true)] {
        let user = add(&ledger.seen_by(boss.clone()), name, Role::Operator, bank, "").await;
        play.worker.ledger = ledger.seen_by(user);
        let by = Instruction { actor: name, ..by(morning()) };
        let ended = make_urgent(&play.worker, &card, by).await;
        if sees {
            assert_eq!(ended.unwrap(), Outcome::Done(vec![card.clone()]));
        } else {
            assert_eq!(refusal(ended), not_waiting(&card));
        }
    }
    play.worker.ledger = ledger;
    laws_hold(&play, "a user put a card into the urgent lane").await;
}

/// The batch that was rendered with the card is not settled; the next one is made without it, and it with its lane.
async fn a_cut_under_way_misses_what_was_made_urgent(database: Database) {
    let play = played(database).await;
    let (worker, evening) = (&play.worker, instant(day(PLAYED + 2), 17, 45));
    let units = accounts::Cut::STEP.units(worker, evening).await.unwrap();
    let unit = units.iter().find(|unit| unit.name().is_some_and(|name| name.ends_with("/normal"))).expect("a stream");
    let claimed = accounts::Cut::STEP.claim(worker, unit, evening).await.unwrap().taken().expect("it is due");
    let worked = tokio::task::block_in_place(|| accounts::Cut::STEP.work(worker, claimed, evening)).unwrap();
    let cards = texts(&worker.ledger, WAITING).await;
    for card in &cards {
        make_urgent(worker, card, by(morning())).await.unwrap();
    }
    let late = accounts::Cut::STEP.settle(worker, worked, evening).await;
    assert!(matches!(late, Err(StageError::Ledger(LedgerError::LostRace { .. }))), "{late:?}");
    assert!(drain(&accounts::Cut::STEP, worker, evening).await.unwrap() > 0);
    let mixed = "SELECT a.application_id FROM application a JOIN account_row g ON g.application = a.id JOIN batch b ON b.id = g.batch WHERE b.lane <> a.lane";
    assert!(texts(&worker.ledger, mixed).await.is_empty());
    laws_hold(&play, "cards were made urgent while they were cut").await;
    play.end().await;
}
