//! Law 13, scope: users saw, changed and stored only what lies in their scope.

use crate::books::law::Scene::{MergedRun, Middle, Scopes};
use crate::books::law::{Law, planted};

pub const LAW: Law = Law {
    number: 13,
    name: "scope",
    sentence: "what a user was shown, exported, acted on, stored or decided lay within that user's scope",
    cases: "SELECT (SELECT count(*) FROM act WHERE by_user IS NOT NULL) + (SELECT count(*) FROM reference_import WHERE by_user IS NOT NULL)
        + (SELECT count(*) FROM batch_act WHERE by_user IS NOT NULL) + (SELECT count(*) FROM approval)
        + (SELECT count(*) FROM case_act WHERE by_user IS NOT NULL) + (SELECT count(*) FROM pickup_act WHERE by_user IS NOT NULL)",
    offending: &[
        "SELECT 'act ' || a.id || ': ' || count(*) || ' messages outside the scope of ' || u.name FROM act a JOIN users u ON u.id = a.by_user
         JOIN act_member k ON k.act = a.id WHERE (u.bank <> '' AND u.bank <> COALESCE(k.bank, ''))
            OR substr(COALESCE(k.region, ''), 1, length(u.area)) <> u.area GROUP BY a.id, u.name",
        "SELECT 'act ' || a.id || ': stored ' || count(*) || ' applications outside the scope of ' || u.name FROM act a JOIN users u ON u.id = a.by_user
         JOIN act_member k ON k.act = a.id AND k.stored_region IS NOT NULL WHERE (u.bank <> '' AND u.bank <> COALESCE(k.stored_bank, ''))
            OR substr(k.stored_region, 1, length(u.area)) <> u.area GROUP BY a.id, u.name",
        "SELECT 'act ' || a.id || ': its user is not its actor' FROM act a
         WHERE a.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = a.by_user AND u.name = a.actor)",
        "SELECT 'import ' || i.id || ': by somebody who does not see everything' FROM reference_import i
         WHERE i.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = i.by_user AND u.name = i.actor AND u.bank = '' AND u.area = '')",
        "SELECT 'approval ' || p.id || ': outside the scope of ' || u.name FROM approval p JOIN users u ON u.name IN (p.maker, p.approver)
         WHERE (u.bank <> '' AND u.bank <> p.bank) OR substr(p.area, 1, length(u.area)) <> u.area",
        // A stream names its bank, then its region where it has but one; a bureau's, the bureau before them.
        "SELECT 'batch act ' || k.id || ': ' || k.what || ' of ' || k.stream || ', outside the scope of ' || u.name
         FROM batch_act k JOIN users u ON u.id = k.by_user WHERE (u.bank <> '' OR u.area <> '')
            AND k.stream || '/' NOT LIKE CASE WHEN EXISTS (SELECT 1 FROM law_kind n WHERE n.of_bureau AND k.stream LIKE n.word || '/%') THEN '%/%/' ELSE '%/' END || CASE u.bank WHEN '' THEN '%' ELSE u.bank END || '/' || u.area || '%'",
        "SELECT 'batch act ' || k.id || ': ' || k.what || ' of ' || b.number || ', outside the scope of ' || u.name
         FROM batch_act k JOIN users u ON u.id = k.by_user JOIN batch b ON b.id = k.batch
         WHERE (u.bank <> '' AND u.bank <> b.bank) OR substr(b.region, 1, length(u.area)) <> u.area",
        // A run's own region is an area that holds its sections. A card's region may change after it, that of
        // its account batch does not.
        "SELECT DISTINCT 'batch act ' || k.id || ': ' || k.what || ' of ' || b.number || ', with cards outside the scope of ' || u.name
         FROM touched_batch t JOIN batch_act k ON k.batch = t.id JOIN users u ON u.id = k.by_user AND u.area <> '' JOIN batch b ON b.id = k.batch
         JOIN (SELECT batch, application FROM production_row
            UNION ALL SELECT batch, application FROM former_row WHERE card_number IS NOT NULL) r ON r.batch = b.id
         JOIN account_row g ON g.application = r.application JOIN batch q ON q.id = g.batch
         WHERE substr(q.region, 1, length(u.area)) <> u.area",
        "SELECT 'pickup act ' || k.id || ': ' || k.what || ' for ' || k.bank || ', outside the scope of ' || u.name
         FROM pickup_act k JOIN users u ON u.id = k.by_user WHERE u.bank <> '' AND u.bank <> k.bank",
        // A card's region may change after the act, that of its account batch does not.
        "SELECT DISTINCT 'pickup act ' || k.id || ': ' || k.what || ' of shipment ' || s.number || ', with cards outside the scope of ' || u.name
         FROM touched_shipment t JOIN pickup_act_shipment n ON n.shipment = t.id JOIN pickup_act k ON k.id = n.act
         JOIN users u ON u.id = k.by_user AND (u.bank <> '' OR u.area <> '') JOIN shipment s ON s.id = t.id
         JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         LEFT JOIN account_row g ON g.application = a.id LEFT JOIN batch q ON q.id = g.batch
         WHERE (u.bank <> '' AND u.bank <> a.bank) OR (substr(a.region, 1, length(u.area)) <> u.area
            AND substr(COALESCE(q.region, ''), 1, length(u.area)) <> u.area)",
        "SELECT DISTINCT 'pickup act ' || k.id || ': a list with cards outside the scope of ' || u.name
         FROM touched_application t JOIN pickup_list_card n ON n.application = t.id JOIN pickup_act k ON k.id = n.act
         JOIN users u ON u.id = k.by_user AND (u.bank <> '' OR u.area <> '') JOIN application a ON a.id = t.id
         LEFT JOIN account_row g ON g.application = a.id LEFT JOIN batch q ON q.id = g.batch
         WHERE (u.bank <> '' AND u.bank <> a.bank) OR (substr(a.region, 1, length(u.area)) <> u.area
            AND substr(COALESCE(q.region, ''), 1, length(u.area)) <> u.area)",
        "SELECT 'pickup act ' || k.id || ': its user is not its actor' FROM pickup_act k
         WHERE k.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = k.by_user AND u.name = k.actor)",
        "SELECT 'case ' || d.desk_case || ': decided outside the scope of ' || u.name FROM case_act d JOIN users u ON u.id = d.by_user
         JOIN desk_case k ON k.id = d.desk_case LEFT JOIN application a ON a.id = k.application LEFT JOIN file f ON f.id = k.file
         LEFT JOIN batch b ON b.id = f.batch
         LEFT JOIN receipt r ON r.id = (SELECT min(t.id) FROM receipt t WHERE t.desk_case = k.id)
         WHERE (u.bank <> '' AND u.bank <> COALESCE(a.bank, b.bank, f.partner, r.bank, u.bank))
            OR substr(COALESCE(a.region, r.region, u.area), 1, length(u.area)) <> u.area",
        "SELECT 'case ' || d.desk_case || ': its user is not its actor' FROM case_act d
         WHERE d.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = d.by_user AND u.name = d.actor)",
        "SELECT 'batch act ' || k.id || ': its user is not its actor' FROM batch_act k
         WHERE k.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = k.by_user AND u.name = k.actor)",
    ],
    is_beside: false,
    computed: None,
    planted: &[
        planted(Scopes, &["act_member"], "UPDATE act_member SET region = '330106'"),
        planted(Scopes, &["act_member"], "UPDATE act_member SET region = NULL"),
        planted(Scopes, &["act_member"], "UPDATE act_member SET bank = 'ABC'"),
        planted(Scopes, &["act_member"], "UPDATE act_member SET stored_bank = bank, stored_region = '330106'"),
        planted(Scopes, &["act_member"], "UPDATE act_member SET stored_bank = 'ABC', stored_region = region"),
        planted(Scopes, &["act"], "UPDATE act SET actor = 'somebody' WHERE id = (SELECT min(id) FROM act)"),
        planted(Scopes, &["users"], "UPDATE users SET area = '33' WHERE name = 'lin'"),
        planted(Scopes, &["approval"], "INSERT INTO approval (act, subject, digest, request, count, bank, area, reason, maker, asked_at, due_on, state)
            SELECT 'cancel-batch', 'B-11', 'd', sealed, 1, 'ABC', '330106', sealed, 'lin', 0, '2026-02-01', 'asked' FROM message WHERE id = 1"),
        planted(Scopes, &["reference_import"], "INSERT INTO reference_import (id, operation, kind, effective, at, actor, sha256, complete, confirmed, read, added, changed, ended, cards, deadlines, by_user)
            SELECT 1, 'o', 'points', '2026-01-05', 0, 'lin', 's', FALSE, FALSE, 1, 1, 0, 0, 0, 0, id FROM users WHERE name = 'lin'"),
        planted(Scopes, &["batch_act"], "UPDATE batch_act SET stream = 'account/ICBC/330106' WHERE actor = 'lin' AND batch IS NULL"),
        planted(Scopes, &["batch_act"], "UPDATE batch_act SET stream = 'account/ICBC' WHERE actor = 'lin' AND batch IS NULL"),
        planted(Scopes, &["batch_act"], "UPDATE batch_act SET stream = 'production/BUREAU/ICBC/normal' WHERE actor = 'lin' AND batch IS NULL"),
        planted(Scopes, &["batch_act"], "UPDATE batch_act SET stream = 'account' WHERE actor = 'files'"),
        planted(Scopes, &["batch_act"], "UPDATE batch_act SET stream = 'account/ABC/110101/normal' WHERE actor = 'files'"),
        planted(Scopes, &["batch_act"], "UPDATE batch_act SET batch = (SELECT id FROM batch WHERE number = 'B-11') WHERE batch IS NOT NULL"),
        planted(Scopes, &["case_act"], "INSERT INTO case_act (at, actor, desk_case, word, reason, by_user)
            SELECT 0, 'somebody', 1, 'noted', m.sealed, u.id FROM users u, message m WHERE u.name = 'lin' AND m.id = (SELECT min(id) FROM message)"),
        planted(Scopes, &["batch"], "UPDATE batch SET region = '330106' WHERE number = 'B-1'"),
        planted(Scopes, &["batch_act"], "UPDATE batch_act SET actor = 'somebody' WHERE batch IS NOT NULL"),
        planted(Scopes, &["pickup_act"], "INSERT INTO pickup_act (at, actor, what, operation, place, bank, points, shipments, cards, people, reason, by_user)
            SELECT 0, 'somebody', 'extend-window', 'o', '11', u.bank, 1, 1, 1, 1, m.sealed, u.id FROM users u, message m WHERE u.name = 'lin' AND m.id = (SELECT min(id) FROM message)"),
        planted(Scopes, &["pickup_act"], "INSERT INTO pickup_act (at, actor, what, operation, place, bank, points, shipments, cards, people, reason, by_user)
            SELECT 0, u.name, 'extend-window', 'o', '11', 'NOBANK', 1, 1, 1, 1, m.sealed, u.id FROM users u, message m WHERE u.id = (SELECT min(id) FROM users WHERE bank <> '') AND m.id = (SELECT min(id) FROM message)"),
        planted(Middle, &["pickup_act_shipment"], "INSERT INTO pickup_act_shipment (act, shipment, was, becomes, cards) SELECT 1, max(shipment), '', '2026-02-01', 1 FROM box").between(
            &[
                "INSERT INTO users (id, name, role, bank, area, state, verifier, set_by, set_at) VALUES (1, 'far', 'administrator', '', '99', 'active', 'none', 'far', 0)",
                "INSERT INTO pickup_act (id, at, actor, what, operation, place, bank, points, shipments, cards, people, reason, by_user)
                    SELECT 1, 0, 'far', 'extend-window', 'o', '99', '', 1, 1, 1, 1, m.sealed, 1 FROM message m WHERE m.id = (SELECT min(id) FROM message)",
            ],
            &["DELETE FROM pickup_act", "DELETE FROM users"],
        ),
        planted(Middle, &["pickup_list_card"], "INSERT INTO pickup_list_card (act, no, application) SELECT 1, 1, max(id) FROM application").between(
            &[
                "INSERT INTO users (id, name, role, bank, area, state, verifier, set_by, set_at) VALUES (1, 'far', 'administrator', '', '99', 'active', 'none', 'far', 0)",
                "INSERT INTO pickup_act (id, at, actor, what, operation, place, bank, points, shipments, cards, people, reason, by_user)
                    SELECT 1, 0, 'far', 'list', 'o', '99', '', 1, 0, 1, 1, m.sealed, 1 FROM message m WHERE m.id = (SELECT min(id) FROM message)",
            ],
            &["DELETE FROM pickup_act", "DELETE FROM users"],
        ),
        planted(MergedRun, &["batch_act"], "INSERT INTO batch_act (at, actor, what, batch, reason, by_user)
            SELECT 0, 'zero', 'hold', b.id, k.reason, u.id FROM users u, batch b, batch_act k WHERE k.id = 1 AND u.name = 'zero' AND b.region = '000000' AND b.state = 'cancelled'"),
    ],
};
