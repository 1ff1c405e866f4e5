//! Law 4, card balance: the bureau accounts for every card that was ordered.

use crate::books::law::Scene::Middle;
use crate::books::law::{Law, planted};

pub const LAW: Law = Law {
    number: 4,
    name: "card balance",
    sentence: "ordered + authorised remakes = good + spoiled and destroyed + pulled + outstanding; no card identifier twice",
    cases: "SELECT count(*) FROM touched_batch t JOIN batch b ON b.id = t.id WHERE b.kind = 'production'",
    offending: &[
        "SELECT b.number || ': ordered and remade cards are not accounted for' FROM touched_batch t JOIN batch b ON b.id = t.id
         WHERE b.kind = 'production' AND b.cards + b.remakes <> b.good + b.spoiled + b.pulled + (b.cards - b.answered)",
        "SELECT b.number || ': good or spoiled cards are not those counted' FROM touched_batch t JOIN batch b ON b.id = t.id
         WHERE b.kind = 'production' AND (b.good <> (SELECT count(*) FROM production_row p JOIN made m ON m.application = p.application WHERE p.batch = b.id)
            OR b.spoiled <> (SELECT count(*) FROM spoilage s WHERE s.batch = b.id)
            OR b.remakes <> (SELECT count(*) FROM spoilage s WHERE s.batch = b.id AND s.remade))",
        "SELECT 'identifier of ' || min(p.card_number) || ' stands twice' FROM touched_application t JOIN made m ON m.application = t.id
         JOIN production_row p ON p.application = m.application GROUP BY m.identifier HAVING count(*) > 1",
    ],
    is_beside: false,
    computed: None,
    planted: &[
        planted(Middle, &["batch"], "UPDATE batch SET good = good - 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'production' AND good > 0)"),
        planted(Middle, &["batch"], "UPDATE batch SET good = good - 1, spoiled = spoiled + 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'production' AND good > 0)"),
        planted(Middle, &["batch"], "UPDATE batch SET pulled = pulled + 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'production')"),
        planted(Middle, &["spoilage"], "DELETE FROM spoilage"),
        planted(Middle, &["spoilage"], "UPDATE spoilage SET remade = NOT remade"),
        planted(Middle, &["made"], "DELETE FROM made WHERE application = (SELECT max(application) FROM made)"),
        planted(Middle, &["made"], "UPDATE made SET identifier = (SELECT min(identifier) FROM made)").on_postgres().between(
            &["ALTER TABLE made DROP CONSTRAINT made_identifier_key"],
            &["ALTER TABLE made ADD CONSTRAINT made_identifier_key UNIQUE (identifier)"],
        ),
    ],
};
