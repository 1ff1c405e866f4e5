//! `reconcile`: after a restore, what partners have that the database lost, and accepting it.

use cardline::actions::dual_control::second_person;
use cardline::actions::outcome::Instruction;
use cardline::actions::recovery::after_restore::{Survey, accept, survey, wanted};
use cardline_core::domain::staff::Scope;
use clap::Subcommand;
use jiff::Timestamp;

use super::approvals::waits;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::refusals::in_words;

#[derive(Subcommand)]
pub enum Reconcile {
    /// 查看 What partners' folders and the archive have that the ledger does not know; changes nothing
    #[command(after_help = "Exit code 1: everything is halted until somebody accepts. See ops/runbooks/restore.md")]
    Show,
    /// 接受 Go on with the users listed: numbers beyond everything seen, archived answers read again, lost files as cases
    #[command(after_help = "Once there are users it needs a second person, who accepts exactly what was found.
Example: cardline reconcile accept --as lin --reason \"restored the backup of Tuesday\"")]
    Accept {
        /// Why, in your words; kept encrypted
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Reconcile) -> anyhow::Result<Exit> {
    let now = context.now();
    match command {
        Reconcile::Show => {
            // As a worker that starts: it finds out whether the history shrank.
            let worker = context.observer(now).await?;
            worker.watch_history(now).await?;
            let found = survey(&worker).await?;
            show(context, &found)?;
            Ok(Exit::of(found.halt.is_none()))
        }
        Reconcile::Accept { reason } => accept_all(context, &reason, now).await,
    }
}

async fn accept_all(context: &Context, reason: &str, now: Timestamp) -> anyhow::Result<Exit> {
    let mut by = Instruction { actor: context.who()?, reason, at: now, approval: None };
    if reason.trim().is_empty() {
        return Err(Usage("say why with --reason TEXT".into()).into());
    }
    let worker = context.observer(now).await?;
    worker.watch_history(now).await?;
    let found = survey(&worker).await?;
    if let Some(halt) = &found.halt {
        let subject = halt.subject();
        match waits(context, second_person(&worker, &wanted(&found, &subject, reason), now).await?)? {
            Err(outcome) => return Ok(outcome),
            Ok(approval) => by.approval = approval,
        }
    }
    show(context, &accept(&worker, found, by).await.map_err(in_words)?)?;
    print::complain("accepted; start the workers. Each lost file is a case");
    Ok(Exit::Ok)
}

fn show(context: &Context, survey: &Survey) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for f in &survey.files {
        let about = format!("{} {} {}, {} rows, batch {}", f.partner, f.kind, f.sequence, f.rows, f.batch);
        rows.push(vec!["sent and unknown".to_owned(), about, f.name.clone()]);
    }
    for code in &survey.unseen {
        let found = "its server could not be asked what lies there; numbers beyond the counters are not known";
        rows.push(vec!["not looked at".into(), code.clone(), found.into()]);
    }
    for a in &survey.answers {
        let about = format!("{} {} {}", a.partner, a.kind, a.sequence);
        rows.push(vec!["archived and unknown".to_owned(), about, a.name.clone()]);
    }
    for b in &survey.counters {
        rows.push(vec!["number used before".to_owned(), b.counter.clone(), format!("{}, to be {}", b.ours, b.seen)]);
    }
    for u in &survey.users {
        let scope = Scope { bank: u.bank.clone(), area: u.area.clone() };
        let about = format!("{}, {}, sees {scope}", u.name, u.role);
        rows.push(vec!["user to be confirmed".to_owned(), about, u.state.clone()]);
    }
    if context.output == Output::Table {
        let found = survey.halt.as_ref().map_or("nothing is halted".into(), |halt| format!("halted: {}", halt.found));
        print::line(&found)?;
        if let Some(ended) = survey.sessions_ended {
            print::line(&format!("{ended} sessions were ended; disable who must not act any more before you accept"))?;
        }
    }
    print::rows(context.output, &["what", "about", "found"], &rows, survey)
}
