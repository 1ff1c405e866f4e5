//! The bureau's queue: those approved first are made first, of all regions that one run serves; of one day, those whose
//! account batch was cut first.
//!
//! What waits lies in account batches, and each says from which day its oldest card counts. They are read in this order,
//! and no further than a run needs, however many wait behind.

use std::collections::BTreeMap;

use crate::batching::cut_batch::QueueSlice;
use crate::store::{Ledger, LedgerError, Tx};
use crate::{args, bulk_row, row};

row! {
    /// A card that waits for the bureau, by what it is ordered.
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    pub(super) struct Waiting {
        approved_on: String,
        account_batch: i64,
        application_id: String,
        application: i64,
        /// The region that its account batch is of.
        region: String,
    }
}

row! {
    /// An account batch of which cards wait; of how many is a hint.
    struct AccountBatch {
        oldest: String,
        id: i64,
        region: String,
        cards: i64,
    }
}

bulk_row! {
    /// An account batch whose cards are read.
    struct Opened<'a> in "opened_batch" { id: i64, region: &'a str }
}

impl Ledger {
    /// How many of each of these groups, which are of one bank and lane, are among those approved first.
    pub async fn approved_first(&self, groups: &[QueueSlice], most: i64) -> Result<Vec<(String, i64)>, LedgerError> {
        let mut counts = BTreeMap::new();
        for card in first_waiting(&mut self.read().await?, groups, most).await? {
            *counts.entry(card.region).or_default() += 1;
        }
        Ok(counts.into_iter().collect())
    }
}

/// The cards of these groups, which are of one bank and lane, that were approved first.
pub(super) async fn first_waiting(tx: &mut Tx, groups: &[QueueSlice], most: i64) -> Result<Vec<Waiting>, LedgerError> {
    let most = most.max(0) as usize;
    let mut closed = account_batches(tx, groups).await?.into_iter().peekable();
    let mut found = Vec::<Waiting>::new();
    loop {
        found.sort_unstable();
        // Whoever is in a batch that was not read comes after these.
        let sure = closed.peek().map_or(found.len(), |next| {
            found.partition_point(|card| (&card.approved_on, card.account_batch) < (&next.oldest, next.id))
        });
        if sure >= most || closed.peek().is_none() {
            found.truncate(most);
            return Ok(found);
        }
        // At least as many as were read until now, so that a few looks are enough whatever lies in the batches.
        let mut missing = (most - sure).max(found.len()) as i64;
        let mut opened = Vec::new();
        while let Some(batch) = closed.next_if(|_| missing > 0) {
            missing -= batch.cards;
            opened.push(batch);
        }
        found.extend(waiting_in(tx, &opened).await?);
    }
}

/// The account batches of these groups of which cards wait, those with the oldest card first.
async fn account_batches(tx: &mut Tx, groups: &[QueueSlice]) -> Result<Vec<AccountBatch>, LedgerError> {
    let Some(first) = groups.first() else { return Ok(Vec::new()) };
    let mut batches = tx
        .rows::<AccountBatch>(
            "SELECT oldest, id, region, to_produce AS cards FROM batch
             WHERE to_produce > 0 AND bank = $1 AND lane = $2 ORDER BY oldest, id",
            args![&first.bank, &first.lane],
        )
        .await?;
    batches.retain(|batch| groups.iter().any(|group| group.region == batch.region));
    Ok(batches)
}

/// The cards of these account batches that no bureau was asked for yet.
async fn waiting_in(tx: &mut Tx, batches: &[AccountBatch]) -> Result<Vec<Waiting>, LedgerError> {
    tx.stage(batches.iter().map(|batch| Opened { id: batch.id, region: &batch.region }).collect()).await?;
    // A few batches are looked up; of a table nobody counted, PostgreSQL thinks it has a thousand, and reads all cards.
    tx.analyse::<Opened>().await?;
    tx.rows(
        "SELECT a.approved_on, n.id AS account_batch, a.application_id, a.id AS application, n.region FROM opened_batch n
         JOIN account_row g ON g.batch = n.id JOIN application a ON a.id = g.application AND a.place IS NULL
         JOIN account c ON c.application = a.id LEFT JOIN production_row p ON p.application = a.id WHERE p.application IS NULL",
        args![],
    )
    .await
}
