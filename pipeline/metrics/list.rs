//! The list of metrics, in the order of their names. `cardline metrics list` prints it.

use super::{Kind, Metric};

/// Bounds of the seconds a step takes: from a look at an empty room to a run that nears its lease.
pub const STEP_SECONDS_BOUNDS: [f64; 8] = [0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0];

const fn counter(
    name: &'static str,
    unit: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind: Kind::Counter, unit, labels, help }
}

const fn gauge(name: &'static str, unit: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, unit, labels, help }
}

macro_rules! list {
    ($($(#[$about:meta])* $constant:ident = $metric:expr;)*) => {
        $($(#[$about])* #[doc = "A metric of the list."] pub static $constant: Metric = $metric;)*
        /// Every metric there is, in the order of their names.
        pub static METRICS: &[&Metric] = &[$(&$constant),*];
    };
}

const STEP: &[&str] = &["stage", "step"];

list! {
    APPLICATIONS = gauge("cardline_applications", "applications", &["state"],
        "Applications by state; a tally of the sealed history, refreshed every minute.");
    BOOKS_HELD_AT = gauge("cardline_books_held_timestamp_seconds", "seconds since 1970", &[],
        "When the laws were last checked and all held; 0 if never.");
    BUILD_INFO = gauge("cardline_build_info", "1", &["version", "engine"], "Always 1; the labels say what is running.");
    CARDS = gauge("cardline_cards", "cards", &["state"],
        "Cards by state; a tally of the sealed history, refreshed every minute.");
    CASES = gauge("cardline_cases", "cases", &["state"],
        "Cases for a person by state; a tally of the sealed history, refreshed every minute.");
    DATA_FREE_BYTES = gauge("cardline_data_free_bytes", "bytes", &[],
        "Free space where the data folder lies; below 64 MiB the worker rests.");
    CONNECTIONS = gauge("cardline_database_connections", "connections", &["use"],
        "Connections of this worker's pool: busy, idle, and the most it may have.");
    DATABASE_UP = gauge("cardline_database_up", "1 or 0", &[], "Whether the database answered when last asked.");
    FENCED = counter("cardline_fenced_writes_total", "writes", &["guard"],
        "Late writes the database refused because another worker was there first: by an old lease, or by a moved position.");
    FIGURES_AT = gauge("cardline_figures_timestamp_seconds", "seconds since 1970", &[],
        "When the figures read from the ledger were last refreshed.");
    FILES = gauge("cardline_files", "files", &["partner", "state"],
        "Files not finished yet: frozen (to be placed), placed (answer due), held (a person decides).");
    LOG_DROPPED = counter("cardline_log_lines_dropped_total", "lines", &[],
        "Log lines thrown away because nobody took them in time.");
    MESSAGES = counter("cardline_messages_total", "messages", &["stream", "outcome"],
        "Messages this worker settled, by what became of them; consumed is the sum.");
    OLDEST_DEADLINE = gauge("cardline_oldest_deadline_timestamp_seconds", "seconds since 1970", &["kind"],
        "The earliest day by which something unfinished is due; 0 where nothing is.");
    OVERDUE = gauge("cardline_overdue", "things", &["kind"],
        "Unfinished things whose day has passed. The step care/deadlines brings this to 0 each day.");
    PARTITION_END = gauge("cardline_partition_end", "offset", &["topic", "partition"],
        "The end of a partition, as the broker tells it.");
    PARTITION_LAG = gauge("cardline_partition_lag", "messages", &["topic", "partition"],
        "Messages of a partition not taken in yet.");
    PARTITION_POSITION = gauge("cardline_partition_position", "offset", &["topic", "partition"],
        "The stored position: the next offset to be taken in.");
    PURGE_DUE = gauge("cardline_purge_due", "things", &[],
        "Files and discarded messages due to be purged and not purged yet. The step care/purge brings this to 0.");
    READY = gauge("cardline_ready", "1 or 0", &[], "Whether /ready says yes.");
    RETRIES = counter("cardline_retries_total", "units", &[],
        "Units of work claimed again after a passing fault (a lost race, a busy database).");
    ROUND_AT = gauge("cardline_round_timestamp_seconds", "seconds since 1970", &[],
        "When the worker last finished a round of its steps.");
    ROW_WRITES = counter("cardline_row_writes_total", "rows", &[],
        "Rows written and committed by this worker, temporary tables left out.");
    SET_ASIDE = gauge("cardline_set_aside", "units", &["partner", "cause"],
        "Files, streams and messages that fail and are set aside while everything else goes on.");
    STEP_FAILURES = counter("cardline_step_failures_total", "runs", STEP, "Runs of a step that failed; panics among them.");
    STEP_PANICS = counter("cardline_step_panics_total", "runs", STEP, "Runs of a step that ended in a panic: a bug.");
    STEP_RUNS = counter("cardline_step_runs_total", "runs", STEP, "Runs of a step, each until it found nothing more to do.");
    STEP_SECONDS = Metric { name: "cardline_step_seconds", kind: Kind::Histogram, unit: "seconds", labels: STEP,
        help: "How long a run of a step took." };
    STEP_UNITS = counter("cardline_step_units_total", "units", STEP, "Units of work a step settled.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_ordered_and_of_prometheus_form() {
        let names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert!(names.is_sorted() && names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        for metric in METRICS {
            let plain = metric.name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            assert!(plain && metric.name.starts_with("cardline_"), "{}", metric.name);
            assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
            assert!(metric.help.ends_with('.') && !metric.unit.is_empty(), "{}", metric.name);
        }
    }
}
