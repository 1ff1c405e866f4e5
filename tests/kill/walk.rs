//! Every crash point: first, middle and last pass, and each time a second crash during recovery.
//!
//! A first play, without crashes, counts how often each tick passes each point. A second one, from the
//! same seed, ends the process at every point on the way. What the first play met and the second could
//! not reach is a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cardline::route::ROUTE;

use super::crash_world::{CrashWorld, Engines, Tick, embedded, services};

/// Long enough for the first cards to be recycled.
const DAYS: u32 = 46;
const PLAYS_MAX: u32 = 8;
/// Cases of one tick: each is two crashes.
const CASES_OF_A_TICK: usize = 9;

/// Passes of each point, tick by tick.
type Passes = Vec<BTreeMap<String, u64>>;

/// Which of its passes the process ends at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Which {
    First,
    Middle,
    Last,
}

impl Which {
    /// The pass, where a tick has so many that it is another than the others.
    fn of(self, passes: u64) -> Option<u64> {
        match self {
            Which::First => (passes >= 1).then_some(1),
            Which::Middle => (passes >= 3).then_some(passes.div_ceil(2)),
            Which::Last => (passes >= 2).then_some(passes),
        }
    }
}

/// What is still to be met, and what the crashes did.
struct Walk {
    passes: Passes,
    open: BTreeSet<(String, Which)>,
    crashes: u32,
    second_crashes: u32,
    slowest_recovery: Duration,
}

#[test]
fn every_crash_point_is_survived_on_embedded() {
    walk("SQLite", embedded);
}

#[test]
fn every_crash_point_is_survived_on_services() {
    walk("PostgreSQL and Kafka", services);
}

fn walk(shown: &str, engines: fn() -> Engines) {
    let passes = without_crashes(engines());
    let most = passes.iter().flatten().fold(BTreeMap::new(), |mut most: BTreeMap<&str, u64>, (point, passes)| {
        let one = most.entry(point).or_default();
        *one = (*one).max(*passes);
        most
    });
    let kinds = [Which::First, Which::Middle, Which::Last];
    let cases = |(point, most): (&&str, &u64)| {
        let (point, most) = (point.to_string(), *most);
        kinds.into_iter().filter(move |which| which.of(most).is_some()).map(move |which| (point.clone(), which))
    };
    let open: BTreeSet<(String, Which)> = most.iter().flat_map(cases).collect();
    let (points, all) = (most.len(), open.len());
    let steps: BTreeSet<&str> = most.keys().filter_map(|point| point.split(' ').next()).collect();
    for step in ROUTE.iter().map(|step| format!("{}/{}", step.stage, step.name)) {
        assert!(steps.contains(&*step), "{step}: the play gives it nothing to do");
    }
    let mut walk = Walk { passes, open, crashes: 0, second_crashes: 0, slowest_recovery: Duration::ZERO };
    // What few ticks can meet takes a few plays.
    for _ in 0..PLAYS_MAX {
        if !walk.open.is_empty() {
            CrashWorld::play(engines(), DAYS, |crash_world, tick| walk.tick(crash_world, tick));
        }
    }
    println!(
        "{shown}: {points} points, {all} cases, {} crashes and {} during recovery, lost 0, duplicated 0, slowest recovery {:.1} s",
        walk.crashes,
        walk.second_crashes,
        walk.slowest_recovery.as_secs_f64()
    );
    assert!(walk.open.is_empty(), "never reached: {:?}", walk.open);
}

/// The passes of every tick of a play in which nothing ends early, as the process tells them.
fn without_crashes(engines: Engines) -> Passes {
    let mut passes = Passes::new();
    CrashWorld::play(engines, DAYS, |crash_world, tick| {
        let output = crash_world.process(tick, Some("none:1")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} at {}: {said}", tick.stage, tick.at);
        let passed = said.lines().filter_map(|line| line.strip_prefix("passed `")?.rsplit_once("` "));
        passes.push(passed.map(|(point, passes)| (point.to_owned(), passes.parse().unwrap())).collect());
    });
    passes
}

impl Walk {
    /// Ends the process at the cases this tick can meet, in the order of the steps, and after each once
    /// more on the way back; then lets it finish.
    fn tick(&mut self, crash_world: &CrashWorld, tick: Tick) {
        let mut dead_since: Option<Instant> = None;
        let cases = self.cases(tick.number);
        if cases.is_empty() {
            return crash_world.run(tick);
        }
        for (point, which, pass) in cases {
            if !self.ends(crash_world, tick, &format!("{point}:{pass}")) {
                break;
            }
            dead_since.get_or_insert_with(Instant::now);
            self.crashes += 1;
            self.open.remove(&(point, which));
            // The first durable acts of the recovery, one after the other from case to case.
            let recovered = 1 + u64::from(self.crashes) % 5;
            self.second_crashes += u32::from(self.ends(crash_world, tick, &format!("any:{recovered}")));
        }
        assert!(!self.ends(crash_world, tick, "none:1"));
        if let Some(since) = dead_since {
            self.slowest_recovery = self.slowest_recovery.max(since.elapsed());
        }
    }

    /// The rarest case of the tick, then first passes in its step and in later ones: after a crash only
    /// these still count as they did, while there is work left.
    fn cases(&self, number: usize) -> Vec<(String, Which, u64)> {
        let Some(passes) = self.passes.get(number) else { return Vec::new() };
        let here = |(point, which): &(String, Which)| Some((point.clone(), *which, which.of(*passes.get(point)?)?));
        let mut cases: Vec<_> = self.open.iter().filter_map(here).collect();
        cases.sort_by_key(|(point, which, _)| (self.ticks_of(point, *which), step_of(point)));
        if cases.is_empty() {
            return cases;
        }
        let rarest = cases.remove(0);
        cases.retain(|(point, which, _)| *which == Which::First && step_of(point) >= step_of(&rarest.0));
        cases.sort_by_key(|(point, ..)| step_of(point));
        cases.truncate(CASES_OF_A_TICK - 1);
        cases.insert(0, rarest);
        cases
    }

    /// How many ticks of the play can meet a case.
    fn ticks_of(&self, point: &str, which: Which) -> usize {
        self.passes.iter().filter(|passes| passes.get(point).is_some_and(|passes| which.of(*passes).is_some())).count()
    }

    /// Runs the tick to a crash point. Whether it was reached; a run that fails otherwise is a failure.
    fn ends(&self, crash_world: &CrashWorld, tick: Tick, at: &str) -> bool {
        let output = crash_world.process(tick, Some(at)).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let crashed = said.contains("as CARDLINE_CRASH asks");
        assert!(crashed != output.status.success(), "{} at {}, crash at {at}: {said}", tick.stage, tick.at);
        crashed
    }
}

/// Place of a point's step in the route; what happens between steps comes first.
fn step_of(point: &str) -> usize {
    let step = point.split(' ').next().unwrap_or_default();
    ROUTE.iter().position(|s| format!("{}/{}", s.stage, s.name) == step).map_or(0, |place| place + 1)
}
