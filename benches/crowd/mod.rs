//! A ledger with so many cards, and what is asked of it.

use std::time::Instant;

use cardline::books::figures::{listed, waiting};
use cardline::config::Config;
use cardline::route::ROUTE;
use cardline::route::distribution::pickup::{By, PickupRow, counted, due_within};
use cardline::route::distribution::pickup_cards::Asked;
use cardline::step::Worker;
use cardline::step::set_aside::Resting;
use cardline::store::Ledger;
use cardline::store::schema::Opening;
use cardline::time::{instant, local_date};
use cardline_world::demo;
use cardline_world::report::DemoPlan;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;

use crate::databases::{copy_of, drop_database, run, text};
use crate::multiplied::multiply;
use crate::services::Services;

/// Cards and days of the world that is multiplied; on its last day some wait that were never collected.
const PLAYED: u64 = 1_000;
const DAYS: u32 = 85;
/// How often each question is asked: the quickest answer is told, because others use the machine, too.
const TIMES: usize = 5;
/// What is multiplied: what the questions read.
const TABLES: [&str; 7] = ["application", "account_waiting", "account_row", "made", "box", "shipment", "batch"];

/// What falls due within so many days of the world is settled.
const LATER_DAYS: i64 = 12;
/// Copies of a carton lie at points of their own.
const POINTS: &str =
    "UPDATE shipment SET point = left(point, 6) || lpad(CAST((CAST(right(point, 6) AS BIGINT) + id / 100000 * 37)
    % 1000000 AS TEXT), 6, '0') WHERE NOT done AND id >= 100000";
/// What was copied falls due next year; copied cards of the cartons that were there before have left them.
const LATER: &str = "UPDATE application SET place = 'in_hand', social = 'active', financial = 'active'
        WHERE id >= 100000 AND place IS NULL
            AND id IN (SELECT m.application FROM made m JOIN box x ON x.id = m.box WHERE x.shipment < 100000);
    UPDATE shipment SET due_on = '2027-06-01', window_last = '2027-06-01' WHERE NOT done AND id >= 100000;
    UPDATE batch SET due_on = '2027-06-01' WHERE id >= 100000;
    UPDATE application SET due_on = '2027-06-01' WHERE id >= 100000 AND (id IN (SELECT application FROM account_waiting) OR state IN ('returned', 'rejected')
        OR place IN ('held', 'missing', 'with_unit', 'in_mail', 'awaiting_return', 'recalled', 'stored', 'to_recycle')
        OR (place = 'in_hand' AND (social = 'sealed' OR financial = 'sealed')))";

/// What a person would ask at the database's prompt for the most of each list: of what is late, the cards that stand alone.
const BARE: [(&str, &str); 3] = [
    (
        "waiting",
        "SELECT left(s.point, 6), count(*), min(s.ready_on) FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
         JOIN application a ON a.id = m.application WHERE NOT s.done AND a.place IS NULL AND s.place IN ('at_point', 'on_shelf')
         GROUP BY 1",
    ),
    (
        "due",
        "SELECT left(s.point, 6), s.window_last, count(*) FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
         JOIN application a ON a.id = m.application WHERE NOT s.done AND a.place IS NULL AND s.place = 'on_shelf'
            AND s.window_last BETWEEN $1 AND $2 GROUP BY 1, 2",
    ),
    (
        "overdue",
        "SELECT a.region, a.due_on, count(*) FROM application a
         WHERE a.place IN ('with_unit', 'recalled', 'awaiting_return', 'missing') AND a.due_on < $1 GROUP BY 1, 2",
    ),
];

/// A small world that was played.
pub struct Asking {
    runtime: Runtime,
    database: String,
    now: Timestamp,
    folder: tempfile::TempDir,
}

impl Asking {
    pub fn new(services: &Services) -> Asking {
        let (folder, runtime) = (tempfile::tempdir().expect("folder"), Runtime::new().expect("runtime"));
        let database = runtime.block_on(services.database());
        let (dir, url) = (folder.path().to_owned(), Some(database.clone()));
        let plan = DemoPlan { cards: PLAYED, days: DAYS, seed: 1, dir, database: url };
        let report = runtime.block_on(demo(&plan, &mut |_| {})).expect("a world");
        assert!(report.books.iter().all(|law| law.holds), "a law is broken in the world that is multiplied");
        let now = instant(report.last_day.parse().expect("day"), 18, 0);
        Asking { runtime, database, now, folder }
    }

    /// A copy with about so many cards.
    pub fn cards(&self, count: u64) -> Cards<'_> {
        let times = times(count);
        let database = self.runtime.block_on(copy_of(&self.database));
        let config = Config::in_folder(self.folder.path(), Some(database.clone()));
        let today = local_date(self.now);
        let worker = self.runtime.block_on(async {
            multiply(&database, Some(&TABLES), times, times).await;
            run(&database, POINTS).await;
            run(&database, "VACUUM ANALYZE shipment").await;
            Worker::observing(config, today).await.expect("worker")
        });
        let size = "SELECT CAST(pg_database_size(current_database()) AS TEXT)";
        let text = |sql| self.runtime.block_on(text(&database, sql));
        let count = text("SELECT CAST(count(*) AS TEXT) FROM application").parse().expect("number");
        let gigabytes = text(size).parse::<f64>().expect("number") / 1e9;
        Cards { asking: self, worker, database, count, gigabytes }
    }
}

fn times(count: u64) -> i64 {
    (count as f64 / PLAYED as f64).sqrt().round() as i64
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.runtime.block_on(drop_database(&self.database));
    }
}

/// So many cards.
pub struct Cards<'a> {
    asking: &'a Asking,
    worker: Worker,
    database: String,
    pub count: u64,
    pub gigabytes: f64,
}

impl Cards<'_> {
    /// Every list by district as it is shown, after a worker's count, beside the same counted now and the bare query: the
    /// seconds of the slowest, and of the page of all three.
    pub fn lists(&self) -> (f64, f64) {
        let (now, today) = (self.asking.now, local_date(self.asking.now));
        let counting = Instant::now();
        self.asking.runtime.block_on(count_figures(&self.database, now));
        println!("  a worker counted in {:.1} s", counting.elapsed().as_secs_f64());
        let due = due_within(&self.worker, today, 3);
        let Asked::Due { from, to } = due else { return (f64::NAN, f64::NAN) };
        let mut slowest = 0.0_f64;
        for (name, asked) in [("waiting", Asked::Waiting), ("due", due), ("overdue", Asked::Overdue { today })] {
            let cards = |rows: Vec<PickupRow>| rows.iter().map(|row| row.cards).sum::<i64>();
            let (mut found, mut there) = (0, 0);
            let shown = self.quickest(async || {
                found = cards(listed(&self.worker, asked, By::District, now).await.expect(name));
            });
            let afresh = self.quickest(async || {
                there = cards(counted(&self.worker, asked, By::District, now).await.expect(name));
            });
            assert_eq!(found, there, "{name}");
            let (_, sql) = BARE.iter().find(|(of, _)| *of == name).expect("a query");
            let sql = sql.replace("$1", &format!("'{from}'")).replace("$2", &format!("'{to}'"));
            let bare = self.quickest(async || run(&self.database, &sql).await);
            let [shown_ms, afresh, bare] = [shown, afresh, bare].map(|seconds| seconds * 1e3);
            println!(
                "  {name:<8} {found:>9} cards: {shown_ms:>8.1} ms, counted now {afresh:>8.1} ms, the bare query {bare:>8.1} ms"
            );
            slowest = slowest.max(shown);
        }
        let page = self
            .quickest(async || assert!(waiting(&self.worker, "1101", now).await.expect("page").counted_at.is_some()));
        println!("  the page of all three: {:>8.1} ms", page * 1e3);
        (slowest, page)
    }

    /// Milliseconds until it is known what is overdue, where nothing that was copied is; and what it takes to settle it.
    pub fn deadlines(&self) -> f64 {
        self.asking.runtime.block_on(async {
            run(&self.database, LATER).await;
            // As a running server does: else each look steps over millions of rows that fell due before.
            run(&self.database, "VACUUM ANALYZE").await;
        });
        let at = self.asking.now + SignedDuration::from_hours(24 * LATER_DAYS);
        let today = local_date(at);
        let mut found = 0;
        let seconds = self.quickest(async || {
            found = self.worker.ledger.overdue(today).await.expect("overdue").len();
            found += self.worker.ledger.due_runs("on_shelf", today).await.expect("windows").len();
        });
        let (settled, settling) = self.asking.runtime.block_on(self.settle(at));
        println!(
            "  deadlines: {:>8.1} ms until it is known whose of which kind are overdue ({found}); {settled} moves settle them in {:.1} ms each",
            seconds * 1e3,
            settling * 1e3 / settled.max(1) as f64
        );
        seconds * 1e3
    }

    async fn settle(&self, at: Timestamp) -> (i64, f64) {
        let moves = "SELECT CAST(count(*) AS TEXT) FROM move";
        let before: i64 = text(&self.database, moves).await.parse().expect("number");
        let config = Config::in_folder(self.asking.folder.path(), Some(self.database.clone()));
        let worker = Worker::unsettled(config, local_date(at), Opening::Make).await.expect("worker");
        let worker = worker.named().await.expect("a name");
        let started = Instant::now();
        for name in ["window-ends", "deadlines"] {
            let step = ROUTE.iter().find(|step| step.name == name).expect("a step");
            let run = step.run_with(&worker, Resting::Try, at).await.expect("settled");
            assert!(run.set_aside.is_empty(), "{name} set something aside");
        }
        let seconds = started.elapsed().as_secs_f64();
        worker.ledger.close().await;
        let after: i64 = text(&self.database, moves).await.parse().expect("number");
        (after - before, seconds)
    }

    /// Gives the disk back.
    pub fn dropped(self) {
        let Cards { asking, worker, database, .. } = self;
        asking.runtime.block_on(async {
            worker.ledger.close().await;
            drop_database(&database).await;
        });
    }

    fn quickest(&self, mut ask: impl AsyncFnMut()) -> f64 {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let started = Instant::now();
            self.asking.runtime.block_on(ask());
            times.push(started.elapsed().as_secs_f64());
        }
        times.into_iter().fold(f64::INFINITY, f64::min)
    }
}

async fn count_figures(database: &str, now: Timestamp) {
    let ledger = Ledger::open(database).await.expect("ledger");
    ledger.count_figures(now).await.expect("figures");
    ledger.close().await;
}
