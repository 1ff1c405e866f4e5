//! `[kafka_settings]`: what the broker's library is set to beside what we need of it, in its own names
//! (librdkafka, CONFIGURATION.md).
//!
//! A secret stands in a file of mode 600 or a variable: `sasl.password_file = "PATH"`, or `"$NAME"`. Written out it
//! is refused, and not shown.

use cardline_core::file_formats::Secret;

/// One setting.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaSetting {
    /// As the library calls it.
    pub name: String,
    pub value: SettingValue,
}

/// What it is set to.
#[derive(Clone, PartialEq, Eq)]
pub enum SettingValue {
    Plain(String),
    /// Read when a connection is made.
    Secret(Secret),
}

/// Why a setting is refused; a value is never told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SettingFault {
    #[error("a secret is not written out: name a file of mode 600 or a $VARIABLE with it, as {0}_file")]
    WrittenOut(&'static str),
    #[error("only a secret is read from a file; write the value itself, without _file")]
    NoSecret,
    #[error("that is ours: what is read and written is safe only as we set it; take it out")]
    Ours,
    #[error("is to be text, a whole number, or true or false")]
    Shape,
}

/// The library's settings that are secrets.
const SECRET: &[&str] = &[
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.private.key.pem",
    "sasl.oauthbearer.client.credentials.client.secret",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "sasl.password",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
];

/// What nothing is lost or doubled by, and what would load code.
const OURS: &[&str] = &[
    "acks",
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "isolation.level",
    "log_level",
    "metadata.broker.list",
    "partitioner",
    "plugin.library.paths",
    "request.required.acks",
    "transactional.id",
];

/// The settings of the file. Dots that were not quoted made tables of it.
///
/// # Errors
/// The first setting that is refused, by name, and why.
pub(super) fn settings(table: toml::Table) -> Result<Vec<KafkaSetting>, (String, SettingFault)> {
    let mut found = Vec::new();
    gather("", table, &mut found)?;
    Ok(found)
}

fn gather(above: &str, table: toml::Table, found: &mut Vec<KafkaSetting>) -> Result<(), (String, SettingFault)> {
    for (key, value) in table {
        let name = if above.is_empty() { key } else { format!("{above}.{key}") };
        let text = match value {
            toml::Value::Table(below) => {
                gather(&name, below, found)?;
                continue;
            }
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(yes) => yes.to_string(),
            _ => return Err((name, SettingFault::Shape)),
        };
        match setting(&name, text) {
            Ok(setting) => found.push(setting),
            Err(fault) => return Err((name, fault)),
        }
    }
    Ok(())
}

fn setting(name: &str, value: String) -> Result<KafkaSetting, SettingFault> {
    if let Some(secret) = SECRET.iter().find(|secret| **secret == name) {
        return Err(SettingFault::WrittenOut(secret));
    }
    if OURS.contains(&name) {
        return Err(SettingFault::Ours);
    }
    Ok(match name.strip_suffix("_file") {
        Some(secret) if SECRET.contains(&secret) => {
            KafkaSetting { name: secret.into(), value: SettingValue::Secret(Secret::from(value)) }
        }
        Some(_) => return Err(SettingFault::NoSecret),
        None => KafkaSetting { name: name.into(), value: SettingValue::Plain(value) },
    })
}

/// The settings as they may be shown.
pub(super) fn shown(settings: &[KafkaSetting]) -> String {
    let one = |KafkaSetting { name, value }: &KafkaSetting| match value {
        SettingValue::Plain(value) => format!("{name}={value}"),
        SettingValue::Secret(Secret::File(path)) => format!("{name}=*** (file {path})"),
        SettingValue::Secret(Secret::Variable(variable)) => format!("{name}=*** (${variable})"),
    };
    if settings.is_empty() { "(none)".into() } else { settings.iter().map(one).collect::<Vec<_>>().join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<KafkaSetting>, (String, SettingFault)> {
        settings(toml::from_str(text).unwrap())
    }

    #[test]
    fn settings_are_passed_on_by_name_and_secrets_are_masked() {
        let text = "security.protocol = 'SASL_SSL'\n'sasl.username' = 'cardline'\nsasl.password_file = '/run/p'\n\
            'ssl.key.password_file' = '$KEY'\nsocket.keepalive.enable = true\nstatistics.interval.ms = 0\n";
        let mut names = shown(&of(text).unwrap()).split(", ").map(str::to_owned).collect::<Vec<_>>();
        names.sort();
        let wanted = [
            "sasl.password=*** (file /run/p)",
            "sasl.username=cardline",
            "security.protocol=SASL_SSL",
            "socket.keepalive.enable=true",
            "ssl.key.password=*** ($KEY)",
            "statistics.interval.ms=0",
        ];
        assert_eq!(names, wanted);
    }

    #[test]
    fn what_is_ours_and_what_is_secret_is_refused_by_name() {
        for (text, name, fault) in [
            ("sasl.password = 'hidden'", "sasl.password", SettingFault::WrittenOut("sasl.password")),
            ("'enable.auto.commit' = true", "enable.auto.commit", SettingFault::Ours),
            ("sasl.username_file = 'x'", "sasl.username_file", SettingFault::NoSecret),
            ("'debug' = ['x']", "debug", SettingFault::Shape),
        ] {
            let (at, found) = of(text).err().unwrap();
            assert!(at == name && found == fault && !found.to_string().contains("hidden"), "{at}: {found}");
        }
        assert!(SECRET.is_sorted() && OURS.is_sorted());
    }
}
