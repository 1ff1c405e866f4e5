//! What holds cards: every set whose moves are written once for all its members.
//!
//! From this one list come the set a move is written for, the view of where a card is, a card's way through its
//! sets (trace, and the laws that replay it), and the members that a run of the books looks at when a set moved.
//! A set's members are known forever; who left it before it moved is left out by its own moves.

use crate::store::transition::SHIPMENT_PLACE;

/// A kind of set of cards.
pub struct Container {
    /// The word of its moves in the history; never changed.
    pub(super) word: &'static str,
    /// The states of a card that travels with it.
    pub(super) states: &'static [&'static str],
    /// True of a card `a` that is in it or went on from it.
    pub(super) entered: &'static str,
    /// Where a set says itself in which of the states it is.
    pub(super) stands: Option<Stands>,
    /// Which of its members `a` travel with it.
    pub(super) travelling: &'static str,
    /// Whether it moves also when nobody is left in it.
    pub(super) moves_empty: bool,
    /// How a card and its set find each other; after the first way, those of cards that left it before it moved on.
    pub(super) ways: &'static [Way],
}

/// The row in which a set says where it is.
pub(super) struct Stands {
    /// Its table, as `NAME ALIAS`.
    pub table: &'static str,
    pub joined: &'static str,
    pub state: &'static str,
    /// Moves it.
    pub update: &'static str,
}

/// How a card and its set find each other.
pub(super) struct Way {
    /// From a card, `{card}` being its id, to its set.
    pub to_set: Path,
    /// From a set to its cards `a`, by an index. None where they move by themselves, too, and are met as single
    /// things.
    pub to_cards: Option<Path>,
}

/// Tables, how they belong together, and the id of the set there.
pub(super) struct Path {
    /// Each as `NAME ALIAS`, in the order in which they are looked into.
    pub tables: &'static [&'static str],
    pub joined: &'static str,
    pub set: &'static str,
}

/// Those who have not left their set have no place of their own.
const WITHOUT_PLACE: &str = "a.place IS NULL";

/// Accepted together, from one read of a source; they wait for an account batch. Cards of the opening stock come in
/// one, too, and are in their holders' hands at once.
pub static CHUNK: Container = Container {
    word: "chunk",
    states: &["waiting_account"],
    entered: "a.chunk IS NOT NULL",
    stands: None,
    travelling: "a.id IS NOT NULL",
    moves_empty: false,
    ways: &[Way {
        to_set: Path { tables: &["application a"], joined: "a.id = {card}", set: "a.chunk" },
        to_cards: Some(Path { tables: &["application a"], joined: "", set: "a.chunk" }),
    }],
};

/// Asked of a bank with one file.
pub static ACCOUNT_BATCH: Container = Container {
    word: "account_batch",
    states: &["in_account_batch"],
    entered: "g.application IS NOT NULL",
    stands: None,
    travelling: WITHOUT_PLACE,
    moves_empty: true,
    ways: &[
        Way {
            to_set: Path { tables: &["account_row g"], joined: "g.application = {card}", set: "g.batch" },
            to_cards: Some(Path {
                tables: &["account_row g", "application a"],
                joined: "a.id = g.application",
                set: "g.batch",
            }),
        },
        // Those the bank opened no account for; their answer says which batch it was.
        Way {
            to_set: Path {
                tables: &["answer n", "file f"],
                joined: "n.application = {card} AND n.outcome NOT IN ('contradicted', 'not_closed') AND f.id = n.file
                    AND NOT EXISTS (SELECT 1 FROM account_row g WHERE g.application = {card} AND g.batch = f.batch)",
                set: "f.batch",
            },
            to_cards: None,
        },
        OF_CANCELLED,
    ],
};

/// Given an account by one answer of a bank; they wait for a production batch.
pub static ANSWER: Container = Container {
    word: "answer",
    states: &["waiting_production"],
    entered: "c.application IS NOT NULL",
    stands: None,
    travelling: WITHOUT_PLACE,
    moves_empty: false,
    ways: &[Way {
        to_set: Path { tables: &["account c"], joined: "c.application = {card}", set: "c.answer" },
        to_cards: Some(Path {
            tables: &["file f", "account_row g", "application a", "account c"],
            joined: "g.batch = f.batch AND a.id = g.application AND c.application = a.id AND c.answer = f.id",
            set: "f.id",
        }),
    }],
};

/// Ordered from a bureau with one file.
pub static PRODUCTION_BATCH: Container = Container {
    word: "production_batch",
    states: &["in_production"],
    entered: "p.application IS NOT NULL",
    stands: None,
    travelling: WITHOUT_PLACE,
    moves_empty: true,
    ways: &[
        Way {
            to_set: Path { tables: &["production_row p"], joined: "p.application = {card}", set: "p.batch" },
            to_cards: Some(Path {
                tables: &["production_row p", "application a"],
                joined: "a.id = p.application",
                set: "p.batch",
            }),
        },
        OF_CANCELLED,
    ],
};

/// Reported good by one report of a bureau; they lie in its boxes.
pub static REPORT: Container = Container {
    word: "report",
    states: &["produced"],
    entered: "m.application IS NOT NULL",
    stands: None,
    travelling: WITHOUT_PLACE,
    moves_empty: false,
    ways: &[Way {
        to_set: Path {
            tables: &["made m", "box b"],
            joined: "m.application = {card} AND b.id = m.box",
            set: "b.report",
        },
        to_cards: Some(Path {
            tables: &["box b", "made m", "application a"],
            joined: "m.box = b.id AND a.id = m.application",
            set: "b.report",
        }),
    }],
};

/// Sent to a point in one carton.
pub static SHIPMENT: Container = Container {
    word: "shipment",
    states: &["in_transit", "at_point", "on_shelf"],
    entered: "s.id IS NOT NULL",
    stands: Some(Stands { table: "shipment s", joined: "s.id = b.shipment", state: "s.place", update: SHIPMENT_PLACE }),
    travelling: WITHOUT_PLACE,
    moves_empty: true,
    ways: &[Way {
        to_set: Path {
            tables: &["made m", "box b"],
            joined: "m.application = {card} AND b.id = m.box",
            set: "b.shipment",
        },
        to_cards: Some(Path {
            tables: &["box b", "made m", "application a"],
            joined: "m.box = b.id AND a.id = m.application",
            set: "b.shipment",
        }),
    }],
};

/// Members of batches that ended before they were sent.
const OF_CANCELLED: Way = Way {
    to_set: Path { tables: &["former_row r"], joined: "r.application = {card}", set: "r.batch" },
    to_cards: Some(Path { tables: &["former_row r", "application a"], joined: "a.id = r.application", set: "r.batch" }),
};

/// Every container, in the order in which a card comes through them.
pub(super) static CONTAINERS: [&Container; 6] =
    [&CHUNK, &ACCOUNT_BATCH, &ANSWER, &PRODUCTION_BATCH, &REPORT, &SHIPMENT];
