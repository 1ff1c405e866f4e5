//! Cards that are to be collected, handed over, sent back or taken back, and those that are not ready as promised: counted
//! by where and until when, or one by one. Read through what is open, so what it costs grows with that only.

use cardline_core::card_states;
use jiff::civil::Date;

use crate::args;
use crate::route::unfinished::each_unfinished;
use crate::row;
use crate::store::args::Arg;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};

/// Which cards are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Those at a point, with a unit, in the mail or missing.
    Waiting,
    /// Those whose window ends on one of these days, both included.
    Due { from: Date, to: Date },
    /// Those whose day was before this one, and those that are not ready by the day promised to their holder.
    Overdue { today: Date },
    /// The first of these alone.
    PastItsDay { today: Date },
}

row! {
    /// Cards that stand alike, or one card.
    #[derive(Clone, Debug)]
    pub struct PickupCards {
        /// Empty where they are counted.
        application_id: String,
        place: String,
        point: String,
        region: String,
        bank: String,
        due_on: String,
        /// When a person was asked about them; their day had passed by then, and `due_on` is the person's.
        chased_at: Option<i64>,
        /// Empty where the day is the promise: whose turn it is says the state.
        owner: String,
        /// The day on which their first window was opened.
        ready_on: Option<String>,
        cards: i64,
    }
}

impl PickupCards {
    /// Of all that wait, or of all that is overdue, whether these are asked for.
    pub(crate) fn is_asked_for(&self, asked: Asked) -> bool {
        match asked {
            Asked::Due { from, to } => {
                let is_due = |day: Date| (from..=to).contains(&day);
                self.place == "on_shelf" && self.due_on.parse().is_ok_and(is_due)
            }
            Asked::PastItsDay { .. } => !self.is_promise(),
            Asked::Waiting | Asked::Overdue { .. } => true,
        }
    }

    /// Whether their day is the one promised to the holder: they are not ready yet.
    pub(super) fn is_promise(&self) -> bool {
        self.owner.is_empty()
    }
}

/// Cards that travel with a shipment at its point.
macro_rules! on_shelves {
    ($where:literal) => {
        concat!(
            "SELECT a.application_id, a.bank, a.region, s.place, s.point, COALESCE(s.window_last, s.due_on) AS due_on,
                CAST(NULL AS BIGINT) AS chased_at, s.owner, s.ready_on
             FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
                JOIN application a ON a.id = m.application
             WHERE NOT s.done AND a.place IS NULL AND ",
            $where
        )
    };
}

/// Cards that stand alone. The first condition is that of the index they are found by.
macro_rules! alone {
    ($chased_at:literal, $from:literal, $where:literal) => {
        concat!(
            "SELECT a.application_id, a.bank, a.region, a.place, a.point, a.due_on, ",
            $chased_at,
            " AS chased_at, a.owner, s.ready_on FROM ",
            $from,
            " LEFT JOIN made m ON m.application = a.id LEFT JOIN box x ON x.id = m.box
              LEFT JOIN shipment s ON s.id = x.shipment WHERE a.place IN (",
            card_states!(due_alone),
            ") AND ",
            $where
        )
    };
}

/// The cards of a statement that lie within the scope: counted, or one by one after an id.
macro_rules! counted {
    ($cards:expr) => {
        counted!($cards, "")
    };
    ($cards:expr, $further:literal) => {
        concat!(
            "SELECT '' AS application_id, t.place, t.point, t.region, t.bank, t.due_on, t.chased_at, t.owner, t.ready_on,
                count(*) AS cards FROM (",
            $cards,
            ") t WHERE t.application_id > $1 AND ",
            in_scope!("t.bank", "t.region"),
            $further,
            " GROUP BY t.place, t.point, t.region, t.bank, t.due_on, t.chased_at, t.owner, t.ready_on
              ORDER BY t.place, t.point, t.region, t.bank, t.due_on, t.chased_at, t.owner, t.ready_on LIMIT $2"
        )
    };
}

macro_rules! one_by_one {
    ($cards:expr) => {
        concat!(
            "SELECT t.application_id, t.place, t.point, t.region, t.bank, t.due_on, t.chased_at, t.owner, t.ready_on,
                CAST(1 AS BIGINT) AS cards FROM (",
            $cards,
            ") t WHERE t.application_id > $1 AND ",
            in_scope!("t.bank", "t.region"),
            " ORDER BY t.application_id LIMIT $2"
        )
    };
}

macro_rules! waiting {
    () => {
        concat!(
            on_shelves!("s.place IN ('at_point', 'on_shelf')"),
            " UNION ALL ",
            alone!("CAST(NULL AS BIGINT)", "application a", "a.place IN ('with_unit', 'in_mail', 'missing')")
        )
    };
}

macro_rules! due {
    () => {
        on_shelves!("s.place = 'on_shelf' AND s.window_last >= $3 AND s.window_last <= $4")
    };
}

/// What missed its day, also where the day was moved since because a person was asked.
macro_rules! past_its_day {
    () => {
        concat!(
            on_shelves!("s.place = 'on_shelf' AND s.window_last < $3"),
            " UNION ALL ",
            alone!(
                "CAST(NULL AS BIGINT)",
                "application a",
                "a.place IN ('with_unit', 'in_mail', 'recalled', 'awaiting_return', 'missing') AND a.due_on < $3"
            ),
            " UNION ALL ",
            alone!(
                "(SELECT min(v.at) FROM move v WHERE v.scope = 'case' AND v.subject = k.id)",
                "desk_case k JOIN application a ON a.id = k.application",
                "a.place IN ('with_unit', 'in_mail', 'recalled', 'awaiting_return') AND a.due_on >= $3
                    AND k.state IN ('open', 'escalated') AND k.reason IN ('a card waits longer than it may',
                        'a unit did not hand out in time', 'a card sent by mail was not delivered in time')"
            ),
            " UNION ALL SELECT a.application_id, a.bank, a.region, a.place, a.point, a.due_on,
                (SELECT min(v.at) FROM move v WHERE v.scope = 'case' AND v.subject = k.id) AS chased_at, a.owner, CAST(NULL AS TEXT)
              FROM desk_case k JOIN application a ON a.id = k.application
              WHERE k.state IN ('open', 'escalated') AND k.reason = 'a card was collected and not activated' AND a.place = 'in_hand'
                AND a.due_on >= $3"
        )
    };
}

/// The same, and what is not ready on the day that was promised. What is missing or in the mail has a day of its own.
macro_rules! overdue {
    () => {
        concat!(
            past_its_day!(),
            " UNION ALL SELECT a.application_id, u.bank, u.region, u.state, u.point, u.promise_on, CAST(NULL AS BIGINT), '', CAST(NULL AS TEXT)
              FROM (",
            each_unfinished!(),
            ") u JOIN application a ON a.id = u.id
              WHERE u.life = 'card' AND u.promise_on <> '' AND u.promise_on < $3 AND u.state NOT IN ('missing', 'in_mail')"
        )
    };
}

impl Asked {
    fn counted(self) -> &'static str {
        match self {
            Asked::Waiting => counted!(waiting!()),
            Asked::Due { .. } => counted!(due!()),
            Asked::Overdue { .. } => counted!(overdue!()),
            Asked::PastItsDay { .. } => counted!(past_its_day!()),
        }
    }

    fn one_by_one(self) -> &'static str {
        match self {
            Asked::Waiting => one_by_one!(waiting!()),
            Asked::Due { .. } => one_by_one!(due!()),
            Asked::Overdue { .. } => one_by_one!(overdue!()),
            Asked::PastItsDay { .. } => one_by_one!(past_its_day!()),
        }
    }

    fn args(self, after: &str, limit: i64) -> Vec<Arg> {
        match self {
            Asked::Waiting => args![after, limit],
            Asked::Due { from, to } => args![after, limit, from, to],
            Asked::Overdue { today } | Asked::PastItsDay { today } => args![after, limit, today],
        }
    }
}

impl Ledger {
    /// The cards asked for within the viewer's scope, those that stand alike counted together.
    pub async fn pickup_cards(&self, asked: Asked) -> Result<Vec<PickupCards>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(asked.counted(), asked.args("", i64::MAX)).await
    }

    /// The cards asked for within the viewer's scope one by one, after an application id, at most `limit`.
    pub async fn single_pickup_cards(
        &self,
        asked: Asked,
        after: &str,
        limit: i64,
    ) -> Result<Vec<PickupCards>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(asked.one_by_one(), asked.args(after, limit)).await
    }

    /// What waits at one point, and what missed its own day there, those that stand alike counted together.
    pub async fn pickup_cards_at(
        &self,
        point: &str,
        today: Date,
    ) -> Result<(Vec<PickupCards>, Vec<PickupCards>), LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let waiting = tx.rows(counted!(waiting!(), " AND t.point = $3"), args!["", i64::MAX, point]).await?;
        let overdue =
            tx.rows(counted!(past_its_day!(), " AND t.point = $4"), args!["", i64::MAX, today, point]).await?;
        Ok((waiting, overdue))
    }
}
