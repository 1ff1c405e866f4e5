//! What came of a race: one hand-over at most, whoever lost is told why, nothing is lost.

use std::collections::BTreeMap;

use cardline::actions::pickup::lists::judge::RecordedLine;
use cardline::args;
use cardline::store::Ledger;

use super::claimants::{Carton, Claimant, event_id};

/// How often a card ended up where.
pub type Won = BTreeMap<&'static str, u64>;

/// What claimants were told at once; what a topic brings is told in the ledger.
pub struct Told {
    /// Lines of lists.
    pub lines: Vec<RecordedLine>,
}

/// A card after its race.
struct After {
    place: String,
    /// Events that handed it over.
    handed_by: Vec<String>,
    /// What was refused of it: event and reason.
    refused: Vec<(String, String)>,
}

/// Every card of a carton has at most one hand-over, and every claimant was answered.
pub async fn one_each(ledger: &Ledger, carton: &Carton, heat: &[Claimant], told: &Told, won: &mut Won) {
    let after = after(ledger, carton.id).await;
    let many = heat.iter().filter(|claimant| matches!(claimant, Claimant::Holder | Claimant::Unit)).count();
    for card in &carton.cards {
        let After { place, handed_by, refused } = &after[card];
        let race = format!("{heat:?} for {card}: {place}, by {handed_by:?}, refused {refused:?}");
        let is_handed_over = ["in_hand", "with_unit"].contains(&place.as_str());
        assert_eq!(handed_by.len(), usize::from(is_handed_over), "{race}");
        assert!(is_handed_over || (place == "recalled" && heat.contains(&Claimant::Recall)), "{race}");
        let spoke = |claimant| {
            [handed_by.clone(), refused.iter().map(|(id, _)| id.clone()).collect()]
                .concat()
                .contains(&event_id(claimant, card))
        };
        let answered = [Claimant::Holder, Claimant::Unit].into_iter().filter(|claimant| spoke(*claimant)).count();
        assert_eq!(answered, many, "something is lost: {race}");
        assert!(refused.iter().all(|(_, reason)| !reason.is_empty()), "nobody says why: {race}");
        let line = told.lines.iter().find(|line| line.application_id == *card);
        assert_eq!(line.is_some(), heat.contains(&Claimant::List), "{race}");
        let by_list = line.is_some_and(|line| line.result == "recorded");
        assert!(line.is_none_or(|line| by_list || (line.result == "refused" && !line.reason.is_empty())), "{line:?}");
        assert_eq!(by_list, is_handed_over && !handed_by[0].starts_with("race-"), "{race}");
        let winner = match place.as_str() {
            _ if by_list => "list",
            "in_hand" => "holder",
            "with_unit" => "unit",
            _ => "recall",
        };
        *won.entry(winner).or_default() += 1;
    }
}

/// The cards of a carton after the race, by application id.
async fn after(ledger: &Ledger, shipment: i64) -> BTreeMap<String, After> {
    macro_rules! of_carton {
        ($rest:literal) => {
            concat!("JOIN made d ON d.application = a.id JOIN box x ON x.id = d.box ", $rest, " WHERE x.shipment = $1")
        };
    }
    const CARDS: &str =
        concat!("SELECT a.application_id, c.place FROM application a JOIN card c ON c.id = a.id ", of_carton!(""));
    const HANDED: &str = concat!(
        "SELECT a.application_id, v.event_id FROM application a ",
        of_carton!(
            "JOIN move v ON v.scope = 'application' AND v.subject = a.id
                AND v.from_state = 'on_shelf' AND v.to_state IN ('in_hand', 'with_unit')"
        )
    );
    const REFUSED: &str = concat!(
        "SELECT a.application_id, e.event_id, COALESCE(e.reason, '') FROM application a ",
        of_carton!(
            "JOIN message e ON e.event_id IN ('race-Holder-' || a.application_id, 'race-Unit-' || a.application_id)
                AND e.outcome = 'rejected'"
        )
    );
    let mut tx = ledger.read().await.unwrap();
    let cards = tx.rows::<(String, String)>(CARDS, args![shipment]).await.unwrap().into_iter();
    let new = |place| After { place, handed_by: Vec::new(), refused: Vec::new() };
    let mut after: BTreeMap<String, After> = cards.map(|(card, place)| (card, new(place))).collect();
    for (card, event) in tx.rows::<(String, String)>(HANDED, args![shipment]).await.unwrap() {
        after.entry(card).and_modify(|after| after.handed_by.push(event));
    }
    for (card, event, reason) in tx.rows::<(String, String, String)>(REFUSED, args![shipment]).await.unwrap() {
        after.entry(card).and_modify(|after| after.refused.push((event, reason)));
    }
    after
}
