//! The words a person decides a case with, and along which edges each moves a card or a file.

use super::{CARD, FILE};

/// What a person decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// The bank is asked once more, in the next batch.
    AskBank,
    /// The card goes on with what it lies in.
    GoOn,
    /// The bureau makes it once more, under the same number.
    Remake,
    /// It ends before there was an account.
    End,
    /// Its account is closed, and its plastic destroyed.
    Close,
    /// A file that was not believed is put aside for good.
    RefuseFile,
    /// It was seen to elsewhere: nothing moves.
    Noted,
}

/// What is known of a card on hold, as far as the words depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OnHold<'c> {
    /// The state it would be in if it were not on hold: that of the container it came into last.
    pub lies: &'c str,
    pub has_account: bool,
    /// It was spoiled more often than remakes are allowed.
    pub failed: bool,
    /// Its social function has ended, so the only way left is to its end.
    pub is_ending: bool,
}

impl Decision {
    /// Every decision, in the order in which they are offered.
    pub const ALL: [Decision; 7] = [
        Decision::GoOn,
        Decision::AskBank,
        Decision::Remake,
        Decision::End,
        Decision::Close,
        Decision::RefuseFile,
        Decision::Noted,
    ];

    /// The word, in tables and on the command line; never renamed.
    pub const fn word(self) -> &'static str {
        match self {
            Decision::AskBank => "ask-bank",
            Decision::GoOn => "go-on",
            Decision::Remake => "remake",
            Decision::End => "end",
            Decision::Close => "close",
            Decision::RefuseFile => "refuse-file",
            Decision::Noted => "noted",
        }
    }

    /// The decision of a word.
    pub fn of(word: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.word() == word)
    }

    /// What it does, in a sentence.
    pub const fn does(self) -> &'static str {
        match self {
            Decision::AskBank => {
                "the card waits for the next account batch; a photo that was at fault is looked at again"
            }
            Decision::GoOn => "the card, or the carton of a delivery, goes on from where it lies",
            Decision::Remake => "the bureau makes the card once more, under the same number",
            Decision::End => "the application ends before a card is made; the person may apply anew",
            Decision::Close => "the account is closed and the plastic, if there is any, destroyed by the bank",
            Decision::RefuseFile => "the file has no effect, for good; its rows count as never told",
            Decision::Noted => "nothing moves: what had to be done was done elsewhere",
        }
    }

    /// What the history says of it.
    pub const fn reason(self) -> &'static str {
        match self {
            Decision::AskBank => "decided: ask the bank again",
            Decision::GoOn => "decided: go on",
            Decision::Remake => "decided: remake",
            Decision::End => "decided: ended before a card was made",
            Decision::Close => "decided: close and destroy",
            Decision::RefuseFile => "a person decided to refuse it",
            Decision::Noted => "decided",
        }
    }

    /// Whether it cannot be taken back, so that two persons decide it.
    pub const fn is_final(self) -> bool {
        matches!(self, Decision::End | Decision::Close)
    }

    /// Where it moves a card on hold; `None`: it moves none.
    pub fn moves_to<'c>(self, card: &OnHold<'c>) -> Option<&'c str> {
        match self {
            Decision::AskBank => Some("waiting_account"),
            Decision::GoOn | Decision::Remake => Some(card.lies),
            Decision::End => Some("no_plastic"),
            Decision::Close => Some("to_recycle"),
            Decision::RefuseFile | Decision::Noted => None,
        }
    }

    /// What may be decided of a card on hold: nothing that the table of states does not allow, and nothing that
    /// would leave an account without a card.
    pub fn of_card(card: &OnHold<'_>) -> Vec<Decision> {
        let fits: &[Decision] = match card {
            OnHold { is_ending: true, .. } => &[Decision::Close],
            OnHold { has_account: false, .. } => &[Decision::AskBank, Decision::End],
            OnHold { failed: true, .. } => &[Decision::Remake, Decision::Close],
            _ => &[Decision::GoOn, Decision::Close],
        };
        let is_edge = |decision: &Decision| decision.moves_to(card).is_some_and(|to| CARD.edge("held", to).is_some());
        fits.iter().copied().filter(is_edge).collect()
    }

    /// What may be decided of a file in a state; nothing where it is not on hold.
    pub fn of_file(state: &str) -> Vec<Decision> {
        let refused = state == "held" && FILE.edge(state, "refused").is_some();
        refused.then_some(Decision::RefuseFile).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_are_read_back() {
        assert!(Decision::ALL.into_iter().all(|one| Decision::of(one.word()) == Some(one)));
    }

    #[test]
    fn every_way_out_of_hold_is_a_decision_and_every_card_on_hold_has_one() {
        let mut reached = BTreeSet::new();
        for state in CARD.states.iter().filter(|state| state.travels) {
            for (has_account, failed, is_ending) in (0..8).map(|bits| (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0)) {
                let card = OnHold { lies: state.code, has_account, failed, is_ending };
                let offered = Decision::of_card(&card);
                assert!(!offered.is_empty(), "{card:?}");
                reached.extend(offered.into_iter().filter_map(|decision| decision.moves_to(&card)));
            }
        }
        let ways: BTreeSet<&str> = CARD.edges.iter().filter(|edge| edge.from == "held").map(|edge| edge.to).collect();
        assert_eq!(reached, ways);
        let of_file: Vec<&str> = FILE.edges.iter().filter(|edge| edge.from == "held").map(|edge| edge.to).collect();
        assert_eq!((of_file, Decision::of_file("held")), (vec!["refused"], vec![Decision::RefuseFile]));
    }
}
