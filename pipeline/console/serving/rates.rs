//! How fast one place may ask: nobody clicks faster, and no program needs to.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use cardline::limits::{CONSOLE_ASKS_A_SECOND, CONSOLE_ASKS_AT_ONCE, CONSOLE_PLACES};

/// What each place has left of its share.
#[derive(Default)]
pub struct Rates(Mutex<HashMap<String, Share>>);

struct Share {
    left: f64,
    at: Instant,
}

impl Rates {
    /// Whether a place may ask once more now.
    pub fn allow(&self, place: &str) -> bool {
        self.allow_at(place, Instant::now())
    }

    fn allow_at(&self, place: &str, now: Instant) -> bool {
        let Ok(mut shares) = self.0.lock() else { return true };
        if shares.len() >= CONSOLE_PLACES {
            // A share that is whole again is one of nobody known.
            shares.retain(|_, share| share.refilled(now) < CONSOLE_ASKS_AT_ONCE);
        }
        let share = shares.entry(place.to_owned()).or_insert(Share { left: CONSOLE_ASKS_AT_ONCE, at: now });
        share.left = share.refilled(now);
        share.at = now;
        if share.left < 1.0 {
            return false;
        }
        share.left -= 1.0;
        true
    }
}

impl Share {
    fn refilled(&self, now: Instant) -> f64 {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        (self.left + since * CONSOLE_ASKS_A_SECOND).min(CONSOLE_ASKS_AT_ONCE)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_place_that_floods_waits_and_another_does_not() {
        let (rates, start) = (Rates::default(), Instant::now());
        let allowed = (0..10_000).filter(|_| rates.allow_at("10.0.0.1", start)).count();
        assert_eq!(allowed as f64, CONSOLE_ASKS_AT_ONCE);
        assert!(rates.allow_at("10.0.0.2", start));
        assert!(rates.allow_at("10.0.0.1", start + Duration::from_secs(1)));
    }
}
