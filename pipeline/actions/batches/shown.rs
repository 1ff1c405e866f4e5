//! One batch with everything a person wants to see of it: where its cards are, its sections, its files, and what
//! was done to it. The command and the pages show this same value.

use std::collections::BTreeMap;

use cardline_core::batch_kinds::{Asked, BatchKind};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::plan::Section;
use super::refusal::BatchError;
use super::rows::BatchAction;
use super::targets::batch_within;
use crate::batching::batch_list::BatchRecord;
use crate::crypto::key_error::KeyError;
use crate::crypto::keys::Keys;
use crate::exchange::files::FileRecord;
use crate::store::Ledger;
use crate::time::rfc3339;

/// A batch as it is shown. Its JSON has its names in alphabetical order, at every depth, as scripts know it.
pub struct BatchShown {
    pub batch: BatchRecord,
    /// Cards by where they are now.
    pub places: BTreeMap<String, i64>,
    /// Of a bureau that merges regions, in the order of its rows; empty where a batch has no sections.
    pub sections: Vec<Section>,
    /// In the order of registration.
    pub files: Vec<FileRecord>,
    /// Oldest first.
    pub actions: Vec<ShownAction>,
}

/// What a person did to the batch; the reason is opened for whoever may read the ledger's keys.
#[derive(Clone, Serialize)]
pub struct ShownAction {
    pub at: String,
    pub what: String,
    pub by: String,
    /// Numbers of the batches that came of it.
    pub result: String,
    pub reason: String,
}

impl Serialize for BatchShown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let BatchShown { batch, places, sections, files, actions } = self;
        json!({"batch": batch, "places": places, "sections": sections, "files": files, "acts": actions})
            .serialize(serializer)
    }
}

/// The batch of a number when all of it lies within the scope of who asks.
///
/// # Errors
/// There is no such batch for who asks, it lies partly beyond their scope, the ledger cannot be read, or the keys
/// do not open a reason.
pub async fn show_batch(ledger: &Ledger, keys: &Keys, number: &str) -> Result<BatchShown, BatchError> {
    let (id, batch) = batch_within(ledger, number).await?;
    let places = ledger.batch_places(id).await?;
    let files = ledger.files_of_batch(id).await?;
    let actions = ledger.batch_actions(id).await?.into_iter().map(|action| shown(action, keys));
    let actions = actions.collect::<Result<_, _>>()?;
    let has_sections = BatchKind::named(&batch.kind).is_some_and(|kind| kind.asked == Asked::Bureau);
    let sections = if has_sections { ledger.sections(id).await? } else { Vec::new() };
    let sections = sections.into_iter().map(|(region, cards)| Section { region, cards }).collect();
    Ok(BatchShown { batch, places, sections, files, actions })
}

fn shown(action: BatchAction, keys: &Keys) -> Result<ShownAction, KeyError> {
    let reason = String::from_utf8_lossy(&keys.decrypt(&action.reason)?).into_owned();
    let result = action.result.unwrap_or_default();
    Ok(ShownAction { at: rfc3339(action.at), what: action.what, by: action.actor, result, reason })
}
