//! The schedule: which streams of batches are due, how many cards each may take, and why others wait.
//!
//! Batches are cut stream by stream: what waits for one partner, bank, region and lane. A bureau that
//! merges regions has one stream for all of them; its run has a section for each. The daemon, `tick`,
//! the demo and `batch plan` ask the same function, so the plan is what happens. Not here: when a
//! partner takes files (`core::file_formats::Timetable`), and the acts of a person (`batch_acts`).

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::file_formats::{Because, Timetable, Until, Waiting};
use jiff::Timestamp;
use jiff::civil::Date;

use super::cutting;
use crate::batching::cut_batch::QueueSlice;
use crate::exchange::Partner;
use crate::step::{Claim, StageError, Unit, Worker};
use crate::store::Lease;

/// What a batch asks of a partner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Account,
    Production,
    Recycling,
}

impl Kind {
    /// Every kind, in the order of the route.
    pub const ALL: [Kind; 3] = [Kind::Account, Kind::Production, Kind::Recycling];

    /// The word in names of streams and in the ledger.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Account => "account",
            Kind::Production => "production",
            Kind::Recycling => "recycling",
        }
    }

    /// The work whose lease a cut needs. There is one for all streams of a kind: they share the numbers of
    /// the day, and those of a bureau its capacity.
    pub fn work(self) -> String {
        format!("cut/{}", self.word())
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A stream of batches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream {
    pub kind: Kind,
    pub partner: String,
    pub bank: String,
    /// None: regions are merged, and a run has a section for each.
    pub region: Option<String>,
    pub lane: String,
}

impl Stream {
    /// Its name, such as `account/ABC/110101/normal` or `production/BUREAU/ABC/urgent`.
    pub fn name(&self) -> String {
        let mut parts = vec![self.kind.word(), &self.partner];
        if self.kind == Kind::Production {
            parts.push(&self.bank);
        }
        parts.extend(self.region.as_deref());
        if self.kind != Kind::Recycling {
            parts.push(&self.lane);
        }
        parts.join("/")
    }

    fn rank(&self) -> u8 {
        u8::from(self.lane == "normal")
    }
}

/// A stream in which something waits, as it stands at an instant.
pub struct Candidate<'s> {
    pub stream: Stream,
    pub partner: &'s Partner,
    /// What waits, region by region.
    pub sections: Vec<QueueSlice>,
    pub waiting: Waiting,
    pub timetable: Timetable,
    /// The hold that covers it.
    pub held_by: Option<String>,
    pub verdict: Result<Because, Until>,
    /// When it would be cut if nothing more came.
    pub first_cut: Option<Timestamp>,
    /// How many cards the capacity of that day leaves it.
    pub take: i64,
}

impl Candidate<'_> {
    /// Whether it is cut now.
    pub fn is_due(&self) -> bool {
        self.held_by.is_none() && self.verdict.is_ok() && self.take > 0
    }

    /// The most cards its next batch may have.
    pub fn batch_cards(&self) -> i64 {
        self.take.min(cutting::max_cards(&self.partner.profile))
    }

    /// Which sections so many cards come from, and how many of each: those approved first, as within a
    /// section; told in the order of regions.
    pub async fn portions(&self, worker: &Worker, cards: i64) -> Result<Vec<(&QueueSlice, i64)>, StageError> {
        let among = match self.sections.as_slice() {
            [only] => vec![(only.region.clone(), only.cards.min(cards))],
            all if self.waiting.cards <= cards => all.iter().map(|s| (s.region.clone(), s.cards)).collect(),
            some => worker.ledger.approved_first(some, cards).await?,
        };
        let found = |(region, n)| Some((self.sections.iter().find(|s| s.region == region)?, n));
        Ok(among.into_iter().filter_map(found).filter(|(_, n)| *n > 0).collect())
    }

    /// Cards its bureau makes on one day.
    pub fn capacity(&self) -> Option<i64> {
        let is_made = self.stream.kind == Kind::Production;
        self.partner.profile.batch.capacity_per_day.filter(|_| is_made).map(i64::from)
    }

    /// The day the oldest card counts from.
    pub fn oldest(&self) -> &str {
        self.sections.iter().map(|s| s.oldest.as_str()).min().unwrap_or_default()
    }
}

/// Every stream of a kind in which something waits: urgent lanes first, then the oldest.
pub async fn candidates(worker: &Worker, kind: Kind, now: Timestamp) -> Result<Vec<Candidate<'_>>, StageError> {
    among(worker, kind, waiting(worker, kind).await?, now).await
}

/// The streams of what waits, in their order.
async fn among(
    worker: &Worker,
    kind: Kind,
    groups: Vec<QueueSlice>,
    now: Timestamp,
) -> Result<Vec<Candidate<'_>>, StageError> {
    let mut found = standing(worker, kind, groups, now).await?;
    share_capacity(worker, &mut found, now).await?;
    found.sort_by_key(|c| (c.stream.rank(), c.oldest().to_owned(), c.stream.name()));
    Ok(found)
}

/// One stream as if its cut had come; it has what is left of today's capacity before all others.
pub async fn cut_now<'s>(
    worker: &'s Worker,
    kind: Kind,
    stream: &str,
    now: Timestamp,
) -> Result<Option<Candidate<'s>>, StageError> {
    let mut found = standing(worker, kind, waiting(worker, kind).await?, now).await?;
    found.retain(|c| c.stream.name() == stream);
    found.iter_mut().for_each(|c| c.first_cut = Some(now));
    share_capacity(worker, &mut found, now).await?;
    Ok(found.pop())
}

/// What waits for a batch of a kind, group by group.
async fn waiting(worker: &Worker, kind: Kind) -> Result<Vec<QueueSlice>, StageError> {
    let ledger = &worker.ledger;
    Ok(match kind {
        Kind::Account => ledger.waiting_accounts().await?,
        Kind::Production => ledger.waiting_production().await?,
        Kind::Recycling => ledger.waiting_recycling().await?,
    })
}

async fn standing(
    worker: &Worker,
    kind: Kind,
    groups: Vec<QueueSlice>,
    now: Timestamp,
) -> Result<Vec<Candidate<'_>>, StageError> {
    let holds: Vec<String> = worker.ledger.held_streams().await?.into_iter().map(|(stream, _)| stream).collect();
    let mut streams: BTreeMap<String, (Stream, &Partner, Vec<QueueSlice>)> = BTreeMap::new();
    for group in groups {
        let Some((stream, partner)) = stream_of(worker, kind, &group) else { continue };
        streams.entry(stream.name()).or_insert_with(|| (stream, partner, Vec::new())).2.push(group);
    }
    let mut found = Vec::new();
    for (name, (stream, partner, sections)) in streams {
        let held_by = holds.iter().find(|held| covers(held, &name)).cloned();
        found.push(candidate(worker, stream, partner, sections, held_by, now));
    }
    Ok(found)
}

async fn share_capacity(worker: &Worker, found: &mut [Candidate<'_>], now: Timestamp) -> Result<(), StageError> {
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

/// Whether a hold covers a stream: its own name, or the beginning of it.
pub fn covers(held: &str, stream: &str) -> bool {
    stream.strip_prefix(held).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A stream that was due when the queue was looked at, or a region whose cards nobody makes. Only a hint;
/// what is cut is read under the lease.
pub struct DueStream {
    partner: Option<String>,
    name: String,
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
pub async fn due_streams(worker: &Worker, kind: Kind, now: Timestamp) -> Result<Vec<DueStream>, StageError> {
    let groups = waiting(worker, kind).await?;
    let homeless = |group: &&QueueSlice| kind == Kind::Production && worker.partners.bureau(&group.region).is_err();
    let nowhere: BTreeSet<String> = groups.iter().filter(homeless).map(|group| group.region.clone()).collect();
    let due = among(worker, kind, groups, now).await?.into_iter().filter(Candidate::is_due);
    let due = due.map(|c| DueStream { partner: Some(c.partner.profile.code.clone()), name: c.stream.name() });
    Ok(due.chain(nowhere.into_iter().map(|region| DueStream { partner: None, name: region })).collect())
}

/// A stream of the kind if it is due and the kind's lease was free, looked at under it: others may have used
/// the capacity before the lease was ours.
pub async fn take_due<'s>(
    worker: &'s Worker,
    kind: Kind,
    stream: &DueStream,
    now: Timestamp,
) -> Result<Claim<(Lease, Candidate<'s>)>, StageError> {
    if stream.partner.is_none() {
        worker.partners.bureau(&stream.name)?;
        return Ok(Claim::Settled);
    }
    let Some(lease) = worker.lease(&kind.work(), now).await? else { return Ok(Claim::Busy) };
    let mut found = candidates(worker, kind, now).await?.into_iter();
    match found.find(|due| due.stream.name() == stream.name && due.is_due()) {
        Some(due) => Ok(Claim::Taken((lease, due))),
        None => {
            worker.ledger.give_back(&lease).await?;
            Ok(Claim::Nothing)
        }
    }
}

/// The stream a group belongs to; none when its bank is no partner, or no bureau makes its cards.
pub fn stream_of<'s>(worker: &'s Worker, kind: Kind, group: &QueueSlice) -> Option<(Stream, &'s Partner)> {
    let partner = match kind {
        Kind::Production => worker.partners.bureau(&group.region).ok()?,
        _ => worker.partners.get(&group.bank)?,
    };
    let merged = kind == Kind::Production && partner.profile.batch.merge_regions;
    let stream = Stream {
        kind,
        partner: partner.profile.code.clone(),
        bank: group.bank.clone(),
        region: (!merged).then(|| group.region.clone()),
        lane: group.lane.clone(),
    };
    Some((stream, partner))
}

fn candidate<'s>(
    worker: &Worker,
    stream: Stream,
    partner: &'s Partner,
    sections: Vec<QueueSlice>,
    held_by: Option<String>,
    now: Timestamp,
) -> Candidate<'s> {
    let timetable = Timetable::of(&partner.profile, &worker.calendar);
    let ripe = |group: &QueueSlice| {
        let day: Date = group.oldest.parse().unwrap_or_else(|_| timetable.today(now));
        if stream.kind == Kind::Recycling { timetable.ripe_before(day) } else { timetable.ripe_after(day) }
    };
    let waiting = Waiting {
        lane: stream.lane.clone(),
        cards: sections.iter().map(|s| s.cards).sum(),
        ripe_on: sections.iter().map(ripe).min().unwrap_or_else(|| timetable.today(now)),
        since: sections.iter().map(|s| s.since).min().unwrap_or(now),
    };
    let (verdict, first_cut) = (timetable.look(&waiting, now), timetable.first_cut(&waiting, now));
    Candidate { take: waiting.cards, stream, partner, sections, waiting, timetable, held_by, verdict, first_cut }
}

async fn used_today(worker: &Worker, candidate: &Candidate<'_>, now: Timestamp) -> Result<i64, StageError> {
    let today = candidate.timetable.today(now);
    let Some((from, until)) = candidate.timetable.bounds(today) else { return Ok(0) };
    Ok(worker.ledger.cards_ordered(&candidate.partner.profile.code, from, until).await?)
}

/// Divides each bureau's days among its streams: who is cut first, then urgent lanes, then the oldest.
fn allocate(candidates: &mut [Candidate<'_>], used_today: &BTreeMap<String, i64>, now: Timestamp) {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|at| {
        let c = &candidates[*at];
        (c.first_cut.unwrap_or(Timestamp::MAX), c.stream.rank(), c.oldest().to_owned(), c.stream.name())
    });
    let mut left: BTreeMap<(String, Date), i64> = BTreeMap::new();
    for at in order {
        let c = &mut candidates[at];
        if c.held_by.is_some() {
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
