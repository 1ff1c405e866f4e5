//! Races for one card at the instant its window ends: a point that hands it out, another one, a list that comes back
//! and the end of the window, all at once, each on a connection of its own. One hand-over at most is recorded, whoever
//! loses is told why, and nothing is lost.
//!
//! Some cartons are raced for at once, so that transactions meet in several cards; each of their cards is a race.

mod claimants;
mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use cardline::actions::outcome::Instruction;
use cardline::actions::pickup::lists::make::{PickupList, make_list};
use cardline::args;
use cardline::route::distribution::windows::OpenWindows;
use cardline::time::instant;
use jiff::SignedDuration;

use crate::conformance::batching::batches::{morning, played};
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;
use claimants::{Carton, Claimant};
use verdict::Won;

on_both_engines!(a_card_is_handed_over_once);

/// Races of the test; `ops/soak` asks for more.
const RACES: u64 = 500;
/// Cartons that are raced for at once.
const HEAT_CARTONS: usize = 5;

/// Who races in turn: two points, a point and the end of the window, a point and a list, and all of them. Where a window
/// rolls over its end takes no card.
const HEATS: [&[Claimant]; 5] = [
    &[Claimant::Holder, Claimant::Unit],
    &[Claimant::Holder, Claimant::Recall],
    &[Claimant::Unit, Claimant::List],
    &[Claimant::Holder, Claimant::Unit, Claimant::RollOver],
    &[Claimant::Unit, Claimant::List, Claimant::Holder, Claimant::Recall],
];

async fn a_card_is_handed_over_once(mut database: Database) {
    let races = std::env::var("CARDLINE_SOAK_RACES").map_or(RACES, |races| races.parse().unwrap());
    let (mut raced, mut won, mut started) = (0, Won::new(), Instant::now());
    for round in 0.. {
        let play = played(database).await;
        if round == 0 {
            started = Instant::now();
        }
        raced += race(&play, round, races - raced, &mut won).await;
        database = play.into_database().await;
        if raced == races {
            break;
        }
    }
    println!("{raced} races on {:?} in {:.1} s, won by {won:?}", database.engine, started.elapsed().as_secs_f64());
    // Who wins is chance; were it always the same one, nothing was raced for.
    assert!(won.len() > 1, "nobody raced: {won:?}");
}

/// Races for every carton on a shelf, as long as races are wanted; returns for how many cards.
async fn race(play: &Play, round: usize, wanted: u64, won: &mut Won) -> u64 {
    let worker = Arc::new(play.worker.on(play.worker.ledger.clone()));
    drain(&OpenWindows, &worker, morning()).await.unwrap();
    let cartons = cartons(play).await;
    let last = cartons.iter().map(|carton| carton.last_day).max().unwrap();
    let now = instant(last.tomorrow().unwrap(), 0, 0);
    let mut raced = 0;
    for (number, mut cartons) in in_heats(cartons).into_iter().enumerate() {
        for carton in &mut cartons {
            carton.cards.truncate((wanted - raced) as usize);
            raced += carton.cards.len() as u64;
        }
        let (cartons, heat) = (Arc::new(cartons), HEATS[(number + round) % HEATS.len()]);
        let told = claimants::all_at_once(&worker, &cartons, heat, now).await;
        for carton in cartons.iter() {
            verdict::one_each(&worker.ledger, carton, heat, &told, won).await;
        }
        if raced == wanted {
            break;
        }
    }
    // What else fell due until then is left alone.
    let found =
        broken(&play.worker.ledger.books(morning() - SignedDuration::from_hours(14), true, None).await.unwrap());
    assert!(found.is_empty(), "after round {round}: {found:#?}");
    raced
}

/// The cartons in groups that are raced for at once.
fn in_heats(cartons: Vec<Carton>) -> Vec<Vec<Carton>> {
    let mut heats: Vec<Vec<Carton>> = Vec::new();
    for carton in cartons {
        match heats.last_mut().filter(|heat| heat.len() < HEAT_CARTONS) {
            Some(heat) => heat.push(carton),
            None => heats.push(vec![carton]),
        }
    }
    heats
}

/// The cartons on shelves, with a list of each point.
async fn cartons(play: &Play) -> Vec<Carton> {
    const ON_SHELF: &str = "SELECT s.id, s.number, s.point, s.window_last, a.application_id
        FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
        WHERE NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL ORDER BY s.id, a.id";
    let mut tx = play.worker.ledger.read().await.unwrap();
    let rows = tx.rows::<(i64, String, String, String, String)>(ON_SHELF, args![]).await.unwrap();
    drop(tx);
    let mut lists: BTreeMap<String, Arc<PickupList>> = BTreeMap::new();
    let mut cartons: Vec<Carton> = Vec::new();
    for (id, number, point, last_day, card) in rows {
        if let Some(carton) = cartons.last_mut().filter(|carton| carton.id == id) {
            carton.cards.push(card);
            continue;
        }
        if !lists.contains_key(&point) {
            let by = Instruction { actor: "lin", reason: "no network", at: morning(), approval: None };
            let list = make_list(&play.worker, &point, "", by).await.unwrap_or_else(|e| panic!("{e:?}"));
            lists.insert(point.clone(), Arc::new(list));
        }
        let (list, last_day) = (lists[&point].clone(), last_day.parse().unwrap());
        cartons.push(Carton { id, number, point, last_day, list, cards: vec![card] });
    }
    cartons
}
