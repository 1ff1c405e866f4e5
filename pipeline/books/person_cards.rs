//! The cards of a person, found by the number of their paper. The page is shown this, and whatever else looks a
//! person up.
//!
//! Invariants: nothing is shown before it is recorded who looked, and why; the number is kept nowhere, only its keyed
//! hash is compared; whoever lies outside the viewer's scope is not found, and that is recorded as if there were
//! nobody. Not here: a card's way (`way.rs`).

use cardline_core::domain::identity_number;
use cardline_core::domain::person::PersonNumber;
use cardline_core::state_machines::is_owed;
use serde::Serialize;

use super::trace::turn;
use crate::actions::outcome::{ActionError, Instruction};
use crate::erasing::person::of_person;
use crate::quarantine::operation_record::record_lookup;
use crate::step::Worker;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError, Stamp};
use crate::{args, row};

/// Applications of one person that are shown: more than anybody has in a life of cards.
const PERSON_CARDS_MAX: i64 = 100;

row! {
    /// An application of the person, and where its card is.
    #[derive(Clone, Serialize)]
    pub struct PersonCard {
        application_id: String,
        kind: String,
        /// The card's place; before there is a card, the application's state.
        state: String,
        bank: String,
        region: String,
        /// The point or outlet at which it is collected.
        point: String,
        point_name: String = String::new(),
        approved_on: String,
        promise_on: String,
        /// The day by which whoever's turn it is does something with it; empty where nobody owes anything.
        due_on: String,
        owner: String,
        #[serde(skip)]
        application: String,
        #[serde(skip)]
        place: Option<String>,
        #[serde(skip)]
        social: String,
        #[serde(skip)]
        account: String,
        #[serde(skip)]
        message: i64,
    }
}

/// Why nobody was looked up. Nothing was recorded, and nothing is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LookupRefusal {
    /// What was given is no valid number of a person.
    NoNumber,
    /// Who asks had as many disclosures today as one person may have alone.
    EnoughToday { limit: u64 },
}

/// The applications of a person within the scope of who asks, the newest first; none where nobody is found there.
///
/// # Errors
/// No valid number, or too many disclosures on that day; or the ledger cannot be written.
pub async fn find_person(
    worker: &Worker,
    number: &str,
    by: Instruction<'_>,
) -> Result<Vec<PersonCard>, ActionError<LookupRefusal>> {
    let typed = number.to_ascii_uppercase();
    let read = identity_number::parse(&typed).map_err(|_| ActionError::Refused(LookupRefusal::NoNumber))?;
    let number = PersonNumber { class: read.class, number: read.normalised };
    let key = worker.keys.hash("person", &number.canonical());
    let reason = worker.keys.encrypt(by.reason.as_bytes())?;
    let limit = worker.config.alone_a_day.value;
    let why = Stamp { at: by.at, actor: by.actor, reason: "" };
    let found = worker.ledger.look_up(&key, reason, limit as i64, why).await?;
    let mut found = found.ok_or(ActionError::Refused(LookupRefusal::EnoughToday { limit }))?;
    for card in &mut found {
        if !is_owed(&card.application, card.place.as_deref(), &card.social, &card.account) {
            card.due_on.clear();
        }
        card.point_name = worker.reference.collected_at(&card.point).unwrap_or_default().0.into();
    }
    Ok(found)
}

impl Ledger {
    /// Reads what is to be shown, and records it; `None`: the viewer had enough today. It is read first: nobody who
    /// writes waits for it.
    async fn look_up(
        &self,
        key: &[u8],
        reason: Vec<u8>,
        limit: i64,
        why: Stamp<'_>,
    ) -> Result<Option<Vec<PersonCard>>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let found = tx.rows::<PersonCard>(CARDS, args![key, PERSON_CARDS_MAX]).await?;
        drop(tx);
        let mut tx = self.begin().await?;
        let message = found.first().map(|card| card.message);
        if !record_lookup(&mut tx, message, reason, limit, why).await? {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(found))
    }
}

/// A person whose number changed is known by both.
const CARDS: &str = concat!(
    "SELECT a.application_id, a.kind, COALESCE(c.place, a.state) AS state, a.bank, a.region, a.point, a.approved_on, a.promise_on, ",
    turn!(),
    ", a.state AS application, c.place, a.social, a.financial AS account, a.message
     FROM application a LEFT JOIN card c ON c.id = a.id
        LEFT JOIN account_row g ON g.application = a.id LEFT JOIN batch b ON b.id = g.batch LEFT JOIN batch q ON q.id = c.production_batch
        LEFT JOIN shipment s ON s.id = c.shipment
     WHERE a.id IN ",
    of_person!("COALESCE((SELECT p.person FROM person_alias p WHERE p.key = $1), $1)"),
    " AND ",
    in_scope!("a.bank", "a.region"),
    " ORDER BY a.id DESC LIMIT $2"
);
