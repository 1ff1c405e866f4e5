//! Configuration: flags win over the environment, the environment over the file, the file over the
//! defaults. With none of them: SQLite and folders under `./cardline-data`.

mod bucket;
mod kafka_settings;
mod masked;
pub mod private_file;
pub mod secrets;

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use cardline_core::domain::identifier;
use cardline_core::domain::toml_fault::TomlFault;
use serde::Deserialize;

use crate::limits::{ALONE_A_DAY, STOP_SECONDS, STOP_SECONDS_RANGE};
use bucket::StoreFile;
pub use bucket::{Bucket, BucketFault};
pub use kafka_settings::{KafkaSetting, SettingFault, SettingValue};
pub use masked::masked_address;
use masked::masked_hooks;

/// The configuration file; every key is optional.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    database: Option<String>,
    kafka: Option<String>,
    data: Option<PathBuf>,
    worker: Option<String>,
    listen: Option<String>,
    stop_seconds: Option<toml::Value>,
    service_file: Option<PathBuf>,
    alone_a_day: Option<toml::Value>,
    environment: Option<String>,
    production_allows: Option<String>,
    partners: Option<PathBuf>,
    policy: Option<PathBuf>,
    alert_url: Option<String>,
    alert_shape: Option<String>,
    alert_secret_file: Option<PathBuf>,
    alert_quiet: Option<String>,
    #[serde(default)]
    kafka_settings: toml::Table,
    objects: Option<String>,
    #[serde(default)]
    objects_store: StoreFile,
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
    /// What the broker's library is set to, in its own names.
    pub kafka_settings: Vec<KafkaSetting>,
    /// Folder for keys, encrypted files, photos and, with a local transport, partner folders.
    pub data: Sourced<PathBuf>,
    /// Where objects lie; `None` means in `data`.
    pub objects: Sourced<Option<Bucket>>,
    /// This worker's name: a worker that comes back takes its own leases again at once.
    /// `None` means a name made of the machine's.
    pub worker: Sourced<Option<String>>,
    /// Address at which `run` serves metrics, health and readiness; `None` means nowhere.
    pub listen: Sourced<Option<String>>,
    /// How long a step under way may go on once `run` is told to stop.
    pub stop_seconds: Sourced<u64>,
    /// File with the credential of the service user that `run` and `tick` work for, once there are users.
    pub service_file: Sourced<Option<PathBuf>>,
    /// Messages of the quarantine a person opens, and discards, on a day without a second person.
    pub alone_a_day: Sourced<u64>,
    /// `test`, or `production`, which refuses what only a test is run with.
    pub environment: Sourced<String>,
    /// What production is run with all the same: words of `step::production`, with commas between.
    pub production_allows: Sourced<Option<String>>,
    /// Folder of partner profiles; `None` means those built in.
    pub partners: Sourced<Option<PathBuf>>,
    pub policy: Sourced<Option<PathBuf>>,
    pub alerts: AlertConfig,
    pub topics: Topics,
}

/// Who is told of what is wrong, as it was given; read by the daemon (`daemon/alerts/target.rs`).
#[derive(Clone)]
pub struct AlertConfig {
    /// Addresses with commas between; each holds a secret.
    pub url: Sourced<Option<String>>,
    /// `wecom`, `dingtalk`, `feishu` or `json`, for all addresses or one for each.
    pub shape: Sourced<Option<String>>,
    /// Private file with the secret that messages are signed with.
    pub secret_file: Sourced<Option<PathBuf>>,
    /// Hours in which only what is urgent is told, such as `22:00-07:00`.
    pub quiet: Sourced<Option<String>>,
}

/// Flags of the command line that override the rest.
#[derive(Default, Clone)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub database: Option<String>,
    pub kafka: Option<String>,
    pub data: Option<PathBuf>,
}

/// A number that may be configured.
#[derive(Debug)]
pub struct Number {
    key: &'static str,
    variable: &'static str,
    range: RangeInclusive<u64>,
    default: u64,
}

const STOP: &Number = &Number {
    key: "stop_seconds",
    variable: "CARDLINE_STOP_SECONDS",
    range: STOP_SECONDS_RANGE,
    default: STOP_SECONDS,
};
const ALONE: &Number =
    &Number { key: "alone_a_day", variable: "CARDLINE_ALONE_A_DAY", range: 0..=ALONE_A_DAY, default: ALONE_A_DAY };

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{what} is not UTF-8; name the folder or value in UTF-8, or reach it by a link that is")]
    NotUtf8 { what: &'static str },
    #[error(
        "{place}: {what} is to be a whole number from {min} to {max}, such as {default}",
        what = .number.key,
        min = .number.range.start(),
        max = .number.range.end(),
        default = .number.default
    )]
    Number { place: String, number: &'static Number },
    #[error("configuration {path}, {fault}; correct it there (the line is not shown: it may hold a password)")]
    Parse { path: PathBuf, fault: TomlFault },
    #[error(
        "worker is to be 1 to 64 letters, digits, dots, hyphens, underscores and colons, and no number of a person"
    )]
    WorkerName,
    #[error(transparent)]
    Bucket(#[from] BucketFault),
    #[error("configuration {path}, kafka_settings.{name}: {fault}")]
    Setting { path: PathBuf, name: String, fault: SettingFault },
    #[error("kafka is to be HOST:PORT, more of them with commas between: no user and no password belong there")]
    KafkaUser,
}

/// The value of a variable; one that is not text is refused, never passed over.
pub fn text(name: &'static str, value: Option<OsString>) -> Result<Option<String>, ConfigError> {
    value.map(OsString::into_string).transpose().map_err(|_| ConfigError::NotUtf8 { what: name })
}

impl Config {
    /// Gathers the configuration. `environment` looks up a variable, so that tests need none.
    pub fn gather(flags: &Flags, environment: impl Fn(&str) -> Option<OsString>) -> Result<Config, ConfigError> {
        let variable = |name| text(name, environment(name));
        let folder = |name| Ok::<_, ConfigError>(variable(name)?.map(PathBuf::from));
        let path = flags.config.clone().or(folder("CARDLINE_CONFIG")?);
        let file = match &path {
            Some(path) => read(path)?,
            None => ConfigFile::default(),
        };
        let data = pick(flags.data.clone(), folder("CARDLINE_DATA")?, file.data, || PathBuf::from("cardline-data"));
        // Addresses of databases are text, and a folder that is not would be another one there.
        let Some(beside) = data.value.join("cardline.db").to_str().map(|path| format!("sqlite:{path}")) else {
            return Err(ConfigError::NotUtf8 { what: "--data" });
        };
        let kafka = pick(flags.kafka.clone(), variable("CARDLINE_KAFKA")?, file.kafka, || "mock".into());
        // The broker's library repeats an address wherever it fails.
        if kafka.value.contains('@') {
            return Err(ConfigError::KafkaUser);
        }
        let worker = optional(variable("CARDLINE_WORKER")?, file.worker);
        // It stands in leases, history and logs.
        if worker.value.as_deref().is_some_and(|name| identifier::judge(name).is_err()) {
            return Err(ConfigError::WorkerName);
        }
        let kafka_settings = kafka_settings::settings(file.kafka_settings)
            .map_err(|(name, fault)| ConfigError::Setting { path: path.clone().unwrap_or_default(), name, fault })?;
        let objects = optional(variable("CARDLINE_OBJECTS")?, file.objects);
        let bucket = objects.value.map(|address| Bucket::of(&address, file.objects_store)).transpose()?;
        Ok(Config {
            objects: Sourced { value: bucket, source: objects.source },
            database: pick(flags.database.clone(), variable("CARDLINE_DATABASE")?, file.database, || beside),
            kafka,
            kafka_settings,
            worker,
            listen: optional(variable("CARDLINE_LISTEN")?, file.listen),
            stop_seconds: STOP.pick(variable(STOP.variable)?, file.stop_seconds, path.as_deref())?,
            alone_a_day: ALONE.pick(variable(ALONE.variable)?, file.alone_a_day, path.as_deref())?,
            service_file: optional(folder("CARDLINE_SERVICE_FILE")?, file.service_file),
            environment: pick(None, variable("CARDLINE_ENVIRONMENT")?, file.environment, || "test".into()),
            production_allows: optional(variable("CARDLINE_PRODUCTION_ALLOWS")?, file.production_allows),
            partners: optional(folder("CARDLINE_PARTNERS")?, file.partners),
            policy: optional(folder("CARDLINE_POLICY")?, file.policy),
            alerts: AlertConfig {
                url: optional(variable("CARDLINE_ALERT_URL")?, file.alert_url),
                shape: optional(variable("CARDLINE_ALERT_SHAPE")?, file.alert_shape),
                secret_file: optional(folder("CARDLINE_ALERT_SECRET_FILE")?, file.alert_secret_file),
                quiet: optional(variable("CARDLINE_ALERT_QUIET")?, file.alert_quiet),
            },
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
            kafka_settings: Vec::new(),
            data: Sourced { value: folder.into(), source: "given" },
            objects: optional(None, None),
            worker: Sourced { value: None, source: "default" },
            listen: Sourced { value: None, source: "default" },
            stop_seconds: Sourced { value: STOP_SECONDS, source: "default" },
            service_file: Sourced { value: None, source: "default" },
            alone_a_day: Sourced { value: ALONE_A_DAY, source: "default" },
            environment: Sourced { value: "test".into(), source: "default" },
            production_allows: Sourced { value: None, source: "default" },
            partners: Sourced { value: None, source: "built in" },
            policy: Sourced { value: None, source: "built in" },
            alerts: AlertConfig {
                url: optional(None, None),
                shape: optional(None, None),
                secret_file: optional(None, None),
                quiet: optional(None, None),
            },
            topics: Topics::default(),
        }
    }

    /// Every key with its value (a password in an address is masked) and where it came from.
    pub fn shown(&self) -> Vec<(&'static str, String, &'static str)> {
        let path_or =
            |p: &Option<PathBuf>, none: &str| p.as_ref().map_or_else(|| none.into(), |p| p.display().to_string());
        let path = |p: &Option<PathBuf>| path_or(p, "(built in)");
        let or = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.into());
        vec![
            ("database", masked_address(&self.database.value), self.database.source),
            ("kafka", self.kafka.value.clone(), self.kafka.source),
            ("kafka_settings", kafka_settings::shown(&self.kafka_settings), "configuration"),
            ("data", self.data.value.display().to_string(), self.data.source),
            (
                "objects",
                self.objects.value.as_ref().map_or("(in the data folder)".into(), Bucket::to_string),
                self.objects.source,
            ),
            ("worker", or(&self.worker.value, "(this machine's name)"), self.worker.source),
            ("listen", or(&self.listen.value, "(nowhere)"), self.listen.source),
            ("alone_a_day", self.alone_a_day.value.to_string(), self.alone_a_day.source),
            ("service_file", path_or(&self.service_file.value, "(none)"), self.service_file.source),
            ("stop_seconds", self.stop_seconds.value.to_string(), self.stop_seconds.source),
            ("environment", self.environment.value.clone(), self.environment.source),
            ("production_allows", or(&self.production_allows.value, "(nothing)"), self.production_allows.source),
            ("partners", path(&self.partners.value), self.partners.source),
            ("policy", path(&self.policy.value), self.policy.source),
            ("alert_url", or(&self.alerts.url.value.as_deref().map(masked_hooks), "(nobody)"), self.alerts.url.source),
            ("alert_shape", or(&self.alerts.shape.value, "json"), self.alerts.shape.source),
            ("alert_secret_file", path_or(&self.alerts.secret_file.value, "(none)"), self.alerts.secret_file.source),
            ("alert_quiet", or(&self.alerts.quiet.value, "(never)"), self.alerts.quiet.source),
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
    toml::from_str(&text).map_err(|error| ConfigError::Parse { path: path.into(), fault: TomlFault::of(&text, &error) })
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

impl Number {
    fn pick(
        &'static self,
        environment: Option<String>,
        file: Option<toml::Value>,
        path: Option<&Path>,
    ) -> Result<Sourced<u64>, ConfigError> {
        let in_range = |number: u64| self.range.contains(&number).then_some(number);
        let fault = |place: String| ConfigError::Number { place, number: self };
        let of_variable =
            |text: String| text.parse().ok().and_then(in_range).ok_or_else(|| fault(self.variable.to_owned()));
        let of_file = |value: toml::Value| {
            let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
            let place = || format!("configuration {}", path.unwrap_or(Path::new("")).display());
            number.and_then(in_range).ok_or_else(|| fault(place()))
        };
        Ok(pick(None, environment.map(of_variable).transpose()?, file.map(of_file).transpose()?, || self.default))
    }
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
    fn what_is_not_utf8_is_refused_by_name() {
        use std::os::unix::ffi::OsStringExt;
        let odd = || OsString::from_vec(b"/\xca\xfd".to_vec());
        for variable in ["CARDLINE_DATA", "CARDLINE_DATABASE", "CARDLINE_POLICY", "CARDLINE_CONFIG"] {
            let refused = Config::gather(&Flags::default(), |name| (name == variable).then(odd));
            assert!(refused.err().unwrap().to_string().contains(variable), "{variable}");
        }
        let flags = Flags { data: Some(odd().into()), ..Flags::default() };
        assert!(Config::gather(&flags, |_| None).err().unwrap().to_string().contains("--data"));
    }

    #[test]
    fn a_stop_out_of_range_is_refused_with_file_and_range() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        for seconds in ["-1", "0", "1.5", "9223372036854775807"] {
            std::fs::write(&path, format!("stop_seconds = {seconds}\n")).unwrap();
            let flags = Flags { config: Some(path.clone()), ..Flags::default() };
            let told = Config::gather(&flags, |_| None).err().unwrap().to_string();
            assert!(told.contains("c.toml") && told.contains("from 1 to 3600"), "{told}");
            let told =
                Config::gather(&Flags::default(), |name| (name == "CARDLINE_STOP_SECONDS").then(|| seconds.into()));
            assert!(told.err().unwrap().to_string().contains("CARDLINE_STOP_SECONDS"));
        }
    }

    #[test]
    fn a_worker_is_named_for_nobody_and_kafka_has_no_user() {
        let gathered = |name: &'static str, value: &'static str| {
            let variable = move |asked: &str| (asked == name).then(|| OsString::from(value));
            Config::gather(&Flags::default(), variable).err().map(|error| error.to_string())
        };
        assert_eq!(gathered("CARDLINE_WORKER", "host-7.intake_1"), None);
        for name in [concat!("138", "00000000"), "王伟", "a b", "a\u{1b}[2J", ""] {
            assert!(gathered("CARDLINE_WORKER", name).is_some_and(|told| told.starts_with("worker is to be")));
        }
        assert_eq!(gathered("CARDLINE_KAFKA", "h:9092,g:9092"), None);
        let told = gathered("CARDLINE_KAFKA", "h:9092,u:secret@g:9092").unwrap();
        assert!(told.contains("HOST:PORT") && !told.contains("secret"));
    }
}
