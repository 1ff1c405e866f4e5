//! Law 8, file: no file is missing from its sequence, changed, overdue or applied twice.

use crate::books::law::Scene::Middle;
use crate::books::law::{Law, planted};

pub const LAW: Law = Law {
    number: 8,
    name: "file",
    sentence: "sequence per stream contiguous; one digest for ever; every placed file is answered or has a live deadline",
    cases: "SELECT count(*) FROM touched_file",
    offending: &[
        "SELECT f.partner || ' ' || f.kind || ' ' || f.direction || ': sequence has holes' FROM file f WHERE f.sequence IS NOT NULL
         GROUP BY f.partner, f.kind, f.direction HAVING count(*) <> max(f.sequence) OR min(f.sequence) <> 1",
        "SELECT f.partner || ' ' || f.kind || ' ' || f.sequence || ': digest out of shape' FROM touched_file t JOIN file f ON f.id = t.id
         WHERE length(f.sha256) <> 64",
        "SELECT f.partner || ' ' || f.kind || ' ' || f.sequence || ': placed and past its deadline' FROM touched_file t JOIN file f ON f.id = t.id
         LEFT JOIN batch b ON b.id = f.batch WHERE f.state IN ('frozen', 'placed') AND COALESCE(b.due_on, f.due_on) < (SELECT today FROM law_day)",
        "SELECT f.partner || ' ' || f.kind || ' ' || f.name || ': applied twice' FROM touched_file t JOIN file f ON f.id = t.id
         JOIN file o ON o.sha256 = f.sha256 AND o.partner = f.partner AND o.direction = f.direction AND o.state = f.state AND o.id < f.id
         WHERE f.direction = 'in' AND f.state = 'applied'",
        "SELECT f.partner || ' ' || f.kind || ' ' || f.sequence || ': ' || f.state || ', and its batch is ' || b.state FROM touched_file t
         JOIN file f ON f.id = t.id JOIN batch b ON b.id = f.batch WHERE f.direction = 'out' AND (f.state = 'cancelled') <> (b.state = 'cancelled')
            AND NOT EXISTS (SELECT 1 FROM file o WHERE o.batch = b.id AND o.direction = 'out' AND o.id < f.id AND b.state <> 'cancelled')",
        "SELECT f.partner || ' ' || f.kind || ' ' || f.sequence || ': replaced, and no later file of its batch was placed' FROM touched_file t
         JOIN file f ON f.id = t.id WHERE f.state = 'replaced' AND NOT EXISTS (SELECT 1 FROM file o WHERE o.batch = f.batch
            AND o.direction = 'out' AND o.sequence > f.sequence AND o.state IN ('placed', 'answered', 'replaced'))",
        "SELECT p.card_number || ': a card number of a cancelled batch is used again' FROM touched_application t
         JOIN former_row r ON r.application = t.id JOIN production_row p ON p.card_number = r.card_number",
    ],
    is_beside: false,
    computed: None,
    planted: &[
        planted(Middle, &["file"], "UPDATE file SET sequence = sequence + 1 WHERE id = (SELECT max(id) FROM file WHERE sequence IS NOT NULL)"),
        planted(Middle, &["file"], "DELETE FROM file WHERE id = (SELECT min(f.id) FROM file f WHERE f.sequence = 1 AND EXISTS (SELECT 1 FROM file g WHERE g.partner = f.partner AND g.kind = f.kind AND g.direction = f.direction AND g.sequence = 2))"),
        planted(Middle, &["file"], "UPDATE file SET sha256 = 'none' WHERE id = (SELECT min(id) FROM file)"),
        planted(Middle, &["file"], "UPDATE file SET state = 'placed', batch = NULL, due_on = '2026-01-01' WHERE id = (SELECT min(id) FROM file WHERE direction = 'out')"),
        planted(Middle, &["file"], "UPDATE file SET sha256 = (SELECT f.sha256 FROM file f WHERE f.id = (SELECT min(id) FROM file WHERE direction = 'in' AND state = 'applied'))
        WHERE direction = 'in' AND state = 'applied' AND partner = (SELECT f.partner FROM file f WHERE f.id = (SELECT min(id) FROM file WHERE direction = 'in' AND state = 'applied'))"),
    ],
};
