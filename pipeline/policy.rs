//! Policy: what provinces decide differently, as data with a version and a day of effect.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

const BUILT_IN: &str = include_str!("../schemas/policy.toml");

/// The rules of one region, complete.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RegionPolicy {
    /// Natural days from approval to ready.
    pub promise_days: i32,
    /// Natural days a returned application may take.
    pub correction_days: i32,
    pub window_working_days: u32,
    pub roll_overs: i64,
    pub unit_working_days: u32,
    pub return_working_days: u32,
    pub recycle_working_days: u32,
    pub remakes: i64,
    pub transit_working_days: u32,
    pub case_working_days: u32,
    pub chase_working_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    version: u32,
    effective: Date,
    default: toml::Table,
    #[serde(default)]
    region: BTreeMap<String, toml::Table>,
}

/// All policies in force.
#[derive(Clone)]
pub struct Policy {
    pub version: u32,
    pub effective: Date,
    default: RegionPolicy,
    regions: BTreeMap<String, RegionPolicy>,
}

/// A policy file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("policy, {section}: {cause}")]
pub struct PolicyError {
    section: String,
    cause: Box<toml::de::Error>,
}

impl Policy {
    /// The policy that comes with the program.
    pub fn built_in() -> Result<Policy, PolicyError> {
        Policy::load(BUILT_IN)
    }

    /// Reads a policy file; a section that misses or misspells a key is named.
    pub fn load(text: &str) -> Result<Policy, PolicyError> {
        let fault = |section: &str| {
            let section = section.to_owned();
            move |cause| PolicyError { section, cause: Box::new(cause) }
        };
        let file: PolicyFile = toml::from_str(text).map_err(fault("file"))?;
        let default: RegionPolicy = file.default.clone().try_into().map_err(fault("default"))?;
        let mut regions = BTreeMap::new();
        for (code, keys) in file.region {
            let mut whole = file.default.clone();
            whole.extend(keys);
            regions.insert(code.clone(), whole.try_into().map_err(fault(&code))?);
        }
        Ok(Policy { version: file.version, effective: file.effective, default, regions })
    }

    /// The policy of a region: the longest section whose code begins its code.
    pub fn of(&self, region: &str) -> &RegionPolicy {
        self.regions
            .iter()
            .filter(|(code, _)| region.starts_with(code.as_str()))
            .max_by_key(|(code, _)| code.len())
            .map_or(&self.default, |(_, p)| p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_overrides_single_keys() {
        let policy = Policy::built_in().unwrap();
        assert_eq!(policy.of("110101").window_working_days, 10);
        assert_eq!(policy.of("522634").window_working_days, 12);
        assert_eq!(policy.of("522634").promise_days, 30);
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let text = BUILT_IN.replace("roll_overs = 2", "roll_over = 2");
        assert!(Policy::load(&text).err().unwrap().to_string().contains("default"));
    }
}
