//! Everything on the list is exported, nothing else is, and what is shown is true.

use std::collections::BTreeSet;
use std::path::Path;

use cardline::metrics::METRICS;

use super::worker::RunningWorker;
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(every_metric_of_the_list_is_exported_and_none_beyond_it);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `cardline metrics page > ops/metrics.md` makes it again.
#[test]
fn the_page_of_metrics_is_fresh() {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_cardline")).args(["metrics", "page"]).output();
    assert_eq!(std::fs::read(root().join("ops/metrics.md")).unwrap(), printed.unwrap().stdout);
}

/// The name a line of the text form belongs to, as the list has it.
fn listed(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

async fn every_metric_of_the_list_is_exported_and_none_beyond_it(database: Database) {
    let (url, mut play) = (database.url.clone(), Play::new(database, 5, 60, 8).await);
    for n in 0..8 {
        play.day(n).await;
    }
    let (cards, applications) =
        (play.worker.ledger.cards_by_state().await.unwrap(), play.worker.ledger.applications_by_state().await.unwrap());
    let kafka = play.worker.kafka.clone().unwrap();
    // Steps that would move cards on stay away, so that the figures stand still.
    let mut worker = RunningWorker::start(&url, play.folder(), &[("CARDLINE_KAFKA", kafka.servers())]);
    worker.until("the figures are read", |worker| {
        worker.metric("cardline_figures_timestamp_seconds{}").unwrap_or(0.0) > 0.0
    });
    let text = worker.get("/metrics").1;
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let found: BTreeSet<&str> = samples.map(|line| listed(line.split(['{', ' ']).next().unwrap())).collect();
    let wanted: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    let missing: Vec<_> = wanted.difference(&found).collect();
    assert!(missing.is_empty(), "not exported: {missing:?}\n{text}");
    assert_eq!(found.difference(&wanted).collect::<Vec<_>>(), Vec::<&&str>::new(), "exported, but not on the list");
    worker.signal("TERM");
    worker.end();
    play.worker.ledger.carry_tally().await.unwrap();
    let tally = play.worker.ledger.figures().await.unwrap().states;
    let counted = |life: &str| -> i64 { tally.iter().filter(|(l, _, _)| l == life).map(|(_, _, n)| n).sum() };
    assert_eq!((counted("card") > 60, counted("card")), (true, cards.values().sum::<i64>()));
    assert!(counted("application") >= applications.values().sum::<i64>());
    play.end().await;
}

/// The tally against the cards themselves, state by state, after a longer way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tally_of_history_is_what_counting_the_cards_gives() {
    let database = Database::new(crate::databases::Engine::Sqlite).await;
    let mut play = Play::new(database, 3, 60, 40).await;
    for n in 0..40 {
        play.day(n).await;
        if n % 7 == 0 {
            play.worker.ledger.carry_tally().await.unwrap();
        }
    }
    let ledger = &play.worker.ledger;
    ledger.carry_tally().await.unwrap();
    ledger.carry_tally().await.unwrap();
    let tally = ledger.figures().await.unwrap().states;
    let of = |life: &str| {
        let of_life = tally.iter().filter(|(l, _, n)| l == life && *n != 0);
        of_life.map(|(_, state, n)| (state.clone(), *n)).collect::<std::collections::BTreeMap<String, i64>>()
    };
    assert_eq!(of("card"), ledger.cards_by_state().await.unwrap());
    let open: i64 = ledger.open_cases().await.unwrap().values().sum();
    assert_eq!(
        of("case").iter().filter(|(s, _)| matches!(s.as_str(), "open" | "escalated")).map(|(_, n)| n).sum::<i64>(),
        open
    );
    play.end().await;
}

#[test]
fn alerts_name_only_metrics_of_the_list_and_runbooks_that_are_there() {
    let text = std::fs::read_to_string(root().join("ops/alerts/cardline.yml")).unwrap();
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let named: BTreeSet<&str> = text.split(word).filter(|word| word.starts_with("cardline_")).map(listed).collect();
    assert!(named.len() > 10, "{named:?}");
    for name in &named {
        assert!(METRICS.iter().any(|metric| metric.name == *name), "{name} is no metric of the list");
    }
    let alerts = text.lines().filter(|line| line.trim_start().starts_with("- alert:")).count();
    let runbooks: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("runbook: ")).collect();
    assert!(alerts > 8 && alerts == runbooks.len(), "{alerts} alerts, {} runbooks", runbooks.len());
    for runbook in runbooks {
        assert!(root().join(runbook).is_file(), "{runbook} is not there");
    }
}
