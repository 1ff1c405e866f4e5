//! Services: users that are programs. Once there are users, steps run only for one of them.
//!
//! Invariants: a credential is random, made once and kept by its holder alone; the ledger has its digest. Whoever
//! has none, or one that is no longer good, runs no step. Not here: what a step does, for which a service's name is
//! not asked.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use cardline_core::domain::staff::Role;
use cardline_core::state_machines::USER;

use super::sessions::Token;
use crate::config::private_file::{PrivateFileError, first_line};
use crate::hex::hex;
use crate::store::stored_user::stored_user;
use crate::store::transition::{Along, move_one};
use crate::store::{Ledger, LedgerError, Principal, Stamp};
use crate::transition;

/// What begins a verifier of a credential; argon2id's begin with `$`, so no password opens one.
const VERIFIER: &str = "sha256:";

/// A service's name and what proves it. It has neither `Debug` nor `Display`.
pub struct Credential {
    name: String,
    token: Token,
}

/// Why no step may be run.
#[derive(Debug, thiserror::Error)]
pub enum ServiceRefusal {
    #[error(
        "there are users, so steps run only for a service user with a credential: an administrator makes one, and \
         service_file (CARDLINE_SERVICE_FILE) names its file"
    )]
    NoCredential,
    #[error("the credential of {0} is not one of an enabled service user: an administrator makes another one")]
    WrongCredential(String),
}

/// Why no step may be run, or what failed meanwhile.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Refused(#[from] ServiceRefusal),
    #[error(transparent)]
    File(#[from] PrivateFileError),
    #[error(transparent)]
    Failed(#[from] LedgerError),
}

impl Credential {
    /// A new one for a service of this name.
    pub fn new(name: &str) -> Credential {
        Credential { name: name.into(), token: Token::random() }
    }

    /// What the ledger keeps of it.
    pub fn verifier(&self) -> String {
        format!("{VERIFIER}{}", hex(&self.token.digest()))
    }

    /// Writes it into a new file that only its owner may read.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{} {}", self.name, self.token.text())?;
        file.sync_all()
    }

    /// The one of a file; `None` where no file is named or there.
    pub fn read(path: Option<&Path>) -> Result<Option<Credential>, ServiceError> {
        let Some(path) = path else { return Ok(None) };
        let Some(line) = first_line(path)? else { return Ok(None) };
        match line.split_once(' ') {
            Some((name, token)) => Ok(Some(Credential { name: name.into(), token: Token::kept(token.into()) })),
            None => {
                let source = std::io::Error::new(ErrorKind::InvalidData, "it holds no credential of a service");
                Err(PrivateFileError::Read { path: path.into(), source }.into())
            }
        }
    }
}

/// The service that steps run for; none as long as there are no users.
pub async fn admit(ledger: &Ledger, credential: Option<&Credential>) -> Result<Option<Principal>, ServiceError> {
    if !super::sessions::are_needed(ledger).await? {
        return Ok(None);
    }
    let Some(Credential { name, token }) = credential else { return Err(ServiceRefusal::NoCredential.into()) };
    let kept = format!("{VERIFIER}{}", hex(&token.digest()));
    let found = stored_user(&mut ledger.read().await?, name).await?;
    let good =
        found.filter(|user| user.state == "enabled" && user.role == Role::Service.code() && user.verifier == kept);
    match good.map(|user| user.principal(ledger.row_key())).transpose()? {
        Some(service) => Ok(Some(service)),
        None => Err(ServiceRefusal::WrongCredential(name.clone()).into()),
    }
}

impl Ledger {
    /// Records in the history that a service began to run steps: `what` says which command, and as which worker.
    pub async fn record_service(
        &self,
        service: &Principal,
        what: &str,
        at: jiff::Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let why = Stamp { at, actor: &service.name, reason: what };
        move_one(&mut tx, service.user, transition!(USER, "enabled" => "enabled"), Along::default(), why).await?;
        tx.commit().await
    }
}
