//! Configuration: flags win over the environment, the environment over the file, the file over the
//! defaults. With none of them: SQLite and folders under `./cardline-data`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::limits::STOP_SECONDS;

/// The configuration file; every key is optional.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    database: Option<String>,
    kafka: Option<String>,
    data: Option<PathBuf>,
    worker: Option<String>,
    listen: Option<String>,
    stop_seconds: Option<u64>,
    partners: Option<PathBuf>,
    policy: Option<PathBuf>,
    #[serde(default)]
    topics: TopicsFile,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicsFile {
    applications: Option<String>,
    events: Option<String>,
    outcomes: Option<String>,
    notices: Option<String>,
    ecards: Option<String>,
    dead_letters: Option<String>,
}

/// A value and where it came from.
#[derive(Clone)]
pub struct Sourced<T> {
    pub value: T,
    pub source: &'static str,
}

/// Names of the topics (contract/messages.md), renameable.
#[derive(Clone)]
pub struct Topics {
    pub applications: String,
    pub events: String,
    pub outcomes: String,
    pub notices: String,
    pub ecards: String,
    pub dead_letters: String,
}

impl Default for Topics {
    fn default() -> Topics {
        Topics {
            applications: "card.applications".into(),
            events: "card.events".into(),
            outcomes: "card.outcomes".into(),
            notices: "card.notices".into(),
            ecards: "card.ecards".into(),
            dead_letters: "card.dead-letters".into(),
        }
    }
}

/// Everything in force, each value with its source.
#[derive(Clone)]
pub struct Config {
    pub database: Sourced<String>,
    /// Bootstrap servers, or `mock` for a broker inside this process.
    pub kafka: Sourced<String>,
    /// Folder for keys, sealed files, photos and, with a local transport, partner folders.
    pub data: Sourced<PathBuf>,
    /// This worker's name: a worker that comes back takes its own leases again at once.
    /// `None` means a name made of the machine's.
    pub worker: Sourced<Option<String>>,
    /// Address at which `run` serves metrics, health and readiness; `None` means nowhere.
    pub listen: Sourced<Option<String>>,
    /// How long a step under way may go on once `run` is told to stop.
    pub stop_seconds: Sourced<u64>,
    /// Folder of partner profiles; `None` means those built in.
    pub partners: Sourced<Option<PathBuf>>,
    pub policy: Sourced<Option<PathBuf>>,
    pub topics: Topics,
}

/// Flags of the command line that override the rest.
#[derive(Default, Clone)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub database: Option<String>,
    pub kafka: Option<String>,
    pub data: Option<PathBuf>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration {path}: {source}; see `cardline config show`")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("CARDLINE_STOP_SECONDS must be a whole number of seconds, such as {STOP_SECONDS}")]
    StopSeconds,
    #[error("configuration {path}: {source}")]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
}

impl Config {
    /// Gathers the configuration. `environment` looks up a variable, so that tests need none.
    pub fn gather(flags: &Flags, environment: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let path = flags.config.clone().or_else(|| environment("CARDLINE_CONFIG").map(PathBuf::from));
        let file = match &path {
            Some(path) => read(path)?,
            None => ConfigFile::default(),
        };
        let data = pick(flags.data.clone(), environment("CARDLINE_DATA").map(PathBuf::from), file.data, || {
            PathBuf::from("cardline-data")
        });
        let beside = format!("sqlite:{}", data.value.join("cardline.db").display());
        Ok(Config {
            database: pick(flags.database.clone(), environment("CARDLINE_DATABASE"), file.database, || beside),
            kafka: pick(flags.kafka.clone(), environment("CARDLINE_KAFKA"), file.kafka, || "mock".into()),
            worker: optional(environment("CARDLINE_WORKER"), file.worker),
            listen: optional(environment("CARDLINE_LISTEN"), file.listen),
            stop_seconds: stop_seconds(environment("CARDLINE_STOP_SECONDS"), file.stop_seconds)?,
            partners: optional(environment("CARDLINE_PARTNERS").map(PathBuf::from), file.partners),
            policy: optional(environment("CARDLINE_POLICY").map(PathBuf::from), file.policy),
            topics: topics(file.topics),
            data,
        })
    }

    /// A configuration that keeps everything in one folder, for the demo and tests.
    pub fn in_folder(folder: &Path, database: Option<String>) -> Config {
        let given = |value| Sourced { value, source: "given" };
        Config {
            database: given(database.unwrap_or_else(|| format!("sqlite:{}", folder.join("cardline.db").display()))),
            kafka: given("mock".into()),
            data: Sourced { value: folder.into(), source: "given" },
            worker: Sourced { value: None, source: "default" },
            listen: Sourced { value: None, source: "default" },
            stop_seconds: Sourced { value: STOP_SECONDS, source: "default" },
            partners: Sourced { value: None, source: "built in" },
            policy: Sourced { value: None, source: "built in" },
            topics: Topics::default(),
        }
    }

    /// Every key with its value (a password in an address is masked) and where it came from.
    pub fn shown(&self) -> Vec<(&'static str, String, &'static str)> {
        let path = |p: &Option<PathBuf>| p.as_ref().map_or_else(|| "(built in)".into(), |p| p.display().to_string());
        let or = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.into());
        vec![
            ("database", masked_address(&self.database.value), self.database.source),
            ("kafka", self.kafka.value.clone(), self.kafka.source),
            ("data", self.data.value.display().to_string(), self.data.source),
            ("worker", or(&self.worker.value, "(this machine's name)"), self.worker.source),
            ("listen", or(&self.listen.value, "(nowhere)"), self.listen.source),
            ("stop_seconds", self.stop_seconds.value.to_string(), self.stop_seconds.source),
            ("partners", path(&self.partners.value), self.partners.source),
            ("policy", path(&self.policy.value), self.policy.source),
            ("topics.applications", self.topics.applications.clone(), "configuration"),
            ("topics.events", self.topics.events.clone(), "configuration"),
            ("topics.outcomes", self.topics.outcomes.clone(), "configuration"),
            ("topics.notices", self.topics.notices.clone(), "configuration"),
            ("topics.ecards", self.topics.ecards.clone(), "configuration"),
            ("topics.dead_letters", self.topics.dead_letters.clone(), "configuration"),
        ]
    }
}

fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.into(), source })?;
    toml::from_str(&text).map_err(|source| ConfigError::Parse { path: path.into(), source: Box::new(source) })
}

fn pick<T>(flag: Option<T>, environment: Option<T>, file: Option<T>, default: impl FnOnce() -> T) -> Sourced<T> {
    match (flag, environment, file) {
        (Some(value), _, _) => Sourced { value, source: "flag" },
        (None, Some(value), _) => Sourced { value, source: "environment" },
        (None, None, Some(value)) => Sourced { value, source: "file" },
        (None, None, None) => Sourced { value: default(), source: "default" },
    }
}

fn optional<T>(environment: Option<T>, file: Option<T>) -> Sourced<Option<T>> {
    match (environment, file) {
        (Some(value), _) => Sourced { value: Some(value), source: "environment" },
        (None, Some(value)) => Sourced { value: Some(value), source: "file" },
        (None, None) => Sourced { value: None, source: "default" },
    }
}

fn stop_seconds(environment: Option<String>, file: Option<u64>) -> Result<Sourced<u64>, ConfigError> {
    let given = environment.map(|text| text.parse().map_err(|_| ConfigError::StopSeconds)).transpose()?;
    Ok(pick(None, given, file, || STOP_SECONDS))
}

fn topics(file: TopicsFile) -> Topics {
    let default = Topics::default();
    Topics {
        applications: file.applications.unwrap_or(default.applications),
        events: file.events.unwrap_or(default.events),
        outcomes: file.outcomes.unwrap_or(default.outcomes),
        notices: file.notices.unwrap_or(default.notices),
        ecards: file.ecards.unwrap_or(default.ecards),
        dead_letters: file.dead_letters.unwrap_or(default.dead_letters),
    }
}

/// `postgres://user:secret@host/db` without the secret.
fn masked_address(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((before, after))) => {
            let user = before.split_once("://").map_or("", |(_, rest)| rest).split(':').next().unwrap_or("");
            format!("{scheme}://{user}:***@{after}")
        }
        _ => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_environment_and_it_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "database = 'sqlite:from-file'\nkafka = 'file:1'\nworker = 'w9'\n").unwrap();
        let flags = Flags { config: Some(path), database: Some("sqlite:from-flag".into()), ..Flags::default() };
        let config = Config::gather(&flags, |name| (name == "CARDLINE_KAFKA").then(|| "env:1".into())).unwrap();
        assert_eq!((config.database.value.as_str(), config.database.source), ("sqlite:from-flag", "flag"));
        assert_eq!((config.kafka.value.as_str(), config.kafka.source), ("env:1", "environment"));
        assert_eq!((config.worker.value.as_deref(), config.worker.source), (Some("w9"), "file"));
        assert_eq!(config.data.source, "default");
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "databse = 'x'\n").unwrap();
        let flags = Flags { config: Some(path), ..Flags::default() };
        assert!(Config::gather(&flags, |_| None).err().unwrap().to_string().contains("c.toml"));
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(masked_address("postgres://me:hidden@host:1/db"), "postgres://me:***@host:1/db");
        assert_eq!(masked_address("sqlite:x.db"), "sqlite:x.db");
    }
}
