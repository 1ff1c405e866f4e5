//! The route as a strip that an operator watches: at each stage how many stand there, by when the first of them is
//! due, and how many came within the last hour.
//!
//! Who sees everything is shown the tally of the sealed history, which costs the same however many cards there are and
//! is behind by the moves that are not sealed yet. A tally knows neither bank nor region: who sees less is shown what a
//! worker counted within their scope a few minutes ago, and of the last hour nothing, because a set that moves may hold
//! cards of others. Not here: cards with which nothing more is to be done.

use cardline_core::card_states;
use jiff::Timestamp;
use serde::Serialize;

use super::unfinished::{Stand, unfinished};
use crate::args;
use crate::custody::tallies::{Moved, last_hour};
use crate::store::{Ledger, LedgerError, Tx};
use crate::time::{rfc3339, rfc3339_stored};

/// The whole strip.
#[derive(Clone, Serialize)]
pub struct Strip {
    /// In the order of the route; what waits for a person is last.
    pub stages: Vec<StripStage>,
    /// The instant to which the tally goes, or at which what is in scope was counted; none where that was counted now,
    /// or nothing was sealed yet.
    pub counted_at: Option<String>,
}

/// One stage of the strip.
#[derive(Clone, Serialize)]
pub struct StripStage {
    pub name: &'static str,
    /// All that stand there.
    pub cards: i64,
    /// The same by state, in the order of the machine.
    pub states: Vec<(&'static str, i64)>,
    /// The earliest day by which something of it is due; of what waits for an account batch, that of who was approved
    /// first in a stream.
    pub due_on: Option<String>,
    /// How many came from another stage within the last hour; none where that is not known.
    pub came: Option<i64>,
}

/// What belongs to a stage.
struct Watched {
    name: &'static str,
    life: &'static str,
    states: &'static [&'static str],
    /// The earliest days by which something is due, each found by an index or in a table of few rows.
    due: &'static [&'static str],
}

/// The first day of single things in a state, by the index of such.
macro_rules! first_alone {
    ($state:literal) => {
        concat!(
            "SELECT a.due_on FROM application a WHERE a.place IN (",
            card_states!(due_alone),
            ") AND a.place = '",
            $state,
            "' ORDER BY a.due_on LIMIT 1"
        )
    };
}

/// The first day of batches.
macro_rules! first_batch {
    ($where:literal) => {
        concat!("SELECT b.due_on FROM batch b WHERE ", $where, " AND b.state <> 'cancelled' ORDER BY b.due_on LIMIT 1")
    };
}

/// The first day of shipments that are open: they are looked into in order, until one has a card. A subquery that
/// PostgreSQL makes no join of, so that it does not join all cards.
macro_rules! first_shipment {
    ($where:literal) => {
        concat!(
            "SELECT COALESCE(s.window_last, s.due_on) FROM shipment s WHERE NOT s.done AND ",
            $where,
            " AND (SELECT 1 FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                WHERE x.shipment = s.id AND a.place IS NULL LIMIT 1) IS NOT NULL
             ORDER BY COALESCE(s.window_last, s.due_on) LIMIT 1"
        )
    };
}

/// The first card of the next stream, `c` being one of the stream before.
macro_rules! next_stream {
    ($further:literal) => {
        concat!(
            "(SELECT n.application FROM account_waiting n WHERE ",
            $further,
            " ORDER BY n.region, n.bank, n.lane, n.approved_on, n.application_id LIMIT 1)"
        )
    };
}

/// Of each stream the card that was approved first: the index leads from stream to stream, whatever waits in them.
const FIRST_WAITING: &str = concat!(
    "WITH RECURSIVE first (id) AS (
        SELECT ",
    next_stream!("n.region >= ''"),
    " UNION ALL SELECT (SELECT COALESCE(",
    next_stream!("n.region = c.region AND n.bank = c.bank AND n.lane > c.lane"),
    ", ",
    next_stream!("n.region = c.region AND n.bank > c.bank"),
    ", ",
    next_stream!("n.region > c.region"),
    ") FROM account_waiting c WHERE c.application = first.id) FROM first WHERE first.id IS NOT NULL)
     SELECT a.due_on FROM first f JOIN application a ON a.id = f.id ORDER BY a.due_on LIMIT 1"
);

const FIRST_CORRECTED: &str =
    "SELECT a.due_on FROM application a WHERE a.state IN ('returned', 'rejected') ORDER BY a.due_on LIMIT 1";

const STRIP: &[Watched] = &[
    Watched { name: "intake", life: "application", states: &["rejected", "returned"], due: &[FIRST_CORRECTED] },
    Watched {
        name: "accounts",
        life: "card",
        states: &["waiting_account", "in_account_batch"],
        due: &[FIRST_WAITING, first_batch!("b.kind = 'account' AND b.state <> 'answered'")],
    },
    Watched {
        name: "production",
        life: "card",
        states: &["waiting_production", "in_production", "spoiled", "produced"],
        due: &[first_batch!("b.to_produce > 0"), first_batch!("b.kind = 'production' AND b.state <> 'answered'")],
    },
    Watched {
        name: "transit",
        life: "card",
        states: &["in_transit", "missing"],
        due: &[first_shipment!("s.place = 'in_transit'"), first_alone!("missing")],
    },
    Watched {
        name: "points",
        life: "card",
        states: &["at_point", "on_shelf", "with_unit", "in_mail"],
        due: &[
            first_shipment!("s.place IN ('at_point', 'on_shelf')"),
            first_alone!("with_unit"),
            first_alone!("in_mail"),
        ],
    },
    Watched {
        name: "recycling",
        life: "card",
        states: &["awaiting_return", "recalled", "stored", "to_recycle", "in_recycling"],
        due: &[
            first_alone!("awaiting_return"),
            first_alone!("recalled"),
            first_alone!("stored"),
            first_alone!("to_recycle"),
            first_batch!("b.kind = 'recycling' AND b.state <> 'answered'"),
        ],
    },
    Watched { name: "on-hold", life: "card", states: &["held"], due: &[first_alone!("held")] },
];

impl Ledger {
    /// The strip as the viewer sees it.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn strip(&self, now: Timestamp) -> Result<Strip, LedgerError> {
        let sees_all = self.viewer().is_none_or(|viewer| viewer.scope.is_everything());
        let mut tx = self.read().await?;
        if !sees_all {
            tx.look().await?;
            let (stand, counted_at) = unfinished(&mut tx, now).await?;
            let stages = STRIP.iter().map(|watched| watched.stage(&stand)).collect();
            return Ok(Strip { stages, counted_at: counted_at.map(rfc3339) });
        }
        let (tallied, counted_at) = tallied(&mut tx).await?;
        let moved = last_hour(&mut tx, now).await?;
        let mut stages = Vec::new();
        for watched in STRIP {
            let mut stage = watched.stage(&tallied);
            for sql in watched.due {
                let first = tx.row::<(String,)>(sql, args![]).await?.map(|(day,)| day);
                stage.due_on = stage.due_on.into_iter().chain(first).min();
            }
            stage.came = Some(moved.iter().filter(|m| watched.comes(m)).map(|m| m.count).sum());
            stages.push(stage);
        }
        Ok(Strip { stages, counted_at })
    }
}

impl Watched {
    /// Whether what moved came into this stage from another one; into intake comes what is taken in.
    fn comes(&self, moved: &Moved) -> bool {
        let begins = self.life != "card" && moved.from_state.is_empty();
        let enters = self.life == "card" && self.has(&moved.to_state) && !self.has(&moved.from_state);
        self.life == moved.life && (begins || enters)
    }

    fn has(&self, state: &str) -> bool {
        self.states.contains(&state)
    }

    /// The stage of what stands in its states.
    fn stage(&self, all: &[Stand]) -> StripStage {
        let here: Vec<&Stand> = all.iter().filter(|s| s.life == self.life && self.has(&s.state)).collect();
        let cards = |state: &str| here.iter().filter(|s| s.state == state).map(|s| s.cards).sum();
        let states: Vec<_> = self.states.iter().map(|state| (*state, cards(state))).collect();
        StripStage {
            name: self.name,
            cards: states.iter().map(|(_, cards)| cards).sum(),
            states,
            due_on: here.iter().filter_map(|s| s.due_on.clone()).min(),
            came: None,
        }
    }
}

async fn tallied(tx: &mut Tx) -> Result<(Vec<Stand>, Option<String>), LedgerError> {
    let sql = "SELECT life, state, CAST(NULL AS TEXT) AS due_on, count AS cards FROM tally";
    let stand = tx.rows(sql, args![]).await?;
    let sql = "SELECT s.at FROM relay r JOIN seal s ON s.no = r.seal WHERE r.name = 'tally'";
    let at = tx.row::<(i64,)>(sql, args![]).await?;
    Ok((stand, at.map(|(at,)| rfc3339_stored(at))))
}

#[cfg(test)]
mod tests {
    use cardline_core::state_machines::{APPLICATION, CARD};

    use super::STRIP;

    #[test]
    fn every_unfinished_state_is_watched_at_one_stage() {
        for machine in [&APPLICATION, &CARD] {
            let stages = STRIP.iter().filter(|watched| watched.life == machine.name);
            let mut watched: Vec<&str> = stages.flat_map(|watched| watched.states).copied().collect();
            let mut unfinished: Vec<&str> = machine.unfinished().collect();
            watched.sort_unstable();
            unfinished.sort_unstable();
            assert_eq!(watched, unfinished, "{}", machine.name);
        }
    }
}
