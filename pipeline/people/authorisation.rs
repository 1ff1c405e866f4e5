//! Whether what a person does to a stream or a batch lies within that person's scope.
//!
//! Asked where an action is recorded, in the transaction of its effect: nobody comes around it. The name of a
//! stream, the cards of a batch that was cut and a user's scope never change, so what was asked before is
//! still so. Steps have no viewer and reach everywhere. Law 13 looks at the same afterwards, by its own
//! statements.

use std::sync::LazyLock;

use cardline_core::batch_kinds::{Asked, BatchKind};
use cardline_core::domain::staff::Scope;

use crate::args;
use crate::custody::batch_members::OF_BATCH;
use crate::store::{Ledger, LedgerError, Principal, Tx};

/// What somebody wanted to act on and does not see all of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Beyond {
    /// The name of a stream or the number of a batch.
    pub what: String,
    pub scope: Scope,
    pub user: String,
}

impl From<Beyond> for LedgerError {
    fn from(Beyond { what, scope, user }: Beyond) -> LedgerError {
        LedgerError::Beyond { what, scope: scope.to_string(), user }
    }
}

/// How a batch lies to a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Every card of it lies within.
    Within,
    /// Some cards lie within, others do not.
    Beyond,
    /// No card lies within, or there is no such batch: for who asks it is absent.
    Absent,
}

/// Bank and region of a batch, and of every card that is or was in it.
static PLACES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT b.bank, b.region FROM batch b WHERE b.id = $1
         UNION SELECT a.bank, a.region FROM ({}) r JOIN application a ON a.id = r.application",
        *OF_BATCH
    )
});

/// Whether everything a stream covers lies within a scope; `account/ABC` is every stream of that bank.
pub fn stream_within(scope: &Scope, stream: &str) -> bool {
    let (bank, region) = stream_bounds(stream);
    scope.covers(bank, region)
}

/// Whether a stream, or one below the beginning of a name, may have cards of a scope.
pub fn stream_meets(scope: &Scope, stream: &str) -> bool {
    let (bank, region) = stream_bounds(stream);
    scope.meets(bank, region)
}

/// The bank and the region a stream's name tells, each empty where it covers several. A stream of a bureau
/// that merges regions names none: what follows its bank is the lane.
pub fn stream_bounds(stream: &str) -> (&str, &str) {
    let mut parts = stream.split('/');
    let kind = parts.next().and_then(BatchKind::named);
    if kind.is_some_and(|kind| kind.asked == Asked::Bureau) {
        // It works for every bank.
        parts.next();
    }
    let bank = parts.next().unwrap_or_default();
    let region = parts.next().filter(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    (bank, region.unwrap_or_default())
}

impl Principal {
    /// Fails when a stream, or one below the beginning of a name, lies beyond the viewer's scope.
    fn refuse_stream(&self, stream: &str) -> Result<(), Beyond> {
        if stream_within(&self.scope, stream) { Ok(()) } else { Err(self.beyond(stream)) }
    }

    /// The refusal of what does not lie within the viewer's scope.
    pub fn beyond(&self, what: &str) -> Beyond {
        Beyond { what: what.into(), scope: self.scope.clone(), user: self.name.clone() }
    }
}

impl Ledger {
    /// Fails when a stream, or one below the beginning of a name, lies beyond the viewer's scope.
    pub fn refuse_stream_beyond(&self, stream: &str) -> Result<(), Beyond> {
        self.viewer().map_or(Ok(()), |viewer| viewer.refuse_stream(stream))
    }

    /// How the batch of a number lies to the viewer's scope.
    pub async fn batch_reach(&self, number: &str) -> Result<Reach, LedgerError> {
        let mut tx = self.read().await?;
        let Some((id,)) = tx.row::<(i64,)>("SELECT id FROM batch WHERE number = $1", args![number]).await? else {
            return Ok(Reach::Absent);
        };
        reach(&mut tx, id).await
    }
}

/// Fails when what somebody does lies beyond their scope, and nothing of it is written.
pub(crate) async fn refuse_beyond(tx: &mut Tx, stream: Option<&str>, batch: Option<i64>) -> Result<(), LedgerError> {
    let Some(viewer) = tx.viewer().cloned() else { return Ok(()) };
    stream.map_or(Ok(()), |stream| viewer.refuse_stream(stream))?;
    let Some(batch) = batch else { return Ok(()) };
    if reach(tx, batch).await? == Reach::Within {
        return Ok(());
    }
    let number = tx.row::<(String,)>("SELECT number FROM batch WHERE id = $1", args![batch]).await?;
    Err(viewer.beyond(&number.map(|(number,)| number).unwrap_or_default()).into())
}

async fn reach(tx: &mut Tx, batch: i64) -> Result<Reach, LedgerError> {
    let Some(scope) = tx.viewer().map(|viewer| viewer.scope.clone()).filter(|scope| !scope.is_everything()) else {
        return Ok(Reach::Within);
    };
    let places = tx.rows::<(String, String)>(&PLACES, args![batch]).await?;
    let within = places.iter().filter(|(bank, region)| scope.covers(bank, region)).count();
    Ok(match within {
        0 => Reach::Absent,
        all if all == places.len() => Reach::Within,
        _ => Reach::Beyond,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_lies_where_its_name_says() {
        let scope = |bank: &str, area: &str| Scope { bank: bank.into(), area: area.into() };
        let everything = ["account", "account/ABC", "production/BUREAU/ABC/normal", "recycling"];
        assert!(everything.iter().all(|stream| stream_within(&Scope::everything(), stream)));
        for (stream, bank, area, both) in [
            ("account", false, false, false),
            ("account/ABC", true, false, false),
            ("account/ABC/110101", true, true, true),
            ("account/ABC/110101/normal", true, true, true),
            ("account/CCB/110101/normal", false, true, false),
            ("account/ABC/330106/normal", true, false, false),
            ("recycling/ABC/110101", true, true, true),
            ("production/BUREAU", false, false, false),
            ("production/BUREAU/ABC", true, false, false),
            ("production/BUREAU/ABC/normal", true, false, false),
            ("production/BUREAU/ABC/110101/normal", true, true, true),
            ("production/ABC/CCB/normal", false, false, false),
            ("production/BUREAU/1101BANK/normal", false, false, false),
        ] {
            assert_eq!(stream_within(&scope("ABC", ""), stream), bank, "{stream}");
            assert_eq!(stream_within(&scope("", "1101"), stream), area, "{stream}");
            assert_eq!(stream_within(&scope("ABC", "1101"), stream), both, "{stream}");
        }
        for met in ["account", "account/ABC", "account/ABC/110101", "production/BUREAU/ABC/normal"] {
            assert!(stream_meets(&scope("ABC", "1101"), met), "{met}");
        }
        for outside in ["account/CCB", "recycling/ABC/330106", "production/BUREAU/CCB/normal"] {
            assert!(!stream_meets(&scope("ABC", "1101"), outside), "{outside}");
        }
    }
}
