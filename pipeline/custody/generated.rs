//! What is generated from the list of containers.

use std::sync::LazyLock;

use super::containers::{CONTAINERS, Container, Path, Way};
use crate::store::transition::Set;

const ROW: &str =
    "SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason FROM traced t";

/// The rows of history of each machine for the applications in `traced`, with the set they came through.
///
/// CROSS JOIN keeps SQLite from beginning with the history, of which it knows no size; PostgreSQL orders as it likes.
pub static WAY: LazyLock<String> = LazyLock::new(|| {
    let alone = format!("{ROW} CROSS JOIN move v WHERE v.scope = 'application' AND v.subject = t.id");
    let within = ways().map(|(container, way)| {
        let Path { tables, joined, set } = &way.to_set;
        let (tables, joined) = (tables.join(" CROSS JOIN "), joined.replace("{card}", "t.id"));
        format!(
            "{ROW} CROSS JOIN {tables} CROSS JOIN move v WHERE {joined} AND v.scope = '{}' AND v.subject = {set}",
            container.word
        )
    });
    let all: Vec<String> = std::iter::once(alone).chain(within).collect();
    format!("{} ORDER BY 1, 2", all.join(" UNION ALL "))
});

/// Puts the members of the sets in `new_move` into `touched_application`, one statement a way.
pub static MEMBERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let members = |(container, way): (&Container, &Way)| {
        let Path { tables, joined, set } = way.to_cards.as_ref()?;
        let moved = format!("v.life = 'card' AND v.scope = '{}' AND {set} = v.subject", container.word);
        let tables = tables.join(" CROSS JOIN ");
        Some(format!(
            "INSERT INTO touched_application SELECT a.id FROM new_move v CROSS JOIN {tables} WHERE {}",
            both(&moved, joined)
        ))
    };
    ways().filter_map(members).collect()
});

/// Counts who travels with each kind of set, `$1` being the set.
static TRAVELLING: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let count = |container: &&'static Container| {
        let Path { tables, joined, set } = container.ways.first()?.to_cards.as_ref()?;
        let who = both(&format!("{set} = $1 AND {}", container.travelling), joined);
        Some((container.word, format!("SELECT count(*) FROM {} WHERE {who}", tables.join(" CROSS JOIN "))))
    };
    CONTAINERS.iter().filter_map(count).collect()
});

/// Where the card of the application `$1` would be if it did not stand alone: in the container it came into last.
pub(crate) static LIES: LazyLock<String> = LazyLock::new(|| {
    let tables = tables();
    format!("SELECT CASE {} {} WHERE a.id = $1", last_container(), tables.trim_end_matches(';'))
});

impl Container {
    /// The set of that id.
    pub fn of(&'static self, id: i64) -> Set {
        let count = TRAVELLING.iter().find(|(word, _)| *word == self.word);
        Set {
            scope: self.word,
            id,
            travelling: count.map_or("", |(_, sql)| sql),
            moves_empty: self.moves_empty,
            stands: self.stands.as_ref().map(|stands| stands.update),
        }
    }
}

/// Every way between a card and a container.
fn ways() -> impl Iterator<Item = (&'static Container, &'static Way)> {
    CONTAINERS.iter().flat_map(|container| container.ways.iter().map(move |way| (*container, way)))
}

/// The two parts of the view `application_place` that depend on the containers: where a card is, and the tables that
/// say so. A new container brings a migration that makes the view again with them; a test compares both.
pub fn application_place() -> [String; 2] {
    [place(), tables()]
}

/// Where the card of an application `a` is: what it is in by itself, or the last container it came into.
fn place() -> String {
    format!("CASE WHEN a.place IS NOT NULL THEN a.place {} AS card_place", last_container())
}

/// The end of a CASE that says the last container an application `a` came into.
fn last_container() -> String {
    let last = CONTAINERS.iter().skip(1).rev().map(|container| {
        let state = container.stands.as_ref().map_or_else(|| format!("'{}'", container.states[0]), |s| s.state.into());
        format!("WHEN {} THEN {state} ", container.entered)
    });
    format!("{}ELSE '{}' END", last.collect::<String>(), CONTAINERS[0].states[0])
}

/// The tables it is read from.
fn tables() -> String {
    let mut joins: Vec<String> = Vec::new();
    let mut join = |table: &str, joined: &str| {
        let text = format!("LEFT JOIN {table} ON {joined}");
        if !joins.contains(&text) {
            joins.push(text);
        }
    };
    for container in CONTAINERS {
        let path = &container.ways[0].to_set;
        let conditions = path.joined.split(" AND ").map(|condition| condition.replace("{card}", "a.id"));
        for (table, condition) in path.tables.iter().zip(conditions).filter(|(table, _)| **table != "application a") {
            join(table, &condition);
        }
        if let Some(stands) = &container.stands {
            join(stands.table, stands.joined);
        }
    }
    format!("FROM application a {};", joins.join(" "))
}

fn both(first: &str, second: &str) -> String {
    if second.is_empty() { first.to_owned() } else { format!("{first} AND {second}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cardline_core::state_machines::CARD;

    use super::super::containers::{CONTAINERS, Container};
    use super::application_place;

    #[test]
    fn the_view_of_where_a_card_is_says_what_the_containers_say() {
        for engine in ["sqlite", "postgres"] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/sql").join(engine);
            let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            let made =
                |file| std::fs::read_to_string(file).ok().filter(|text| text.contains("VIEW application_place AS"));
            let text = files.into_iter().rev().find_map(made).unwrap();
            let said: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for generated in application_place() {
                assert!(
                    said.contains(&generated),
                    "{engine}: the newest view application_place does not say\n{generated}"
                );
            }
        }
    }

    #[test]
    fn a_state_travels_with_one_container_or_with_none() {
        let travels = CARD.states.iter().filter(|state| state.travels).map(|state| state.code);
        let listed: Vec<&str> = CONTAINERS.iter().flat_map(|container| container.states).copied().collect();
        assert_eq!(listed, travels.collect::<Vec<_>>());
    }

    #[test]
    fn every_container_has_a_word_and_a_count_of_its_own() {
        let words: BTreeSet<&str> = CONTAINERS.iter().map(|container| container.word).collect();
        assert_eq!(words.len(), CONTAINERS.len());
        let counts: Vec<&Container> =
            CONTAINERS.iter().copied().filter(|one| one.of(0).travelling.is_empty()).collect();
        assert!(counts.is_empty(), "without a first way to its cards");
    }
}
