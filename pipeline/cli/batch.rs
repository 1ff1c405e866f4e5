//! `batch`: batches as lists show them, and what is in one; the plan and the actions have files of their own.

use cardline::actions::batches::shown::{BatchShown, ShownAction, show_batch};
use cardline::batching::batch_list::BatchRecord;
use cardline::exchange::files::FileRecord;
use cardline::step::keys_of;
use cardline_core::batch_kinds::BatchKind;
use cardline_core::state_machines;
use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};
use super::refusals::in_words;
use super::{batch_action, batch_plan};

#[derive(Subcommand)]
pub enum Batch {
    /// 列出 Batches in the order they were cut
    #[command(after_help = "Example: cardline batch list --kind production --state sent")]
    List {
        /// account, production or recycling
        #[arg(long, value_parser = PossibleValuesParser::new(BatchKind::ALL.map(|kind| kind.word)))]
        kind: Option<String>,
        /// A state of the batch's life; see `cardline states batch`
        #[arg(long, value_parser = states())]
        state: Option<String>,
    },
    /// 显示 One batch: where its cards are, its sections, its files, and what was done to it
    Show {
        /// Number of the batch
        number: String,
    },
    /// 计划 What the next cut of each stream would contain, what is left out and why; changes nothing
    Plan(batch_plan::PlanArgs),
    /// 开批 Cut the next batch of a stream now, whatever the cut-off
    Cut(batch_action::CutArgs),
    /// 暂停 Keep a stream from being cut, or a batch from being sent
    Hold(batch_action::ActArgs),
    /// 放行 Let a stream on hold be cut, or a batch on hold be sent
    Release(batch_action::ActArgs),
    /// 拆分 Divide a batch that is not sent yet into two, by region or by count
    Split(batch_action::SplitArgs),
    /// 取消 End a batch that is not sent yet: its cards wait again, its numbers stay used
    Cancel(batch_action::CancelArgs),
    /// 加急 Put a card that waits for its account into the urgent lane, whose batches are cut earlier
    Urgent(batch_action::UrgentArgs),
}

fn states() -> PossibleValuesParser {
    let state = |state: &state_machines::State| PossibleValue::new(state.code).help(state.meaning);
    state_machines::BATCH.states.iter().map(state).collect::<Vec<_>>().into()
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Batch) -> anyhow::Result<Exit> {
    match command {
        Batch::List { kind, state } => {
            let batches = context.ledger().await?.batches(kind.as_deref(), state.as_deref()).await?;
            let rows: Vec<_> = batches.iter().map(row).collect();
            print::rows(context.output, HEADINGS, &rows, &batches)?;
            Ok(Exit::Ok)
        }
        Batch::Show { number } => show(context, &number).await,
        Batch::Plan(args) => batch_plan::run(context, args).await,
        Batch::Cut(args) => batch_action::cut(context, args).await,
        Batch::Hold(args) => batch_action::hold(context, args).await,
        Batch::Release(args) => batch_action::release(context, args).await,
        Batch::Split(args) => batch_action::split(context, args).await,
        Batch::Cancel(args) => batch_action::cancel(context, args).await,
        Batch::Urgent(args) => batch_action::urgent(context, args).await,
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

async fn show(context: &Context, number: &str) -> anyhow::Result<Exit> {
    let ledger = context.ledger().await?;
    let keys = keys_of(&ledger, &context.key_folder(), context.opening).await?;
    let shown = show_batch(&ledger, &keys, number).await.map_err(in_words)?;
    if context.output != Output::Table {
        print::rows(context.output, HEADINGS, &[row(&shown.batch)], &shown)?;
        return Ok(Exit::Ok);
    }
    let BatchShown { batch, places, sections, files, actions } = shown;
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
    if sections.len() > 1 {
        let rows: Vec<_> =
            sections.iter().map(|section| vec![section.region.clone(), section.cards.to_string()]).collect();
        print::line(&format!("\n{}", print::table(&["section", "cards"], &rows)))?;
    }
    if !actions.is_empty() {
        let row = |a: &ShownAction| [&a.at, &a.what, &a.by, &a.result, &a.reason].map(Clone::clone).to_vec();
        let rows: Vec<_> = actions.iter().map(row).collect();
        print::line(&format!("\n{}", print::table(&["at", "act", "by", "result", "reason"], &rows)))?;
    }
    Ok(Exit::Ok)
}
