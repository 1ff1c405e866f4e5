//! What every command shares: the flags, the configuration, the clock and the actor's name.

use std::path::PathBuf;

use anyhow::Context as _;
use cardline::config::{Config, Flags};
use cardline::people::permits::check;
use cardline::step::{Worker, keys_of};
use cardline::store::{Ledger, LedgerError, Opening, Principal};
use cardline::time::local_date;
use cardline_core::domain::personal_text::looks_personal;
use cardline_core::domain::staff::Scope;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::commands::{Who, line_of};
use super::exit::{Usage, ledger_error};
use super::print::Output;
use super::refusals::no_permit;

/// Flags every command takes. Flags win over the environment, the environment over the file.
#[derive(Args, Clone)]
#[command(next_help_heading = "Every command")]
pub struct GlobalFlags {
    /// Configuration file, TOML [env: CARDLINE_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: sqlite:PATH or postgres://… [env: CARDLINE_DATABASE] [default: in the data folder]
    #[arg(long, global = true, value_name = "ADDRESS")]
    database: Option<String>,
    /// Kafka bootstrap servers, or `mock` for none [env: CARDLINE_KAFKA] [default: mock]
    #[arg(long, global = true, value_name = "SERVERS")]
    kafka: Option<String>,
    /// Folder for keys, files and photos [env: CARDLINE_DATA] [default: cardline-data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value = "table", value_name = "FORMAT")]
    output: Output,
    /// Who is acting; written into the history. Once there are users, one of them who is logged in
    /// [default: who is logged in; before there are users operator, and nobody where an action is recorded]
    #[arg(long = "as", global = true, value_name = "USER")]
    actor: Option<String>,
}

/// The flags and what follows from them.
#[derive(Clone)]
pub struct Context {
    pub config: Config,
    pub output: Output,
    /// Who is acting; `operator` when nobody said.
    pub actor: String,
    /// What the command may do to the ledger it opens.
    pub opening: Opening,
    named: bool,
    /// The user, once there are users.
    viewer: Option<Principal>,
    /// The service user that steps run for, once there are users.
    pub service: Option<Principal>,
    /// Once there are users, how far the database's clock is ahead of this machine's.
    ahead: Option<SignedDuration>,
}

impl Context {
    /// Gathers the configuration from flags, environment and file.
    pub fn new(flags: GlobalFlags) -> anyhow::Result<Context> {
        let named = flags.actor.is_some();
        let actor = flags.actor.unwrap_or_else(|| "operator".into());
        if actor.is_empty() || actor.chars().any(char::is_control) {
            return Err(Usage("--as needs a name without control characters".into()).into());
        }
        if looks_personal(&actor) {
            return Err(Usage(
                "--as takes your user name, not your own name or number: it stands in the history".into(),
            )
            .into());
        }
        let given = Flags { config: flags.config, database: flags.database, kafka: flags.kafka, data: flags.data };
        let config = Config::gather(&given, |name| std::env::var_os(name))?;
        Ok(Context {
            config,
            output: flags.output,
            actor,
            opening: Opening::Look,
            named,
            viewer: None,
            service: None,
            ahead: None,
        })
    }

    /// The name given with `--as`.
    pub fn named_actor(&self) -> Option<&str> {
        self.named.then_some(self.actor.as_str())
    }

    /// From here on a user acts, and sees what is in scope.
    pub fn act_as(&mut self, viewer: Principal) {
        self.actor = viewer.name.clone();
        self.named = true;
        self.viewer = Some(viewer);
    }

    /// From here on time is the database's, and no user says what it is.
    pub fn keep_time_of(&mut self, clock: Timestamp) {
        self.ahead = Some(clock.duration_since(Timestamp::now()));
    }

    /// Now: by the database's clock once there are users, by this machine's before.
    pub fn now(&self) -> Timestamp {
        Timestamp::now().saturating_add(self.ahead.unwrap_or_default()).unwrap_or(Timestamp::MAX)
    }

    /// The instant of something that is written: `--at` before there are users, and now.
    pub fn instant(&self, at: Option<Timestamp>) -> anyhow::Result<Timestamp> {
        match (at, self.ahead) {
            (Some(_), Some(_)) => Err(Usage(
                "--at is taken only before there are users: what is done now is done at the database's time; leave it out".into(),
            )
            .into()),
            (Some(at), None) => Ok(at),
            (None, _) => Ok(self.now()),
        }
    }

    /// The instant of a look, which writes nothing: any may be looked at.
    pub fn look_at(&self, at: Option<Timestamp>) -> Timestamp {
        at.unwrap_or_else(|| self.now())
    }

    /// Whether the user may do what this line of the commands is; anybody may before there are users.
    pub fn may(&self, command: &str) -> anyhow::Result<()> {
        match (&self.viewer, line_of(command).map(|line| line.who)) {
            (Some(viewer), Some(Who::Users(permission))) => {
                check(viewer, permission).map_err(|refusal| no_permit(refusal, command))
            }
            _ => Ok(()),
        }
    }

    /// What the user may see.
    pub fn scope(&self) -> Scope {
        self.viewer.as_ref().map(|viewer| viewer.scope.clone()).unwrap_or_default()
    }

    /// Who is acting, for an action that is recorded with its actor.
    pub fn who(&self) -> anyhow::Result<&str> {
        if !self.named {
            return Err(Usage("say who you are with --as USER: this action is recorded".into()).into());
        }
        Ok(&self.actor)
    }

    /// Makes the data folder where there is none, for who may make a ledger.
    pub fn make_data_folder(&self) -> anyhow::Result<()> {
        let data = &self.config.data.value;
        if self.opening != Opening::Make {
            return Ok(());
        }
        std::fs::create_dir_all(data)
            .with_context(|| format!("data folder {}; give another one with --data", data.display()))
    }

    /// Opens everything the configuration names, doing no more to the ledger than the command may.
    pub async fn worker(&self, now: Timestamp) -> anyhow::Result<Worker> {
        self.make_data_folder()?;
        let mut worker = Worker::opened(self.config.clone(), local_date(now), self.opening).await?;
        worker.ledger = self.seen(worker.ledger);
        Ok(worker)
    }

    /// As [`Context::worker`], for who takes leases: under a name no other live process has.
    pub async fn named_worker(&self, now: Timestamp) -> anyhow::Result<Worker> {
        Ok(self.worker(now).await?.named().await?)
    }

    /// As [`Context::worker`], and what earlier imports ask for stays as it is.
    pub async fn observer(&self, now: Timestamp) -> anyhow::Result<Worker> {
        let mut worker = Worker::unsettled(self.config.clone(), local_date(now), self.opening).await?;
        worker.ledger = self.seen(worker.ledger);
        Ok(worker)
    }

    /// Opens the ledger alone; the keys at hand must be its own all the same.
    pub async fn ledger(&self) -> anyhow::Result<Ledger> {
        self.make_data_folder()?;
        let ledger = Ledger::opened(&self.config.database.value, self.opening).await?;
        keys_of(&ledger, &self.key_folder(), self.opening).await?;
        Ok(self.seen(ledger))
    }

    /// The same command as one that only looks.
    pub fn looking(&self) -> Context {
        Context { opening: Opening::Look, ..self.clone() }
    }

    /// The ledger for a dry run. Where there is none, an empty one that is gone with the folder.
    pub async fn ledger_or_empty(&self) -> anyhow::Result<(Ledger, Option<TempDir>)> {
        match self.looking().ledger().await {
            Err(error) if matches!(ledger_error(&error), Some(LedgerError::NoLedger { .. })) => {
                let empty = tempfile::tempdir()?;
                let config = Config::in_folder(empty.path(), None);
                Ok((Ledger::open(&config.database.value).await?, Some(empty)))
            }
            ledger => Ok((ledger?, None)),
        }
    }

    /// Where the keys lie.
    pub fn key_folder(&self) -> PathBuf {
        self.config.data.value.join("keys")
    }

    fn seen(&self, ledger: Ledger) -> Ledger {
        match (&self.viewer, &self.service) {
            (Some(viewer), _) => ledger.seen_by(viewer.clone()),
            (None, Some(service)) => ledger.served_by(service.clone()),
            (None, None) => ledger,
        }
    }
}
