//! How files travel between us and a partner: a folder both reach, or the partner's SFTP server.
//!
//! A profile names secrets and never holds one: a file only its owner may read, or a variable of the environment.

use serde::Deserialize;

/// How files travel.
#[derive(Clone, Default, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub enum Wire {
    /// A folder on our side that the partner's transfer program reaches.
    #[default]
    Folder,
    Sftp(Box<SftpServer>),
}

/// The partner's SFTP server, and who we are there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SftpServer {
    pub host: String,
    pub port: u16,
    pub user: String,
    /// The private key we log in with, in OpenSSH's format.
    pub key: Option<Secret>,
    pub password: Option<Secret>,
    /// The server's public keys, as `ssh-keyscan` prints them: the only ones we talk to.
    pub host_keys: Vec<String>,
    /// Its folder for files from us.
    pub to: String,
    /// Its folder with files for us.
    pub from: String,
    /// Where files go once we settled them; without one they are removed.
    pub archive: Option<String>,
    /// Seconds the server may take for any one answer.
    pub timeout_seconds: u32,
}

/// Where a secret is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Secret {
    /// A file of mode 600.
    File(String),
    /// A variable of the environment, written with a `$` before its name.
    Variable(String),
}

impl From<String> for Secret {
    fn from(written: String) -> Secret {
        match written.strip_prefix('$') {
            Some(name) => Secret::Variable(name.to_owned()),
            None => Secret::File(written),
        }
    }
}

/// `[transport]` as the profile has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: Kind,
    host: Option<String>,
    #[serde(default = "ssh")]
    port: u16,
    user: Option<String>,
    key_file: Option<String>,
    password_file: Option<String>,
    #[serde(default)]
    host_key: Keys,
    to: Option<String>,
    from: Option<String>,
    archive: Option<String>,
    #[serde(default = "minute")]
    timeout_seconds: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Folder,
    Sftp,
}

/// One key, or more of them while it changes.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Keys {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

const fn ssh() -> u16 {
    22
}

const fn minute() -> u32 {
    60
}

impl TryFrom<Written> for Wire {
    type Error = String;

    fn try_from(written: Written) -> Result<Wire, String> {
        let Written { kind, host, port, user, key_file, password_file, host_key, to, from, archive, timeout_seconds } =
            written;
        let host_keys: Vec<String> = match host_key {
            Keys::None => Vec::new(),
            Keys::One(key) => key.lines().map(str::to_owned).collect(),
            Keys::Many(keys) => keys,
        };
        if kind == Kind::Folder {
            let given = [host, user, key_file, password_file, to, from, archive].iter().any(Option::is_some);
            return if given || !host_keys.is_empty() {
                Err("transport of kind \"folder\" takes no host, user, keys or folders; or is it kind = \"sftp\"?"
                    .into())
            } else {
                Ok(Wire::Folder)
            };
        }
        let needed = |name: &str, value: Option<String>| value.ok_or_else(|| format!("transport needs {name}"));
        Ok(Wire::Sftp(Box::new(SftpServer {
            host: needed("host", host)?,
            port,
            user: needed("user", user)?,
            key: key_file.map(Secret::from),
            password: password_file.map(Secret::from),
            host_keys,
            to: needed("to", to)?,
            from: needed("from", from)?,
            archive,
            timeout_seconds,
        })))
    }
}

/// What files are wrapped in on their way.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvelopeKind {
    #[default]
    None,
    OpenPgp,
    Gm,
}

impl EnvelopeKind {
    /// The word in a profile.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            EnvelopeKind::None => "none",
            EnvelopeKind::OpenPgp => "openpgp",
            EnvelopeKind::Gm => "gm",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn named(code: &str) -> Option<EnvelopeKind> {
        [EnvelopeKind::None, EnvelopeKind::OpenPgp, EnvelopeKind::Gm].into_iter().find(|kind| kind.code() == code)
    }

    /// What is appended to the name of a file.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            EnvelopeKind::None => "",
            EnvelopeKind::OpenPgp => ".pgp",
            EnvelopeKind::Gm => ".gm",
        }
    }
}

/// The envelopes of a partner.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelopes {
    /// Of what we send.
    #[serde(default)]
    pub out: EnvelopeKind,
    /// Of what it sends; nothing else is taken.
    #[serde(default, rename = "in")]
    pub incoming: EnvelopeKind,
    /// What manifests call us.
    #[serde(default = "cardline")]
    pub us: String,
}

impl Default for Envelopes {
    fn default() -> Envelopes {
        Envelopes { out: EnvelopeKind::None, incoming: EnvelopeKind::None, us: cardline() }
    }
}

fn cardline() -> String {
    "CARDLINE".to_owned()
}
