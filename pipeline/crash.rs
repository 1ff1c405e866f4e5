//! Crash points: right before and right after everything that becomes durable, the process can be made
//! to end there and then, as a power cut would end it. The crash test walks all of them.
//!
//! A point is named by the step under way, the act and the side, such as `accounts/cut commit before`.
//! Unless somebody watches, passing one costs a look at a flag.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What makes something durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DurableAct {
    /// A transaction of the ledger.
    Commit,
    /// Bytes into the object store.
    Store,
    /// A file under its final name at a partner, or its marker.
    Place,
    /// A partner's file out of its inbox.
    Archive,
    /// Messages to the broker.
    Publish,
    /// A file or an object that is gone.
    Remove,
}

impl DurableAct {
    const fn word(self) -> &'static str {
        match self {
            DurableAct::Commit => "commit",
            DurableAct::Store => "store",
            DurableAct::Place => "place",
            DurableAct::Archive => "archive",
            DurableAct::Publish => "publish",
            DurableAct::Remove => "remove",
        }
    }
}

struct Watch {
    /// The step under way; empty between steps.
    step: String,
    passed: BTreeMap<String, u64>,
    all: u64,
    end_at: End,
}

/// Where the process ends: the nth pass of a point, or of any point where none is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct End {
    pub point: Option<String>,
    pub pass: u64,
}

impl End {
    /// Reads `POINT:N`, such as `accounts/cut commit after:2`, or `any:N`.
    pub fn parse(text: &str) -> Option<End> {
        let (point, pass) = text.rsplit_once(':')?;
        Some(End { point: (point != "any").then(|| point.to_owned()), pass: pass.parse().ok()? })
    }
}

static WATCHED: AtomicBool = AtomicBool::new(false);
static WATCH: Mutex<Option<Watch>> = Mutex::new(None);

fn watch_now() -> MutexGuard<'static, Option<Watch>> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts the points passed from now on, and ends the process at one of them.
pub fn watch(end_at: End) {
    *watch_now() = Some(Watch { step: String::new(), passed: BTreeMap::new(), all: 0, end_at });
    WATCHED.store(true, Ordering::Relaxed);
}

/// How often each point was passed since the watch began; nothing when nobody watches.
pub fn passed() -> BTreeMap<String, u64> {
    watch_now().take().map(|watch| watch.passed).unwrap_or_default()
}

/// Names the step that is under way from now on.
pub fn step(stage: &str, name: &str) {
    if WATCHED.load(Ordering::Relaxed)
        && let Some(watch) = watch_now().as_mut()
    {
        watch.step = format!("{stage}/{name}");
    }
}

/// Passes the point before an act.
pub fn before(act: DurableAct) {
    pass(act, "before");
}

/// Passes the point after an act.
pub fn after(act: DurableAct) {
    pass(act, "after");
}

fn pass(act: DurableAct, side: &str) {
    if !WATCHED.load(Ordering::Relaxed) {
        return;
    }
    let mut slot = watch_now();
    let Some(watch) = slot.as_mut() else { return };
    let point = format!("{} {} {side}", watch.step, act.word());
    watch.all += 1;
    let passes = watch.passed.entry(point.clone()).or_default();
    *passes += 1;
    let ends = match &watch.end_at.point {
        Some(named) => *named == point && *passes == watch.end_at.pass,
        None => watch.all == watch.end_at.pass,
    };
    if ends {
        eprintln!("ended at `{point}`, pass {passes}, as CARDLINE_CRASH asks");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_point_and_a_pass() {
        let point = Some("accounts/cut commit after".to_owned());
        assert_eq!(End::parse("accounts/cut commit after:2"), Some(End { point, pass: 2 }));
        assert_eq!(End::parse("any:7"), Some(End { point: None, pass: 7 }));
        assert_eq!(End::parse("accounts/cut"), None);
        assert_eq!(End::parse("any:x"), None);
    }
}
