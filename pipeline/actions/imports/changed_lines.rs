//! What an import of reference data is asked to do, and what it changes, line by line.

use std::collections::BTreeMap;

use cardline_core::domain::reference::Table;
use jiff::civil::Date;
use serde::Serialize;

use super::reference_file::RowFault;
use crate::reference::tables::{TablesError, Texts};
use crate::reference::touched::Touched;
use crate::step::StageError;

/// What an import is asked to do.
#[derive(Clone, Copy)]
pub struct Asked {
    /// First day on which the lines are in force; may lie ahead.
    pub effective: Date,
    /// Codes in force that the file lacks end on that day.
    pub complete: bool,
    pub today: Date,
}

/// One cell that changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChangedCell {
    pub column: String,
    pub old: String,
    pub new: String,
}

/// One code (of a calendar: one date) that changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChangedLine {
    pub table: &'static str,
    pub code: String,
    /// `added`, `changed`, `ended`, or `closed` together with what it lies in or belongs to.
    pub change: &'static str,
    pub cells: Vec<ChangedCell>,
    /// Whether it takes away what is in force, now or on a later day.
    pub ends: bool,
    pub touches: Touched,
}

/// What a file changes.
pub struct Changes {
    pub lines: Vec<ChangedLine>,
    /// Lines of the file that are in force already.
    pub known: usize,
    /// What is to be stored, by code (of a calendar: by year); empty: the code ends.
    pub stored: BTreeMap<String, String>,
    /// What was in force instead, by the same code.
    pub replaced: BTreeMap<String, String>,
    /// The day on which a code that ends does so.
    pub ends_on: BTreeMap<String, Date>,
    /// What ends on the day that is looked at.
    pub ended_now: Vec<(Table, String)>,
    /// The tables as they would be on that day.
    pub after: Texts,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{} wrong", .0.len())]
    Rows(Vec<RowFault>),
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl From<TablesError> for PlanError {
    fn from(error: TablesError) -> PlanError {
        PlanError::Stage(error.into())
    }
}

impl From<crate::store::LedgerError> for PlanError {
    fn from(error: crate::store::LedgerError) -> PlanError {
        PlanError::Stage(error.into())
    }
}
