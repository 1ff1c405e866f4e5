//! The plan: what the next cut of every stream would contain, what is left out and why, why today is
//! skipped, and when the next cuts are. It asks what the scheduler asks and changes nothing.
//!
//! The scheduler sees everything, because streams share a bureau's days. So this is the one place where what
//! people are shown is narrowed afterwards ([`narrow`]).

use std::collections::BTreeMap;

use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::staff::Scope;
use cardline_core::file_formats::{Until, Waiting};
use jiff::Timestamp;
use serde::Serialize;

use crate::batching::any_kind::{AnyKind, waiting_streams};
use crate::batching::cutting;
use crate::batching::schedule::{self, WaitingStream};
use crate::people::authorisation::{stream_meets, stream_within};
use crate::route::BATCH_KINDS;
use crate::step::{StageError, Worker};
use crate::time::rfc3339;

/// Regular cuts shown of each stream.
const NEXT_CUTS: usize = 5;

/// Every stream in which something of the viewer's scope waits, and what is on hold of it.
#[derive(Serialize)]
pub struct Plan {
    pub at: String,
    pub streams: Vec<StreamPlan>,
    pub holds: Vec<Hold>,
}

/// The next cut of one stream.
#[derive(Serialize)]
pub struct StreamPlan {
    pub stream: String,
    pub kind: &'static str,
    pub partner: String,
    pub bank: String,
    pub lane: String,
    /// What of it is not shown, when it reaches beyond the viewer's scope.
    pub beyond: Option<String>,
    /// Whether the scheduler cuts it now.
    pub due: bool,
    /// Why it is cut, or what it waits for.
    pub why: String,
    /// When it is cut if nothing more comes; none when it is on hold.
    pub next_cut: Option<String>,
    /// What that cut would contain.
    pub cards: i64,
    /// None when others have cards in them.
    pub batches: Option<i64>,
    pub sections: Vec<Section>,
    /// The day its oldest card counts from.
    pub oldest: String,
    pub left_out: Vec<LeftOut>,
    /// Why nothing is cut today, whatever waits.
    pub skipped_today: Option<String>,
    /// The next day's calendar is not published: Monday to Friday is assumed.
    pub provisional: bool,
    /// The lane's regular cuts after now.
    pub next_cuts: Vec<String>,
}

/// The cards of one region.
#[derive(Serialize)]
pub struct Section {
    pub region: String,
    pub cards: i64,
}

/// Cards that the cut would not contain.
#[derive(Serialize)]
pub struct LeftOut {
    pub why: String,
    pub cards: i64,
}

/// A stream, or the beginning of names, that nobody cuts now.
#[derive(Serialize)]
pub struct Hold {
    pub stream: String,
    pub at: String,
    pub by: String,
    /// The person's own words.
    pub reason: String,
}

/// Cards without a photo, and held ones, by the stream they would be in.
type Missing = BTreeMap<String, i64>;

impl Plan {
    /// Only the streams of this name, or below it.
    pub fn narrow_to(&mut self, stream: &str) {
        self.streams.retain(|planned| schedule::covers(stream, &planned.stream));
    }
}

/// What would be cut, as of an instant.
pub async fn plan(worker: &Worker, at: Timestamp) -> Result<Plan, StageError> {
    let mut no_photo = Missing::new();
    for (region, bank, lane, count) in worker.ledger.waiting_without_photo().await? {
        add(worker, &mut no_photo, BatchKind::ACCOUNT, (region, bank, lane), count)?;
    }
    let mut on_hold = Missing::new();
    for (kind, region, bank, lane, count) in worker.ledger.cards_on_hold().await? {
        let kind = BatchKind::named(&kind).unwrap_or(BatchKind::ACCOUNT);
        add(worker, &mut on_hold, kind, (region, bank, lane), count)?;
    }
    let scope = worker.ledger.viewer().map(|viewer| viewer.scope.clone()).unwrap_or_default();
    let mut streams = Vec::new();
    for kind in BATCH_KINDS {
        for candidate in waiting_streams(worker, kind, at).await? {
            let name = candidate.stream.name();
            let of = |missing: &Missing| missing.get(&name).copied().unwrap_or(0);
            if !candidate.slices.iter().any(|s| scope.covers(&s.bank, &s.region)) {
                continue;
            }
            let mut told = stream_plan(worker, kind, &candidate, at, of(&no_photo)).await?;
            if !stream_within(&scope, &name) {
                narrow(&mut told, &candidate, &scope);
            }
            let on_hold = of(&on_hold);
            told.left_out
                .extend((on_hold > 0).then(|| LeftOut { why: "held, a person decides".into(), cards: on_hold }));
            streams.push(told);
        }
    }
    let mut holds = Vec::new();
    let streams_on_hold = worker.ledger.streams_on_hold().await?;
    for (stream, action) in streams_on_hold.into_iter().filter(|(stream, _)| stream_meets(&scope, stream)) {
        let reason = String::from_utf8_lossy(&worker.keys.decrypt(&action.reason)?).into_owned();
        holds.push(Hold { stream, at: rfc3339(action.at), by: action.actor, reason });
    }
    Ok(Plan { at: rfc3339(at), streams, holds })
}

fn add(
    worker: &Worker,
    missing: &mut Missing,
    kind: BatchKind,
    (region, bank, lane): (String, String, String),
    count: i64,
) -> Result<(), StageError> {
    if let Some((stream, _)) = schedule::stream_of(worker, kind, (&region, &bank, &lane)) {
        *missing.entry(stream.name()).or_default() += count;
    }
    Ok(())
}

async fn stream_plan(
    worker: &Worker,
    kind: &dyn AnyKind,
    c: &WaitingStream<'_>,
    at: Timestamp,
    no_photo: i64,
) -> Result<StreamPlan, StageError> {
    let today = c.timetable.today(at);
    let contents = contents(c, no_photo);
    // The capacity of a day that is used up comes back on the next.
    let spent = c.on_hold_by.is_none() && c.take == 0;
    let next_cut = match c.timetable.bounds(today).filter(|_| spent) {
        Some((_, tomorrow)) => c.timetable.first_cut(&c.waiting, tomorrow),
        None => c.first_cut.filter(|_| c.on_hold_by.is_none()),
    };
    let skipped_today = match (&c.on_hold_by, c.verdict) {
        (Some(stream), _) => Some(format!("held with {stream}")),
        (None, Err(until @ (Until::WorkingDay | Until::Hours))) => Some(until.word().to_owned()),
        _ => None,
    };
    Ok(StreamPlan {
        stream: c.stream.name(),
        kind: c.stream.kind.word,
        partner: c.stream.partner.clone(),
        bank: c.stream.bank.clone(),
        lane: c.stream.lane.clone(),
        beyond: None,
        due: c.is_due(),
        why: why(c, spent),
        next_cut: next_cut.map(rfc3339),
        cards: contents.cards,
        batches: Some(contents.batches),
        sections: kind
            .portions(worker, c, contents.cards)
            .await?
            .into_iter()
            .map(|(slice, cards)| Section { region: slice.region, cards })
            .collect(),
        oldest: c.oldest().to_owned(),
        left_out: contents.left_out,
        skipped_today,
        provisional: c.timetable.is_provisional(c.timetable.today(next_cut.unwrap_or(at))),
        next_cuts: c.timetable.next_cuts(&c.stream.lane, at, NEXT_CUTS).into_iter().map(rfc3339).collect(),
    })
}

fn why(c: &WaitingStream<'_>, spent: bool) -> String {
    match (&c.on_hold_by, c.verdict) {
        (Some(stream), _) => format!("held with {stream}"),
        (None, Ok(_)) if spent => "the bureau's capacity of the day is used".into(),
        (None, Ok(because)) => because.word().into(),
        (None, Err(until)) => until.word().into(),
    }
}

/// Cards and batches of a cut, and who is left out of it.
struct Contents {
    cards: i64,
    batches: i64,
    left_out: Vec<LeftOut>,
}

/// A stream is cut batch by batch; the rest of a full one waits on unless it, too, is due.
fn contents(c: &WaitingStream<'_>, no_photo: i64) -> Contents {
    let mut left_out = Vec::new();
    let mut leave = |why: &str, cards: i64| {
        if cards > 0 {
            left_out.push(LeftOut { why: why.into(), cards });
        }
    };
    let ready = (c.waiting.cards - no_photo).max(0);
    leave("no photo yet", no_photo);
    if let Some(stream) = &c.on_hold_by {
        leave(&format!("held with {stream}"), ready);
        return Contents { cards: 0, batches: 0, left_out };
    }
    let mut rest = ready.min(c.take);
    leave("over the bureau's capacity of the day", ready - rest);
    let (mut cards, mut batches) = (0, 0);
    while rest > 0 {
        let waiting = Waiting { cards: rest, ..c.waiting.clone() };
        match c.first_cut.map_or(Err(Until::Age), |at| c.timetable.look(&waiting, at)) {
            Ok(_) => {
                let batch = rest.min(cutting::max_cards(&c.partner.profile));
                (cards, batches, rest) = (cards + batch, batches + 1, rest - batch);
            }
            Err(until) => {
                leave(until.word(), rest);
                break;
            }
        }
    }
    Contents { cards, batches, left_out }
}

/// Narrows what is shown of a stream that reaches beyond a scope to the cards within.
fn narrow(told: &mut StreamPlan, c: &WaitingStream<'_>, scope: &Scope) {
    let own = c.slices.iter().filter(|section| scope.covers(&section.bank, &section.region));
    let waiting: i64 = own.clone().map(|section| section.cards).sum();
    told.oldest = own.map(|section| section.oldest.clone()).min().unwrap_or_default();
    told.sections.retain(|section| scope.covers(&told.bank, &section.region));
    told.cards = told.sections.iter().map(|section| section.cards).sum();
    told.batches = None;
    // Those approved first go first, so which of these reasons left a section's card out is not known.
    let why: Vec<String> = told.left_out.drain(..).map(|left| left.why).collect();
    let cards = waiting - told.cards;
    told.left_out.extend((cards > 0).then(|| LeftOut { why: why.join(" or "), cards }));
    told.beyond = Some(format!("reaches beyond {scope}; only what lies within is counted here"));
}
