//! What a hand-over must show: who may take a card, and which papers prove it, by who takes it, bank and way of
//! collecting (documents 002, 003). The rows are policy; this is their reading.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::application::PickupMethod;
use crate::domain::open_form::Form;

/// Who takes a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenBy {
    Holder,
    Agent,
    Guardian,
    /// An employer or a school, for its people.
    Unit,
    Mail,
}

impl TakenBy {
    /// Who a word of an event names.
    pub fn of(word: &str) -> Option<TakenBy> {
        Some(match word {
            "holder" => TakenBy::Holder,
            "agent" => TakenBy::Agent,
            "guardian" => TakenBy::Guardian,
            "unit" => TakenBy::Unit,
            "mail" => TakenBy::Mail,
            _ => return None,
        })
    }
}

/// What becomes of a hand-over that lacks something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lacking {
    /// It is not recorded: the card counts as not handed over.
    Refuse,
    /// It is recorded, for the card is gone, and a person looks into it.
    #[default]
    Case,
}

/// What a hand-over lacks, the gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lack {
    /// Who took the card may not.
    TakenBy,
    /// It was handed out elsewhere than where it is collected.
    Place,
    /// By mail, and it was never sent.
    NotSent,
    /// A paper was not shown, or an agent showed the holder's as the own.
    Papers,
    /// It is said to have happened before the card lay there.
    Early,
}

/// A hand-over as it is told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// `None`: by nobody who is known.
    pub by: Option<TakenBy>,
    pub bank: &'a str,
    /// How the card is to be collected.
    pub method: &'a str,
    /// Kinds of papers that were shown.
    pub shown: &'a [String],
}

/// All rows; those that cover a hand-over add up.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct HandOver {
    rows: BTreeMap<String, Row>,
}

/// One row: which hand-overs it covers, and what it demands of them. What is left out covers every value.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    by: Vec<TakenBy>,
    #[serde(default)]
    banks: Vec<String>,
    #[serde(default)]
    methods: Vec<PickupMethod>,
    /// Nobody else takes the card.
    #[serde(default)]
    only_by: Vec<TakenBy>,
    /// Each is a kind of paper, or several joined by ` or ` of which one is enough.
    #[serde(default)]
    required: Vec<Demand>,
}

/// Kinds of papers of which one is enough. A kind that nobody could show is a slip of whoever wrote the policy.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Demand(Vec<String>);

impl TryFrom<String> for Demand {
    type Error = String;

    fn try_from(text: String) -> Result<Demand, String> {
        let kinds: Vec<String> = text.split(" or ").map(|kind| kind.trim().to_owned()).collect();
        match kinds.iter().all(|kind| Form::Word.of(kind).is_some()) {
            true => Ok(Demand(kinds)),
            false => Err("expected kinds of papers, joined by ` or `".into()),
        }
    }
}

impl HandOver {
    /// What a hand-over lacks; without any row nothing is demanded.
    pub fn lacks(&self, told: Told<'_>) -> Option<Lack> {
        let by_nobody = (told.by.is_none() && !self.rows.is_empty()).then_some(Lack::TakenBy);
        self.rows.values().filter(|row| row.covers(told)).filter_map(|row| row.lacks(told)).chain(by_nobody).min()
    }
}

impl Row {
    fn covers(&self, told: Told<'_>) -> bool {
        let by = self.by.is_empty() || told.by.is_some_and(|by| self.by.contains(&by));
        let bank = self.banks.is_empty() || self.banks.iter().any(|bank| bank == told.bank);
        by && bank && (self.methods.is_empty() || self.methods.iter().any(|method| method.word() == told.method))
    }

    fn lacks(&self, told: Told<'_>) -> Option<Lack> {
        if !self.only_by.is_empty() && !told.by.is_some_and(|by| self.only_by.contains(&by)) {
            return Some(Lack::TakenBy);
        }
        let is_shown = |kind: &str| told.shown.iter().any(|shown| shown == kind);
        let whole = self.required.iter().all(|Demand(kinds)| kinds.iter().any(|kind| is_shown(kind)));
        (!whole).then_some(Lack::Papers)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::policy::Policy;

    #[test]
    fn rows_that_cover_a_hand_over_add_up() {
        let policy = Policy::built_in().unwrap();
        let rules = &policy.of("110101", date(2026, 3, 4)).hand_over;
        let lacks = |by, bank, method, shown: &[&str]| {
            let shown: Vec<String> = shown.iter().map(|kind| (*kind).to_owned()).collect();
            rules.lacks(Told { by, bank, method, shown: &shown })
        };
        assert_eq!(lacks(Some(TakenBy::Holder), "ABC", "village", &[]), Some(Lack::Papers));
        assert_eq!(lacks(Some(TakenBy::Holder), "ABC", "village", &["id_front"]), None);
        assert_eq!(lacks(Some(TakenBy::Unit), "ABC", "village", &[]), None);
        assert_eq!(lacks(Some(TakenBy::Agent), "ABC", "village", &["id_front"]), Some(Lack::Papers));
        assert_eq!(lacks(Some(TakenBy::Agent), "ABC", "village", &["agent_id_front"]), None);
        let child = ["agent_id_front", "household_holder_page", "relation_proof"];
        assert_eq!(lacks(Some(TakenBy::Guardian), "ABC", "agent_at_outlet", &child), None);
        assert_eq!(lacks(Some(TakenBy::Guardian), "ICBC", "agent_at_outlet", &child), Some(Lack::Papers));
        let present = ["agent_id_front", "household_holder_page", "birth_certificate", "holder_present"];
        assert_eq!(lacks(Some(TakenBy::Guardian), "ICBC", "agent_at_outlet", &present), None);
        for by in [Some(TakenBy::Holder), Some(TakenBy::Unit), None] {
            assert_eq!(lacks(by, "ABC", "agent_at_outlet", &child), Some(Lack::TakenBy), "{by:?}");
        }
    }
}
