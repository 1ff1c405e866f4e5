//! Detects a clock that jumped: with it every deadline would move, and batches would be cut that are not due.
//!
//! Invariant: no step runs at an instant that lies a set span beyond the last move or before the last seal, or
//! at which a set share of all deadlines would pass at once, until a person accepts. An outage is no jump: days
//! of it lie within the span, and of a longer one the server's own clock decides, which says the same as ours.
//! The halt is that of a history that shrank (`step/reached.rs`): one room for what waits for a person.
//!
//! Beside a SQLite file a longer outage asks a person, too. Nothing on one machine could tell it: its
//! monotonic clock ends when it is switched off, the times of its files are written by the clock in question,
//! and what the network says is not ours to believe.

use cardline_core::domain::policy::RegionPolicy;
use jiff::{SignedDuration, Timestamp};

use super::{StageError, Worker};
use crate::limits::{CLOCK_BACK_HOURS, CLOCK_QUIET_DAYS, CLOCKS_APART_HOURS, DEADLINES_COUNTED_MIN};
use crate::step::clock_facts::ClockFacts;
use crate::time::{local_date, rfc3339};

impl Worker {
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
        // One clock for everything: no region has its own.
        let policy = self.policy.of("", today);
        let why = match (went_back(now, &facts, policy), gap(now, &facts, policy)) {
            (Some(why), _) => Some(why),
            (None, None) => None,
            (None, Some(gap)) => {
                let (all, past) = self.ledger.deadlines_past(today).await?;
                judged(gap, all, past, policy)
            }
        };
        Ok(why.map(|why| format!("the clock says {}: {why} (ops/runbooks/clock-jumped.md)", rfc3339(now))))
    }
}

/// How far an instant lies beyond the last move.
#[derive(Clone, Copy)]
struct Gap {
    days: i64,
    /// The server's clock says the same: nothing but an outage.
    confirmed: bool,
}

/// Whether a person accepted an instant near this one.
fn is_accepted(now: Timestamp, facts: &ClockFacts, policy: &RegionPolicy) -> bool {
    let span = hours(24 * i64::from(policy.clock_jump_days));
    facts.accepted.iter().any(|at| now.duration_since(*at).abs() <= span)
}

/// Why an instant before what was done already is not believed. There is no outage that explains it.
fn went_back(now: Timestamp, facts: &ClockFacts, policy: &RegionPolicy) -> Option<String> {
    let back = facts.sealed?.duration_since(now);
    if back <= hours(CLOCK_BACK_HOURS) || is_accepted(now, facts, policy) {
        return None;
    }
    Some(format!("{} hours before the last seal", back.as_hours()))
}

/// The gap before an instant; `None` where there is none to speak of, or a person accepted it.
fn gap(now: Timestamp, facts: &ClockFacts, policy: &RegionPolicy) -> Option<Gap> {
    let gap = now.duration_since(facts.last?);
    if gap <= hours(24 * CLOCK_QUIET_DAYS) || is_accepted(now, facts, policy) {
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
        let facts = ClockFacts {
            last: Some(at("2026-01-08")),
            sealed: Some(at("2026-01-08")),
            accepted,
            server: server.map(at),
        };
        let ahead = gap(at(now), &facts, policy).and_then(|gap| judged(gap, all, past, policy));
        went_back(at(now), &facts, policy).or(ahead).is_some()
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
        // Back by a day is another worker's clock; by more it is none, whoever says so.
        assert!(!verdict("2026-01-07", None, &[], 100, 0));
        assert!(verdict("2026-01-06", None, &[], 100, 0));
        assert!(verdict("2016-01-08", Some("2016-01-08"), &[], 0, 0));
        assert!(!verdict("2016-01-08", None, &["2016-01-09"], 100, 0));
    }
}
