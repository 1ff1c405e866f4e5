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
use crate::limits::WINDOWS_COUNTED_MIN;
use crate::step::{StageError, Worker};
use crate::store::leases::spend;
use crate::store::{Lease, Ledger, LedgerError, Stamp};
use crate::time::local_date;

/// Why a person is asked.
pub const MANY_END: &str = "many pickup windows end at once";

impl Worker {
    /// Whether windows may end now; where too many would, a person is asked.
    pub(super) async fn windows_may_end(&self, now: Timestamp) -> Result<bool, StageError> {
        let today = local_date(now);
        // One question for all: no region has its own.
        let policy = self.policy.of("", today);
        let ended = self.ledger.windows_ended(today).await?;
        if ended < WINDOWS_COUNTED_MIN || !is_many(ended, self.ledger.windows_open().await?, policy) {
            return Ok(true);
        }
        if let Some(lease) = self.lease("distribution/mass-end", now).await? {
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
    async fn windows_ended(&self, today: Date) -> Result<i64, LedgerError> {
        let mut tx = self.read().await?;
        let all = "SELECT count(*) FROM shipment WHERE NOT done AND place = 'on_shelf' AND window_last < $1 AND window_last >= $2
             AND NOT last_by_notice";
        let ended = tx.number(all, args![today, Date::MIN]).await?;
        if ended < WINDOWS_COUNTED_MIN {
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
        let sql = "SELECT count(*) FROM shipment WHERE NOT done AND place = 'on_shelf'";
        self.read().await?.number(sql, args![]).await
    }

    /// One open case is enough.
    async fn ask_about_ends(&self, lease: &Lease, case_on: Date, why: Stamp<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let open = "SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1";
        if tx.number(open, args![MANY_END]).await? == 0 {
            open_case(&mut tx, None, None, MANY_END, case_on, "administrator", why).await?;
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}
