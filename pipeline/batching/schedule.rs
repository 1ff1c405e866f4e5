//! The schedule: which streams of batches are due, how many cards each may take, and why others wait.
//!
//! Batches are cut stream by stream: what waits for one partner, bank, region and lane. A bureau that
//! merges regions has one stream for all of them; its run has a section for each. The daemon, `tick`,
//! the demo and `batch plan` ask the same function, so the plan is what happens. Not here: when a
//! partner takes files (`core::file_formats::Timetable`), and the actions of a person (`batch_act`).

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::batch_kinds::{Asked, BatchKind, Gathers};
use cardline_core::file_formats::{Because, Timetable, Until, Waiting};
use jiff::Timestamp;
use jiff::civil::Date;

use super::cut_batch::{QueueSlice, cards_asked};
use super::cutting;
use crate::exchange::Partner;
use crate::step::{Claim, StageError, Unit, Worker};
use crate::store::{Lease, LedgerError, Tx};

/// A stream of batches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream {
    pub kind: BatchKind,
    pub partner: String,
    pub bank: String,
    /// None: regions are merged, and a run has a section for each.
    pub region: Option<String>,
    pub lane: String,
}

impl Stream {
    /// Its name, such as `account/ABC/110101/normal` or `production/BUREAU/ABC/urgent`.
    pub fn name(&self) -> String {
        let mut parts = vec![self.kind.word, &self.partner];
        if self.kind.asked == Asked::Bureau {
            parts.push(&self.bank);
        }
        parts.extend(self.region.as_deref());
        if self.kind.has_lanes {
            parts.push(&self.lane);
        }
        parts.join("/")
    }

    fn rank(&self) -> u8 {
        u8::from(self.lane == "normal")
    }
}

/// A stream in which something waits, as it stands at an instant.
pub struct WaitingStream<'s> {
    pub stream: Stream,
    pub partner: &'s Partner,
    /// What waits, region by region.
    pub slices: Vec<QueueSlice>,
    pub waiting: Waiting,
    pub timetable: Timetable,
    /// The hold that covers it.
    pub on_hold_by: Option<String>,
    pub verdict: Result<Because, Until>,
    /// When it would be cut if nothing more came.
    pub first_cut: Option<Timestamp>,
    /// How many cards the capacity of that day leaves it.
    pub take: i64,
}

impl WaitingStream<'_> {
    /// Whether it is cut now.
    pub fn is_due(&self) -> bool {
        self.on_hold_by.is_none() && self.verdict.is_ok() && self.take > 0
    }

    /// The most cards its next batch may have.
    pub fn batch_cards(&self) -> i64 {
        self.take.min(cutting::max_cards(&self.partner.profile))
    }

    /// The stream, as a unit of work that takes its next batch.
    pub fn unit(&self) -> DueStream {
        DueStream {
            partner: Some(self.partner.profile.code.clone()),
            name: self.stream.name(),
            slices: self.slices.clone(),
            most: self.batch_cards(),
            full: cutting::max_cards(&self.partner.profile),
        }
    }

    /// Cards its bureau makes on one day.
    pub fn capacity(&self) -> Option<i64> {
        capacity(self.partner, self.stream.kind)
    }

    /// The day the oldest card counts from.
    pub fn oldest(&self) -> &str {
        self.slices.iter().map(|s| s.oldest.as_str()).min().unwrap_or_default()
    }
}

/// The streams of a kind in which these slices wait: urgent lanes first, then the oldest.
pub async fn streams(
    worker: &Worker,
    kind: BatchKind,
    slices: Vec<QueueSlice>,
    now: Timestamp,
) -> Result<Vec<WaitingStream<'_>>, StageError> {
    let mut found = standing(worker, kind, slices, now).await?;
    share_capacity(worker, &mut found, now).await?;
    found.sort_by_key(|c| (c.stream.rank(), c.oldest().to_owned(), c.stream.name()));
    Ok(found)
}

/// One stream as if its cut had come; it has what is left of today's capacity before all others.
pub async fn cut_now<'s>(
    worker: &'s Worker,
    kind: BatchKind,
    slices: Vec<QueueSlice>,
    stream: &str,
    now: Timestamp,
) -> Result<Option<WaitingStream<'s>>, StageError> {
    let mut found = standing(worker, kind, slices, now).await?;
    found.retain(|c| c.stream.name() == stream);
    found.iter_mut().for_each(|c| c.first_cut = Some(now));
    share_capacity(worker, &mut found, now).await?;
    Ok(found.pop())
}

async fn standing(
    worker: &Worker,
    kind: BatchKind,
    groups: Vec<QueueSlice>,
    now: Timestamp,
) -> Result<Vec<WaitingStream<'_>>, StageError> {
    let holds: Vec<String> = worker.ledger.streams_on_hold().await?.into_iter().map(|(stream, _)| stream).collect();
    let mut streams: BTreeMap<String, (Stream, &Partner, Vec<QueueSlice>)> = BTreeMap::new();
    for group in groups {
        let Some((stream, partner)) = stream_of(worker, kind, group.key()) else { continue };
        streams.entry(stream.name()).or_insert_with(|| (stream, partner, Vec::new())).2.push(group);
    }
    let mut found = Vec::new();
    for (name, (stream, partner, slices)) in streams {
        let on_hold_by = holds.iter().find(|on_hold| covers(on_hold, &name)).cloned();
        found.push(candidate(worker, stream, partner, slices, on_hold_by, now));
    }
    Ok(found)
}

async fn share_capacity(worker: &Worker, found: &mut [WaitingStream<'_>], now: Timestamp) -> Result<(), StageError> {
    let mut used = BTreeMap::new();
    for candidate in found.iter().filter(|c| c.capacity().is_some()) {
        let code = &candidate.partner.profile.code;
        if !used.contains_key(code) {
            used.insert(code.clone(), used_today(worker, candidate, now).await?);
        }
    }
    allocate(found, &used, now);
    Ok(())
}

/// The work whose lease a cut of a stream needs, such as `cut/account/ABC/110101/normal`: streams do not wait for each
/// other.
pub fn lease_of(stream: &str) -> String {
    format!("cut/{stream}")
}

/// Whether a hold covers a stream: its own name, or the beginning of it.
pub fn covers(on_hold: &str, stream: &str) -> bool {
    stream.strip_prefix(on_hold).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A stream that was due when the queue was looked at, or a region whose cards nobody makes.
#[derive(Clone)]
pub struct DueStream {
    /// Nobody: the name is that of a region.
    pub partner: Option<String>,
    pub name: String,
    /// What waits in it.
    pub slices: Vec<QueueSlice>,
    /// The most cards its next batch may have.
    pub most: i64,
    /// The most cards any batch of its partner may have.
    pub full: i64,
}

impl Unit for DueStream {
    fn partner(&self) -> Option<&str> {
        self.partner.as_deref()
    }

    fn name(&self) -> Option<String> {
        Some(self.name.clone())
    }
}

/// The streams of a kind that are due, in their order, and what can be in no stream.
pub async fn due_streams(
    worker: &Worker,
    kind: BatchKind,
    slices: Vec<QueueSlice>,
    now: Timestamp,
) -> Result<Vec<DueStream>, StageError> {
    let homeless = |slice: &&QueueSlice| kind.asked == Asked::Bureau && worker.partners.bureau(&slice.region).is_err();
    let nowhere: BTreeSet<String> = slices.iter().filter(homeless).map(|slice| slice.region.clone()).collect();
    let due = streams(worker, kind, slices, now).await?;
    let due = due.into_iter().filter(WaitingStream::is_due).map(|stream| stream.unit());
    let nowhere = nowhere.into_iter();
    Ok(due.chain(nowhere.map(|name| DueStream { partner: None, name, slices: Vec::new(), most: 0, full: 0 })).collect())
}

/// A stream of the kind under its lease, if it is still to be cut. What waits is looked at again: others may have
/// cut of it, or used its capacity, before the lease was ours.
pub async fn take_due(
    worker: &Worker,
    kind: BatchKind,
    stream: &DueStream,
    waiting: impl Future<Output = Result<Vec<QueueSlice>, LedgerError>> + Send,
    now: Timestamp,
) -> Result<Claim<(Lease, DueStream)>, StageError> {
    if stream.partner.is_none() {
        worker.partners.bureau(&stream.name)?;
        return Ok(Claim::Settled);
    }
    let Some(lease) = worker.lease(&lease_of(&stream.name), now).await? else { return Ok(Claim::Busy) };
    let mut found = streams(worker, kind, waiting.await?, now).await?.into_iter();
    let found = found.find(|due| due.stream.name() == stream.name && due.is_due()).map(|due| due.unit());
    match found {
        Some(due) => Ok(Claim::Taken((lease, due))),
        None => {
            worker.ledger.give_back(&lease).await?;
            Ok(Claim::Nothing)
        }
    }
}

/// The stream a group belongs to; none when its bank is no partner, or no bureau makes its cards.
pub fn stream_of<'s>(
    worker: &'s Worker,
    kind: BatchKind,
    (region, bank, lane): (&str, &str, &str),
) -> Option<(Stream, &'s Partner)> {
    let partner = match kind.asked {
        Asked::Bureau => worker.partners.bureau(region).ok()?,
        Asked::Bank => worker.partners.get(bank)?,
    };
    let merged = kind.asked == Asked::Bureau && partner.profile.batch.merge_regions;
    let stream = Stream {
        kind,
        partner: partner.profile.code.clone(),
        bank: bank.into(),
        region: (!merged).then(|| region.to_owned()),
        lane: lane.into(),
    };
    Some((stream, partner))
}

fn candidate<'s>(
    worker: &Worker,
    stream: Stream,
    partner: &'s Partner,
    slices: Vec<QueueSlice>,
    on_hold_by: Option<String>,
    now: Timestamp,
) -> WaitingStream<'s> {
    let timetable = Timetable::of(&partner.profile, &worker.calendar);
    let ripe = |group: &QueueSlice| {
        let day: Date = group.oldest.parse().unwrap_or_else(|_| timetable.today(now));
        match stream.kind.gathers {
            Gathers::Before => timetable.ripe_before(day),
            Gathers::After => timetable.ripe_after(day),
        }
    };
    let waiting = Waiting {
        lane: stream.lane.clone(),
        cards: slices.iter().map(|s| s.cards).sum(),
        ripe_on: slices.iter().map(ripe).min().unwrap_or_else(|| timetable.today(now)),
        since: slices.iter().map(|s| s.since).min().unwrap_or(now),
    };
    let (verdict, first_cut) = (timetable.look(&waiting, now), timetable.first_cut(&waiting, now));
    WaitingStream { take: waiting.cards, stream, partner, slices, waiting, timetable, on_hold_by, verdict, first_cut }
}

/// Cards a partner makes on one day; none where nothing is made, or as many as are asked.
fn capacity(partner: &Partner, kind: BatchKind) -> Option<i64> {
    partner.profile.batch.capacity_per_day.filter(|_| kind.asked == Asked::Bureau).map(i64::from)
}

/// Refuses so many cards more where others used up a bureau's day meanwhile. Whoever asks has the lock on the numbers
/// of its files, so that nobody else does in between.
pub(super) async fn refuse_beyond_capacity(
    worker: &Worker,
    tx: &mut Tx,
    (code, kind): (&str, BatchKind),
    cards: i64,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let Some(partner) = worker.partners.get(code) else { return Ok(()) };
    let Some(capacity) = capacity(partner, kind) else { return Ok(()) };
    let timetable = Timetable::of(&partner.profile, &worker.calendar);
    let Some((from, until)) = timetable.bounds(timetable.today(now)) else { return Ok(()) };
    if cards_asked(tx, code, kind.request, (from, until)).await? + cards <= capacity {
        return Ok(());
    }
    Err(LedgerError::DayUsedUp { partner: code.into(), capacity })
}

async fn used_today(worker: &Worker, candidate: &WaitingStream<'_>, now: Timestamp) -> Result<i64, StageError> {
    let today = candidate.timetable.today(now);
    let Some((from, until)) = candidate.timetable.bounds(today) else { return Ok(0) };
    let mut tx = worker.ledger.read().await?;
    Ok(cards_asked(&mut tx, &candidate.partner.profile.code, candidate.stream.kind.request, (from, until)).await?)
}

/// Divides each bureau's days among its streams: who is cut first, then urgent lanes, then the oldest.
fn allocate(candidates: &mut [WaitingStream<'_>], used_today: &BTreeMap<String, i64>, now: Timestamp) {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|at| {
        let c = &candidates[*at];
        (c.first_cut.unwrap_or(Timestamp::MAX), c.stream.rank(), c.oldest().to_owned(), c.stream.name())
    });
    let mut left: BTreeMap<(String, Date), i64> = BTreeMap::new();
    for at in order {
        let c = &mut candidates[at];
        if c.on_hold_by.is_some() {
            c.take = 0;
        }
        let (Some(capacity), Some(cut)) = (c.capacity(), c.first_cut) else { continue };
        let (code, day) = (&c.partner.profile.code, c.timetable.today(cut));
        let used = if day == c.timetable.today(now) { used_today.get(code).copied().unwrap_or(0) } else { 0 };
        let left = left.entry((code.clone(), day)).or_insert((capacity - used).max(0));
        c.take = c.take.min(*left);
        *left -= c.take;
    }
}
