//! The ledger: all SQL, on SQLite or PostgreSQL.
//!
//! `engine`, `schema` and `stage` know the two engines; every other file holds the statements of one part of
//! the route. State is assigned in one place, [`moves`], which writes the history in the same
//! transaction. Only this folder names sqlx.

mod accounts;
mod acts;
mod approvals;
mod balance;
mod batches;
mod care;
mod cases;
mod dead_letters;
mod distribution;
mod engine;
mod error;
mod figures;
mod files;
mod generations;
mod health;
mod intake;
pub mod laws;
mod leases;
mod mirror;
mod moves;
mod names;
mod patience;
mod photos;
mod positions;
mod production;
mod quarantine;
mod reconciliation;
mod recycling;
mod reference;
mod reference_effect;
mod reference_touch;
mod regions;
mod rehearsal;
mod relay;
mod retry;
mod rule_texts;
mod schema;
mod sealer;
mod servicing;
mod stage;
mod stock;
mod strain;
mod trace;
mod users;
mod viewer;
mod withdrawals;

pub use accounts::*;
pub use acts::*;
pub use approvals::*;
pub use balance::*;
pub use batches::*;
pub use care::*;
pub use cases::*;
pub use dead_letters::DeadLetter;
pub use distribution::*;
pub use engine::{Arg, Ledger, Tx};
pub use error::LedgerError;
pub use figures::*;
pub use files::*;
pub use generations::*;
pub use health::*;
pub use intake::*;
pub use leases::*;
pub use mirror::*;
pub use moves::*;
pub use names::HeldName;
pub use patience::Patience;
pub use photos::*;
pub use positions::*;
pub use production::*;
pub use quarantine::*;
pub use reconciliation::*;
pub use recycling::*;
pub use reference::{ImportRecord, NewLine};
pub use reference_effect::{Effect, OpenDeadline};
pub use reference_touch::Touched;
pub use regions::Room;
pub use rehearsal::*;
pub use relay::*;
pub use retry::*;
pub use rule_texts::{ARRIVAL_TEXTS, HELD_TEXTS, LEDGER_RULE_TEXTS};
pub use schema::{Named, Schema, SchemaState};
pub use servicing::*;
pub use stage::{Column, Stage};
pub use stock::*;
pub use strain::Strain;
pub use trace::*;
pub use users::*;
pub use viewer::Viewer;

/// Every temporary table, so that a connection makes them once.
const STAGES: &[&Stage] = &[
    &accounts::ANSWERED,
    &accounts::MEMBER,
    &intake::ARRIVING,
    &intake::ARRIVING_FINDING,
    &intake::ARRIVING_KEY,
    &intake::ARRIVING_SEALED,
    &laws::ALIKE_CARDS,
    &laws::LAW_DAY,
    &laws::NEW_MOVE,
    &laws::TOUCHED_APPLICATION,
    &laws::TOUCHED_BATCH,
    &laws::TOUCHED_CARD,
    &laws::TOUCHED_CHUNK,
    &laws::TOUCHED_FILE,
    &laws::TOUCHED_SHIPMENT,
    &laws::TRACED,
    &moves::SUBJECT,
    &photos::LOOKED,
    &production::GOOD,
    &production::NUMBERED,
    &quarantine::CHOSEN,
    &quarantine::NAMED,
    &recycling::CLOSING,
    &recycling::RECYCLED,
    &reference::REFERENCE,
    &reference_effect::MOVED_DAY,
    &reference_touch::CHANGED_CODE,
    &reference_touch::TOUCHING,
    &servicing::EVENT,
    &stock::STOCK,
    &viewer::VIEWER,
];
