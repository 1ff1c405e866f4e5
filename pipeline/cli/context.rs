//! What every command shares: the flags, the configuration, the clock and the actor's name.

use std::path::PathBuf;

use anyhow::Context as _;
use cardline_core::domain::staff::Scope;
use clap::Args;
use jiff::Timestamp;

use super::outcome::Usage;
use super::print::Output;
use super::roles::{Who, permit};
use crate::config::{Config, Flags};
use crate::ledger::laws::looks_personal;
use crate::ledger::{Ledger, Viewer};
use crate::stages::Station;
use crate::time::local_date;

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
    /// [default: who is logged in; before there are users operator, and nobody where an act is recorded]
    #[arg(long = "as", global = true, value_name = "USER")]
    actor: Option<String>,
}

/// The flags and what follows from them.
pub struct Context {
    pub config: Config,
    pub output: Output,
    /// Who is acting; `operator` when nobody said.
    pub actor: String,
    named: bool,
    /// The user, once there are users.
    viewer: Option<Viewer>,
}

impl Context {
    /// Gathers the configuration from flags, environment and file.
    pub fn new(flags: GlobalFlags) -> anyhow::Result<Context> {
        let named = flags.actor.is_some();
        let actor = flags.actor.unwrap_or_else(|| "operator".into());
        if actor.is_empty() || actor.chars().any(char::is_control) {
            return Err(Usage("--as needs a name without control characters".into()).into());
        }
        let given = Flags { config: flags.config, database: flags.database, kafka: flags.kafka, data: flags.data };
        let config = Config::gather(&given, |name| std::env::var(name).ok())?;
        Ok(Context { config, output: flags.output, actor, named, viewer: None })
    }

    /// The name given with `--as`.
    pub fn named_actor(&self) -> Option<&str> {
        self.named.then_some(self.actor.as_str())
    }

    /// From here on a user acts, and sees what is in scope.
    pub fn act_as(&mut self, viewer: Viewer) {
        self.actor = viewer.name.clone();
        self.named = true;
        self.viewer = Some(viewer);
    }

    /// Whether the user may do what the table of roles says of this line; anybody may before there are users.
    pub fn may(&self, line: &str) -> anyhow::Result<()> {
        match (&self.viewer, permit(line).map(|permit| permit.who)) {
            (Some(viewer), Some(Who::Users(roles))) if !roles.contains(&viewer.role) => anyhow::bail!(
                "{} is {}, which may not `{line}`; see `cardline users roles`",
                viewer.name,
                viewer.role.code()
            ),
            _ => Ok(()),
        }
    }

    /// What the user may see.
    pub fn scope(&self) -> Scope {
        self.viewer.as_ref().map(|viewer| viewer.scope.clone()).unwrap_or_default()
    }

    /// Who is acting, for an act that is recorded with its actor.
    pub fn who(&self) -> anyhow::Result<&str> {
        if !self.named {
            return Err(Usage("say who you are with --as USER: this act is recorded".into()).into());
        }
        if looks_personal(&self.actor) {
            return Err(Usage(
                "--as takes your user name, not your own name or number: it stands in the history".into(),
            )
            .into());
        }
        Ok(&self.actor)
    }

    /// Makes the data folder where there is none.
    pub fn make_data_folder(&self) -> anyhow::Result<()> {
        let data = &self.config.data.value;
        std::fs::create_dir_all(data)
            .with_context(|| format!("data folder {}; give another one with --data", data.display()))
    }

    /// Opens everything the configuration names.
    pub async fn station(&self, now: Timestamp) -> anyhow::Result<Station> {
        self.make_data_folder()?;
        let mut station = Station::open(self.config.clone(), local_date(now)).await?;
        station.ledger = self.seen(station.ledger);
        Ok(station)
    }

    /// As [`Context::station`], for who takes leases: under a name no other live process has.
    pub async fn worker(&self, now: Timestamp) -> anyhow::Result<Station> {
        Ok(self.station(now).await?.named().await?)
    }

    /// As [`Context::station`], for who only looks: nothing is settled.
    pub async fn observer(&self, now: Timestamp) -> anyhow::Result<Station> {
        let mut station = Station::observing(self.config.clone(), local_date(now)).await?;
        station.ledger = self.seen(station.ledger);
        Ok(station)
    }

    /// Opens the ledger alone, for commands that only read figures.
    pub async fn ledger(&self) -> anyhow::Result<Ledger> {
        Ok(self.seen(Ledger::open(&self.config.database.value).await?))
    }

    fn seen(&self, ledger: Ledger) -> Ledger {
        match &self.viewer {
            Some(viewer) => ledger.seen_by(viewer.clone()),
            None => ledger,
        }
    }
}

/// The instant given with `--at`, or now.
pub fn instant(at: Option<Timestamp>) -> Timestamp {
    at.unwrap_or_else(Timestamp::now)
}
