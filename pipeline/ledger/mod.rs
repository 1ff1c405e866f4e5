//! The ledger: all SQL, on SQLite or PostgreSQL.
//!
//! `engine` and `stage` know the two engines; every other file holds the statements of one part of
//! the route. State is assigned in one place, [`moves`], which writes the history in the same
//! transaction. Only this folder names sqlx.

mod accounts;
mod acts;
mod balance;
mod care;
mod cases;
mod dead_letters;
mod distribution;
mod engine;
mod error;
mod files;
mod generations;
mod intake;
pub mod laws;
mod leases;
mod mirror;
mod moves;
mod photos;
mod positions;
mod production;
mod quarantine;
mod recycling;
mod reference;
mod reference_effect;
mod reference_touch;
mod regions;
mod rehearsal;
mod relay;
mod retry;
mod rule_texts;
mod sealer;
mod servicing;
mod stage;
mod stock;
mod trace;
mod withdrawals;

pub use accounts::*;
pub use acts::*;
pub use balance::*;
pub use care::*;
pub use cases::*;
pub use dead_letters::DeadLetter;
pub use distribution::*;
pub use engine::{Arg, Ledger, Tx};
pub use error::LedgerError;
pub use files::*;
pub use generations::*;
pub use intake::*;
pub use leases::*;
pub use mirror::*;
pub use moves::*;
pub use photos::*;
pub use positions::*;
pub use production::*;
pub use quarantine::*;
pub use recycling::*;
pub use reference::{ImportRecord, NewLine};
pub use reference_effect::{Effect, OpenDeadline};
pub use reference_touch::Touched;
pub use regions::Room;
pub use rehearsal::*;
pub use relay::*;
pub use retry::*;
pub use rule_texts::{ARRIVAL_TEXTS, HELD_TEXTS, LEDGER_RULE_TEXTS};
pub use servicing::*;
pub use stage::{Column, Stage};
pub use stock::*;
pub use trace::*;

/// Every temporary table, so that a connection makes them once.
const STAGES: &[&Stage] = &[
    &accounts::ANSWERED,
    &accounts::MEMBER,
    &intake::ARRIVING,
    &intake::ARRIVING_FINDING,
    &intake::ARRIVING_SEALED,
    &laws::LAW_DAY,
    &laws::NEW_MOVE,
    &laws::TOUCHED_APPLICATION,
    &laws::TOUCHED_BATCH,
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
];
