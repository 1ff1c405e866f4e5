//! Law 3, batch balance: a batch, its file, its members and the answers to it agree.

use crate::books::law::Scene::Middle;
use crate::books::law::{Law, planted};

pub const LAW: Law = Law {
    number: 3,
    name: "batch balance",
    sentence: "cards in a batch = count in the header = rows answered + rows outstanding",
    cases: "SELECT count(*) FROM touched_batch",
    offending: &[
        "SELECT b.number || ': header and file differ' FROM touched_batch t JOIN batch b ON b.id = t.id
         LEFT JOIN file f ON f.batch = b.id AND f.direction = 'out' WHERE f.id IS NULL OR f.rows <> b.cards",
        "SELECT b.number || ': members and header differ' FROM touched_batch t JOIN batch b ON b.id = t.id
         LEFT JOIN touched_members m ON m.id = b.id
         LEFT JOIN (SELECT f.batch AS id, count(DISTINCT n.application) AS cards FROM file f JOIN touched_batch x ON x.id = f.batch
            JOIN answer n ON n.file = f.id AND n.outcome <> 'contradicted'
            LEFT JOIN account_row g ON g.application = n.application WHERE g.batch IS NULL OR g.batch <> f.batch GROUP BY f.batch) n ON n.id = b.id
         WHERE b.state <> 'cancelled' AND b.cards <> COALESCE(m.cards, 0) + CASE WHEN b.kind = 'account' THEN COALESCE(n.cards, 0) ELSE 0 END",
        "SELECT b.number || ': cancelled, and not all its cards are kept with it' FROM touched_batch t JOIN batch b ON b.id = t.id
         WHERE b.state = 'cancelled' AND (b.cards <> (SELECT count(*) FROM former_row r WHERE r.batch = b.id)
            OR EXISTS (SELECT 1 FROM touched_members m WHERE m.id = b.id))",
        "SELECT b.number || ': cancelled by no act' FROM touched_batch t JOIN batch b ON b.id = t.id
         WHERE b.state = 'cancelled' AND NOT EXISTS (SELECT 1 FROM batch_act k WHERE k.batch = b.id AND k.what IN ('cancel', 'split'))",
        "SELECT b.number || ': not cancelled, and cards have left it' FROM touched_batch t JOIN batch b ON b.id = t.id
         WHERE b.state <> 'cancelled' AND EXISTS (SELECT 1 FROM former_row r WHERE r.batch = b.id)",
        "SELECT b.number || ': answered rows are not those counted' FROM touched_batch t JOIN batch b ON b.id = t.id
         LEFT JOIN touched_opened o ON o.id = b.id
         WHERE b.kind = 'account' AND b.answered <> COALESCE(o.cards, 0)
            + (SELECT count(*) FROM file f JOIN answer n ON n.file = f.id WHERE f.batch = b.id AND n.outcome <> 'contradicted')",
        "SELECT b.number || ': more answered than asked' FROM touched_batch t JOIN batch b ON b.id = t.id WHERE b.answered > b.cards",
        "SELECT b.number || ': answered, but rows are outstanding' FROM touched_batch t JOIN batch b ON b.id = t.id
         WHERE b.state = 'answered' AND b.answered <> b.cards",
    ],
    is_beside: false,
    computed: None,
    planted: &[
        planted(Middle, &["batch"], "UPDATE batch SET cards = cards + 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'account')"),
        planted(Middle, &["file"], "UPDATE file SET rows = rows - 1 WHERE id = (SELECT max(id) FROM file WHERE direction = 'out')"),
        planted(Middle, &["file"], "UPDATE file SET batch = NULL WHERE id = (SELECT min(id) FROM file WHERE direction = 'out')"),
        planted(Middle, &["account_row"], "DELETE FROM account_row WHERE application = (SELECT min(application) FROM account_row)"),
        planted(Middle, &["production_row"], "DELETE FROM production_row WHERE application = (SELECT max(application) FROM production_row)"),
        planted(Middle, &["recycling_row"], "DELETE FROM recycling_row WHERE application = (SELECT max(application) FROM recycling_row)"),
        planted(Middle, &["batch"], "UPDATE batch SET answered = answered - 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'account' AND answered > 0)"),
        planted(Middle, &["batch"], "UPDATE batch SET answered = cards + 1 WHERE kind = 'recycling'"),
        planted(Middle, &["batch"], "UPDATE batch SET state = 'answered' WHERE answered < cards"),
    ],
};
