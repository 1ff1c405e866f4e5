//! Sessions nobody clicks in: they end, though their working day is not over.
//!
//! Known to one console: after its restart a session counts from its next click.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cardline::limits::CONSOLE_IDLE_MINUTES;

/// When each session was last clicked in, by the digest of its token.
#[derive(Default)]
pub struct Idle(Mutex<HashMap<Vec<u8>, Instant>>);

const LONGEST: Duration = Duration::from_secs(CONSOLE_IDLE_MINUTES * 60);

impl Idle {
    /// Whether a session was left for too long; if not, and it is a click, it counts from now.
    pub fn is_over(&self, session: &[u8], is_click: bool) -> bool {
        self.is_over_at(session, is_click, Instant::now())
    }

    fn is_over_at(&self, session: &[u8], is_click: bool, now: Instant) -> bool {
        let Ok(mut seen) = self.0.lock() else { return false };
        let left = |at: &Instant| now.saturating_duration_since(*at) > LONGEST;
        if seen.get(session).is_some_and(left) {
            seen.remove(session);
            return true;
        }
        if is_click || !seen.contains_key(session) {
            // Those who left without a word are forgotten on the way: their sessions end with their day.
            if seen.len().is_multiple_of(256) {
                seen.retain(|_, at| now.saturating_duration_since(*at) <= LONGEST * 24);
            }
            seen.insert(session.to_vec(), now);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_nobody_clicks_and_not_when_a_page_only_follows() {
        let (idle, start) = (Idle::default(), Instant::now());
        let after = |minutes: u64| start + Duration::from_secs(minutes * 60);
        assert!(!idle.is_over_at(b"lin", true, start));
        assert!(!idle.is_over_at(b"lin", true, after(CONSOLE_IDLE_MINUTES - 1)));
        assert!(!idle.is_over_at(b"lin", false, after(CONSOLE_IDLE_MINUTES * 2 - 2)));
        assert!(!idle.is_over_at(b"wang", false, after(CONSOLE_IDLE_MINUTES * 2 - 2)));
        assert!(idle.is_over_at(b"lin", true, after(CONSOLE_IDLE_MINUTES * 2)));
        assert!(!idle.is_over_at(b"wang", true, after(CONSOLE_IDLE_MINUTES * 2)));
    }
}
