//! Hand-overs held against the policy: who took the card, where, and what was shown.
//!
//! What lacks something is refused, or recorded with a case, as the policy of the card's region says: the card may be
//! gone all the same. Only what lies on a shelf or is kept for its holder is judged; what cannot have happened is refused
//! as that.

use std::collections::BTreeMap;

use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::domain::policy::hand_over::{Lack, Lacking, Told};
use jiff::civil::Date;

use super::kept::{Chunk, keep};
use crate::cases::desk::open_case;
use crate::route::intake::settle::IntakeCounts;
use crate::route::servicing::arriving::{ArrivingEvent, EventDates, Handed};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, bulk_row, row};

row! {
    /// A card on a shelf that an event says was handed over. Kept elsewhere for its holder it has no point.
    struct OnShelf { position: i64, application: i64, bank: String, method: String, region: String, point: String }
}

bulk_row! {
    struct RefusedEvent in "refused_event" { position: i64 }
}

const ON_SHELF: &str = "SELECT e.position, a.id AS application, a.bank, a.method, a.region, s.point
    FROM event e JOIN application a ON a.id = e.id AND a.place IS NULL JOIN made m ON m.application = a.id
        JOIN box x ON x.id = m.box JOIN shipment s ON s.id = x.shipment AND s.place = 'on_shelf'
    UNION ALL SELECT e.position, a.id, a.bank, a.method, a.region, '' FROM event e
        JOIN application a ON a.id = e.id AND a.place = 'stored' ORDER BY 1";

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

/// Judges the staged events, and takes those that are refused out of what moves.
pub(super) async fn judge(tx: &mut Tx, chunk: Chunk<'_>, events: &[ArrivingEvent]) -> Result<Judged, LedgerError> {
    let mut judged = Judged::default();
    let by_position: BTreeMap<i64, &ArrivingEvent> = events.iter().map(|event| (event.position, event)).collect();
    for card in tx.rows::<OnShelf>(ON_SHELF, args![]).await? {
        let OnShelf { position, application, bank, method, region, point } = card;
        let rules = chunk.dates.of(&region);
        let Some(event) = by_position.get(&position) else { continue };
        let told = (&event.handed, event.place.as_deref().filter(|_| !point.is_empty()));
        let Some(lack) = lack(rules, (&bank, &method, &point), told) else { continue };
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
        Lack::Papers => "HAND-OVER-PAPERS",
    }
}

/// What a case says.
pub(crate) const fn said(lack: Lack) -> &'static str {
    match lack {
        Lack::TakenBy => "handed over to somebody who may not take it",
        Lack::Place => "handed over elsewhere than where it is collected",
        Lack::Papers => "handed over without everything that must be shown",
    }
}
