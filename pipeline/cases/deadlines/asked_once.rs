//! Whoever has late cards is asked once, by a case; what follows when its days have passed, too, each kind says itself.

use std::collections::BTreeMap;

use crate::args;
use crate::cases::deadline::NextDates;
use crate::cases::deadlines::locked::locked;
use crate::cases::desk::open_case;
use crate::store::transition::{Subject, by_day};
use crate::store::{LedgerError, Stamp, Tx};

/// A late card with its region, and whether somebody was asked about it.
pub(super) type Late = (i64, String, bool);

/// Asks about late cards that nobody was asked about, until the day by which a case is decided. Hands back the others: of
/// those that `still` finds under their lock.
pub(super) async fn ask_once(
    tx: &mut Tx,
    found: Vec<Late>,
    still: &'static str,
    reason: &'static str,
    (dates, why): (&NextDates, Stamp<'_>),
) -> Result<Vec<(i64, String)>, LedgerError> {
    let mut late: BTreeMap<bool, Vec<(i64, String)>> = BTreeMap::new();
    let still = locked(tx, found.iter().map(|(id, ..)| *id), still).await?;
    for (id, region, asked) in found.into_iter().filter(|(id, ..)| still.contains(id)) {
        late.entry(asked).or_default().push((id, region));
    }
    for (case_on, ids) in by_day(late.remove(&false).unwrap_or_default(), |region| *dates.case_on.of(region)) {
        tx.stage(ids.iter().copied().map(Subject::of).collect()).await?;
        tx.run("UPDATE application SET due_on = $1 WHERE id IN (SELECT id FROM subject)", args![case_on]).await?;
        for id in ids {
            open_case(tx, Some(id), None, reason, case_on, "administrator", why).await?;
        }
    }
    Ok(late.remove(&true).unwrap_or_default())
}
