//! A broker: where it is, and what its library is set to for every client of ours.

use std::path::Path;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;

use super::BrokerError;
use super::certificate::fault;
use crate::config::secrets::read;
use crate::config::{Config, KafkaSetting, SettingValue};

/// Where messages come from and go to. Secrets are read anew for every connection.
#[derive(Clone)]
pub struct Broker {
    servers: String,
    settings: Vec<KafkaSetting>,
}

impl Broker {
    /// One that takes connections in the open.
    pub fn at(servers: &str) -> Broker {
        Broker { servers: servers.into(), settings: Vec::new() }
    }

    /// That of the configuration; `None` where it names none.
    pub fn of(config: &Config) -> Option<Broker> {
        let servers = &config.kafka.value;
        (servers != "mock").then(|| Broker { servers: servers.clone(), settings: config.kafka_settings.clone() })
    }

    /// Bootstrap servers.
    pub fn servers(&self) -> &str {
        &self.servers
    }

    /// What a client begins with.
    pub(super) fn client(&self) -> Result<ClientConfig, BrokerError> {
        let mut client = ClientConfig::new();
        for KafkaSetting { name, value } in &self.settings {
            match value {
                SettingValue::Plain(value) => client.set(name, value),
                SettingValue::Secret(secret) => {
                    let text = read(secret, Path::new(""))
                        .map_err(|source| BrokerError::Secret { name: name.clone(), source })?;
                    // A key has lines; a password ends with the first.
                    let is_key = name.ends_with(".pem");
                    client.set(name, if is_key { &text } else { text.lines().next().unwrap_or_default() })
                }
            };
        }
        // As far as `Heard` listens.
        client.set("bootstrap.servers", &self.servers).set_log_level(RDKafkaLogLevel::Info);
        Ok(client)
    }

    /// A setting of ours that nothing depends on but speed: the configuration's own goes before it.
    pub(super) fn tune(client: &mut ClientConfig, name: &str, value: &str) {
        if client.get(name).is_none() {
            client.set(name, value);
        }
    }

    /// Why a server does not let us in, as the library says it, or better.
    pub(super) fn refused(&self, said: String) -> BrokerError {
        let authority = self.settings.iter().find_map(|setting| match &setting.value {
            SettingValue::Plain(path) if setting.name == "ssl.ca.location" => Some(path),
            _ => None,
        });
        let of_certificate = said.contains("certificate verify failed");
        let fault = authority.filter(|_| of_certificate).and_then(|path| fault(&self.servers, Path::new(path)));
        BrokerError::Refused { servers: self.servers.clone(), why: fault.unwrap_or(said) }
    }

    /// Why a client could not be made.
    pub(super) fn unmade(&self, source: KafkaError) -> BrokerError {
        match source {
            // The value is not told: it may be a secret.
            KafkaError::ClientConfig(_, why, name, _) => BrokerError::Setting { name, why },
            source => BrokerError::Kafka { servers: self.servers.clone(), source },
        }
    }
}
