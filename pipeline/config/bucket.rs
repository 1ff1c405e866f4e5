//! Where objects lie when it is no folder: a bucket of a service that speaks S3.

use cardline_core::file_formats::Secret;
use serde::Deserialize;

/// `[objects_store]` as the file has it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreFile {
    endpoint: Option<String>,
    region: Option<String>,
    access_key: Option<String>,
    secret_key_file: Option<String>,
}

/// A bucket, and how it is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bucket {
    pub bucket: String,
    /// What every key begins with; empty for none.
    pub prefix: String,
    /// `https://HOST:PORT`.
    pub endpoint: String,
    pub region: String,
    pub access_key: String,
    /// Read when a process starts.
    pub secret_key: Secret,
}

/// Why a bucket is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BucketFault {
    #[error("objects is to be s3://BUCKET or s3://BUCKET/PREFIX; without it they lie in the data folder")]
    Address,
    #[error("with objects = \"s3://…\", {0} is needed under [objects_store] of the configuration file")]
    Needed(&'static str),
    #[error("objects_store.endpoint is to be https://HOST or https://HOST:PORT (http:// within one machine)")]
    Endpoint,
}

impl Bucket {
    /// The bucket of an address.
    ///
    /// # Errors
    /// What of it is missing or is none.
    pub(super) fn of(address: &str, file: StoreFile) -> Result<Bucket, BucketFault> {
        let path = address.strip_prefix("s3://").ok_or(BucketFault::Address)?;
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let prefix = prefix.trim_end_matches('/');
        if bucket.len() < 3 || !bucket.chars().all(plain) || !prefix.chars().all(|c| plain(c) || c == '/') {
            return Err(BucketFault::Address);
        }
        let needed = |value: Option<String>, name| value.ok_or(BucketFault::Needed(name));
        let endpoint = needed(file.endpoint, "endpoint")?;
        let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '@', '?'])) {
            return Err(BucketFault::Endpoint);
        }
        Ok(Bucket {
            bucket: bucket.into(),
            prefix: prefix.into(),
            endpoint,
            region: file.region.unwrap_or_else(|| "us-east-1".into()),
            access_key: needed(file.access_key, "access_key")?,
            secret_key: needed(file.secret_key_file, "secret_key_file")?.into(),
        })
    }
}

impl std::fmt::Display for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Bucket { bucket, prefix, endpoint, .. } = self;
        let slash = if prefix.is_empty() { "" } else { "/" };
        write!(f, "s3://{bucket}{slash}{prefix} at {endpoint}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str, file: &str) -> Result<Bucket, BucketFault> {
        Bucket::of(address, toml::from_str(file).unwrap())
    }

    #[test]
    fn a_bucket_is_read_whole_or_refused_by_what_is_missing() {
        let whole = "endpoint = 'https://s3.example:9000'\naccess_key = 'AK'\nsecret_key_file = '$SECRET'\n";
        let bucket = of("s3://objects/province/", whole).unwrap();
        assert_eq!(bucket.to_string(), "s3://objects/province at https://s3.example:9000");
        assert_eq!(bucket.secret_key, Secret::Variable("SECRET".into()));
        for (address, file, fault) in [
            ("objects", whole, BucketFault::Address),
            ("s3://x", whole, BucketFault::Address),
            ("s3://objects/a?b", whole, BucketFault::Address),
            ("s3://objects", "endpoint = 'https://h'\naccess_key = 'AK'\n", BucketFault::Needed("secret_key_file")),
            ("s3://objects", "", BucketFault::Needed("endpoint")),
            ("s3://objects", "endpoint = 'https://u@h'\n", BucketFault::Endpoint),
        ] {
            assert_eq!(of(address, file), Err(fault), "{address}");
        }
    }
}
