//! Law 6, one live card per person: no person has two cards that work, or two applications under way.

use crate::args;
use crate::books::law::Scene::Middle;
use crate::books::law::{Found, Law, Look, planted};
use crate::store::LedgerError;

/// Those of which a person has two, that are among some.
macro_rules! two {
    ($among:literal, $flag:literal, $what:literal) => {
        concat!(
            "SELECT c.application_id || ': one of two ",
            $what,
            " of one person, beside ' || a.application_id FROM ",
            $among,
            " CROSS JOIN application a WHERE c.",
            $flag,
            " AND a.",
            $flag,
            " AND a.person = c.person AND a.id <> c.id"
        )
    };
}

/// Among the touched ones: each is looked up by its person.
const TOUCHED: [&str; 2] = [
    two!("touched_application t JOIN application c ON c.id = t.id", "live", "live cards"),
    two!("touched_application t JOIN application c ON c.id = t.id", "open", "open applications"),
];

/// Among all: an index has them person by person.
const ALL: [&str; 2] = [
    two!(
        "(SELECT person FROM application WHERE live GROUP BY person HAVING count(*) > 1) p JOIN application c ON c.person = p.person",
        "live",
        "live cards"
    ),
    two!(
        "(SELECT person FROM application WHERE open GROUP BY person HAVING count(*) > 1) p JOIN application c ON c.person = p.person",
        "open",
        "open applications"
    ),
];

pub const LAW: Law = Law {
    number: 6,
    name: "one live card per person",
    sentence: "a person has at most one open application and one live card",
    cases: "SELECT COALESCE(CAST(sum(c.cards) AS BIGINT), 0) FROM touched_card c WHERE c.live OR c.open",
    offending: &[
        "SELECT c.who || ': active, but another card is the live one' FROM touched_card c WHERE c.social = 'active' AND NOT c.live",
    ],
    is_beside: false,
    computed: Some(|look| Box::pin(two_of_one_person(look))),
    planted: &[
        planted(Middle, &["application"], "UPDATE application SET live = TRUE, open = FALSE, person = (SELECT person FROM application WHERE live ORDER BY id LIMIT 1) WHERE id = (SELECT max(id) FROM application)")
            .between(&["DROP INDEX application_live"], &["CREATE UNIQUE INDEX application_live ON application (person) WHERE live"]),
        planted(Middle, &["application"], "UPDATE application SET open = TRUE, person = (SELECT person FROM application WHERE open ORDER BY id LIMIT 1) WHERE id = (SELECT min(id) FROM application WHERE NOT open)")
            .between(&["DROP INDEX application_open"], &["CREATE UNIQUE INDEX application_open ON application (person) WHERE open"]),
        planted(Middle, &["application"], "UPDATE application SET live = FALSE WHERE social = 'active'"),
    ],
};

async fn two_of_one_person(look: &mut Look) -> Result<Found, LedgerError> {
    let mut offending = Vec::new();
    for sql in if look.since.is_none() { ALL } else { TOUCHED } {
        offending.extend(look.tx.rows::<(String,)>(sql, args![]).await?.into_iter().map(|row| row.0));
    }
    Ok(Found::offending(offending))
}
