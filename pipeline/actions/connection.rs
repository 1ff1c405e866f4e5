//! Tries how a partner is reached: its server, our login, the folders, what we may do in them, and the clocks. Places
//! and removes nothing but a file of its own.

use cardline_core::file_formats::{Mode, Wire};
use jiff::Timestamp;
use serde::Serialize;

use crate::actions::recovery::refusal::RecoveryRefusal;
use crate::actions::recovery::skip::refuse_beyond;
use crate::exchange::Partner;
use crate::exchange::strays::PROBE;
use crate::exchange::transport::{Place, TransportError};
use crate::limits::CLOCK_APART_SECONDS;
use crate::step::Worker;

/// What was tried, and what was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Tried {
    pub what: &'static str,
    pub is_well: bool,
    pub found: String,
}

const CONTENT: &[u8] = b"cardline connection test; may be removed\n";

/// Tries everything that can be tried, if who asks sees the partner; what needs something that failed is left out.
/// `clock` is this machine's, whatever day `now` is of.
///
/// # Errors
/// The partner is not theirs to see.
pub async fn try_connection(
    worker: &Worker,
    partner: &Partner,
    now: Timestamp,
    clock: Timestamp,
) -> Result<Vec<Tried>, RecoveryRefusal> {
    refuse_beyond(worker, partner)?;
    let tried = tried(partner, clock).await;
    let (code, is_well) = (&partner.profile.code, tried.iter().all(|one| one.is_well));
    let by = worker.ledger.viewer().map_or("operator", |viewer| &viewer.name);
    if let Err(error) = worker.ledger.keep_connection_test(code, is_well, now, by).await {
        // What was found is told all the same.
        tracing::warn!(partner = code, "the test of the connection could not be recorded: {error}");
    }
    Ok(tried)
}

async fn tried(partner: &Partner, clock: Timestamp) -> Vec<Tried> {
    let mut tried = Vec::new();
    let reached = match &partner.profile.transport {
        Wire::Folder => format!("a folder on our side, {}", partner.folder.display()),
        Wire::Sftp(server) => format!("{}:{} as {}, its key is as agreed", server.host, server.port, server.user),
    };
    partner.transport.begin_anew().await;
    let to = partner.transport.list(Place::To).await;
    if let Err(error) = &to
        && error.is_of_server()
    {
        return vec![Tried { what: "connection", is_well: false, found: error.to_string() }];
    }
    tried.push(Tried { what: "connection", is_well: true, found: reached });
    tried.push(listed("to", to.map(|files| files.len())));
    if tried.iter().all(|one| one.is_well) {
        tried.extend(place_and_remove(partner, clock).await);
    }
    tried.push(listed("from", partner.transport.list(Place::From).await.map(|files| files.len())));
    if partner.keeps_archive() {
        tried.push(listed("archive", partner.transport.list(Place::Archive).await.map(|files| files.len())));
    }
    if tried.iter().all(|one| one.is_well) {
        tried.push(put_away(partner).await);
    }
    tried
}

fn listed(what: &'static str, found: Result<usize, TransportError>) -> Tried {
    match found {
        Ok(files) => Tried { what, is_well: true, found: format!("{files} files lie there") },
        Err(error) => Tried { what, is_well: false, found: error.to_string() },
    }
}

fn probe_name() -> String {
    format!("{PROBE}{:08x}.part", rand::random::<u32>())
}

/// Places a file of ours, reads it again, compares the clocks by it, and removes it.
async fn place_and_remove(partner: &Partner, clock: Timestamp) -> Vec<Tried> {
    let (name, transport) = (probe_name(), &partner.transport);
    let placed = async {
        transport.put_if_absent(Place::To, &name, CONTENT, Mode::default()).await?;
        let read = transport.get(Place::To, &name, CONTENT.len() as u64).await?;
        let lying = transport.list(Place::To).await?;
        let changed = lying.iter().find(|entry| entry.name == name).and_then(|entry| entry.changed);
        Ok::<_, TransportError>((read.as_deref() == Some(CONTENT), changed))
    };
    let placed = placed.await;
    let removed = transport.remove(Place::To, &name).await;
    let (is_same, changed) = match placed {
        Ok(found) => found,
        Err(error) => return vec![Tried { what: "place", is_well: false, found: error.to_string() }],
    };
    let place = match removed {
        Ok(()) if is_same => Tried { what: "place", is_well: true, found: "placed, read and removed a file".into() },
        Ok(()) => Tried { what: "place", is_well: false, found: "what was placed was read as something else".into() },
        Err(error) => {
            Tried { what: "place", is_well: false, found: format!("placed a file and may not remove it: {error}") }
        }
    };
    std::iter::once(place).chain(changed.map(|changed| clocks(changed, clock))).collect()
}

fn clocks(changed: i64, clock: Timestamp) -> Tried {
    let apart = (clock.as_second() - changed).abs();
    let is_well = apart <= CLOCK_APART_SECONDS;
    let advice = if is_well { "" } else { "; have both set by NTP, ages of files are taken from there" };
    Tried { what: "clock", is_well, found: format!("{apart} s apart{advice}") }
}

/// Whether what is settled can be put away. Where we may not place a file for ourselves it shows with the first one.
async fn put_away(partner: &Partner) -> Tried {
    let (name, transport) = (probe_name(), &partner.transport);
    if transport.put_if_absent(Place::From, &name, CONTENT, Mode::default()).await.is_err() {
        let found = "not tried: we may not place a file there; the first file that is settled shows it".into();
        return Tried { what: "put away", is_well: true, found };
    }
    let moved = transport.archive(&name, &name).await;
    let from = transport.remove(Place::From, &name).await;
    // Without an archive it is gone already.
    let archive = match transport.remove(Place::Archive, &name).await {
        Err(TransportError::Name) => Ok(()),
        removed => removed,
    };
    match moved.and(from).and(archive) {
        Ok(()) => Tried { what: "put away", is_well: true, found: "moved a file out of from, and removed it".into() },
        Err(error) => Tried { what: "put away", is_well: false, found: error.to_string() },
    }
}
