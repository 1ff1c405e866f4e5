//! `batch`: batches as lists show them, and what is in one.

use clap::Subcommand;
use serde_json::json;

use super::context::Context;
use super::outcome::Outcome;
use super::print::{self, Output};
use crate::ledger::{BatchRecord, FileRecord};

#[derive(Subcommand)]
pub enum Batch {
    /// 列出 Batches in the order they were cut
    #[command(after_help = "Example: cardline batch list --kind production --state sent")]
    List {
        /// account, production or recycling
        #[arg(long)]
        kind: Option<String>,
        /// A state of the batch's life; see `cardline states batch`
        #[arg(long)]
        state: Option<String>,
    },
    /// 显示 One batch: where its cards are, and its files
    Show {
        /// Number of the batch
        number: String,
    },
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Batch) -> anyhow::Result<Outcome> {
    match command {
        Batch::List { kind, state } => {
            let batches = context.ledger().await?.batches(kind.as_deref(), state.as_deref()).await?;
            let rows: Vec<_> = batches.iter().map(row).collect();
            print::rows(context.output, HEADINGS, &rows, &batches)?;
            Ok(Outcome::Ok)
        }
        Batch::Show { number } => show(context, &number).await,
    }
}

const HEADINGS: &[&str] =
    &["number", "kind", "state", "partner", "region", "bank", "lane", "cards", "answered", "cut_on", "due_on", "owner"];

fn row(b: &BatchRecord) -> Vec<String> {
    let (cards, answered) = (b.cards.to_string(), b.answered.to_string());
    [
        &b.number, &b.kind, &b.state, &b.partner, &b.region, &b.bank, &b.lane, &cards, &answered, &b.cut_on, &b.due_on,
        &b.owner,
    ]
    .map(Clone::clone)
    .to_vec()
}

async fn show(context: &Context, number: &str) -> anyhow::Result<Outcome> {
    let ledger = context.ledger().await?;
    let Some((id, batch)) = ledger.batch(number).await? else {
        anyhow::bail!("no batch has the number {}; see `cardline batch list`", print::visible(number));
    };
    let places = ledger.batch_places(id).await?;
    let files: Vec<FileRecord> = ledger.files().await?.into_iter().filter(|f| f.batch == Some(id)).collect();
    if context.output != Output::Table {
        let document = json!({"batch": batch, "places": places, "files": files});
        print::rows(context.output, HEADINGS, &[row(&batch)], &document)?;
        return Ok(Outcome::Ok);
    }
    print::line(&print::table(HEADINGS, &[row(&batch)]))?;
    let rows: Vec<_> = places.iter().map(|(place, count)| vec![place.clone(), count.to_string()]).collect();
    print::line(&format!("\n{}", print::table(&["cards are", "count"], &rows)))?;
    let file = |f: &FileRecord| {
        let sequence = f.sequence.map_or_else(String::new, |n| n.to_string());
        let (rows, reason) = (f.rows.to_string(), f.reason.clone().unwrap_or_default());
        vec![f.direction.clone(), f.kind.clone(), f.name.clone(), f.state.clone(), sequence, rows, reason]
    };
    let rows: Vec<_> = files.iter().map(file).collect();
    let headings = &["direction", "kind", "name", "state", "sequence", "rows", "reason"];
    print::line(&format!("\n{}", print::table(headings, &rows)))?;
    Ok(Outcome::Ok)
}
