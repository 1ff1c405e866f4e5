//! Partners' own SFTP servers: a real OpenSSH, and what may go wrong on the way there (ops/faults.md, rows 64 to 71).
//!
//! Every test has a folder of its own on the server. `ops/test` starts one, and without it these tests fail, they
//! never skip.

mod broken;
mod crowded;
mod daemon;
mod envelopes;
mod fetching;
mod gateway;
mod placing;
mod play;
mod refused;
pub mod server;

use std::path::PathBuf;

use cardline::exchange::{Partner, Partners};
use cardline_world::play::FIRST_DAY;
use server::{Server, names, place_marker, profiles, sha256};

/// ICBC with this transport, its folders made on the server and here.
pub struct Reached {
    pub partner: Partner,
    /// Its folders as the partner has them.
    pub there: PathBuf,
    _here: tempfile::TempDir,
}

impl Reached {
    pub fn by(server: &Server, transport: String) -> Reached {
        let here = tempfile::tempdir().unwrap();
        let there = server.partner_folder("ICBC");
        std::fs::create_dir_all(there.join("to")).unwrap();
        std::fs::create_dir_all(there.join("from/archive")).unwrap();
        let profiles = profiles(here.path(), &[("ICBC", transport)]);
        let partners = Partners::of(Some(&profiles), here.path(), FIRST_DAY).unwrap();
        partners.make_folders();
        Reached { partner: partners.get("ICBC").unwrap().clone(), there, _here: here }
    }

    /// Names in one of its folders, in order.
    pub fn names(&self, folder: &str) -> Vec<String> {
        names(&self.there.join(folder))
    }
}
