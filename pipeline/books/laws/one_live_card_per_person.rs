//! Law 6, one live card per person: no person has two cards that work, or two applications under way.

use crate::books::law::Scene::Middle;
use crate::books::law::{Law, planted};

pub const LAW: Law = Law {
    number: 6,
    name: "one live card per person",
    sentence: "a person has at most one open application and one live card",
    cases: "SELECT count(*) FROM touched_card c WHERE c.live OR c.open",
    offending: &[
        "SELECT c.application_id || ': one of two live cards of one person, beside ' || a.application_id FROM touched_card c
         JOIN application a ON a.person = c.person AND a.live AND a.id <> c.id WHERE c.live",
        "SELECT c.application_id || ': one of two open applications of one person, beside ' || a.application_id FROM touched_card c
         JOIN application a ON a.person = c.person AND a.open AND a.id <> c.id WHERE c.open",
        "SELECT c.application_id || ': active, but another card is the live one' FROM touched_card c WHERE c.social = 'active' AND NOT c.live",
    ],
    is_beside: false,
    computed: None,
    planted: &[
        planted(Middle, &["application"], "UPDATE application SET live = TRUE, open = FALSE, person = (SELECT person FROM application WHERE live ORDER BY id LIMIT 1) WHERE id = (SELECT max(id) FROM application)")
            .between(&["DROP INDEX application_live"], &["CREATE UNIQUE INDEX application_live ON application (person) WHERE live"]),
        planted(Middle, &["application"], "UPDATE application SET open = TRUE, person = (SELECT person FROM application WHERE open ORDER BY id LIMIT 1) WHERE id = (SELECT min(id) FROM application WHERE NOT open)")
            .between(&["DROP INDEX application_open"], &["CREATE UNIQUE INDEX application_open ON application (person) WHERE open"]),
        planted(Middle, &["application"], "UPDATE application SET live = FALSE WHERE social = 'active'"),
    ],
};
