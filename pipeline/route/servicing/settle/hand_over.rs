//! Hand-overs held against the policy: who took the card, where, and what was shown.
//!
//! What lacks something is refused, or recorded with a case, as the policy of the card's region says: the card may be
//! gone all the same. Only what lies on a shelf, is kept for its holder or is in the mail is judged; what cannot have
//! happened is refused as that. Whether a card may go by mail is judged when it is sent, which papers were shown when it
//! is delivered.

use std::collections::BTreeMap;

use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::domain::policy::hand_over::{Lack, Lacking, Told};
use jiff::civil::Date;

use super::kept::{Chunk, keep};
use crate::cases::deadlines::mail::NOT_DELIVERED;
use crate::cases::desk::open_case;
use crate::limits::EVENT_AHEAD;
use crate::route::intake::settle::IntakeCounts;
use crate::route::servicing::arriving::{ArrivingEvent, EventDates, EventKind, Handed};
use crate::store::{LedgerError, Stamp, Tx};
use crate::time::local_date;
use crate::{args, bulk_row, row};

row! {
    /// A card at its point, kept or in the mail that an event says was handed over.
    struct Waiting {
        position: i64,
        application: i64,
        bank: String,
        method: String,
        region: String,
        point: String,
        place: String,
        /// The day on which its first window was opened.
        ready_on: Option<String>,
    }
}

bulk_row! {
    struct RefusedEvent in "refused_event" { position: i64 }
}

const WAITING: &str = "SELECT e.position, a.id AS application, a.bank, a.method, a.region, s.point,
        COALESCE(a.place, s.place) AS place, s.ready_on
    FROM event e JOIN application a ON a.id = e.id JOIN made m ON m.application = a.id
        JOIN box x ON x.id = m.box JOIN shipment s ON s.id = x.shipment
    WHERE COALESCE(a.place, s.place) IN ('at_point', 'on_shelf', 'in_mail', 'stored')
        OR (a.place = 'held' AND a.reason = $1) ORDER BY e.position";

/// A hand-over that lacks something and is recorded all the same.
struct Doubted {
    position: i64,
    application: i64,
    lack: Lack,
    case_on: Date,
}

/// What was found of the hand-overs of a wave.
#[derive(Default)]
pub(super) struct Judged {
    refused: BTreeMap<i64, Lack>,
    doubted: Vec<Doubted>,
}

/// What a hand-over lacks by the policy of the card's region.
pub(crate) fn lack(
    rules: &EventDates,
    (bank, method, point): (&str, &str, &str),
    (handed, place): (&Handed, Option<&str>),
) -> Option<Lack> {
    let told = Told { by: handed.by, bank, method, shown: &handed.shown };
    let elsewhere = place.is_some_and(|place| place != point).then_some(Lack::Place);
    let one_paper = handed.is_one_paper.then_some(Lack::Papers);
    [rules.hand_over.lacks(told), elsewhere, one_paper].into_iter().flatten().min()
}

impl Waiting {
    /// What an event of that kind about this card lacks.
    fn lack(&self, kind: EventKind, rules: &EventDates, event: &ArrivingEvent) -> Option<Lack> {
        let card = (self.bank.as_str(), self.method.as_str(), self.point.as_str());
        let here = lack(rules, card, (&event.handed, event.place.as_deref()));
        let lacks = match (kind, self.place.as_str()) {
            (EventKind::Collected | EventKind::CollectedByUnit, "on_shelf") => here,
            // Kept elsewhere for its holder it is at no point.
            (EventKind::Collected, "stored") => lack(rules, card, (&event.handed, None)),
            (EventKind::CollectedByMail, "stored") => {
                lack(rules, card, (&event.handed, None)).into_iter().chain([Lack::NotSent]).min()
            }
            (EventKind::CollectedByMail, "on_shelf") => here.into_iter().chain([Lack::NotSent]).min(),
            (EventKind::SentByMail, "at_point" | "on_shelf") => here.filter(|lack| *lack != Lack::Papers),
            // On hold: nothing was heard of it for long.
            (EventKind::Delivered, "in_mail" | "held") | (EventKind::CollectedByMail, "in_mail") => {
                lack(rules, card, (&event.handed, None)).filter(|lack| *lack == Lack::Papers)
            }
            _ => None,
        };
        lacks.or_else(|| self.is_early(event).then_some(Lack::Early))
    }

    /// Whether it is said to have happened before the card lay there; clocks differ by hours, as those of what comes from
    /// the future do.
    fn is_early(&self, event: &ArrivingEvent) -> bool {
        let ready: Option<Date> = self.ready_on.as_ref().and_then(|day| day.parse().ok());
        ready.is_some_and(|ready| local_date(event.at + EVENT_AHEAD) < ready)
    }
}

/// Judges the staged events of one kind, and takes those that are refused out of what moves.
pub(super) async fn judge(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    kind: EventKind,
    events: &[ArrivingEvent],
) -> Result<Judged, LedgerError> {
    let mut judged = Judged::default();
    let by_position: BTreeMap<i64, &ArrivingEvent> = events.iter().map(|event| (event.position, event)).collect();
    for card in tx.rows::<Waiting>(WAITING, args![NOT_DELIVERED]).await? {
        let Waiting { position, application, .. } = card;
        let rules = chunk.dates.of(&card.region);
        let Some(event) = by_position.get(&position) else { continue };
        let Some(lack) = card.lack(kind, rules, event) else { continue };
        match rules.lacking {
            Lacking::Refuse => {
                judged.refused.insert(position, lack);
            }
            Lacking::Case => judged.doubted.push(Doubted { position, application, lack, case_on: rules.case_on }),
        }
    }
    if !judged.refused.is_empty() {
        tx.stage(judged.refused.keys().map(|&position| RefusedEvent { position }).collect()).await?;
        let sql = "UPDATE event SET verdict = 'refused' WHERE position IN (SELECT position FROM refused_event)";
        tx.scratch(sql, args![]).await?;
    }
    Ok(judged)
}

impl Judged {
    /// Keeps what was refused, and opens a case for each doubtful one that was recorded.
    pub(super) async fn settle(
        self,
        tx: &mut Tx,
        chunk: Chunk<'_>,
        events: &[ArrivingEvent],
        counts: &mut IntakeCounts,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        for event in events {
            if let Some(lack) = self.refused.get(&event.position) {
                counts.rejected += 1;
                keep(tx, chunk, event, MessageOutcome::Rejected, Some(code(*lack).into())).await?;
            }
        }
        for doubted in self.doubted {
            let moved = "SELECT count(*) FROM event WHERE position = $1 AND verdict = 'moved'";
            if tx.number(moved, args![doubted.position]).await? > 0 {
                let (application, reason) = (Some(doubted.application), said(doubted.lack));
                open_case(tx, application, None, reason, doubted.case_on, "administrator", why).await?;
            }
        }
        Ok(())
    }
}

const fn code(lack: Lack) -> &'static str {
    match lack {
        Lack::TakenBy => "HAND-OVER-BY",
        Lack::Place => "HAND-OVER-PLACE",
        Lack::NotSent => "HAND-OVER-MAIL",
        Lack::Papers => "HAND-OVER-PAPERS",
        Lack::Early => "HAND-OVER-EARLY",
    }
}

/// What a case says.
pub(crate) const fn said(lack: Lack) -> &'static str {
    match lack {
        Lack::TakenBy => "handed over to somebody who may not take it",
        Lack::Place => "handed over elsewhere than where it is collected",
        Lack::NotSent => "handed over by mail, and nobody had sent it",
        Lack::Papers => "handed over without everything that must be shown",
        Lack::Early => "handed over before it lay there",
    }
}
