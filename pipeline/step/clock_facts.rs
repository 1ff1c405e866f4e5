//! What the ledger knows of time: when it last moved, what a person accepted, and what its own clock says.

use jiff::Timestamp;

use crate::args;
use crate::store::{Ledger, LedgerError};

/// What a clock is compared with.
#[derive(Clone, Debug)]
pub struct ClockFacts {
    /// The instant of the last move; `None` in a ledger where nothing moved.
    pub last: Option<Timestamp>,
    /// The instant of the last seal: events bring their own instants, a seal has ours.
    pub sealed: Option<Timestamp>,
    /// Instants at which everything was halted, and a person accepted it.
    pub accepted: Vec<Timestamp>,
    /// The server's own clock; a SQLite file has none.
    pub server: Option<Timestamp>,
}

impl Ledger {
    /// What a clock is compared with.
    pub async fn clock_facts(&self) -> Result<ClockFacts, LedgerError> {
        let mut tx = self.read().await?;
        let instant = |micros| Timestamp::from_microsecond(micros).unwrap_or_default();
        let last = tx.row::<(i64,)>("SELECT at FROM move ORDER BY seq DESC LIMIT 1", args![]).await?;
        let sealed = tx.row::<(i64,)>("SELECT at FROM seal ORDER BY no DESC LIMIT 1", args![]).await?;
        let accepted =
            tx.rows::<(i64,)>("SELECT found_at FROM reconciliation WHERE accepted_at IS NOT NULL", args![]).await?;
        let server = tx.server_clock().await?;
        Ok(ClockFacts {
            last: last.map(|(at,)| instant(at)),
            sealed: sealed.map(|(at,)| instant(at)),
            accepted: accepted.into_iter().map(|(at,)| instant(at)).collect(),
            server,
        })
    }
}
