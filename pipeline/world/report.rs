//! What a demo ends with; `demo --output json` prints it as it is (contract of the command line).

use std::collections::BTreeMap;

use cardline::books::LawResult;
use cardline::books::balance::Promises;
use serde::Serialize;

/// What to play.
#[derive(Clone)]
pub struct DemoPlan {
    /// Applications.
    pub cards: u64,
    /// Virtual days, from 2026-01-05.
    pub days: u32,
    pub seed: u64,
    /// Folder for everything; recreated.
    pub dir: std::path::PathBuf,
    /// Database address; `None`: SQLite in the folder.
    pub database: Option<String>,
}

/// How far a demo is.
#[derive(Clone)]
pub struct Progress {
    pub day: u32,
    pub days: u32,
    pub date: String,
    pub accepted: i64,
    pub in_hand: i64,
}

/// A file exchanged with a partner.
#[derive(Clone, Serialize)]
pub struct DemoFile {
    pub partner: String,
    pub kind: String,
    pub direction: String,
    pub sequence: Option<i64>,
    pub state: String,
    pub rows: i64,
    pub sha256: String,
    pub path: String,
}

/// The mirror law: our books against the world's own books.
#[derive(Clone, Serialize)]
pub struct Mirror {
    pub holds: bool,
    /// What was compared, with how many entries.
    pub compared: BTreeMap<String, u64>,
    pub differences: Vec<String>,
}

/// Everything a demo ends with.
#[derive(Clone, Serialize)]
pub struct DemoReport {
    pub seed: u64,
    pub first_day: String,
    pub last_day: String,
    pub engine: String,
    pub received: i64,
    pub accepted: i64,
    pub rejected: i64,
    pub repeated: i64,
    pub conflicting: i64,
    pub quarantined: i64,
    /// State of the card's life → cards (opening stock included).
    pub by_state: BTreeMap<String, i64>,
    /// State of the application's life → applications.
    pub applications: BTreeMap<String, i64>,
    /// Rule → findings.
    pub findings: BTreeMap<String, i64>,
    /// Files to look at.
    pub files: Vec<DemoFile>,
    /// Files whose bytes a time limit or an erasure destroyed: they lie nowhere.
    pub destroyed: Vec<DemoFile>,
    pub promises: Promises,
    /// Open cases by reason.
    pub cases: BTreeMap<String, i64>,
    /// What the world did, faults included: what → how often.
    pub world: BTreeMap<String, u64>,
    pub books: Vec<LawResult>,
    pub mirror: Mirror,
    /// A few applications worth a look with `trace`: why → application id.
    pub examples: BTreeMap<String, String>,
    pub row_writes: u64,
    pub row_writes_per_card: f64,
    pub elapsed_seconds: f64,
}
