//! What production is not run with: a start refuses it, unless the configuration names the exception.

use cardline_core::file_formats::{EnvelopeKind, Environment, Wire};

use crate::config::Config;
use crate::exchange::{Partner, Partners};

/// One thing that only a test is run with.
pub struct Exception {
    /// As `production_allows` names it.
    pub word: &'static str,
    pub about: &'static str,
    find: fn(&Config, &Partners) -> Vec<String>,
}

const fn exception(word: &'static str, about: &'static str, find: fn(&Config, &Partners) -> Vec<String>) -> Exception {
    Exception { word, about, find }
}

/// Every one of them, sorted by word.
pub const EXCEPTIONS: &[Exception] = &[
    exception("file-keys", "keys lie in files, not in a security module", |_, _| vec!["keys".into()]),
    exception("folder", "files travel through a plain folder", |_, partners| {
        of(partners, |partner| partner.profile.transport == Wire::Folder)
    }),
    exception("mock-broker", "there is no broker but the one inside the process", |config, _| {
        if config.kafka.value == "mock" { vec!["kafka".into()] } else { Vec::new() }
    }),
    exception("no-envelope", "files travel in the open", |_, partners| {
        let is_open = |kind| kind == EnvelopeKind::None;
        of(partners, |partner| is_open(partner.profile.envelope.out) || is_open(partner.profile.envelope.incoming))
    }),
    exception("test-profile", "the profile is one for tests", |_, partners| {
        of(partners, |partner| partner.profile.environment == Environment::Test)
    }),
];

fn of(partners: &Partners, is_so: impl Fn(&Partner) -> bool) -> Vec<String> {
    partners.all().filter(|partner| is_so(partner)).map(|partner| partner.profile.code.clone()).collect()
}

/// Why production does not start.
#[derive(Debug, thiserror::Error)]
pub enum ProductionError {
    #[error("environment is to be test or production, not {0:?}")]
    Environment(String),
    #[error("production_allows: {word:?} is none of {known}", known = words())]
    Word { word: String },
    #[error("environment = \"production\" does not start with what only a test is run with:\n{}\ncorrect it, or name the exception in production_allows", .0.join("\n"))]
    Refused(Vec<String>),
}

fn words() -> String {
    EXCEPTIONS.iter().map(|exception| exception.word).collect::<Vec<_>>().join(", ")
}

/// Refuses a start of production with anything that is not named as an exception.
///
/// # Errors
/// Every such thing, with whose it is and the word that allows it.
pub fn refuse_tests(config: &Config, partners: &Partners) -> Result<(), ProductionError> {
    match config.environment.value.as_str() {
        "test" => return Ok(()),
        "production" => {}
        other => return Err(ProductionError::Environment(other.to_owned())),
    }
    let allowed = config.production_allows.value.as_deref().unwrap_or_default();
    let allowed: Vec<&str> = allowed.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if let Some(word) = allowed.iter().find(|word| EXCEPTIONS.iter().all(|exception| exception.word != **word)) {
        return Err(ProductionError::Word { word: (*word).to_owned() });
    }
    let mut refused = Vec::new();
    for exception in EXCEPTIONS.iter().filter(|exception| !allowed.contains(&exception.word)) {
        let whose = (exception.find)(config, partners);
        if !whose.is_empty() {
            refused.push(format!("  {}: {} ({})", whose.join(", "), exception.about, exception.word));
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(ProductionError::Refused(refused)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(environment: &str, allows: Option<&str>) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::in_folder(folder.path(), None);
        config.environment.value = environment.into();
        config.production_allows.value = allows.map(str::to_owned);
        let partners = Partners::of(None, folder.path(), jiff::civil::date(2026, 1, 6)).unwrap();
        refuse_tests(&config, &partners).err().map(|error| error.to_string())
    }

    #[test]
    fn production_starts_with_nothing_of_a_test_that_is_not_named() {
        assert_eq!(told("test", None), None);
        let refused = told("production", None).unwrap();
        assert!(EXCEPTIONS.iter().all(|one| refused.contains(one.about) && refused.contains(one.word)), "{refused}");
        assert!(refused.contains("ABC, BUREAU, CCB, ICBC: files travel in the open (no-envelope)"), "{refused}");
        let refused = told("production", Some("folder, file-keys,test-profile")).unwrap();
        assert!(refused.contains("mock-broker") && refused.contains("no-envelope"), "{refused}");
        assert!(!refused.contains("plain folder"), "{refused}");
        assert_eq!(told("production", Some("file-keys,folder,mock-broker,no-envelope,test-profile")), None);
    }

    #[test]
    fn a_word_that_is_none_allows_nothing() {
        assert!(told("production", Some("folders")).unwrap().contains("no-envelope"));
        assert!(told("prod", None).unwrap().contains("test or production"));
        assert!(EXCEPTIONS.is_sorted_by(|one, other| one.word < other.word));
    }
}
