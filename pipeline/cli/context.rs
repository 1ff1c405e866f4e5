//! What every command shares: the flags, the configuration, the clock and the actor's name.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;

use super::outcome::Usage;
use super::print::Output;
use crate::config::{Config, Flags};
use crate::ledger::Ledger;
use crate::ledger::laws::looks_personal;
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
    /// Who is acting; written into the history [default: operator, and nobody where an act is recorded]
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
        Ok(Context { config, output: flags.output, actor, named })
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

    /// Opens everything the configuration names.
    pub async fn station(&self, now: Timestamp) -> anyhow::Result<Station> {
        let data = self.config.data.value.clone();
        std::fs::create_dir_all(&data)
            .with_context(|| format!("data folder {}; give another one with --data", data.display()))?;
        Ok(Station::open(self.config.clone(), local_date(now)).await?)
    }

    /// As [`Context::station`], for who only looks: nothing is settled.
    pub async fn observer(&self, now: Timestamp) -> anyhow::Result<Station> {
        Ok(Station::observing(self.config.clone(), local_date(now)).await?)
    }

    /// Opens the ledger alone, for commands that only read figures.
    pub async fn ledger(&self) -> anyhow::Result<Ledger> {
        Ok(Ledger::open(&self.config.database.value).await?)
    }
}

/// The instant given with `--at`, or now.
pub fn instant(at: Option<Timestamp>) -> Timestamp {
    at.unwrap_or_else(Timestamp::now)
}
