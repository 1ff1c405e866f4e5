//! What holds cards: every set whose moves are written once for all its members.
//!
//! From this one list come a card's way through its sets (trace, and the laws that replay it) and the members that
//! a run of the books looks at when a set moved. A set's members are known for ever; who left it before it moved is
//! left out by its own moves.

use std::sync::LazyLock;

/// A set of cards.
pub struct Container {
    /// The words of its moves in the history.
    scopes: &'static [&'static str],
    /// The tables between an application and its container.
    tables: &'static [&'static str],
    /// How they belong together, `t.id` being the application.
    joined: &'static str,
    /// The container's id there.
    id: &'static str,
    /// From the container's side: the applications of the sets that moved (`new_move v`), by an index.
    /// None where they move by themselves, too, and are met as single things.
    members: Option<&'static str>,
}

/// Every kind of set, in the order in which a card comes through them.
const CONTAINERS: &[Container] = &[
    Container {
        scopes: &["chunk"],
        tables: &["application a"],
        joined: "a.id = t.id",
        id: "a.chunk",
        members: Some(
            "SELECT a.id FROM new_move v JOIN application a ON v.scope = 'chunk' AND a.chunk = v.subject AND v.life = 'card'",
        ),
    },
    Container {
        scopes: &["account_batch"],
        tables: &["application a"],
        joined: "a.id = t.id",
        id: "a.account_batch",
        members: Some(
            "SELECT a.id FROM new_move v JOIN application a ON v.scope = 'account_batch' AND a.account_batch = v.subject",
        ),
    },
    // Those the bank opened no account for have left the batch; their answer says which it was.
    Container {
        scopes: &["account_batch"],
        tables: &["answer n", "file f", "application a"],
        joined: "n.application = t.id AND n.outcome NOT IN ('contradicted', 'not_closed') AND f.id = n.file
            AND a.id = t.id AND (a.account_batch IS NULL OR a.account_batch <> f.batch)",
        id: "f.batch",
        members: None,
    },
    // Members of batches that ended before they were sent.
    Container {
        scopes: &["account_batch", "production_batch"],
        tables: &["former_row r"],
        joined: "r.application = t.id",
        id: "r.batch",
        members: Some(
            "SELECT r.application FROM new_move v JOIN former_row r
            ON v.scope IN ('account_batch', 'production_batch') AND r.batch = v.subject",
        ),
    },
    Container {
        scopes: &["answer"],
        tables: &["account c"],
        joined: "c.application = t.id",
        id: "c.answer",
        members: Some(
            "SELECT c.application FROM new_move v JOIN file f ON v.scope = 'answer' AND f.id = v.subject
            JOIN application a ON a.account_batch = f.batch JOIN account c ON c.application = a.id",
        ),
    },
    Container {
        scopes: &["production_batch"],
        tables: &["production_row p"],
        joined: "p.application = t.id",
        id: "p.batch",
        members: Some(
            "SELECT p.application FROM new_move v JOIN production_row p ON v.scope = 'production_batch' AND p.batch = v.subject",
        ),
    },
    Container {
        scopes: &["report"],
        tables: &["made m", "box b"],
        joined: "m.application = t.id AND b.id = m.box",
        id: "b.report",
        members: Some(
            "SELECT m.application FROM new_move v JOIN box b ON v.scope = 'report' AND b.report = v.subject
            JOIN made m ON m.box = b.id",
        ),
    },
    Container {
        scopes: &["shipment"],
        tables: &["made m", "box b"],
        joined: "m.application = t.id AND b.id = m.box",
        id: "b.shipment",
        members: Some(
            "SELECT m.application FROM new_move v JOIN box b ON v.scope = 'shipment' AND b.shipment = v.subject
            JOIN made m ON m.box = b.id",
        ),
    },
];

/// The rows of history of each machine for the applications in `traced`, with the set they came through.
pub static WAY: LazyLock<String> = LazyLock::new(|| {
    const ROW: &str =
        "SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason FROM traced t";
    let alone = format!("{ROW} CROSS JOIN move v WHERE v.scope = 'application' AND v.subject = t.id");
    // CROSS JOIN keeps SQLite from beginning with the history, of which it knows no size; PostgreSQL orders as it
    // likes.
    let within = CONTAINERS.iter().map(|container| {
        let Container { tables, joined, id, scopes, .. } = container;
        let (tables, scopes) = (tables.join(" CROSS JOIN "), scopes.join("', '"));
        format!(
            "{ROW} CROSS JOIN {tables} CROSS JOIN move v WHERE {joined} AND v.scope IN ('{scopes}') AND v.subject = {id}"
        )
    });
    let all: Vec<String> = std::iter::once(alone).chain(within).collect();
    format!("{} ORDER BY 1, 2", all.join(" UNION ALL "))
});

/// Puts the members of the sets in `new_move` into `touched_application`, one statement a kind of set.
pub static MEMBERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let known = CONTAINERS.iter().filter_map(|container| container.members);
    known.map(|members| format!("INSERT INTO touched_application {members}")).collect()
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CONTAINERS;
    use crate::store::transition::Set;

    #[test]
    fn every_set_that_moves_is_a_container() {
        let listed: BTreeSet<&str> = CONTAINERS.iter().flat_map(|container| container.scopes).copied().collect();
        let sets = [
            Set::Chunk(0),
            Set::AccountBatch(0),
            Set::Answer(0),
            Set::ProductionBatch(0),
            Set::Report(0),
            Set::Shipment(0),
        ];
        assert_eq!(listed, sets.map(|set| set.scope().0).into_iter().collect());
    }
}
