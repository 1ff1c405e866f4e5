//! `cases list|show|decide`: what a person must decide.

use clap::Subcommand;

use super::context::Context;
use super::exit::Exit;
use super::{cases_decide, cases_list, cases_show};

#[derive(Subcommand)]
pub enum Cases {
    /// 列出 What waits for a decision, the most urgent first
    #[command(
        after_help = "Kinds: card-on-hold, delivery and file-on-hold go on only when they are decided; card, file and other ask to be looked at.
Example: cardline cases list --kind card-on-hold --bank ABC"
    )]
    List(cases_list::ListArgs),
    /// 查看 One case: what we hold, what the partner answered, its history, and what may be decided
    Show(cases_show::ShowArgs),
    /// 裁定 Decide a case, once
    Decide(cases_decide::DecideArgs),
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Cases) -> anyhow::Result<Exit> {
    match command {
        Cases::List(args) => cases_list::run(context, args).await,
        Cases::Show(args) => cases_show::run(context, args).await,
        Cases::Decide(args) => cases_decide::run(context, args).await,
    }
}
