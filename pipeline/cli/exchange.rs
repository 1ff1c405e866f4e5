//! `exchange missing|skip`: numbers of partners' files that never came, and going on without them. `exchange list` and
//! `exchange send|poll|test` have files of their own.

use cardline::actions::dual_control::second_person;
use cardline::actions::outcome::Outcome;
use cardline::actions::recovery::skip::{Missing, all_missing, skip, to_skip, wanted};
use clap::{Args, Subcommand};
use serde_json::json;

use super::approvals::waits;
use super::batch_action::Reason;
use super::context::Context;
use super::exchange_list;
use super::exchange_resend;
use super::exchange_round;
use super::exit::Exit;
use super::file_read::{known_kind, known_partner};
use super::print::{self, Output};
use super::refusals::{in_words, of_action};

#[derive(Subcommand)]
pub enum Exchange {
    /// 列出 The ledger of files, out and in: what was sent, what came, what is owed
    List(exchange_list::ListArgs),
    /// 发送 Send now what is frozen for partners, and the error reports that wait
    #[command(after_help = "Workers do this by themselves; what fails for one partner holds no other back.
Example: cardline exchange send --partner ICBC")]
    Send(exchange_round::RoundArgs),
    /// 接收 Fetch now what partners' servers have for us; a worker reads it, or `cardline tick`
    #[command(after_help = "Example: cardline exchange poll --partner ICBC")]
    Poll(exchange_round::RoundArgs),
    /// 重发 Send a file again that was sent: the same bytes under the same name
    Resend(exchange_resend::ResendArgs),
    /// 联通测试 Try how a partner is reached: its server and key, our login, folders, rights and the clocks
    #[command(after_help = "Places and removes nothing but a file of its own.
Example: cardline exchange test ICBC")]
    Test(exchange_round::TestArgs),
    /// 缺号 Streams of partners' files in which a later file waits for a missing one
    Missing,
    /// 跳号 Go on without numbers that never came; needs a second person
    #[command(
        after_help = "Each number passed over is kept as a file nobody received, with a case: ask the partner what it said.
Ask the partner to send the file again before you pass over it. See ops/runbooks/file-is-missing.md
Example: cardline exchange skip ICBC account-result --go-on-with 5 --reason \"lost at the bank, rows come in 5\" --as lin"
    )]
    Skip(SkipArgs),
}

#[derive(Args)]
pub struct SkipArgs {
    /// Code of the partner
    partner: String,
    /// Kind of file, as `exchange missing` shows it
    kind: String,
    /// The number of the file that waits; it is read next
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(2..))]
    go_on_with: i64,
    #[command(flatten)]
    reason: Reason,
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Exchange) -> anyhow::Result<Exit> {
    match command {
        Exchange::List(args) => exchange_list::run(context, args).await,
        Exchange::Send(args) => exchange_round::send(context, args).await,
        Exchange::Poll(args) => exchange_round::poll(context, args).await,
        Exchange::Resend(args) => exchange_resend::run(context, args).await,
        Exchange::Test(args) => exchange_round::test(context, args).await,
        Exchange::Missing => show(context).await,
        Exchange::Skip(args) => pass_over(context, args).await,
    }
}

async fn show(context: &Context) -> anyhow::Result<Exit> {
    let worker = context.observer(context.now()).await?;
    let found = all_missing(&worker).await?;
    let row = |m: &Missing| {
        let numbers = if m.first == m.last { m.first.to_string() } else { format!("{} to {}", m.first, m.last) };
        vec![m.partner.clone(), m.kind.clone(), numbers, (m.last + 1).to_string()]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    print::rows(context.output, &["partner", "kind", "missing", "waits"], &rows, &found)?;
    if found.is_empty() && context.output == Output::Table {
        print::line("no file waits for another one")?;
    }
    Ok(Exit::Ok)
}

async fn pass_over(context: &Context, args: SkipArgs) -> anyhow::Result<Exit> {
    let mut by = args.reason.by(context)?;
    let worker = context.named_worker(by.at).await?;
    let (partner, kind) = (args.partner.as_str(), args.kind.as_str());
    known_partner(worker.partners.all().map(|known| known.profile.code.as_str()), partner)?;
    known_kind(kind)?;
    if !worker.ledger.was_skipped_to(partner, kind, args.go_on_with).await? {
        let missing = to_skip(&worker, partner, kind, args.go_on_with).await.map_err(in_words)?;
        let subject = missing.subject();
        match waits(context, second_person(&worker, &wanted(&missing, &subject, by.reason), by.at).await?)? {
            Err(outcome) => return Ok(outcome),
            Ok(approval) => by.approval = approval,
        }
    }
    let ended = skip(&worker, partner, kind, args.go_on_with, by).await;
    told(context, ended.map_err(|error| of_action("skip", error))?)
}

fn told(context: &Context, ended: Outcome) -> anyhow::Result<Exit> {
    let (done, name) = match ended {
        Outcome::Done(names) => (true, names.concat()),
        Outcome::Before(names) => (false, names.concat()),
    };
    let document = json!({ "act": "skip", "of": name, "done": done, "done_before": !done });
    match context.output {
        Output::Table if done => print::line(&format!("the stream goes on: {name}. Each number passed over is a case")),
        Output::Table => print::line(&format!("it went on before; nothing was changed now: {name}")),
        output => {
            print::rows(output, &["act", "of", "done"], &[vec!["skip".into(), name, done.to_string()]], &document)
        }
    }?;
    Ok(Exit::Ok)
}
