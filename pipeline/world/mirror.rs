//! The mirror law: our books against the world's own books, both ways.

use std::collections::{BTreeMap, BTreeSet};

use cardline::crypto::keys::RecordOf;
use cardline::custody::believed::BelievedCard;
use cardline::route::accounts::AccountNumbers;
use cardline::step::{StageError, Worker};

use super::people::KnownPlace;
use super::play::World;
use super::report::Mirror;

/// Differences named at most; one is enough to fail.
const DIFFERENCES_SHOWN: usize = 20;

/// Compares accounts, plastic, shipments, custody and activation.
pub async fn mirror(world: &World, worker: &Worker) -> Result<Mirror, StageError> {
    let cards = worker.ledger.believed_cards().await?;
    let mut found = Found::default();
    accounts(world, worker, &cards, &mut found)?;
    plastic(world, &cards, &mut found);
    shipments(world, worker, &mut found).await?;
    custody(world, &cards, &mut found);
    let holds = found.differences.is_empty();
    found.differences.truncate(DIFFERENCES_SHOWN);
    Ok(Mirror { holds, compared: found.compared, differences: found.differences })
}

#[derive(Default)]
struct Found {
    compared: BTreeMap<String, u64>,
    differences: Vec<String>,
}

impl Found {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, key: &str, ours: &T, theirs: &T) {
        *self.compared.entry(what.into()).or_default() += 1;
        if ours != theirs {
            self.differences.push(format!("{what} {key}: we say {ours:?}, they say {theirs:?}"));
        }
    }
}

/// The key both sides know a card by.
fn key(card: &BelievedCard) -> &str {
    card.old_number.as_deref().unwrap_or(&card.application_id)
}

fn accounts(world: &World, worker: &Worker, cards: &[BelievedCard], found: &mut Found) -> Result<(), StageError> {
    let mut ours: BTreeSet<(&str, &str)> = BTreeSet::new();
    for card in cards {
        let Some(encrypted) = &card.account else { continue };
        ours.insert((&card.bank, key(card)));
        let plain = worker.keys.decrypt_of(RecordOf::Account(card.id), encrypted)?;
        let numbers: AccountNumbers =
            serde_json::from_slice(&plain).map_err(|_| StageError::Shape("account numbers".into()))?;
        let theirs = world.banks.get(&card.bank).and_then(|bank| bank.book.get(key(card)));
        // Numbers are compared by whether they agree; a difference must not print one.
        let same = theirs.is_some_and(|t| t.account == numbers.account && t.pan == numbers.pan);
        found.compare("account numbers agree", key(card), &same, &true);
        found.compare(
            "account closed",
            key(card),
            &(card.financial == "closed"),
            &theirs.is_some_and(|t| t.told_closed),
        );
    }
    for (code, bank) in &world.banks {
        for (task, account) in bank.book.iter().filter(|(_, account)| account.told) {
            found.compare(
                "account known to both",
                &account.task,
                &ours.contains(&(code.as_str(), task.as_str())),
                &true,
            );
        }
    }
    Ok(())
}

fn plastic(world: &World, cards: &[BelievedCard], found: &mut Found) {
    let by_number: BTreeMap<&str, &BelievedCard> =
        cards.iter().filter_map(|c| Some((c.card_number.as_deref()?, c))).collect();
    for (number, plastic) in &world.bureau.book {
        let ours = by_number.get(number.as_str());
        found.compare("card identifier", number, &ours.and_then(|c| c.identifier.clone()), &plastic.identifier);
        found.compare("times spoiled", number, &ours.map_or(0, |c| c.spoiled), &i64::from(plastic.spoiled));
    }
    for card in cards.iter().filter(|c| c.identifier.is_some()) {
        let number = card.card_number.as_deref().unwrap_or_default();
        found.compare("card known to the bureau", number, &world.bureau.book.contains_key(number), &true);
    }
}

async fn shipments(world: &World, worker: &Worker, found: &mut Found) -> Result<(), StageError> {
    let mut ours = BTreeMap::new();
    for (number, received) in worker.ledger.believed_shipments().await? {
        found.compare("shipment received", &number, &received, &world.received.contains(&number));
        ours.insert(number, received);
    }
    for number in &world.received {
        found.compare("shipment known to us", number, &ours.contains_key(number), &true);
    }
    Ok(())
}

fn custody(world: &World, cards: &[BelievedCard], found: &mut Found) {
    for card in cards {
        let Some(person) = world.people.of.get(key(card)) else { continue };
        let place = card.place.as_deref().unwrap_or("");
        let theirs = match person.place {
            KnownPlace::Elsewhere => "elsewhere",
            KnownPlace::Unit => "unit",
            KnownPlace::Holder => "holder",
            KnownPlace::Lost => "lost",
            KnownPlace::Back => "back",
        };
        let ours = match place {
            "with_unit" => "unit",
            "in_hand" | "awaiting_return" => "holder",
            "lost" => "lost",
            // A lost card is closed without plastic: the world still knows it as lost.
            "to_recycle" | "in_recycling" | "destroyed" | "held" if person.place == KnownPlace::Lost => "lost",
            // The bank will not close: the plastic came back before it was asked.
            "held" if person.place == KnownPlace::Back => "back",
            "stored" | "to_recycle" | "in_recycling" | "destroyed" => "back",
            _ => "elsewhere",
        };
        found.compare("who has the card", key(card), &ours, &theirs);
        let social = matches!(card.social.as_str(), "active" | "suspended");
        found.compare("social function", key(card), &social, &person.social);
        if card.account.is_some() && card.financial != "closed" {
            found.compare("financial function", key(card), &(card.financial == "active"), &person.financial);
        }
        found.compare("withdrawn", key(card), &(card.state == "withdrawn"), &person.withdrawn);
    }
}
