//! Law 9, answer: a partner does not answer one row in two ways, unless a person looks at it.

use crate::books::law::Scene::Middle;
use crate::books::law::{Law, planted};

pub const LAW: Law = Law {
    number: 9,
    name: "answer",
    sentence: "no row has two different final answers outside an open conflict",
    cases: "SELECT (SELECT count(*) FROM touched_application t JOIN answer n ON n.application = t.id)
        + (SELECT COALESCE(CAST(sum(c.cards) AS BIGINT), 0) FROM touched_card c WHERE c.answer IS NOT NULL)",
    offending: &[
        "SELECT a.application_id || ': refused and opened in one batch' FROM touched_application t JOIN application a ON a.id = t.id
         JOIN account c ON c.application = a.id JOIN file g ON g.id = c.answer
         JOIN answer n ON n.application = a.id AND n.outcome IN ('fixable', 'final', 'contradicted') JOIN file f ON f.id = n.file AND f.batch = g.batch
         WHERE NOT EXISTS (SELECT 1 FROM desk_case k WHERE k.application = a.id)",
        "SELECT a.application_id || ': two different answers in one batch' FROM touched_application t JOIN application a ON a.id = t.id
         JOIN answer n ON n.application = a.id JOIN file f ON f.id = n.file
         WHERE n.outcome IN ('fixable', 'final') AND NOT EXISTS (SELECT 1 FROM desk_case k WHERE k.application = a.id)
         GROUP BY a.application_id, f.batch HAVING count(*) > 1",
    ],
    is_beside: false,
    computed: None,
    planted: &[
        planted(Middle, &["answer"], "INSERT INTO answer (file, row, application, outcome, reason) SELECT c.answer, 999999, c.application, 'final', 'x' FROM account c
        WHERE c.answer > 0 AND NOT EXISTS (SELECT 1 FROM desk_case k WHERE k.application = c.application) ORDER BY c.application LIMIT 1"),
        planted(Middle, &["answer"], "INSERT INTO answer (file, row, application, outcome, reason) SELECT n.file, 999999, n.application, 'final', 'x' FROM answer n
        WHERE n.outcome = 'fixable' AND NOT EXISTS (SELECT 1 FROM desk_case k WHERE k.application = n.application) ORDER BY n.application LIMIT 1"),
    ],
};
