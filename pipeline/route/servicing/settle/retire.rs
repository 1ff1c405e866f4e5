//! The card that a new one replaces: no longer valid, and its plastic is to come back.

use std::collections::BTreeMap;

use cardline_core::domain::policy::ByRegion;
use cardline_core::state_machines::{CARD, SOCIAL};
use jiff::civil::Date;

use super::asked::settle_cases;
use crate::route::servicing::arriving::EventDates;
use crate::store::transition::{Along, Subject, Transition, move_each};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, row, transition};

row! {
    /// A card that a new one replaces. `kind`: of the new application.
    struct Retired { id: i64, place: String, social: String, kind: String, region: String }
}

/// The moment the new card is active the old one is invalid (s2): same transaction, before the new
/// card becomes the person's live one.
pub(super) async fn retire_previous(
    tx: &mut Tx,
    dates: &ByRegion<EventDates>,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let retired = tx
        .rows::<Retired>(
            "SELECT o.id, COALESCE(o.place, '') AS place, o.social, a.kind, o.region FROM subject s
             JOIN application a ON a.id = s.id AND a.social = 'sealed' AND a.place = 'in_hand'
             JOIN application o ON o.id = a.previous AND o.social IN ('active', 'suspended') ORDER BY o.id",
            args![],
        )
        .await?;
    if retired.is_empty() {
        return Ok(());
    }
    let kept = tx
        .rows::<Subject>("SELECT id, event_id, digest, evidence, at, actor, chunk FROM subject ORDER BY id", args![])
        .await?;
    // A lost card leaves no plastic to take back.
    let is_lost = |place: &str| place == "lost";
    let due = |place: &str, region: &str| {
        let dates = dates.of(region);
        if is_lost(place) { dates.recycle_on } else { dates.return_on }
    };
    let mut groups: BTreeMap<(bool, Date, &str, &str), Vec<i64>> = BTreeMap::new();
    for Retired { id, place, social, kind, region } in &retired {
        groups.entry((is_lost(place), due(place, region), social, kind)).or_default().push(*id);
    }
    for ((lost, due, social, kind), ids) in groups {
        tx.stage(ids.into_iter().map(Subject::of).collect()).await?;
        let card = if lost {
            transition!(CARD, "lost" => "to_recycle")
        } else {
            transition!(CARD, "in_hand" => "awaiting_return")
        };
        let social = Transition::between(&SOCIAL, social, "cancelled")?;
        let along = Along {
            due_on: Some(due),
            owner: Some("holder"),
            reason: Some(kind.into()),
            open: Some(false),
            live: Some(false),
        };
        move_each(tx, &[card, social], along, Stamp { reason: "the new card is active, this one is invalid", ..why })
            .await?;
        settle_cases(tx, why).await?;
    }
    tx.stage(kept).await
}
