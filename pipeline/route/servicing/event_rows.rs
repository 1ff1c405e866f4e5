//! Events of a card's life in the ledger (`card.events`), set by set, each with its history.
//!
//! Like intake, events that touch the same card or shipment are settled in waves. An event whose
//! card does not stand where the event supposes is kept, encrypted, as rejected; it changes nothing.

use std::collections::{BTreeMap, HashMap};

use cardline_core::domain::policy::ByRegion;
use cardline_core::state_machines::{ACCOUNT, APPLICATION, CARD, SOCIAL};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::args;
use crate::messages::dead_letters;
use crate::route::intake::settle::{ChunkSource, IntakeCounts, close_chunk, move_offset, open_chunk};
use crate::store::Tx;
use crate::store::Why;
use crate::store::bulk::{Column, StagingTable};
use crate::store::leases::spend;
use crate::store::transition::{Along, EventMark, SUBJECT, Set, Transition, by_day, move_each, move_set_by};
use crate::store::{Lease, Ledger, LedgerError};

/// What an event does to the lives, by its type; the route of each is below.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EventKind {
    PointReceived,
    Collected,
    CollectedByUnit,
    HandedOver,
    ActivatedSocial,
    ActivatedFinancial,
    ActivatedBoth,
    LostFormally,
    LossLifted,
    LostProvisionally,
    Ended,
    PlasticReturned,
    Withdrawn,
    /// Known and kept encrypted, without a move: a fact about phone, lock or password.
    Fact,
}

impl EventKind {
    /// Whether it makes a function of the card active.
    fn activates(self) -> bool {
        matches!(self, EventKind::ActivatedSocial | EventKind::ActivatedFinancial | EventKind::ActivatedBoth)
    }
}

/// One event, read and ready to settle. Holds encrypted bytes only.
pub struct ArrivingEvent {
    pub position: i64,
    pub event_id: Option<String>,
    pub digest: Vec<u8>,
    /// `None`: it could not be read; `reason` says why.
    pub kind: Option<EventKind>,
    pub reason: Option<String>,
    /// Card number, application id or shipment number.
    pub subject: String,
    /// Cards counted, for a receipt.
    pub count: Option<i64>,
    pub at: Timestamp,
    pub actor: String,
    /// What was shown: kinds and hashes, as JSON.
    pub evidence: Option<String>,
    /// Why plastic came back or a card ended, in our words.
    pub because: Option<String>,
    pub encrypted: Vec<u8>,
}

const EVENT: StagingTable = StagingTable {
    name: "event",
    columns: &[
        ("position", Column::Int),
        ("event_id", Column::Text),
        ("digest", Column::Bytes),
        ("subject", Column::Text),
        ("at", Column::Int),
        ("actor", Column::Text),
        ("evidence", Column::Text),
        ("id", Column::Int),
        ("verdict", Column::Text),
        ("because", Column::Text),
    ],
};

/// How the move of an event kind reads: every alternative is tried in order on those not yet moved.
pub(crate) fn routes(kind: EventKind) -> &'static [(&'static [Transition], &'static str)] {
    const fn transition(
        machine: &'static cardline_core::state_machines::StateMachine,
        from: &'static str,
        to: &'static str,
    ) -> Transition {
        Transition { machine, from, to }
    }
    const SOCIAL_ON: Transition = transition(&SOCIAL, "sealed", "active");
    const ACCOUNT_ON: Transition = transition(&ACCOUNT, "sealed", "active");
    match kind {
        EventKind::Collected => const { &[(&[transition(&CARD, "on_shelf", "in_hand")], "collected")] },
        EventKind::CollectedByUnit => {
            const { &[(&[transition(&CARD, "on_shelf", "with_unit")], "collected by the unit")] }
        }
        EventKind::HandedOver => {
            const { &[(&[transition(&CARD, "with_unit", "in_hand")], "handed over to the person")] }
        }
        EventKind::ActivatedSocial => const { &[(&[SOCIAL_ON], "activated: social")] },
        EventKind::ActivatedFinancial => const { &[(&[ACCOUNT_ON], "activated: financial")] },
        EventKind::ActivatedBoth => const { &[(&[SOCIAL_ON, ACCOUNT_ON], "activated: social and financial")] },
        EventKind::LostFormally => {
            const {
                &[
                    (
                        &[transition(&CARD, "in_hand", "lost"), transition(&SOCIAL, "active", "suspended")],
                        "formal loss",
                    ),
                    (&[transition(&CARD, "in_hand", "lost")], "formal loss"),
                ]
            }
        }
        EventKind::LossLifted => {
            const {
                &[
                    (
                        &[transition(&CARD, "lost", "in_hand"), transition(&SOCIAL, "suspended", "active")],
                        "loss lifted",
                    ),
                    (&[transition(&CARD, "lost", "in_hand")], "loss lifted"),
                    (&[transition(&SOCIAL, "suspended", "active")], "loss lifted"),
                ]
            }
        }
        EventKind::LostProvisionally => {
            const { &[(&[transition(&SOCIAL, "active", "suspended")], "provisional loss")] }
        }
        EventKind::Ended => {
            const {
                &[
                    (
                        &[transition(&CARD, "in_hand", "awaiting_return"), transition(&SOCIAL, "active", "cancelled")],
                        "the holder died or left",
                    ),
                    (
                        &[transition(&CARD, "in_hand", "awaiting_return"), transition(&SOCIAL, "sealed", "cancelled")],
                        "the holder died or left",
                    ),
                ]
            }
        }
        EventKind::PlasticReturned => {
            const {
                &[
                    (&[transition(&CARD, "awaiting_return", "to_recycle")], "plastic returned"),
                    (
                        &[transition(&CARD, "recalled", "to_recycle"), transition(&SOCIAL, "sealed", "cancelled")],
                        "plastic returned, never collected",
                    ),
                ]
            }
        }
        EventKind::Withdrawn => {
            const {
                &[
                    (
                        &[
                            transition(&APPLICATION, "accepted", "withdrawn"),
                            transition(&CARD, "waiting_account", "no_plastic"),
                            transition(&SOCIAL, "sealed", "cancelled"),
                        ],
                        "withdrawn by the applicant",
                    ),
                    (
                        &[
                            transition(&APPLICATION, "returned", "withdrawn"),
                            transition(&SOCIAL, "sealed", "cancelled"),
                        ],
                        "withdrawn by the applicant",
                    ),
                    (&[transition(&APPLICATION, "rejected", "withdrawn")], "withdrawn by the applicant"),
                ]
            }
        }
        EventKind::PointReceived | EventKind::Fact => &[],
    }
}

impl Ledger {
    /// Settles one chunk of events. `dates`: the days they set, by the region of the card.
    pub async fn settle_events(
        &self,
        lease: &Lease,
        source: &ChunkSource,
        events: Vec<ArrivingEvent>,
        dates: &ByRegion<EventDates>,
        why: Why<'_>,
    ) -> Result<IntakeCounts, LedgerError> {
        let mut tx = self.begin().await?;
        let counts = settle_events_in(&mut tx, source, events, dates, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(counts)
    }
}

/// Settles a chunk of events inside a transaction.
pub(crate) async fn settle_events_in(
    tx: &mut Tx,
    source: &ChunkSource,
    events: Vec<ArrivingEvent>,
    dates: &ByRegion<EventDates>,
    why: Why<'_>,
) -> Result<IntakeCounts, LedgerError> {
    move_offset(tx, source).await?;
    let chunk = Chunk { id: open_chunk(tx, source, why.at).await?, again: source.is_again(), dates };
    let mut counts = IntakeCounts { received: events.len() as i64, ..IntakeCounts::default() };
    for wave in waves(events) {
        counts.add(settle_wave(tx, chunk, wave, why).await?);
    }
    if source.stored.is_some() && counts.quarantined > 0 {
        dead_letters::queue(tx, chunk.id).await?;
    }
    close_chunk(tx, chunk.id, &counts).await?;
    Ok(counts)
}

/// The chunk under way: whether its events were in the ledger before, and the days its events set.
#[derive(Clone, Copy)]
struct Chunk<'d> {
    id: i64,
    again: bool,
    dates: &'d ByRegion<EventDates>,
}

/// The dates events set, reckoned by the caller in the working calendar.
#[derive(Clone, Copy)]
pub struct EventDates {
    /// A unit hands out by this day.
    pub hand_out_on: Date,
    /// Old plastic is due back by this day.
    pub return_on: Date,
    /// Returned plastic is in a recycling batch by this day.
    pub recycle_on: Date,
    /// A withdrawal waits for its application until this day.
    pub wait_until: Date,
    /// A person looks at what was refused by this day.
    pub look_on: Date,
}

fn waves(events: Vec<ArrivingEvent>) -> Vec<Vec<ArrivingEvent>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut waves: Vec<Vec<ArrivingEvent>> = Vec::new();
    for event in events {
        let keys = [format!("s{}", event.subject), format!("e{}", event.event_id.as_deref().unwrap_or_default())];
        let wave = keys.iter().filter_map(|key| seen.get(key)).max().map_or(0, |last| last + 1);
        for key in keys {
            seen.insert(key, wave);
        }
        if waves.len() <= wave {
            waves.resize_with(wave + 1, Vec::new);
        }
        waves[wave].push(event);
    }
    waves
}

async fn settle_wave(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    why: Why<'_>,
) -> Result<IntakeCounts, LedgerError> {
    let mut counts = IntakeCounts::default();
    let mut of_kind: std::collections::BTreeMap<Option<EventKind>, Vec<ArrivingEvent>> =
        std::collections::BTreeMap::new();
    for event in events {
        of_kind.entry(event.kind).or_default().push(event);
    }
    for (kind, events) in of_kind {
        match kind {
            None => {
                counts.quarantined += events.len() as i64;
                for event in events {
                    let reason = event.reason.clone();
                    keep(tx, chunk, &event, "quarantined", reason).await?;
                }
            }
            Some(kind) => {
                let (identity, fresh) = separate(tx, chunk, events).await?;
                counts.add(identity);
                match kind {
                    EventKind::PointReceived => receipts(tx, chunk, fresh, &mut counts, why).await?,
                    EventKind::Fact => {
                        counts.accepted += fresh.len() as i64;
                        for event in fresh {
                            keep(tx, chunk, &event, "accepted", event.reason.clone()).await?;
                        }
                    }
                    _ => cards(tx, chunk, kind, fresh, &mut counts, why).await?,
                }
            }
        }
    }
    Ok(counts)
}

/// Repeats and conflicts by event id; the rest goes on.
async fn separate(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
) -> Result<(IntakeCounts, Vec<ArrivingEvent>), LedgerError> {
    let mut counts = IntakeCounts::default();
    stage(tx, &events).await?;
    let mut known: HashMap<i64, bool> = HashMap::new();
    for (position, same) in tx
        .rows::<(i64, bool)>(
            "SELECT e.position, e.digest = v.digest FROM event e JOIN move v ON v.event_id = e.event_id
             UNION SELECT e.position, e.digest = m.digest FROM event e
                JOIN message m ON m.event_id = e.event_id AND m.outcome IN ('accepted', 'rejected', 'waiting') AND (m.act = 0 OR $1 = 0)
             UNION SELECT e.position, e.digest = m.digest FROM event e
                JOIN message m ON m.event_id = e.event_id AND m.outcome = 'conflicting' AND m.digest = e.digest
                    AND (m.act = 0 OR $1 = 0)",
            args![i64::from(chunk.again)],
        )
        .await?
    {
        // Repaired, an event is known by what it was and by what it is.
        *known.entry(position).or_default() |= same;
    }
    let mut fresh = Vec::new();
    for event in events {
        match known.get(&event.position) {
            None => fresh.push(event),
            Some(true) => counts.repeated += 1,
            Some(false) => {
                counts.conflicting += 1;
                keep(tx, chunk, &event, "conflicting", Some("EVENT-CONFLICT".into())).await?;
            }
        }
    }
    Ok((counts, fresh))
}

async fn stage(tx: &mut Tx, events: &[ArrivingEvent]) -> Result<(), LedgerError> {
    let rows = events
        .iter()
        .map(|e| {
            args![
                e.position,
                e.event_id.clone(),
                e.digest.clone(),
                &e.subject,
                e.at,
                &e.actor,
                e.evidence.clone(),
                None::<i64>,
                None::<String>,
                e.because.clone()
            ]
        })
        .collect();
    tx.stage(&EVENT, rows).await
}

async fn keep(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    event: &ArrivingEvent,
    outcome: &str,
    reason: Option<String>,
) -> Result<(), LedgerError> {
    let (application_id, due_on) = match outcome {
        "accepted" => (None, None),
        "waiting" => (Some(event.subject.clone()), Some(chunk.dates.of("").wait_until)),
        _ => (None, Some(chunk.dates.of("").look_on)),
    };
    tx.run(
        "INSERT INTO message (chunk, position, event_id, application_id, digest, outcome, reason, due_on, origin, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT COALESCE(m.origin, m.id) FROM message m WHERE m.id = $9), $10)",
        args![
            chunk.id, event.position, event.event_id.clone(), application_id, event.digest.clone(), outcome, reason, due_on,
            chunk.again.then_some(event.position), event.encrypted.clone()
        ],
    )
    .await?;
    Ok(())
}

/// A point received a shipment: whole, or a person looks.
async fn receipts(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Why<'_>,
) -> Result<(), LedgerError> {
    for event in events {
        let found = tx
            .row::<(i64, i64, String)>("SELECT id, cards, place FROM shipment WHERE number = $1", args![&event.subject])
            .await?;
        match found {
            Some((id, cards, place)) if place == "in_transit" && event.count == Some(cards) => {
                let travelling = crate::route::distribution::shipments::travelling(tx, id).await?;
                let transition = Transition { machine: &CARD, from: "in_transit", to: "at_point" };
                let event_id = event.event_id.as_deref().unwrap_or_default();
                let mark = EventMark { event_id, digest: &event.digest, chunk: chunk.id };
                let why = Why { at: event.at, actor: &event.actor, reason: "received at the point" };
                move_set_by(tx, Set::Shipment(id), transition, travelling, why, Some(mark)).await?;
                tx.run("UPDATE shipment SET owner = 'distribution point' WHERE id = $1", args![id]).await?;
                counts.accepted += 1;
            }
            Some(_) => {
                counts.rejected += 1;
                keep(tx, chunk, &event, "rejected", Some("RECEIPT-NOT-AS-SHIPPED".into())).await?;
                let due = crate::time::local_date(why.at).saturating_add(jiff::Span::new().days(7));
                crate::cases::desk::open_case(
                    tx,
                    None,
                    None,
                    "a receipt does not agree with the shipment",
                    due,
                    "administrator",
                    why,
                )
                .await?;
            }
            None => {
                counts.quarantined += 1;
                keep(tx, chunk, &event, "quarantined", Some("UNKNOWN-SHIPMENT".into())).await?;
            }
        }
    }
    Ok(())
}

const RESOLVE: &str = "UPDATE event SET id = COALESCE(
    (SELECT p.application FROM production_row p WHERE p.card_number = event.subject),
    (SELECT a.id FROM application a WHERE a.old_number = event.subject),
    (SELECT a.id FROM application a WHERE a.application_id = event.subject))";

const CONCERNED: &str =
    "SELECT e.id, e.event_id, e.digest, e.evidence, e.at, e.actor, a.region FROM event e JOIN application a ON a.id = e.id
    WHERE e.verdict IS NULL ORDER BY e.position";
/// Only a card in somebody's hand is activated. Events may say otherwise after a restore: then the old card
/// is not retired, and a second live one would hold up every event behind it.
const ACTIVATING: &str =
    "SELECT e.id, e.event_id, e.digest, e.evidence, e.at, e.actor, a.region FROM event e JOIN application a ON a.id = e.id
    WHERE e.verdict IS NULL AND a.place = 'in_hand' ORDER BY e.position";

async fn cards(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    kind: EventKind,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Why<'_>,
) -> Result<(), LedgerError> {
    let dates = chunk.dates;
    stage(tx, &events).await?;
    tx.scratch(RESOLVE, args![]).await?;
    for (transitions, reason) in routes(kind) {
        let found = tx
            .rows::<(i64, Option<String>, Option<Vec<u8>>, Option<String>, i64, String, String)>(
                if kind.activates() { ACTIVATING } else { CONCERNED },
                args![],
            )
            .await?;
        if found.is_empty() {
            break;
        }
        let rows = found.into_iter().map(|(id, event, digest, evidence, at, actor, region)| {
            (args![id, event, digest, evidence, at, actor, chunk.id], region)
        });
        for (due_on, rows) in by_day(rows, |region| along(kind, dates.of(region)).due_on) {
            tx.stage(&SUBJECT, rows).await?;
            if kind == EventKind::Withdrawn {
                tx.run(
                    "UPDATE application SET queue = NULL WHERE queue IS NOT NULL AND id IN (SELECT id FROM subject)",
                    args![],
                )
                .await?;
            }
            if matches!(kind, EventKind::ActivatedSocial | EventKind::ActivatedBoth) {
                retire_previous(tx, dates, why).await?;
            }
            let along = Along { due_on, ..along(kind, dates.of("")) };
            counts.accepted += move_each(tx, transitions, along, Why { reason, ..why }).await?;
            tx.scratch("UPDATE event SET verdict = 'moved' WHERE id IN (SELECT id FROM subject)", args![]).await?;
        }
    }
    if matches!(kind, EventKind::Ended) {
        tx.run(
            "UPDATE application SET reason = e.because FROM event e WHERE e.id = application.id AND e.verdict = 'moved'",
            args![],
        )
        .await?;
    }
    let left: Vec<(i64, bool)> = tx
        .rows::<(i64, bool)>(
            "SELECT position, id IS NOT NULL FROM event WHERE verdict IS NULL ORDER BY position",
            args![],
        )
        .await?;
    for (position, known) in left {
        let Some(event) = events.iter().find(|e| e.position == position) else {
            continue;
        };
        if known {
            counts.rejected += 1;
            keep(tx, chunk, event, "rejected", Some("EVENT-NOT-POSSIBLE".into())).await?;
        } else if kind == EventKind::Withdrawn {
            counts.quarantined += 1;
            keep(tx, chunk, event, "waiting", Some("WITHDRAWAL-EARLY".into())).await?;
        } else {
            counts.quarantined += 1;
            keep(tx, chunk, event, "quarantined", Some("UNKNOWN-CARD".into())).await?;
        }
    }
    Ok(())
}

fn along(kind: EventKind, dates: &EventDates) -> Along {
    match kind {
        EventKind::Collected | EventKind::HandedOver => Along { owner: Some("holder"), ..Along::default() },
        EventKind::CollectedByUnit => {
            Along { due_on: Some(dates.hand_out_on), owner: Some("unit"), ..Along::default() }
        }
        EventKind::ActivatedSocial | EventKind::ActivatedBoth => {
            Along { open: Some(false), live: Some(true), ..Along::default() }
        }
        EventKind::Ended => Along {
            due_on: Some(dates.return_on),
            owner: Some("holder"),
            open: Some(false),
            live: Some(false),
            ..Along::default()
        },
        EventKind::PlasticReturned => Along {
            due_on: Some(dates.recycle_on),
            owner: Some("administrator"),
            open: Some(false),
            ..Along::default()
        },
        EventKind::Withdrawn => Along { owner: Some("nobody"), open: Some(false), ..Along::default() },
        _ => Along::default(),
    }
}

/// The moment the new card is active the old one is invalid (s2): same transaction, before the new
/// card becomes the person's live one.
async fn retire_previous(tx: &mut Tx, dates: &ByRegion<EventDates>, why: Why<'_>) -> Result<(), LedgerError> {
    let retired = tx
        .rows::<(i64, String, String, String, String)>(
            "SELECT o.id, COALESCE(o.place, ''), o.social, a.kind, o.region FROM subject s
             JOIN application a ON a.id = s.id AND a.social = 'sealed' AND a.place = 'in_hand'
             JOIN application o ON o.id = a.previous AND o.social IN ('active', 'suspended') ORDER BY o.id",
            args![],
        )
        .await?;
    if retired.is_empty() {
        return Ok(());
    }
    let kept = tx
        .rows::<(i64, Option<String>, Option<Vec<u8>>, Option<String>, Option<i64>, Option<String>, Option<i64>)>(
            "SELECT id, event_id, digest, evidence, at, actor, chunk FROM subject ORDER BY id",
            args![],
        )
        .await?;
    // A lost card leaves no plastic to take back.
    let is_lost = |place: &str| place == "lost";
    let due = |place: &str, region: &str| {
        let dates = dates.of(region);
        if is_lost(place) { dates.recycle_on } else { dates.return_on }
    };
    let mut groups: BTreeMap<(bool, Date, &str, &str), Vec<i64>> = BTreeMap::new();
    for (id, place, social, kind, region) in &retired {
        groups.entry((is_lost(place), due(place, region), social, kind)).or_default().push(*id);
    }
    for ((lost, due, social, kind), ids) in groups {
        tx.stage(&SUBJECT, ids.into_iter().map(crate::store::transition::subject).collect()).await?;
        let card = if lost {
            Transition { machine: &CARD, from: "lost", to: "to_recycle" }
        } else {
            Transition { machine: &CARD, from: "in_hand", to: "awaiting_return" }
        };
        let social = Transition {
            machine: &SOCIAL,
            from: if social == "active" { "active" } else { "suspended" },
            to: "cancelled",
        };
        let along = Along {
            due_on: Some(due),
            owner: Some("holder"),
            reason: Some(kind.into()),
            open: Some(false),
            live: Some(false),
        };
        move_each(tx, &[card, social], along, Why { reason: "the new card is active, this one is invalid", ..why })
            .await?;
    }
    tx.stage(&SUBJECT, kept.into_iter().map(|(a, b, c, d, e, f, g)| args![a, b, c, d, e, f, g]).collect()).await
}
