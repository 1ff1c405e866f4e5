//! `approvals`: what waits for a second person.

use cardline::actions::approval_list::{ShownApproval, approval_list};
use cardline::actions::decisions::{Carried, give, refuse};
use cardline::actions::dual_control::Second;
use clap::Subcommand;

use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};
use super::refusals::in_words;

#[derive(Subcommand)]
pub enum Approvals {
    /// 列出 What waits for a second person, within your scope
    List {
        /// Also what was used, refused or lapsed
        #[arg(long)]
        all: bool,
    },
    /// 批准 Agree, as the second person; it is carried out at once, or by the person who asked
    #[command(after_help = "Stopped half-way, the same command goes on; done, it changes nothing.
Example: cardline approvals give 7 --as wang")]
    Give {
        /// Number of the approval
        id: i64,
    },
    /// 驳回 Do not agree
    Refuse {
        /// Number of the approval
        id: i64,
    },
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Approvals) -> anyhow::Result<Exit> {
    match command {
        Approvals::List { all } => list(context, all).await,
        Approvals::Give { id } => decide(context, id, true).await,
        Approvals::Refuse { id } => decide(context, id, false).await,
    }
}

const HEADINGS: &[&str] = &["id", "act", "about", "count", "scope", "by", "reason", "valid_until", "state", "second"];

async fn list(context: &Context, all: bool) -> anyhow::Result<Exit> {
    let now = context.now();
    let worker = context.worker(now).await?;
    let listed = approval_list(&worker, all, now).await?;
    let rows: Vec<_> = listed.iter().map(row).collect();
    print::rows(context.output, HEADINGS, &rows, &listed)?;
    Ok(Exit::Ok)
}

fn row(listed: &ShownApproval) -> Vec<String> {
    let r = &listed.record;
    let scope = cardline_core::domain::staff::Scope { bank: r.bank.clone(), area: r.area.clone() };
    vec![
        r.id.to_string(),
        r.act.clone(),
        // The subject of an act on a place ends in the name of its operation, which tells a reader nothing.
        listed.about.as_ref().map_or_else(|| r.subject.clone(), ToString::to_string),
        r.count.to_string(),
        scope.to_string(),
        r.maker.clone(),
        listed.reason.clone(),
        r.due_on.clone(),
        if r.state == "given" { "given, not carried out".into() } else { r.state.clone() },
        r.approver.clone().unwrap_or_default(),
    ]
}

async fn decide(context: &Context, id: i64, agrees: bool) -> anyhow::Result<Exit> {
    let now = context.now();
    let mut worker = context.worker(now).await?;
    let Some(approver) = worker.ledger.viewer().cloned() else {
        anyhow::bail!("there are no users yet, so nothing waits for a second person; see `cardline users add --help`");
    };
    if !agrees {
        refuse(&worker, id, &approver, now).await.map_err(in_words)?;
        print::line(&format!("approval {id} is refused"))?;
        return Ok(Exit::Ok);
    }
    let told = match give(&mut worker, id, &approver, now).await.map_err(in_words)? {
        Carried::Out => format!("approval {id} is given and carried out"),
        Carried::Before => format!("approval {id} was given and carried out before"),
        Carried::ByMaker => format!("approval {id} is given; whoever asked carries it out by the same command again"),
    };
    print::line(&told)?;
    Ok(Exit::Ok)
}

/// Tells whoever needs a second person where it stands; `None` when it may be done, with the approval to
/// use up.
pub fn waits(context: &Context, second: Second) -> anyhow::Result<Result<Option<i64>, Exit>> {
    let (id, told) = match second {
        Second::NotNeeded => return Ok(Ok(None)),
        Second::Given(id) => return Ok(Ok(Some(id))),
        Second::Asked { id, maker } => (
            id,
            format!(
                "nothing was done yet: a second person must approve it; approval {id}, asked for by {maker}, is given with `cardline approvals give {id}`"
            ),
        ),
        Second::GivenTo { id, maker } => {
            (id, format!("nothing was done: approval {id} was given to {maker}, who carries it out"))
        }
    };
    if context.output == Output::Json {
        print::json(&serde_json::json!({ "done": false, "approval": id }))?;
    }
    print::complain(&format!("cardline: {told}"));
    Ok(Err(Exit::SecondPerson))
}
