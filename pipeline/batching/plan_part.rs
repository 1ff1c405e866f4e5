//! The part of a planned cut that concerns who does not see all of its stream: a bureau's run may hold
//! sections of many regions.
//!
//! When and why it is cut is told, because it decides when their own cards go; of others no figure is told.

use cardline_core::domain::staff::Scope;

use super::plan::{LeftOut, StreamPlan};
use super::schedule::Candidate;

/// Narrows what is told of a stream that reaches beyond a scope to the cards within.
pub(crate) fn narrow(told: &mut StreamPlan, c: &Candidate<'_>, scope: &Scope) {
    let own = c.sections.iter().filter(|section| scope.covers(&section.bank, &section.region));
    let waiting: i64 = own.clone().map(|section| section.cards).sum();
    told.oldest = own.map(|section| section.oldest.clone()).min().unwrap_or_default();
    told.sections.retain(|section| scope.covers(&told.bank, &section.region));
    told.cards = told.sections.iter().map(|section| section.cards).sum();
    told.batches = None;
    // Those approved first go first, so which of these reasons left a section's card out is not known.
    let why: Vec<String> = told.left_out.drain(..).map(|left| left.why).collect();
    let cards = waiting - told.cards;
    told.left_out.extend((cards > 0).then(|| LeftOut { why: why.join(" or "), cards }));
    told.beyond = Some(format!("reaches beyond {scope}; only what lies within is counted here"));
}
