//! The document matrix: which papers an applicant must show and which may come along, by holder, paper,
//! kind, channel and head of household (s1, s3). The rows are policy; this is their reading.
//!
//! Not here: papers that another member of the application demands (the authorisation of a photo,
//! the proof of a guardian, a child's residence permit); their rules are in `rules`.

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Error};

use super::application::{Channel, DocumentKind, IdType, Kind};
use super::set::Set;

/// What the matrix needs to know of an application.
#[derive(Clone, Copy)]
pub struct Case {
    pub holder: Age,
    pub paper: IdType,
    pub kind: Kind,
    pub channel: Channel,
    /// Whether the agent heads the child's household; `None` when that was not answered.
    pub head: Option<bool>,
}

/// The two halves of the matrix: under 18, or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Age {
    Minor,
    Adult,
}

/// All rows; those that cover a case add up.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Matrix {
    rows: Vec<Row>,
}

/// One row: whom it covers, and what it demands of them. What is left out covers every value.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    holder: Age,
    #[serde(default = "all")]
    papers: Set<IdType>,
    #[serde(default = "all")]
    kinds: Set<Kind>,
    #[serde(default = "all")]
    channels: Set<Channel>,
    #[serde(default)]
    head: Option<bool>,
    /// Each is a kind, or several joined by ` or ` of which one is enough.
    #[serde(default)]
    required: Vec<Demand>,
    #[serde(default = "none")]
    optional: Set<DocumentKind>,
}

/// Kinds of which one must be there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Demand {
    pub any_of: Set<DocumentKind>,
    /// As the policy writes it: `birth_certificate or relation_proof`.
    pub words: String,
}

fn all<M: super::set::Member>() -> Set<M> {
    Set::ALL
}

fn none() -> Set<DocumentKind> {
    Set::EMPTY
}

impl Matrix {
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What a case must show, row by row.
    pub fn demands(&self, case: Case) -> impl Iterator<Item = &Demand> {
        self.rows
            .iter()
            .filter(move |row| row.covers(case) && (row.head.is_none() || row.head == case.head))
            .flat_map(|row| &row.required)
    }

    /// Everything a case may show. While the head is not known, the pages of both answers.
    pub fn asked(&self, case: Case) -> Set<DocumentKind> {
        self.rows
            .iter()
            .filter(|row| row.covers(case) && (row.head.is_none() || case.head.is_none() || row.head == case.head))
            .fold(Set::EMPTY, |asked, row| {
                row.required.iter().fold(asked.with(row.optional), |asked, demand| asked.with(demand.any_of))
            })
    }
}

impl Row {
    fn covers(&self, case: Case) -> bool {
        self.holder == case.holder
            && self.papers.has(case.paper)
            && self.channels.has(case.channel)
            && self.kinds.has(case.kind)
    }
}

impl<'de> Deserialize<'de> for Matrix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Matrix, D::Error> {
        // In the order of the rows' names, so that findings come in one order.
        let rows = std::collections::BTreeMap::<String, Row>::deserialize(deserializer)?;
        Ok(Matrix { rows: rows.into_values().collect() })
    }
}

impl<'de> Deserialize<'de> for Demand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Demand, D::Error> {
        let words = String::deserialize(deserializer)?;
        let kind = |word| DocumentKind::deserialize(StrDeserializer::<D::Error>::new(word)).map_err(D::Error::custom);
        let any_of = words.split(" or ").map(kind).collect::<Result<_, _>>()?;
        Ok(Demand { any_of, words })
    }
}
