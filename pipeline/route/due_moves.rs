//! The moves that may have set the day of a card, of its batch or of its shipment, oldest first.

use jiff::civil::Date;

use super::due_days::Holder;
use crate::custody::shipment_regions::regions_of;
use crate::store::{Ledger, LedgerError};
use crate::{args, row};

row! {
    /// A move, and when what it does was reckoned: an event is settled later than it happened.
    #[derive(Clone)]
    pub struct DayMove {
        life: String,
        from_state: String,
        to_state: String,
        at: i64,
        actor: String,
        reason: String,
        notice: Option<Notice> = None,
    }
}

impl DayMove {
    /// Whether one card of a shipment moved, and not the shipment.
    pub fn is_of_one_card(&self) -> bool {
        ["held", "missing", "in_mail"].contains(&self.from_state.as_str())
    }
}

/// The last day a person gave a window, and whether it is fixed, so that no calendar moves it.
#[derive(Clone, Copy)]
pub struct Notice {
    pub becomes: Date,
    pub is_fixed: bool,
}

row! {
    /// A move of an event, and when its chunk was settled.
    struct SettledEvent { life: String, to_state: String, at: i64, settled_at: i64 }
}

row! {
    /// What the day of a card depends on beside its moves.
    pub struct DayFacts {
        id: i64,
        region: String,
        bank: String,
        approved_on: String,
        paused_days: i64,
        /// The day the card first lay on a shelf.
        arrived: Option<String>,
        place: Option<String>,
        account_batch: Option<i64>,
        account_region: Option<String>,
        production_batch: Option<i64>,
        production_region: Option<String>,
        bureau: Option<String>,
        shipment: Option<i64>,
        regions: Vec<String> = Vec::new(),
        moves: Vec<DayMove> = Vec::new(),
        chased: bool = false,
    }
}

impl DayFacts {
    /// Whose day counts, and its id.
    pub fn holder(&self) -> (Holder, i64) {
        let alone = self.place.is_some() || self.account_batch.is_none();
        match (self.shipment, self.production_batch, self.account_batch) {
            (Some(shipment), _, _) if !alone => (Holder::Shipment, shipment),
            (None, Some(batch), _) if !alone => (Holder::ProductionBatch, batch),
            (None, None, Some(batch)) if !alone => (Holder::AccountBatch, batch),
            _ => (Holder::Card, self.id),
        }
    }
}

const FACTS: &str =
    "SELECT a.id, a.region, a.bank, a.approved_on, a.paused_days, a.place, g.batch AS account_batch, b.region AS account_region,
        p.batch AS production_batch, q.region AS production_region, q.partner AS bureau, x.shipment, t.ready_on AS arrived
     FROM application a LEFT JOIN account_row g ON g.application = a.id LEFT JOIN batch b ON b.id = g.batch
     LEFT JOIN production_row p ON p.application = a.id LEFT JOIN batch q ON q.id = p.batch
     LEFT JOIN made m ON m.application = a.id LEFT JOIN box x ON x.id = m.box LEFT JOIN shipment t ON t.id = x.shipment
     WHERE a.application_id = $1";

/// Events of the card `$1`: their moves say when they happened, and their chunk when they were settled.
const SETTLED: &str = "SELECT m.life, m.to_state, m.at, c.at AS settled_at FROM move m JOIN chunk c ON c.id = m.chunk
     WHERE m.scope = 'application' AND m.subject = $1";

/// The same of cards of the shipment `$1` that were found.
const FOUND: &str = "SELECT m.life, m.to_state, m.at, c.at AS settled_at FROM box x JOIN made d ON d.box = x.id
     JOIN move m ON m.scope = 'application' AND m.subject = d.application AND m.to_state = 'on_shelf'
     JOIN chunk c ON c.id = m.chunk WHERE x.shipment = $1";

/// Rows of history, `m`.
macro_rules! moves {
    ($($from:literal),+) => {
        concat!(
            "SELECT life, from_state, to_state, at, actor, reason FROM (",
            moves!(@of $($from),+),
            ") v ORDER BY seq"
        )
    };
    (@of $from:literal) => {
        concat!("SELECT m.seq, m.life, m.from_state, m.to_state, m.at, m.actor, m.reason FROM ", $from)
    };
    (@of $from:literal, $($more:literal),+) => {
        concat!(moves!(@of $from), " UNION ", moves!(@of $($more),+))
    };
}

/// What the account batch `$1` did, what its answers opened, what came back to it unsent, and what a person let go on.
const OF_ACCOUNT_BATCH: &str = moves!(
    "move m WHERE m.scope = 'batch' AND m.subject = $1",
    "file f JOIN move m ON m.scope = 'answer' AND m.subject = f.id WHERE f.batch = $1",
    "(SELECT DISTINCT r.batch FROM account_row g JOIN former_row r ON r.application = g.application WHERE g.batch = $1) r
        JOIN move m ON m.scope = 'production_batch' AND m.subject = r.batch AND m.to_state = 'waiting_production'",
    "account_row g JOIN move m ON m.scope = 'application' AND m.subject = g.application AND m.to_state = 'waiting_production'
        WHERE g.batch = $1"
);

/// What the production batch `$1` did, and which of its cards a person had made once more.
const OF_PRODUCTION_BATCH: &str = moves!(
    "move m WHERE m.scope = 'batch' AND m.subject = $1",
    "production_row p JOIN move m ON m.scope = 'application' AND m.subject = p.application
        AND m.from_state = 'held' AND m.to_state = 'in_production' WHERE p.batch = $1"
);

/// What the shipment `$1` did, and which of its cards a person let go on, somebody found or the mail brought back.
const OF_SHIPMENT: &str = moves!(
    "move m WHERE m.scope = 'shipment' AND m.subject = $1",
    "box x JOIN made d ON d.box = x.id JOIN move m ON m.scope = 'application' AND m.subject = d.application
        AND m.from_state IN ('held', 'missing', 'in_mail') AND m.to_state IN ('in_transit', 'at_point', 'on_shelf')
        WHERE x.shipment = $1"
);

/// Whether there was ever a case about the card, the batch or the shipment `$1`: nobody is asked again without one.
const fn chased(of: Holder) -> &'static str {
    match of {
        Holder::Card => "SELECT count(*) FROM desk_case k WHERE k.application = $1",
        Holder::AccountBatch | Holder::ProductionBatch => {
            "SELECT count(*) FROM file f JOIN desk_case k ON k.file = f.id WHERE f.batch = $1"
        }
        Holder::Shipment => {
            "SELECT (SELECT count(*) FROM shipment s JOIN desk_case k ON k.file = s.manifest WHERE s.id = $1)
                + (SELECT count(*) FROM receipt r WHERE r.shipment = $1 AND r.desk_case IS NOT NULL)"
        }
    }
}

/// The days people gave the window of the shipment `$1`; each act has its move at the same instant.
const NOTICES: &str = "SELECT k.at, n.becomes, k.what FROM pickup_act_shipment n JOIN pickup_act k ON k.id = n.act
     WHERE n.shipment = $1 ORDER BY k.id";

impl Ledger {
    /// What the day of a card depends on; `own` are the moves on its way, by which a card that stands alone is due.
    /// Who may see the card is asked before: its batch and its shipment are looked at whole.
    pub(crate) async fn day_facts(
        &self,
        application_id: &str,
        own: Vec<DayMove>,
    ) -> Result<Option<DayFacts>, LedgerError> {
        let mut tx = self.read().await?;
        let Some(mut facts) = tx.row::<DayFacts>(FACTS, args![application_id]).await? else { return Ok(None) };
        let (of, id) = facts.holder();
        facts.moves = match of {
            Holder::Card => own,
            Holder::AccountBatch => tx.rows(OF_ACCOUNT_BATCH, args![id]).await?,
            Holder::ProductionBatch => tx.rows(OF_PRODUCTION_BATCH, args![id]).await?,
            Holder::Shipment => tx.rows(OF_SHIPMENT, args![id]).await?,
        };
        if of == Holder::Shipment {
            for (at, becomes, what) in tx.rows::<(i64, String, String)>(NOTICES, args![id]).await? {
                let becomes = becomes.parse().map_err(|_| LedgerError::Shape("pickup_act_shipment.becomes".into()))?;
                let notice = Notice { becomes, is_fixed: ["open-window", "close-window"].contains(&what.as_str()) };
                let to = if what == "reassign" { "in_transit" } else { "on_shelf" };
                let opened = |m: &&mut DayMove| m.at == at && m.to_state == to && !m.is_of_one_card();
                facts.moves.iter_mut().filter(opened).for_each(|m| m.notice = Some(notice));
            }
        }
        let settled = match of {
            Holder::Card => tx.rows(SETTLED, args![id]).await?,
            Holder::Shipment => tx.rows(FOUND, args![id]).await?,
            _ => Vec::new(),
        };
        for SettledEvent { life, to_state, at, settled_at } in settled {
            let of_event = |m: &&mut DayMove| m.life == life && m.to_state == to_state && m.at == at;
            facts.moves.iter_mut().filter(of_event).for_each(|m| m.at = settled_at);
        }
        facts.regions = match of {
            Holder::Card => vec![facts.region.clone()],
            Holder::AccountBatch => facts.account_region.iter().cloned().collect(),
            Holder::ProductionBatch => facts.production_region.iter().cloned().collect(),
            Holder::Shipment => regions_of(&mut tx, id).await?.into_iter().collect(),
        };
        facts.chased = tx.number(chased(of), args![id]).await? > 0;
        Ok(Some(facts))
    }
}
