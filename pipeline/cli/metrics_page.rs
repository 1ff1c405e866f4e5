//! The page of metrics. `ops/metrics.md` is what this prints; a test holds it fresh.

use std::fmt::Write;

use cardline::metrics::METRICS;

const ABOUT: &str = "\
# Metrics

Printed by `cardline metrics page`; a test holds it fresh. `cardline run --listen 127.0.0.1:9464` serves them at \
`/metrics`, with `/health` (the process is alive) and `/ready` (it can work; 503 says what is missing).

Counters are of one worker and begin at 0 with its process: use `rate` and `sum`. Gauges about the ledger (cards, \
files, deadlines, lag) are the same on every worker: use `max`. They are read every few seconds, not at each scrape. \
No label holds anything of a person.

| Metric | Kind | Unit | Labels | What it tells |
|---|---|---|---|---|
";

/// The page, in Markdown.
pub fn page() -> String {
    let mut page = ABOUT.to_owned();
    for metric in METRICS {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            metric.name,
            metric.kind.name(),
            metric.unit,
            labels.join(", "),
            metric.help
        );
    }
    page
}
