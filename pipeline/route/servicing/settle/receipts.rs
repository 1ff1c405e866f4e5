//! Receipts: a point says that it has a shipment, and how many cards it counted.

use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::state_machines::CARD;

use super::kept::{Chunk, keep};
use crate::cases::desk::open_case;
use crate::custody::containers::SHIPMENT;
use crate::route::intake::settle::IntakeCounts;
use crate::route::servicing::arriving::ArrivingEvent;
use crate::store::transition::{EventMark, move_set_by};
use crate::store::{LedgerError, Stamp, Tx};
use crate::time::local_date;
use crate::{args, transition};

/// A point received a shipment: whole, or a person looks.
pub(super) async fn receipts(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    for event in events {
        let found = tx
            .row::<(i64, i64, String)>("SELECT id, cards, place FROM shipment WHERE number = $1", args![&event.subject])
            .await?;
        match found {
            Some((id, cards, place)) if place == "in_transit" && event.count == Some(cards) => {
                let transition = transition!(CARD, "in_transit" => "at_point");
                let event_id = event.event_id.as_deref().unwrap_or_default();
                let mark = EventMark { event_id, digest: &event.digest, chunk: chunk.id };
                let why = Stamp { at: event.at, actor: &event.actor, reason: "received at the point" };
                move_set_by(tx, SHIPMENT.of(id), transition, why, Some(mark)).await?;
                tx.run("UPDATE shipment SET owner = 'distribution point' WHERE id = $1", args![id]).await?;
                counts.accepted += 1;
            }
            Some(_) => {
                counts.rejected += 1;
                keep(tx, chunk, &event, MessageOutcome::Rejected, Some("RECEIPT-NOT-AS-SHIPPED".into())).await?;
                let due = local_date(why.at).saturating_add(jiff::Span::new().days(7));
                open_case(tx, None, None, "a receipt does not agree with the shipment", due, "administrator", why)
                    .await?;
            }
            None => {
                counts.quarantined += 1;
                keep(tx, chunk, &event, MessageOutcome::Quarantined, Some("UNKNOWN-SHIPMENT".into())).await?;
            }
        }
    }
    Ok(())
}
