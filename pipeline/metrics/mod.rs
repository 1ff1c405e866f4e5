//! Metrics: one list of all there are ([`METRICS`]), and one board that holds their values.
//!
//! Invariants: nothing is exported that the list does not name, and everything it names is; a label's
//! values come from our own tables (stages, states, partners, topics), never from a message, so that
//! they are bounded and hold no personal data. The board is one per process: any layer may count.

mod board;
mod list;

pub use board::{add, forget, observe, render, set};
pub use list::*;

/// What kind of figure a metric is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Only grows; begins at 0 with the process.
    Counter,
    /// As it is now.
    Gauge,
    /// How many lay below each bound of [`STEP_SECONDS_BOUNDS`].
    Histogram,
}

impl Kind {
    /// Prometheus's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// One metric of the list.
#[derive(Debug)]
pub struct Metric {
    /// As it is exported; counters end in `_total`.
    pub name: &'static str,
    pub kind: Kind,
    pub unit: &'static str,
    pub labels: &'static [&'static str],
    /// One sentence, for the exporter and the page.
    pub help: &'static str,
}
