//! A list of what lies on the shelf of a point, made for a day without network. It tells whose cards they are: names
//! but for their first sign are masked, of numbers the last four are told. Making one is recorded.

use std::collections::BTreeSet;

use cardline_core::domain::message as messages;
use serde::Serialize;
use serde_json::json;

use super::cells::{ListLine, control};
use crate::actions::outcome::Instruction;
use crate::actions::pickup::operation_name;
use crate::actions::pickup::places::one_point;
use crate::actions::pickup::refusal::{PickupError, PickupRefusal};
use crate::crypto::keys::RecordOf;
use crate::limits::LIST_CARDS;
use crate::route::distribution::list_cards::{ShelfCard, keep_listed, list_named, shelf_cards};
use crate::route::distribution::pickup_act::{NewPickupAct, record_pickup_act};
use crate::step::{StageError, Worker};

/// A list that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PickupList {
    /// Its name: an L and 32 hex digits, which no spreadsheet takes for a number.
    pub list: String,
    pub point: String,
    pub name: String,
    pub lines: Vec<ListLine>,
    /// The application id after which another list goes on, where one holds too few.
    pub further: Option<String>,
}

/// Makes the list of a point, of the cards after one application id.
///
/// # Errors
/// The point is not within the scope of who acts, nothing lies on its shelf, or the ledger cannot be read or written.
pub async fn make_list(
    worker: &Worker,
    point: &str,
    after: &str,
    by: Instruction<'_>,
) -> Result<PickupList, PickupError> {
    let mut tx = worker.ledger.begin().await?;
    let name = one_point(&mut tx, worker, point).await?;
    let mut cards = shelf_cards(&mut tx, point, after, LIST_CARDS + 1).await?;
    let is_full = cards.len() as i64 > LIST_CARDS;
    cards.truncate(LIST_CARDS as usize);
    if cards.is_empty() {
        return Err(PickupRefusal::NothingOnShelf { point: point.into() }.into());
    }
    let ids: Vec<i64> = cards.iter().map(|card| card.application).collect();
    let operation = operation_name(&json!([point, by.actor, by.at.as_microsecond(), ids]));
    let list = format!("L{operation}");
    let lines = (1..).zip(&cards).map(|(no, card)| line(worker, &list, no, card)).collect::<Result<Vec<_>, _>>()?;
    // At the same instant the same list is meant, as a file and as a sheet: it is one.
    if list_named(&mut tx, &operation).await?.is_none() {
        let act = NewPickupAct {
            at: by.at,
            actor: by.actor.into(),
            what: "list",
            operation,
            place: point.into(),
            points: 1,
            cards: lines.len() as i64,
            people: cards.iter().map(|card| &card.person).collect::<BTreeSet<_>>().len() as i64,
            reason: worker.keys.encrypt(by.reason.as_bytes())?,
            ..NewPickupAct::default()
        };
        let id = record_pickup_act(&mut tx, &act).await?;
        keep_listed(&mut tx, id, ids).await?;
        tx.commit().await?;
    }
    let further = is_full.then(|| lines.last().map(|line| line.application_id.clone())).flatten();
    Ok(PickupList { list, point: point.into(), name, lines, further })
}

/// A name, masked but for its first sign.
fn masked(name: &str) -> String {
    let mut signs = name.chars();
    let first: String = signs.next().into_iter().collect();
    format!("{first}{}", "*".repeat(signs.count()))
}

/// The cells by which a list tells whose a card is: the masked name and the last four signs of the number. Whose record
/// was destroyed (`sealed` is empty) has neither any more.
pub(super) fn holder_cells(worker: &Worker, message: i64, sealed: &[u8]) -> Result<[String; 2], StageError> {
    let plain = match sealed {
        [] => Vec::new(),
        sealed => worker.keys.decrypt_of(RecordOf::Message(message), sealed)?,
    };
    let decoded = messages::decode(&plain).ok();
    let holder = decoded.as_ref().map(|decoded| &decoded.application.holder);
    let number: Vec<char> = holder.map(|holder| holder.id_number.chars().collect()).unwrap_or_default();
    let ends = number.len().saturating_sub(4);
    let name = holder.map(|holder| masked(&holder.name)).unwrap_or_default();
    Ok([name, number.get(ends..).unwrap_or_default().iter().collect()])
}

fn line(worker: &Worker, list: &str, no: i64, card: &ShelfCard) -> Result<ListLine, StageError> {
    let [holder, number_ends] = holder_cells(worker, card.message, &card.sealed)?;
    Ok(ListLine {
        no,
        application_id: card.application_id.clone(),
        holder,
        number_ends,
        box_number: card.box_number.clone(),
        last_day: card.last_day.clone(),
        control: control(list, no, &card.application_id),
    })
}
