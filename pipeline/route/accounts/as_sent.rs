//! Which rows of an answer do not name exactly the person we sent. Our own file tells it, so that only the applications
//! behind these are opened: whose bank writes a name in another way, or is about somebody else.

use std::collections::{HashMap, HashSet};

use cardline_core::file_formats::{FileKind, FileSpec, Parsed, ReadRow};

use super::asked::AskedBatch;
use super::cut::row;
use super::cut_rows::WaitingCard;
use super::matching::PERSON;
use crate::exchange::inbox::Incoming;
use crate::step::{StageError, Worker};

/// Rows of our file, by their numbers.
type Rows = HashMap<i64, Vec<String>>;

/// Reads the applications behind these rows: all of them where our file is gone, or is not what today's layout makes
/// of an application.
///
/// # Errors
/// The ledger or the object store cannot be reached.
pub(super) async fn open_doubtful(
    worker: &Worker,
    incoming: &Incoming<'_>,
    parsed: &Parsed,
    batch: i64,
    asked: &mut AskedBatch,
) -> Result<(), StageError> {
    let answered: HashSet<i64> = parsed.read(incoming.spec).filter_map(|row| number(row.value("row"))).collect();
    let doubtful = match sent(worker, incoming, parsed, batch).await? {
        Some((spec, rows)) if is_of_today(worker, spec, &rows, asked).await? => {
            tokio::task::block_in_place(|| unlike(spec, &rows, incoming.spec, parsed))
        }
        _ => answered,
    };
    let mut cards: Vec<_> = asked.cards.iter_mut().filter(|card| doubtful.contains(&card.row)).collect();
    Ok(worker.ledger.read_applications(&mut cards).await?)
}

/// The rows of the request that is answered, by their numbers, and the layout of today.
async fn sent<'i>(
    worker: &Worker,
    incoming: &Incoming<'i>,
    parsed: &Parsed,
    batch: i64,
) -> Result<Option<(&'i FileSpec, Rows)>, StageError> {
    let request = number(parsed.control.get("request").cloned());
    let files = worker.ledger.files_of_batch(batch).await?;
    let file = files.iter().find(|file| file.direction == "out" && file.sequence == request);
    let (Some(spec), Some(file)) = (incoming.partner.profile.file(FileKind::AccountRequest), file) else {
        return Ok(None);
    };
    let bytes = match worker.objects.get("files", &file.sha256).await {
        Ok(bytes) => bytes,
        Err(error) if error.is_of_service() => return Err(error.into()),
        Err(_) => return Ok(None),
    };
    let rows = tokio::task::block_in_place(|| spec.parse(&bytes).map(|sent| sent.rows).unwrap_or_default());
    let rows = rows.into_iter().filter_map(|row| Some((number(spec.value(&row, "row"))?, row)));
    Ok(Some((spec, rows.collect())))
}

/// Whether a row of the file is what its application gives by today's layout: columns may have been named anew.
async fn is_of_today(
    worker: &Worker,
    spec: &FileSpec,
    rows: &Rows,
    asked: &mut AskedBatch,
) -> Result<bool, StageError> {
    let Some(card) = asked.cards.first_mut() else { return Ok(false) };
    worker.ledger.read_applications(&mut [&mut *card]).await?;
    let Some(encrypted) = card.encrypted.clone() else { return Ok(false) };
    let (application_id, approved_on) = (card.application_id.clone(), card.approved_on.clone());
    let asked = WaitingCard { id: card.id, application_id, approved_on, message: card.message, encrypted };
    let made = row(worker, spec, &asked);
    let number = spec.column("row");
    let same = |made: &Vec<String>, sent: &Vec<String>| {
        made.len() == sent.len()
            && made.iter().zip(sent).enumerate().all(|(place, (made, sent))| Some(place) == number || made == sent)
    };
    Ok(made.is_ok_and(|made| rows.get(&card.row).is_some_and(|sent| same(&made, sent))))
}

/// The rows of an answer whose application or person is not what the row of the request says.
fn unlike(asked: &FileSpec, sent: &Rows, answers: &FileSpec, parsed: &Parsed) -> HashSet<i64> {
    let fields: Vec<&str> = PERSON.iter().copied().filter(|field| answers.column(field).is_some()).collect();
    let is_alike = |number: i64, row: &ReadRow<'_>| {
        let Some(ours) = sent.get(&number) else { return false };
        let same = |field: &str| {
            let theirs = row.value(field).filter(|value| !value.is_empty());
            theirs.is_some() && theirs == asked.value(ours, field)
        };
        same("task") && fields.iter().all(|field| same(field))
    };
    let rows = parsed.read(answers).filter_map(|row| {
        let number = number(row.value("row"))?;
        (!is_alike(number, &row)).then_some(number)
    });
    rows.collect()
}

fn number(cell: Option<String>) -> Option<i64> {
    cell.and_then(|cell| cell.parse().ok())
}
