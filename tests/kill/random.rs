//! Killed with -9 at random moments, drawn from a seed.

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::crash_world::{CrashWorld, Engines, Tick, embedded, services};

const DAYS: u32 = 34;
/// Of a hundred runs of the process, how many are killed.
const KILLED_PERCENT: u64 = 60;
const SEED: u64 = 34;

/// What the kills did, and when the next one comes.
struct Kills {
    rng: ChaCha8Rng,
    runs: u32,
    killed: u32,
    slowest_recovery: Duration,
}

#[test]
fn killed_on_sqlite_nothing_is_lost_and_nothing_happens_twice() {
    play("SQLite", embedded());
}

#[test]
fn killed_on_the_services_nothing_is_lost_and_nothing_happens_twice() {
    play("PostgreSQL and Kafka", services());
}

fn play(shown: &str, engines: Engines) {
    let rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut kills = Kills { rng, runs: 0, killed: 0, slowest_recovery: Duration::ZERO };
    let reached = CrashWorld::play(engines, DAYS, |crash_world, tick| tick_until_done(crash_world, tick, &mut kills));
    println!(
        "{shown}: {} runs, {} killed, lost 0, duplicated 0, slowest recovery {:.1} s",
        kills.runs,
        kills.killed,
        kills.slowest_recovery.as_secs_f64()
    );
    assert!(kills.killed > 20, "only {} kills; the test proves little", kills.killed);
    assert!(reached.get("in_hand").copied().unwrap_or(0) > 20, "the route was not played to its end: {reached:?}");
}

/// Starts the process again and again until one run ends by itself. No operator step in between.
fn tick_until_done(crash_world: &CrashWorld, tick: Tick, kills: &mut Kills) {
    let usual = Duration::from_millis(300);
    let mut dead_since: Option<Instant> = None;
    for attempt in 0_u64.. {
        kills.runs += 1;
        let mut child = crash_world.process(tick, None).spawn().unwrap();
        // Later attempts are killed less, so that the test ends.
        let doomed = attempt < 4 && kills.rng.random_range(0..100) < KILLED_PERCENT;
        if doomed {
            std::thread::sleep(usual.mul_f64(kills.rng.random_range(0.05..1.1)));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                child.wait().unwrap();
                kills.killed += 1;
                dead_since.get_or_insert_with(Instant::now);
                continue;
            }
        }
        let output = child.wait_with_output().unwrap();
        let (stage, at) = (tick.stage, tick.at);
        assert!(output.status.success(), "{stage} at {at}: {}", String::from_utf8_lossy(&output.stderr));
        if let Some(since) = dead_since {
            kills.slowest_recovery = kills.slowest_recovery.max(since.elapsed());
        }
        return;
    }
}
