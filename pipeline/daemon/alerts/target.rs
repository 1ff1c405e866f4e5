//! Who is told, in which shape, and when not.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Time;

use crate::config::AlertConfig;
use crate::config::private_file::{PrivateFileError, first_line};
use crate::crypto::objects::sha256;
use crate::time::local;

/// How a receiver wants its messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    WeCom,
    DingTalk,
    Feishu,
    Json,
}

impl Shape {
    fn of(word: &str) -> Option<Shape> {
        Some(match word {
            "wecom" => Shape::WeCom,
            "dingtalk" => Shape::DingTalk,
            "feishu" => Shape::Feishu,
            "json" => Shape::Json,
            _ => return None,
        })
    }
}

/// A receiver. Its address holds a secret, so it has no `Debug`.
#[derive(Clone)]
pub struct Target {
    pub address: String,
    pub shape: Shape,
    /// What DingTalk and Feishu want messages signed with.
    pub secret: Option<String>,
    /// Stands for the address in the ledger.
    pub id: String,
}

/// Who is told, and the hours in which only what is urgent is told.
#[derive(Clone)]
pub struct Alerting {
    pub targets: Vec<Target>,
    quiet: Option<(Time, Time)>,
}

/// Why alerts cannot be sent as they are configured. Carries no part of an address.
#[derive(Debug, thiserror::Error)]
pub enum AlertingError {
    #[error("alert_url: receiver {0} has no address http://… or https://… of its own")]
    Address(usize),
    #[error(
        "alert_shape: one of wecom, dingtalk, feishu and json, for all receivers or one for each, with commas between"
    )]
    Shape,
    #[error("alert_quiet: hours such as 22:00-07:00")]
    Quiet,
    #[error("alert_secret_file: {0}")]
    Secret(#[from] PrivateFileError),
    #[error("no certificates of this machine can be read, so no https address can be trusted: {0}")]
    Certificates(std::io::Error),
}

impl Alerting {
    /// As it is configured; none where nobody is told.
    pub fn of(config: &AlertConfig) -> Result<Option<Alerting>, AlertingError> {
        let Some(addresses) = config.url.value.as_deref().filter(|addresses| !addresses.is_empty()) else {
            return Ok(None);
        };
        let shapes = config.shape.value.as_deref().unwrap_or("json").split(',').map(|word| Shape::of(word.trim()));
        let shapes: Vec<Shape> = shapes.collect::<Option<_>>().ok_or(AlertingError::Shape)?;
        let addresses: Vec<&str> = addresses.split(',').map(str::trim).collect();
        if shapes.len() != 1 && shapes.len() != addresses.len() {
            return Err(AlertingError::Shape);
        }
        let secret = config.secret_file.value.as_deref().map(secret_of).transpose()?.flatten();
        let target = |(number, address): (usize, &&str)| {
            let is_whole = ["http://", "https://"].iter().any(|scheme| {
                address.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            });
            if !is_whole {
                return Err(AlertingError::Address(number + 1));
            }
            let shape = shapes.get(number).copied().unwrap_or(shapes[0]);
            let id = sha256(address.as_bytes()).chars().take(12).collect();
            Ok(Target { address: (*address).into(), shape, secret: secret.clone(), id })
        };
        let targets = addresses.iter().enumerate().map(target).collect::<Result<_, _>>()?;
        let quiet = config.quiet.value.as_deref().map(hours).transpose()?;
        Ok(Some(Alerting { targets, quiet }))
    }

    /// Whether only what is urgent is told now. The hours may go over midnight.
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        let time = local(now).time();
        self.quiet.is_some_and(|(from, until)| match from <= until {
            true => from <= time && time < until,
            false => from <= time || time < until,
        })
    }

    /// Whether a receiver is reached by https.
    pub fn needs_certificates(&self) -> bool {
        self.targets.iter().any(|target| target.address.starts_with("https://"))
    }
}

/// The secret of a private file, which must be there.
fn secret_of(path: &Path) -> Result<Option<String>, AlertingError> {
    match first_line(path)? {
        Some(secret) if !secret.is_empty() => Ok(Some(secret)),
        _ => Err(PrivateFileError::NoSecret(path.into()).into()),
    }
}

fn hours(text: &str) -> Result<(Time, Time), AlertingError> {
    let (from, until) = text.split_once('-').ok_or(AlertingError::Quiet)?;
    let time = |text: &str| Time::strptime("%H:%M", text.trim()).map_err(|_| AlertingError::Quiet);
    Ok((time(from)?, time(until)?))
}
