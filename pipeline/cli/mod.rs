//! The command line: one file per command, in the order of `--help`.
//!
//! Invariants: results go to standard output and everything else to standard error; no text holds a
//! value of personal data; the exit code says how it ended ([`Outcome`]). No colour is ever printed.

mod batch;
mod books;
mod config;
mod context;
mod daemon;
mod demo;
mod demo_balance;
mod demo_next;
mod demo_table;
mod doctor;
mod file;
mod file_read;
mod generate;
mod import;
mod import_cards;
mod import_list;
mod import_reference;
mod intake;
mod outcome;
mod photos;
mod print;
mod progress;
mod quarantine;
mod quarantine_act;
mod quarantine_show;
mod replacing;
mod rules;
mod rules_check;
mod rules_page;
mod states;
mod tick;
mod topic;
mod trace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use context::GlobalFlags;
pub use outcome::Outcome;

/// 社会保障卡制卡 Social security cards, from the approved application to the holder's hand and back.
#[derive(Parser)]
#[command(name = "cardline", version, propagate_version = true, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    flags: GlobalFlags,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 ok · 1 failed · 2 usage · 3 done, but some records were rejected · 4 a second person must approve
Begin with: cardline demo";

#[derive(Subcommand)]
enum Command {
    /// 演示 The whole route on a virtual clock, with simulated partners and planted defects
    Demo(demo::DemoArgs),
    /// 生成 Synthetic approved applications, with a list of their planted defects
    #[command(subcommand)]
    Generate(generate::Generate),
    /// 接收 Take in approved applications from a file or from Kafka, once
    Intake(intake::IntakeArgs),
    /// 规则 The rules an application must meet: list, explain, check a file
    #[command(subcommand)]
    Rules(rules::Rules),
    /// 隔离 What was refused, conflicting or unreadable: list, show, retry, discard
    #[command(subcommand)]
    Quarantine(quarantine::Quarantine),
    /// 运行 Run the route until told to stop
    Run(daemon::RunArgs),
    /// 单步 Run every step of a stage once
    Tick(tick::TickArgs),
    /// 主题 The Kafka topics we read: where we stand; go on after a loss, once looked at
    #[command(subcommand)]
    Topic(topic::TopicCommand),
    /// 导入 Import reference data, with a preview, or the opening stock of cards; list imports
    #[command(subcommand)]
    Import(import::Import),
    /// 追踪 Where an application or a card is, every move, every file and row it was in
    Trace(trace::TraceArgs),
    /// 账簿 Check the conservation laws; 0 only when all hold
    Books(books::BooksArgs),
    /// 批次 Batches: list, show
    #[command(subcommand)]
    Batch(batch::Batch),
    /// 照片 Photos that cannot be used: list, look again, check a file
    #[command(subcommand)]
    Photos(photos::PhotosCommand),
    /// 文件 Any partner file as a masked table
    #[command(subcommand)]
    File(file::FileCommand),
    /// 状态 The states and moves of every life
    States(states::StatesArgs),
    /// 自检 Check the database, keys, folders, partners, tables and Kafka
    Doctor,
    /// 配置 The configuration in force
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Runs one command and reports how it ended.
pub async fn run(cli: Cli) -> ExitCode {
    outcome::exit_code(dispatch(cli).await)
}

async fn dispatch(cli: Cli) -> anyhow::Result<Outcome> {
    let context = context::Context::new(cli.flags)?;
    match cli.command {
        Command::Demo(args) => demo::run(&context, args).await,
        Command::Generate(args) => generate::run(&context, args),
        Command::Intake(args) => intake::run(&context, args).await,
        Command::Rules(args) => rules::run(&context, args),
        Command::Quarantine(args) => quarantine::run(&context, args).await,
        Command::Run(args) => daemon::run(&context, args).await,
        Command::Tick(args) => tick::run(&context, args).await,
        Command::Topic(args) => topic::run(&context, args).await,
        Command::Import(args) => import::run(&context, args).await,
        Command::Trace(args) => trace::run(&context, args).await,
        Command::Books(args) => books::run(&context, args).await,
        Command::Batch(args) => batch::run(&context, args).await,
        Command::Photos(args) => photos::run(&context, args).await,
        Command::File(args) => file::run(&context, args),
        Command::States(args) => states::run(&context, args),
        Command::Doctor => doctor::run(&context).await,
        Command::Config(args) => config::run(&context, args),
    }
}
