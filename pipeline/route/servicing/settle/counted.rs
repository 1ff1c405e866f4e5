//! What a count of a delivery says, beside the cards that travel in the carton.

use crate::limits::CARDS_OVER_MAX;
use crate::route::servicing::arriving::Delivery;

/// What the ledger knows of the carton.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    /// Cards that travel in it.
    pub travelling: i64,
    /// The most it may hold: a card that left it on paper, as one on hold, may lie in it still.
    pub most: i64,
    /// Cards of it that are known to be missing.
    pub missing: i64,
}

/// What a person must decide; `None`: the carton is as it should be. A count that cannot be is an error.
pub(super) fn judged(told: Delivery, count: Option<i64>, expected: Expected) -> Result<Option<String>, &'static str> {
    let Expected { travelling, most, missing } = expected;
    if told == Delivery::WrongBox {
        return Ok(Some("a box of another shipment lies in a delivery".into()));
    }
    let (least, largest) = match told {
        Delivery::Received | Delivery::InCity | Delivery::WrongBox => (0, most + CARDS_OVER_MAX),
        Delivery::Short => (1, travelling + missing),
        Delivery::Over => (1, CARDS_OVER_MAX),
        Delivery::Damaged => (1, most),
    };
    let count = count.filter(|count| (least..=largest).contains(count)).ok_or("RECEIPT-COUNT")?;
    let (short, over, damaged) = match told {
        Delivery::Received | Delivery::InCity => (travelling - count, count - most, 0),
        Delivery::Short => (count - missing, 0, 0),
        Delivery::Over => (0, count, 0),
        Delivery::Damaged | Delivery::WrongBox => (0, 0, count),
    };
    Ok(match (short, over, damaged) {
        (1.., ..) => Some(format!("a delivery is short by {short}")),
        (_, 1.., _) => Some(format!("a delivery is over by {over}")),
        (_, _, 1..) => Some(format!("damaged cards in a delivery: {damaged}")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_held_against_those_who_travel() {
        // Sixty were packed: one is on hold and may lie there or not, two are known to be missing.
        let carton = Expected { travelling: 57, most: 58, missing: 2 };
        let says = |told, count| judged(told, Some(count), carton);
        for (told, count, expected) in [
            (Delivery::Received, 57, None),
            (Delivery::Received, 58, None),
            (Delivery::Received, 55, Some("a delivery is short by 2")),
            (Delivery::Received, 0, Some("a delivery is short by 57")),
            (Delivery::Received, 59, Some("a delivery is over by 1")),
            (Delivery::InCity, 56, Some("a delivery is short by 1")),
            (Delivery::Short, 2, None),
            (Delivery::Short, 3, Some("a delivery is short by 1")),
            (Delivery::Over, 2, Some("a delivery is over by 2")),
            (Delivery::Damaged, 1, Some("damaged cards in a delivery: 1")),
        ] {
            assert_eq!(says(told, count).unwrap().as_deref(), expected, "{told:?} {count}");
        }
        for (told, count) in [
            (Delivery::Received, -1),
            (Delivery::Received, 58 + CARDS_OVER_MAX + 1),
            (Delivery::Short, 0),
            (Delivery::Short, 60),
            (Delivery::Over, CARDS_OVER_MAX + 1),
            (Delivery::Damaged, 59),
        ] {
            assert_eq!(says(told, count), Err("RECEIPT-COUNT"), "{told:?} {count}");
        }
        assert_eq!(judged(Delivery::Received, None, carton), Err("RECEIPT-COUNT"));
        assert!(judged(Delivery::WrongBox, None, carton).unwrap().is_some());
    }
}
