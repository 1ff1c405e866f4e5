//! The command line: one file per command, in the order of `--help`.
//!
//! Invariants: results go to standard output and everything else to standard error; no text holds a
//! value of personal data; the exit code says how it ended ([`Exit`]). No colour is ever printed.

mod advice;
mod approvals;
mod backup;
mod batch;
mod batch_action;
mod batch_plan;
mod books;
mod cases;
mod cases_decide;
mod cases_list;
mod cases_show;
mod commands;
mod config;
mod context;
mod daemon;
mod deadlines;
mod demo;
mod demo_balance;
mod demo_next;
mod demo_table;
mod doctor;
mod erase;
mod exchange;
mod exchange_list;
mod exchange_resend;
mod exchange_round;
mod exit;
mod file;
mod file_compare;
mod file_read;
mod file_validate;
mod find;
mod gate;
mod generate;
mod import;
mod import_cards;
mod import_list;
mod import_reference;
mod intake;
mod keys;
mod login;
mod metrics;
mod metrics_page;
mod migrate;
mod new_file;
mod photos;
mod pickup;
mod pickup_lists;
mod pickup_place;
mod pickup_reassign;
mod pickup_silent;
mod pickup_windows;
mod print;
mod progress;
mod quarantine;
mod quarantine_choice;
mod quarantine_disclosures;
mod quarantine_export;
mod quarantine_operation;
mod quarantine_show;
mod reconcile;
mod refusals;
mod replacing;
mod roles;
mod rules;
mod rules_check;
mod rules_page;
mod rules_texts;
mod serve;
mod session;
mod states;
mod tick;
mod topic;
mod trace;
mod typed_line;
mod typed_values;
mod users;
mod users_token;

use std::pin::Pin;
use std::process::ExitCode;

use cardline_core::domain::identity_number;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use context::GlobalFlags;
pub use exit::Exit;

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
    /// 隔离 What was refused, conflicting or unreadable: list, show, retry, discard, export
    #[command(subcommand)]
    Quarantine(quarantine::Quarantine),
    /// 运行 Run the route until told to stop
    Run(daemon::RunArgs),
    /// 控制台 Serve the console: pages and an API
    Serve(serve::ServeArgs),
    /// 单步 Run every step of a stage once
    Tick(tick::TickArgs),
    /// 主题 The Kafka topics we read: our positions; resume after a loss, once checked
    #[command(subcommand)]
    Topic(topic::TopicCommand),
    /// 导入 Import reference data, with a preview, or the opening stock of cards; list imports
    #[command(subcommand)]
    Import(import::Import),
    /// 追踪 Where an application or a card is, every move, every file and row it was in
    Trace(trace::TraceArgs),
    /// 查人 Where a person's card is, by the person's number: typed or on standard input, recorded
    Find(find::FindArgs),
    /// 账簿 Check the conservation laws; 0 only when all hold
    Books(books::BooksArgs),
    /// 批次 Batches: list, show, plan, cut, hold, release, split, cancel, one card made urgent
    #[command(subcommand)]
    Batch(batch::Batch),
    /// 照片 Photos that cannot be used: list, look again, check a file
    #[command(subcommand)]
    Photos(photos::PhotosCommand),
    /// 领取 What waits at the points, what is due, what is late, what will come; open windows, extend them; lists for points without network
    #[command(subcommand)]
    Pickup(pickup::Pickup),
    /// 期限 Why a card is due on its day
    #[command(subcommand)]
    Deadlines(deadlines::Deadlines),
    /// 个案 What a person must decide: list, show, decide
    #[command(subcommand)]
    Cases(cases::Cases),
    /// 文件 Any partner file as a masked table, everything wrong with one, whether bytes are still theirs
    #[command(subcommand)]
    File(file::FileCommand),
    /// 交换 Files to and from partners: the ledger of them, numbers that never came, going on without them
    #[command(subcommand)]
    Exchange(exchange::Exchange),
    /// 密钥 Keys of envelopes, ours and partners': make, enter, change, revoke, hand out
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// 抹除 A person's records destroyed; whether anything of what was destroyed is left
    #[command(subcommand)]
    Erase(erase::Erase),
    /// 状态 The states and moves of every life
    States(states::StatesArgs),
    /// 升级 Bring the database's schema up to date, or say what is pending
    Migrate(migrate::MigrateArgs),
    /// 备份 A consistent copy of ledger and objects while workers run
    Backup(backup::BackupArgs),
    /// 核对 After a restore: what partners have that the database lost; accept it, so that work resumes
    #[command(subcommand)]
    Reconcile(reconcile::Reconcile),
    /// 指标 The metrics `run --listen` serves
    #[command(subcommand)]
    Metrics(metrics::MetricsCommand),
    /// 登录 Log in as a user, for a working day
    Login(login::LoginArgs),
    /// 退出 End the session
    Logout,
    /// 用户 Who works with the system: add, list, disable, set a password, tokens; the table of roles
    #[command(subcommand)]
    Users(users::Users),
    /// 审批 What waits for a second person: list, give, refuse
    #[command(subcommand)]
    Approvals(approvals::Approvals),
    /// 自检 Check the database, keys, folders, partners, tables and Kafka
    Doctor,
    /// 配置 The configuration in force
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// A command as it was typed, and its line in the table of roles.
pub struct Typed {
    cli: Cli,
    line: String,
}

/// Reads the command line; a slip in it ends the program.
pub fn read() -> Typed {
    let matches = Cli::command().try_get_matches().unwrap_or_else(misread);
    let line = commands::typed(&matches);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(misread);
    Typed { cli, line }
}

/// Ends with help, or with what is wrong with the words typed; what steers a terminal in them is shown, and a
/// person's number is not.
fn misread<T>(error: clap::Error) -> T {
    if error.use_stderr() {
        match std::env::args().skip(1).any(|argument| is_persons_number(&argument)) {
            true => print::complain(
                "error: a person's number was given as an argument, where others can read it; \
                 `cardline find` asks for it, or reads it from standard input",
            ),
            false => print::complain(error.render().to_string().trim_end()),
        }
        std::process::exit(error.exit_code());
    }
    error.exit()
}

/// Whether an argument, or the value behind its `=`, is the number of a person's paper.
fn is_persons_number(argument: &str) -> bool {
    let value = argument.split_once('=').map_or(argument, |(_, value)| value);
    identity_number::parse(&value.trim().to_ascii_uppercase()).is_ok()
}

/// Runs one command and reports how it ended. Boxed, so that everything it may do is compiled here, with its
/// libraries, and not a second time where it is awaited.
pub fn run(typed: Typed) -> Pin<Box<dyn Future<Output = ExitCode>>> {
    Box::pin(async { exit::exit_code(dispatch(typed).await) })
}

async fn dispatch(Typed { cli, line }: Typed) -> anyhow::Result<Exit> {
    let mut context = context::Context::new(cli.flags)?;
    gate::admit(&mut context, &line).await?;
    match cli.command {
        Command::Demo(args) => demo::run(&context, args).await,
        Command::Generate(args) => generate::run(&context, args),
        Command::Intake(args) => intake::run(&context, args).await,
        Command::Rules(args) => rules::run(&context, args),
        Command::Quarantine(args) => quarantine::run(&context, args).await,
        Command::Run(args) => daemon::run(&context, args).await,
        Command::Serve(args) => serve::run(&context, args).await,
        Command::Tick(args) => tick::run(&context, args).await,
        Command::Topic(args) => topic::run(&context, args).await,
        Command::Import(args) => import::run(&context, args).await,
        Command::Trace(args) => trace::run(&context, args).await,
        Command::Find(args) => find::run(&context, args).await,
        Command::Books(args) => books::run(&context, args).await,
        Command::Batch(args) => batch::run(&context, args).await,
        Command::Photos(args) => photos::run(&context, args).await,
        Command::Pickup(args) => pickup::run(&context, args).await,
        Command::Deadlines(args) => deadlines::run(&context, args).await,
        Command::Cases(args) => cases::run(&context, args).await,
        Command::File(args) => file::run(&context, args).await,
        Command::Erase(args) => erase::run(&context, args).await,
        Command::States(args) => states::run(&context, args),
        Command::Migrate(args) => migrate::run(&context, args).await,
        Command::Backup(args) => backup::run(&context, args).await,
        Command::Exchange(args) => exchange::run(&context, args).await,
        Command::Keys(args) => keys::run(&context, args).await,
        Command::Reconcile(args) => reconcile::run(&context, args).await,
        Command::Metrics(command) => metrics::run(&context, &command),
        Command::Login(args) => login::login(&context, args).await,
        Command::Logout => login::logout(&context).await,
        Command::Users(args) => users::run(&context, args).await,
        Command::Approvals(args) => approvals::run(&context, args).await,
        Command::Doctor => doctor::run(&context).await,
        Command::Config(args) => config::run(&context, args),
    }
}
