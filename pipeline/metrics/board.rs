//! The board: the current value of every metric, and its text for Prometheus.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::{Kind, METRICS, Metric, STEP_SECONDS_BOUNDS};

type Labels = Vec<(&'static str, String)>;

/// The values of one metric, by its labels.
enum Values {
    Counter(Family<Labels, Counter>),
    Gauge(Family<Labels, Gauge<f64, AtomicU64>>),
    Histogram(Family<Labels, Histogram, fn() -> Histogram>),
}

struct Board {
    registry: Registry,
    values: HashMap<&'static str, Values>,
}

/// Built from the list alone, so that nothing else can be exported.
static BOARD: LazyLock<Board> = LazyLock::new(|| {
    let (mut registry, mut values) = (Registry::default(), HashMap::new());
    for metric in METRICS {
        // The library writes the `_total` of a counter and the full stop of a help itself.
        let (name, help) = (metric.name.trim_end_matches("_total"), metric.help.trim_end_matches('.'));
        let held = match metric.kind {
            Kind::Counter => {
                let family = Family::default();
                registry.register(name, help, family.clone());
                Values::Counter(family)
            }
            Kind::Gauge => {
                let family = Family::default();
                registry.register(name, help, family.clone());
                Values::Gauge(family)
            }
            Kind::Histogram => {
                let family: Family<Labels, Histogram, fn() -> Histogram> =
                    Family::new_with_constructor(|| Histogram::new(STEP_SECONDS_BOUNDS));
                registry.register(name, help, family.clone());
                Values::Histogram(family)
            }
        };
        if metric.labels.is_empty() {
            touch(&held);
        }
        values.insert(metric.name, held);
    }
    Board { registry, values }
});

/// A metric without labels is exported from the start, with 0.
fn touch(values: &Values) {
    match values {
        Values::Counter(family) => drop(family.get_or_create(&Vec::new())),
        Values::Gauge(family) => drop(family.get_or_create(&Vec::new())),
        Values::Histogram(family) => drop(family.get_or_create(&Vec::new())),
    }
}

fn labelled(metric: &Metric, labels: &[&str]) -> Labels {
    debug_assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
    metric.labels.iter().copied().zip(labels.iter().map(|value| (*value).to_owned())).collect()
}

/// Counts more of a counter. Counting 0 makes it appear.
pub fn add(metric: &Metric, labels: &[&str], more: u64) {
    if let Some(Values::Counter(family)) = BOARD.values.get(metric.name) {
        family.get_or_create(&labelled(metric, labels)).inc_by(more);
    }
}

/// Sets a gauge.
pub fn set(metric: &Metric, labels: &[&str], value: f64) {
    if let Some(Values::Gauge(family)) = BOARD.values.get(metric.name) {
        family.get_or_create(&labelled(metric, labels)).set(value);
    }
}

/// Adds one observation to a histogram.
pub fn observe(metric: &Metric, labels: &[&str], value: f64) {
    if let Some(Values::Histogram(family)) = BOARD.values.get(metric.name) {
        family.get_or_create(&labelled(metric, labels)).observe(value);
    }
}

/// Forgets every value of a gauge with labels, before it is set again: what is gone must not stay.
pub fn forget(metric: &Metric) {
    if let Some(Values::Gauge(family)) = BOARD.values.get(metric.name) {
        family.clear();
    }
}

/// Everything, in the text form Prometheus reads.
pub fn render() -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = encode(&mut text, &BOARD.registry);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{FENCED, READY, STEP_SECONDS};

    #[test]
    fn values_are_counted_set_and_observed_under_their_labels() {
        add(&FENCED, &["lease"], 2);
        add(&FENCED, &["lease"], 1);
        set(&READY, &[], 1.0);
        observe(&STEP_SECONDS, &["test", "board"], 0.02);
        let text = render();
        for line in [
            "cardline_fenced_writes_total{guard=\"lease\"} 3",
            "cardline_ready{} 1.0",
            "cardline_step_seconds_bucket{le=\"0.05\",stage=\"test\",step=\"board\"} 1",
            "# TYPE cardline_ready gauge",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
