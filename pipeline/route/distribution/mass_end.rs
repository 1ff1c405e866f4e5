//! Many windows that end at once are not believed until a person says so: a slip in a policy, a calendar or a feed of
//! events would send a province's cards back.
//!
//! What a person gave a last day by notice is not counted: how many that are was shown before. A decision covers what had
//! ended by its day. Windows stay open meanwhile, and what is collected counts.

use cardline_core::domain::policy::RegionPolicy;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::args;
use crate::cases::desk::open_case;
use crate::step::{StageError, Worker};
use crate::store::leases::spend;
use crate::store::{Lease, Ledger, LedgerError, Stamp};
use crate::time::local_date;

/// Why a person is asked, for a statement that is put together when it is compiled.
macro_rules! many_end {
    () => {
        "many pickup windows end at once"
    };
}
pub(crate) use many_end;

/// Why a person is asked.
const MANY_END: &str = many_end!();

/// Windows of cartons in which somebody is left, and no notice gave the last day.
macro_rules! open_windows {
    ($further:literal) => {
        concat!(
            "SELECT count(*) FROM shipment s WHERE NOT s.done AND s.place = 'on_shelf' AND NOT s.last_by_notice
                AND EXISTS (SELECT 1 FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                    WHERE x.shipment = s.id AND a.place IS NULL)",
            $further
        )
    };
}

const OPEN_CASES: &str = "SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1";

impl Worker {
    /// Whether windows may end now; where too many would, a person is asked.
    pub(super) async fn windows_may_end(&self, now: Timestamp) -> Result<bool, StageError> {
        let today = local_date(now);
        // One question for all: no region has its own.
        let policy = self.policy.of("", today);
        let ended = self.ledger.windows_ended(today, policy.window_ends_count).await?;
        if ended < policy.window_ends_count || !is_many(ended, self.ledger.windows_open().await?, policy) {
            return Ok(true);
        }
        let is_asked = self.ledger.is_asked_about_ends().await?;
        if !is_asked && let Some(lease) = self.lease("distribution/mass-end", now).await? {
            let case_on = self.working_days_after(today, policy.case_working_days);
            let why = Stamp { at: now, actor: "scheduler", reason: MANY_END };
            self.ledger.ask_about_ends(&lease, case_on, why).await?;
        }
        Ok(false)
    }
}

fn is_many(ended: i64, open: i64, policy: &RegionPolicy) -> bool {
    ended * 100 > open * i64::from(policy.window_ends_percent)
}

impl Ledger {
    /// Windows that ended before today, and after the last day about which a person was asked.
    async fn windows_ended(&self, today: Date, least: i64) -> Result<i64, LedgerError> {
        let mut tx = self.read().await?;
        let all = open_windows!(" AND s.window_last < $1 AND s.window_last >= $2");
        let ended = tx.number(all, args![today, Date::MIN]).await?;
        if ended < least {
            return Ok(ended);
        }
        let decided =
            "SELECT COALESCE(max(v.at), 0) FROM desk_case k JOIN move v ON v.scope = 'case' AND v.subject = k.id
             WHERE k.reason = $1 AND v.to_state = 'decided'";
        let decided = tx.number(decided, args![MANY_END]).await?;
        let since = Timestamp::from_microsecond(decided).map_or(Date::MIN, local_date);
        tx.number(all, args![today, since]).await
    }

    async fn windows_open(&self) -> Result<i64, LedgerError> {
        self.read().await?.number(open_windows!(""), args![]).await
    }

    async fn is_asked_about_ends(&self) -> Result<bool, LedgerError> {
        Ok(self.read().await?.number(OPEN_CASES, args![MANY_END]).await? > 0)
    }

    /// One open case is enough.
    async fn ask_about_ends(&self, lease: &Lease, case_on: Date, why: Stamp<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        if tx.number(OPEN_CASES, args![MANY_END]).await? == 0 {
            open_case(&mut tx, None, None, MANY_END, case_on, "administrator", why).await?;
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}
