//! A clock that jumped: whoever believed it would move every deadline, and cut what is not due.
//!
//! Invariant: no step runs at an instant that lies a set span beyond the last move, or at which a set share
//! of all deadlines would pass at once, until a person accepts. An outage is no jump: days of it lie within
//! the span, and of a longer one the server's own clock tells, which says the same as ours. The halt is that
//! of a history that shrank (`ledger/reconciliation.rs`): one room for what waits for a person.

use cardline_core::domain::policy::RegionPolicy;
use jiff::{SignedDuration, Timestamp};

use super::{StageError, Station};
use crate::ledger::ClockFacts;
use crate::limits::{CLOCK_QUIET_DAYS, CLOCKS_APART_HOURS, DEADLINES_COUNTED_MIN};
use crate::time::{local_date, rfc3339};

impl Station {
    /// Halts everything when the instant cannot be believed.
    pub async fn watch_clock(&self, now: Timestamp) -> Result<(), StageError> {
        // Shortly after an instant that was believed nothing is asked.
        let believed = self.believed.lock().map(|believed| *believed).unwrap_or_default();
        let is_near = believed.is_some_and(|before| now >= before && now.duration_since(before) <= hours(1));
        if !is_near && let Some(found) = self.suspicion(now).await? {
            tracing::error!(found, "the clock is not believed");
            return Ok(self.ledger.halt_for(&found, now).await?);
        }
        if let Ok(mut believed) = self.believed.lock() {
            *believed = Some(now);
        }
        Ok(())
    }

    /// Why an instant is not believed, in words.
    async fn suspicion(&self, now: Timestamp) -> Result<Option<String>, StageError> {
        let facts = self.ledger.clock_facts().await?;
        let today = local_date(now);
        // One clock for the whole house: no region has one of its own.
        let policy = self.policy.of("", today);
        let Some(gap) = gap(now, &facts, policy) else { return Ok(None) };
        let (all, past) = self.ledger.deadlines_past(today).await?;
        Ok(judged(gap, all, past, policy)
            .map(|why| format!("the clock says {}: {why} (ops/runbooks/clock-jumped.md)", rfc3339(now))))
    }
}

/// How far an instant lies beyond the last move.
#[derive(Clone, Copy)]
struct Gap {
    days: i64,
    /// The server's clock says the same: nothing but an outage.
    confirmed: bool,
}

/// The gap before an instant; `None` where there is none to speak of, or a person accepted it.
fn gap(now: Timestamp, facts: &ClockFacts, policy: &RegionPolicy) -> Option<Gap> {
    let gap = now.duration_since(facts.last?);
    let span = hours(24 * i64::from(policy.clock_jump_days));
    let is_accepted = facts.accepted.iter().any(|at| now.duration_since(*at).abs() <= span);
    if gap <= hours(24 * CLOCK_QUIET_DAYS) || is_accepted {
        return None;
    }
    let confirmed = facts.server.is_some_and(|server| now.duration_since(server).abs() <= hours(CLOCKS_APART_HOURS));
    Some(Gap { days: gap.as_hours() / 24, confirmed })
}

/// Why a gap is not believed, in words.
fn judged(gap: Gap, all: i64, past: i64, policy: &RegionPolicy) -> Option<String> {
    if all > 0 && gap.days >= i64::from(policy.clock_jump_days) && !gap.confirmed {
        return Some(format!("{} days after the last move", gap.days));
    }
    if all >= DEADLINES_COUNTED_MIN && past * 100 > all * i64::from(policy.clock_due_percent) {
        return Some(format!("{past} of {all} deadlines would pass at once, {} days after the last move", gap.days));
    }
    None
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[cfg(test)]
mod tests {
    use cardline_core::domain::policy::Policy;

    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}T09:00:00+08:00").parse().unwrap()
    }

    fn verdict(now: &str, server: Option<&str>, accepted: &[&str], all: i64, past: i64) -> bool {
        let policy = Policy::built_in().unwrap();
        let policy = policy.of("", local_date(at(now)));
        let accepted = accepted.iter().map(|day| at(day)).collect();
        let facts = ClockFacts { last: Some(at("2026-01-08")), accepted, server: server.map(at) };
        gap(at(now), &facts, policy).and_then(|gap| judged(gap, all, past, policy)).is_some()
    }

    #[test]
    fn a_jump_is_told_from_an_outage() {
        // A weekend, and a week in which little falls due.
        assert!(!verdict("2026-01-11", None, &[], 100, 100));
        assert!(!verdict("2026-01-16", None, &[], 100, 20));
        // Most of everything due at once, whatever the server says.
        assert!(verdict("2026-01-16", Some("2026-01-16"), &[], 100, 51));
        assert!(!verdict("2026-01-16", None, &[], 10, 10));
        // Beyond the span only a server's clock is believed.
        assert!(verdict("2036-01-08", None, &[], 1, 0));
        assert!(verdict("2036-01-08", Some("2026-01-08"), &[], 1, 0));
        assert!(!verdict("2026-02-20", Some("2026-02-20"), &[], 100, 20));
        assert!(verdict("2026-02-20", Some("2026-01-08"), &[], 100, 20));
        // What a person accepted, and nothing far from it.
        assert!(!verdict("2036-01-09", None, &["2036-01-08"], 100, 100));
        assert!(verdict("2030-01-09", None, &["2036-01-08"], 100, 100));
        assert!(!verdict("2026-01-05", None, &[], 100, 0));
    }
}
