//! Law 5, custody: somebody has every card that was made.

use cardline_core::card_states;

use crate::books::law::Scene::Middle;
use crate::books::law::{Found, Law, planted};

pub const LAW: Law = Law {
    number: 5,
    name: "custody",
    sentence: "every good card has exactly one custodian, with no hole in time",
    cases: "SELECT count(*) FROM touched_application t JOIN made m ON m.application = t.id",
    offending: &[
        concat!(
            "SELECT p.card_number || ': made, and nobody has it (' || c.place || ')' FROM touched_application t JOIN made m ON m.application = t.id
         JOIN production_row p ON p.application = t.id JOIN card c ON c.id = t.id
         WHERE c.place NOT IN ('held', ",
            card_states!(made),
            ")"
        ),
        concat!(
            "SELECT c.who || ': not made, and somebody has it (' || c.place || ')' FROM touched_card c
         WHERE c.box_id IS NULL AND NOT c.known_before AND c.place IN (",
            card_states!(made),
            ") AND NOT EXISTS (SELECT 1 FROM desk_case k JOIN case_act d ON d.desk_case = k.id WHERE k.application = c.id AND d.word = 'close')"
        ),
        "SELECT 'box ' || b.number || ': cards are not those counted' FROM box b JOIN touched_batch t ON t.id = b.batch
         WHERE b.cards <> (SELECT count(*) FROM made m WHERE m.box = b.id)",
        "SELECT 'shipment ' || s.number || ': boxes do not add up' FROM touched_shipment t JOIN shipment s ON s.id = t.id
         WHERE s.cards <> (SELECT COALESCE(CAST(sum(b.cards) AS BIGINT), 0) FROM box b WHERE b.shipment = s.id)",
        "SELECT 'box ' || b.number || ': lies with a shipment to another point' FROM touched_shipment t JOIN shipment s ON s.id = t.id
         JOIN box b ON b.shipment = s.id WHERE b.point <> s.point",
        "SELECT 'shipment ' || s.number || ': receipts are not those counted' FROM touched_shipment t JOIN shipment s ON s.id = t.id
         WHERE s.receipts <> (SELECT count(*) FROM receipt r WHERE r.shipment = s.id)",
        "SELECT a.application_id || ': was sent by mail, and not as often as is known' FROM
            (SELECT l.application AS id, 1 AS sent FROM touched_application t CROSS JOIN mailing l WHERE l.application = t.id
             UNION ALL SELECT v.subject, -1 FROM touched_application t CROSS JOIN move v
                WHERE v.subject = t.id AND v.scope = 'application' AND v.life = 'card' AND v.to_state = 'in_mail') k
         JOIN application a ON a.id = k.id GROUP BY a.application_id HAVING sum(k.sent) <> 0",
    ],
    is_beside: false,
    computed: Some(|look| Box::pin(async { Ok(Found::offending(look.replayed().await?.custody.clone())) })),
    planted: &[
        planted(Middle, &["made"], "DELETE FROM made WHERE application = (SELECT m.application FROM made m JOIN application a ON a.id = m.application WHERE a.place = 'in_hand' ORDER BY 1 LIMIT 1)"),
        planted(Middle, &["application"], "UPDATE application SET place = 'waiting_production' WHERE id = (SELECT max(application) FROM made)"),
        planted(Middle, &["box"], "UPDATE box SET cards = cards + 1 WHERE id = (SELECT min(id) FROM box)"),
        planted(Middle, &["box"], "UPDATE box SET point = 'elsewhere' WHERE id = (SELECT min(id) FROM box WHERE shipment IS NOT NULL)"),
        planted(Middle, &["box"], "UPDATE box SET shipment = NULL WHERE id = (SELECT min(id) FROM box WHERE shipment IS NOT NULL)"),
        planted(Middle, &["shipment"], "UPDATE shipment SET cards = cards - 1 WHERE id = (SELECT min(id) FROM shipment)"),
        planted(Middle, &["receipt"], "DELETE FROM receipt WHERE id = (SELECT max(id) FROM receipt)"),
        planted(Middle, &["mailing"], "INSERT INTO mailing (application, at, carrier, tracking) SELECT min(application), 0, 'POST', 'PA-0' FROM made"),
        planted(Middle, &["made"], "UPDATE made SET box = (SELECT max(id) FROM box) WHERE application = (SELECT m.application FROM made m WHERE m.box <> (SELECT max(id) FROM box) ORDER BY 1 LIMIT 1)"),
        planted(Middle, &["move"], "DELETE FROM move WHERE seq = (SELECT min(v.seq) FROM move v WHERE v.scope = 'application' AND v.life = 'social' AND v.from_state <> ''
        AND EXISTS (SELECT 1 FROM move w WHERE w.scope = v.scope AND w.life = v.life AND w.subject = v.subject AND w.seq > v.seq))"),
    ],
};
