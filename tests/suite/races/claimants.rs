//! Who claims a card, and all of them at once.

use std::sync::Arc;
use std::time::Duration;

use cardline::actions::outcome::Instruction;
use cardline::actions::pickup::lists::cells::written;
use cardline::actions::pickup::lists::judge::RecordedLine;
use cardline::actions::pickup::lists::make::PickupList;
use cardline::actions::pickup::lists::record::record_list;
use cardline::kafka::RawMessage;
use cardline::route::distribution::shipments::EndedWindow;
use cardline::route::intake::settle::ChunkSource;
use cardline::route::servicing::{event_dates, read_event};
use cardline::step::Worker;
use cardline::store::Stamp;
use cardline::time::local_date;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use super::verdict::Told;

/// Somebody who claims the cards of a carton.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claimant {
    /// A point says that holders collected them.
    Holder,
    /// Another terminal says that a unit did.
    Unit,
    /// A list of the point comes back.
    List,
    /// The window ends, and the next one is opened.
    RollOver,
    /// The last window ends.
    Recall,
}

/// A carton on a shelf.
pub struct Carton {
    pub id: i64,
    pub number: String,
    pub point: String,
    pub last_day: Date,
    /// The list of its point.
    pub list: Arc<PickupList>,
    /// Application ids of the cards that lie in it.
    pub cards: Vec<String>,
}

/// The longest somebody begins later than the others: as long as a claim takes on a busy machine.
const LATER_MICROS_MAX: u64 = 40_000;

/// The claimants of some cartons, each a task with a connection of its own. Who is a moment later is another one every time.
pub async fn all_at_once(worker: &Arc<Worker>, cartons: &Arc<Vec<Carton>>, heat: &[Claimant], now: Timestamp) -> Told {
    let mut tasks = JoinSet::new();
    for &claimant in heat {
        let (worker, cartons) = (worker.clone(), cartons.clone());
        tasks.spawn(async move {
            tokio::time::sleep(Duration::from_micros(draw(&cartons, claimant) % LATER_MICROS_MAX)).await;
            match claimant {
                Claimant::Holder | Claimant::Unit => says(&worker, &cartons, claimant, now).await,
                Claimant::List => return come_back(&worker, &cartons, now).await,
                Claimant::RollOver | Claimant::Recall => end(&worker, &cartons, claimant, now).await,
            }
            Vec::new()
        });
    }
    let mut lines = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        lines.extend(ended.unwrap());
    }
    Told { lines }
}

fn draw(cartons: &[Carton], claimant: Claimant) -> u64 {
    let first = cartons.first().map_or("", |carton| &carton.number);
    let digest = Sha256::digest(format!("{first}/{claimant:?}"));
    u64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

/// A name for what somebody says of a card.
pub fn event_id(claimant: Claimant, card: &str) -> String {
    format!("race-{claimant:?}-{card}")
}

/// Events of a partition of somebody's own, as the step takes them in: what passes is tried again.
async fn says(worker: &Worker, cartons: &[Carton], claimant: Claimant, now: Timestamp) {
    let topic = worker.config.topics.events.clone();
    let partition = claimant as i64;
    let mut events: Vec<Value> = Vec::new();
    for carton in cartons {
        events.extend(carton.cards.iter().map(|card| collected(carton, claimant, card, now)));
    }
    if claimant == Claimant::Unit {
        // Rows are locked from the other end.
        events.reverse();
    }
    loop {
        let positions = worker.ledger.positions(&topic, &[0, 1]).await.unwrap();
        let first = positions.iter().find(|(known, _)| *known == partition).unwrap().1;
        let read = events.iter().zip(first..).map(|(event, position)| {
            let raw = RawMessage::new(position, event.to_string().into_bytes().into());
            read_event(&worker.keys, &raw, now).unwrap()
        });
        let next = first + events.len() as i64;
        let source = ChunkSource { topic: topic.clone(), partition, first, next, stored: Some(first), generation: 1 };
        let work = format!("race/{claimant:?}");
        let lease = worker.ledger.take_lease(&work, &work, now, 60).await.unwrap().unwrap();
        let why = Stamp { at: now, actor: "servicing", reason: "event" };
        let dates = event_dates(worker, local_date(now));
        match worker.ledger.settle_events(&lease, &source, read.collect(), &dates, why).await {
            Ok(_) => return,
            Err(error) => assert!(error.is_passing(), "{claimant:?}: {error}"),
        }
    }
}

fn collected(carton: &Carton, claimant: Claimant, card: &str, now: Timestamp) -> Value {
    let by = if claimant == Claimant::Unit { "unit" } else { "holder" };
    json!({
        "schema": "card.event.v1", "event_id": event_id(claimant, card), "type": "card.collected",
        "application_id": card, "by": by, "actor": "point-desk", "at": (now - SignedDuration::from_secs(1)).to_string(),
        "place": { "kind": "other", "code": carton.point },
        "evidence": [{ "kind": "id_front", "sha256": "0".repeat(64) }],
    })
}

/// The lists of the points, with every card of these cartons handed over on its last day. Tells what became of the lines.
async fn come_back(worker: &Worker, cartons: &[Carton], now: Timestamp) -> Vec<RecordedLine> {
    let mut told = Vec::new();
    for carton in cartons {
        let text = String::from_utf8(written(&carton.list.list, &carton.list.lines).unwrap()).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for line in carton.list.lines.iter().filter(|line| carton.cards.contains(&line.application_id)) {
            let at = line.no as usize;
            lines[at] = lines[at].replace(",,,,", &format!(",{},holder,id_front,", carton.last_day));
        }
        let by = Instruction { actor: "lin", reason: "the list came back", at: now, approval: None };
        let report = record_list(worker, lines.join("\r\n").as_bytes(), false, by).await;
        let lines = report.unwrap_or_else(|e| panic!("{e:?}")).lines.into_iter();
        told.extend(lines.filter(|line| carton.cards.contains(&line.application_id)));
    }
    told
}

/// The step's own settling of the end of these windows: claimed first, as all steps do.
async fn end(worker: &Worker, cartons: &[Carton], claimant: Claimant, now: Timestamp) {
    let today = local_date(now);
    let next_last = (claimant == Claimant::RollOver).then(|| worker.working_days_after(today, 10));
    loop {
        let mut ended = Vec::new();
        for (bank, area) in worker.ledger.due_runs("on_shelf", today).await.unwrap() {
            let due = worker.ledger.due_shipments("on_shelf", today, (&bank, &area), 1_000).await.unwrap();
            let due = due.into_iter().filter(|shipment| cartons.iter().any(|carton| carton.id == shipment.id));
            ended.extend(due.map(|shipment| EndedWindow { shipment, next_last }));
        }
        let lease = worker.ledger.take_lease("race/ends", "race/ends", now, 60).await.unwrap().unwrap();
        let why = Stamp { at: now, actor: "scheduler", reason: "the pickup window ended" };
        let back_on = worker.by_region(today, |policy| policy.return_working_days);
        match worker.ledger.settle_window_ends(&lease, &ended, &back_on, why).await {
            Ok(()) => return,
            Err(error) => assert!(error.is_passing(), "{claimant:?}: {error}"),
        }
    }
}
