//! The kinds of batches as data: what the code that is the same for all of them must know of each.
//!
//! Not here: how a kind's cards are found, its file is rendered and its rows are written (the route).

use std::fmt;
use std::ops::Deref;

use crate::domain::staff::DualControl;
use crate::file_formats::{Batching, FileKind};

/// Who is asked by a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// The bank of the cards: its streams are of one bank.
    Bank,
    /// The bureau of their region, whose days are shared by all that ask it. It works for every bank, may merge
    /// regions, and its streams name the bank, too.
    Bureau,
}

/// How long a batch gathers, from the day its oldest card counts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gathers {
    /// So many working days after that day.
    After,
    /// Until so many working days before it: that day is a deadline.
    Before,
}

/// Which table of the ledger says who is in a batch, a row a card.
pub struct Members {
    pub table: &'static str,
    /// Its column of the batch.
    pub batch: &'static str,
    /// Its column of the row in the file.
    pub row: &'static str,
    /// Its column of the application.
    pub application: &'static str,
}

/// What is known of a kind.
pub struct Facts {
    /// The word in names of streams, in the ledger and in histories; never changed.
    pub word: &'static str,
    /// What a batch number begins with.
    pub letter: char,
    /// The file that asks.
    pub request: FileKind,
    pub asked: Asked,
    pub members: Members,
    /// Whether it is cut lane by lane.
    pub has_lanes: bool,
    pub gathers: Gathers,
    /// Whether a profile has it wait for a person's release once it is cut.
    pub waits_for_release: fn(&Batching) -> bool,
    /// What a second person must agree to before it is released.
    pub release: Option<DualControl>,
}

/// A kind of batch.
#[derive(Clone, Copy)]
pub struct BatchKind(&'static Facts);

impl BatchKind {
    /// Accounts are opened.
    pub const ACCOUNT: BatchKind = BatchKind(&Facts {
        word: "account",
        letter: 'A',
        request: FileKind::AccountRequest,
        asked: Asked::Bank,
        members: Members { table: "account_row", batch: "batch", row: "row", application: "application" },
        has_lanes: true,
        gathers: Gathers::After,
        waits_for_release: |batching| batching.wait_for_release,
        release: None,
    });
    /// Cards are made.
    pub const PRODUCTION: BatchKind = BatchKind(&Facts {
        word: "production",
        letter: 'P',
        request: FileKind::Personalization,
        asked: Asked::Bureau,
        members: Members { table: "production_row", batch: "batch", row: "row", application: "application" },
        has_lanes: true,
        gathers: Gathers::After,
        waits_for_release: |batching| batching.wait_for_release,
        release: Some(DualControl::ReleaseBatch),
    });
    /// Accounts are closed and old cards destroyed.
    pub const RECYCLING: BatchKind = BatchKind(&Facts {
        word: "recycling",
        letter: 'R',
        request: FileKind::RecyclingRequest,
        asked: Asked::Bank,
        members: Members { table: "recycling_row", batch: "batch", row: "row", application: "application" },
        has_lanes: false,
        gathers: Gathers::Before,
        waits_for_release: |batching| batching.wait_for_release || batching.wait_to_destroy,
        release: Some(DualControl::DestroyPlastic),
    });

    /// Every kind, in the order of the route.
    pub const ALL: [BatchKind; 3] = [BatchKind::ACCOUNT, BatchKind::PRODUCTION, BatchKind::RECYCLING];

    /// The kind of that word.
    #[must_use]
    pub fn named(word: &str) -> Option<BatchKind> {
        BatchKind::ALL.into_iter().find(|kind| kind.word == word)
    }
}

impl Deref for BatchKind {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        self.0
    }
}

impl PartialEq for BatchKind {
    fn eq(&self, other: &BatchKind) -> bool {
        self.word == other.word
    }
}

impl Eq for BatchKind {}

impl fmt::Debug for BatchKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::BatchKind;

    #[test]
    fn words_letters_and_requests_are_of_one_kind_each() {
        let count = BatchKind::ALL.len();
        assert_eq!(BatchKind::ALL.iter().map(|kind| kind.word).collect::<BTreeSet<_>>().len(), count);
        assert_eq!(BatchKind::ALL.iter().map(|kind| kind.letter).collect::<BTreeSet<_>>().len(), count);
        assert_eq!(BatchKind::ALL.iter().map(|kind| kind.request.name()).collect::<BTreeSet<_>>().len(), count);
        assert!(BatchKind::ALL.iter().all(|kind| kind.request.is_request()));
    }
}
