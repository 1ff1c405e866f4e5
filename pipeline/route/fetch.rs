//! Fetches complete files from partners' servers into our folders, where they are read like any other; and puts
//! away there what is settled here. A server's file stays where it is until its effect is committed.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::exchange::arriving::{Arrived, complete, fetch, marker_name, place_here, put_away};
use crate::exchange::strays::{Stray, strays_among};
use crate::exchange::transport::{Entry, Place, TransportError};
use crate::exchange::{Partner, settled_notes};
use crate::inbound::incoming::shown;
use crate::limits::PARTNER_FILES_PER_LOOK;
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::Lease;

/// The step.
pub struct Fetch;

/// Something on a partner's server.
pub struct RemoteFile {
    partner: String,
    what: Lying,
}

enum Lying {
    /// A complete file that is not here, or is settled here.
    File(String),
    /// One that will not be fetched, and why.
    Stray(String, Stray),
    /// The server itself, when it cannot be asked; why is told once.
    Server(Mutex<Option<TransportError>>),
}

impl Unit for RemoteFile {
    fn partner(&self) -> Option<&str> {
        Some(&self.partner)
    }

    fn name(&self) -> Option<String> {
        Some(match &self.what {
            Lying::File(name) => format!("from/{name}"),
            Lying::Stray(name, _) => format!("from/{}", shown(name)),
            Lying::Server(_) => "from".into(),
        })
    }
}

/// What a look at a partner's server gives.
async fn look(partner: &Partner, now: Timestamp) -> Vec<Lying> {
    let lying = match partner.transport.list(Place::From).await {
        Ok(lying) => lying,
        Err(error) => return vec![Lying::Server(Mutex::new(Some(error)))],
    };
    forget_notes(partner, &lying).await;
    // A file without its marker is one that was not placed whole.
    let waits_here = |name: &String| {
        let marker = marker_name(partner, name);
        partner.from().join(name).is_file() && marker.is_none_or(|marker| partner.from().join(marker).is_file())
    };
    let files = complete(partner, &lying, now).into_iter().filter(|name| !waits_here(name)).map(Lying::File);
    let strays = strays_among(partner, &lying, now).into_iter();
    let strays = strays.map(|(name, stray)| Lying::Stray(name, stray));
    files.take(PARTNER_FILES_PER_LOOK).chain(strays.take(PARTNER_FILES_PER_LOOK)).collect()
}

/// A note of a file that does not lie there any more is of no use; its marker goes, too, where we died before that.
async fn forget_notes(partner: &Partner, lying: &[Entry]) {
    let listed: BTreeSet<&str> = lying.iter().map(|entry| entry.name.as_str()).collect();
    for name in settled_notes::names(partner).unwrap_or_default() {
        if listed.contains(name.as_str()) {
            continue;
        }
        let marker = marker_name(partner, &name).filter(|marker| listed.contains(marker.as_str()));
        let removed = match marker {
            Some(marker) => partner.transport.remove(Place::From, &marker).await.is_ok(),
            None => true,
        };
        if removed {
            // The next look tries again.
            let _ = settled_notes::remove(partner, &name);
        }
    }
}

impl Step for Fetch {
    type Unit = RemoteFile;
    type Claimed<'s> = (Lease, &'s Partner, Arrived);
    type Worked<'s> = (Lease, &'s Partner, Arrived);

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<RemoteFile>, StageError> {
        let mut found = Vec::new();
        for partner in worker.partners.all().filter(|partner| partner.has_server()) {
            let code = &partner.profile.code;
            let units = look(partner, now).await.into_iter().map(|what| RemoteFile { partner: code.clone(), what });
            found.extend(units);
        }
        Ok(found)
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &RemoteFile,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'s>>, StageError> {
        let Some(partner) = worker.partners.get(&unit.partner) else { return Ok(Claim::Nothing) };
        let name = match &unit.what {
            Lying::File(name) => name,
            Lying::Stray(name, stray) => {
                let path = format!("{} at {}", shown(name), unit.partner);
                return Err(StageError::Stray { path, stray: *stray });
            }
            Lying::Server(error) => {
                let error = error.lock().unwrap_or_else(PoisonError::into_inner).take();
                return error.map_or(Ok(Claim::Nothing), |error| Err(error.into()));
            }
        };
        let Some(lease) = worker.lease(&format!("exchange/fetch/{}", unit.partner), now).await? else {
            return Ok(Claim::Busy);
        };
        let arrived = fetch(partner, name).await?;
        if is_put_away(partner, name, arrived.as_ref()).await? {
            worker.ledger.give_back(&lease).await?;
            return Ok(Claim::Settled);
        }
        match arrived.filter(|arrived| is_believed(partner, arrived, now)) {
            Some(arrived) => Ok(Claim::Taken((lease, partner, arrived))),
            None => {
                worker.ledger.give_back(&lease).await?;
                Ok(Claim::Nothing)
            }
        }
    }

    fn work<'s>(
        &self,
        _: &'s Worker,
        claimed: Self::Claimed<'s>,
        _: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let (_, partner, arrived) = &claimed;
        place_here(partner, arrived)?;
        Ok(claimed)
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, partner, arrived): Self::Worked<'s>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        tracing::info!(partner = %partner.profile.code, file = %arrived.name, bytes = arrived.bytes.len(), "fetched");
        Ok(worker.ledger.give_back(&lease).await?)
    }
}

/// Whether a file is not still being written: a marker of other bytes is believed once nothing changes.
fn is_believed(partner: &Partner, arrived: &Arrived, now: Timestamp) -> bool {
    let (name, bytes) = (arrived.name.clone(), arrived.bytes.len() as u64);
    arrived.agrees() || partner.seen.is_unchanged(&Entry { name, bytes, is_plain: true, changed: None }, now)
}

/// Whether a file is settled here with the bytes that lie there: then it is put away there.
async fn is_put_away(partner: &Partner, name: &str, lying: Option<&Arrived>) -> Result<bool, StageError> {
    let noted = settled_notes::read(partner, name).map_err(|e| StageError::exchange(&partner.settled(), e))?;
    let Some(note) = noted else { return Ok(false) };
    // What lies there decides, and not its marker: the partner may be writing another file over it.
    let is_same = lying.is_some_and(|arrived| arrived.sha256() == note.sha256);
    if is_same {
        let put = put_away(partner, name, &note.archived).await;
        if put.as_ref().is_err_and(|error| !error.is_of_server()) {
            // Another envelope of the same file may lie there under the name.
            let apart = format!("{}.{}", note.archived, note.sha256.get(..8).unwrap_or_default());
            put_away(partner, name, &apart).await?;
        } else {
            put?;
        }
    }
    settled_notes::remove(partner, name).map_err(|e| StageError::exchange(&partner.settled(), e))?;
    Ok(is_same)
}
