//! `metrics`: the list of metrics, as a table and as the page `ops/metrics.md`.

use cardline::metrics::METRICS;
use clap::Subcommand;
use serde_json::{Value, json};

use super::context::Context;
use super::exit::Exit;
use super::metrics_page::page;
use super::print;

#[derive(Subcommand)]
pub enum MetricsCommand {
    /// 列表 Every metric: name, kind, unit, labels, meaning
    #[command(after_help = "Example: cardline metrics list --output csv")]
    List,
    /// 页面 The same as a page in Markdown (ops/metrics.md)
    #[command(hide = true)]
    Page,
}

/// Prints the list or the page.
pub fn run(context: &Context, command: &MetricsCommand) -> anyhow::Result<Exit> {
    match command {
        MetricsCommand::Page => print::raw(page().as_bytes())?,
        MetricsCommand::List => {
            let row = |m: &&cardline::metrics::Metric| {
                vec![m.name.into(), m.kind.name().into(), m.unit.into(), m.labels.join(" "), m.help.into()]
            };
            let document: Vec<Value> = METRICS
                .iter()
                .map(|m| json!({"name": m.name, "kind": m.kind.name(), "unit": m.unit, "labels": m.labels, "help": m.help}))
                .collect();
            let rows: Vec<Vec<String>> = METRICS.iter().map(row).collect();
            print::rows(context.output, &["name", "kind", "unit", "labels", "help"], &rows, &document)?;
        }
    }
    Ok(Exit::Ok)
}
