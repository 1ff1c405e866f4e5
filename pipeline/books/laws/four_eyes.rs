//! Law 14, four eyes: what needs two persons was done by two.

use crate::books::law::Scene::TwoPersons;
use crate::books::law::{Law, planted};

pub const LAW: Law = Law {
    number: 14,
    name: "four eyes",
    sentence: "what needs two persons was asked for by one, given by another who may, and carried out once",
    cases: "SELECT (SELECT count(*) FROM approval)
        + (SELECT count(*) FROM act WHERE by_user IS NOT NULL AND what IN ('discard', 'reveal') AND count > 1)
        + (SELECT count(*) FROM reference_import WHERE by_user IS NOT NULL AND complete AND ended > 0)
        + (SELECT count(*) FROM stream_act WHERE by_user IS NOT NULL) + (SELECT count(*) FROM reconciliation WHERE by_user IS NOT NULL)
        + (SELECT count(*) FROM erasure WHERE by_user IS NOT NULL)
        + (SELECT count(*) FROM case_act WHERE by_user IS NOT NULL AND word IN ('end', 'close'))
        + (SELECT count(*) FROM pickup_act WHERE by_user IS NOT NULL AND what IN ('close-window', 'reassign'))",
    offending: &[
        "SELECT 'approval ' || p.id || ': one person is both maker and approver' FROM approval p WHERE p.approver = p.maker",
        "SELECT 'approval ' || v.subject || ': the history has one person ask and decide' FROM move v
         JOIN move w ON w.scope = v.scope AND w.subject = v.subject AND w.to_state IN ('given', 'refused') AND w.actor = v.actor
         WHERE v.scope = 'approval' AND v.to_state = 'asked'",
        "SELECT 'approval ' || p.id || ': its persons are not those of its history' FROM approval p
         WHERE NOT EXISTS (SELECT 1 FROM move v WHERE v.scope = 'approval' AND v.subject = p.id AND v.to_state = 'asked' AND v.actor = p.maker)
            OR (p.state IN ('given', 'used', 'refused') AND NOT EXISTS (SELECT 1 FROM move v WHERE v.scope = 'approval' AND v.subject = p.id
                AND v.to_state IN ('given', 'refused') AND v.actor = p.approver))",
        "SELECT 'approval ' || p.id || ': ' || p.state || ' is not where its history ends' FROM approval p
         WHERE p.state <> COALESCE((SELECT v.to_state FROM move v WHERE v.scope = 'approval' AND v.subject = p.id ORDER BY v.seq DESC LIMIT 1), '')",
        "SELECT 'user ' || u.name || ': ' || u.state || ' is not where its history ends' FROM users u
         WHERE u.state <> COALESCE((SELECT v.to_state FROM move v WHERE v.scope = 'user' AND v.subject = u.id ORDER BY v.seq DESC LIMIT 1), '')",
        "SELECT 'approval ' || p.id || ': used, and never given' FROM approval p WHERE p.state = 'used'
            AND NOT EXISTS (SELECT 1 FROM move v WHERE v.scope = 'approval' AND v.subject = p.id AND v.to_state = 'given')",
        "SELECT 'approval ' || v.subject || ': used ' || count(*) || ' times' FROM move v WHERE v.scope = 'approval' AND v.to_state = 'used'
         GROUP BY v.subject HAVING count(*) > 1",
        MAY_GIVE,
        "SELECT 'act ' || a.id || ': ' || a.what || ' of ' || a.count || ' messages without its approval' FROM act a
         WHERE a.by_user IS NOT NULL AND a.what IN ('discard', 'reveal') AND a.count > 1
            AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = a.approval AND p.state = 'used' AND p.subject = a.operation
                AND p.maker = a.actor AND p.count = a.count AND p.act = CASE a.what WHEN 'discard' THEN 'bulk-discard' ELSE 'bulk-export' END)",
        ALONE,
        "SELECT 'import ' || i.id || ': a table was replaced without its approval' FROM reference_import i
         WHERE i.by_user IS NOT NULL AND i.complete AND i.ended > 0
            AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = i.approval AND p.state = 'used' AND p.subject = i.operation
                AND p.maker = i.actor AND p.act = 'replace-table')",
        "SELECT 'batch act ' || k.id || ': ' || k.what || ' of ' || b.number || ' without its approval' FROM batch_act k JOIN batch b ON b.id = k.batch
         JOIN law_kind n ON n.word = b.kind WHERE k.by_user IS NOT NULL AND (k.what IN ('cancel', 'render-anew') OR (k.what = 'release' AND n.release IS NOT NULL))
            AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = k.approval AND p.state = 'used' AND p.subject = b.number
                AND p.maker = k.actor
                AND p.act = CASE WHEN k.what = 'release' THEN n.release WHEN k.what = 'render-anew' THEN 'new-sequence' ELSE k.what || '-batch' END)",
        "SELECT 'approval ' || p.id || ': used, and no batch was touched' FROM approval p WHERE p.state = 'used'
            AND p.act IN ('release-batch', 'cancel-batch', 'destroy-plastic') AND NOT EXISTS (SELECT 1 FROM batch_act k WHERE k.approval = p.id)",
        "SELECT 'approval ' || p.id || ': used, and nothing was done' FROM approval p WHERE p.state = 'used'
            AND ((p.act IN ('bulk-discard', 'bulk-export') AND NOT EXISTS (SELECT 1 FROM act a WHERE a.approval = p.id))
                OR (p.act = 'replace-table' AND NOT EXISTS (SELECT 1 FROM reference_import i WHERE i.approval = p.id))
                OR (p.act = 'decide-case' AND NOT EXISTS (SELECT 1 FROM case_act d WHERE d.approval = p.id))
                OR (p.act IN ('close-windows', 'reassign-point') AND NOT EXISTS (SELECT 1 FROM pickup_act k WHERE k.approval = p.id))
                OR (p.act = 'erase-person' AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.approval = p.id))
                OR (p.act = 'new-sequence' AND NOT EXISTS (SELECT 1 FROM stream_act k WHERE k.approval = p.id)
                    AND NOT EXISTS (SELECT 1 FROM batch_act b WHERE b.approval = p.id)
                    AND NOT EXISTS (SELECT 1 FROM reconciliation r WHERE r.approval = p.id)))",
        "SELECT k.partner || ' ' || k.kind || ' ' || k.first || ' to ' || k.last || ': passed over without its approval' FROM stream_act k
         WHERE k.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = k.approval AND p.state = 'used'
            AND p.act = 'new-sequence' AND p.maker = k.actor AND p.subject = k.partner || ' ' || k.kind || ' ' || k.first || ' to ' || k.last)",
        "SELECT 'erasure ' || e.id || ': without its approval' FROM erasure e
         WHERE e.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = e.approval AND p.state = 'used'
            AND p.act = 'erase-person' AND p.maker = e.actor AND p.count = e.cards)",
        "SELECT 'case ' || d.desk_case || ': decided ' || d.word || ' without its approval' FROM case_act d
         WHERE d.by_user IS NOT NULL AND d.word IN ('end', 'close') AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = d.approval
            AND p.state = 'used' AND p.act = 'decide-case' AND p.maker = d.actor AND p.subject = 'case ' || d.desk_case)",
        "SELECT 'pickup act ' || k.id || ': ' || k.what || ' without its approval' FROM pickup_act k LEFT JOIN reassignment r ON r.act = k.id
         WHERE k.by_user IS NOT NULL AND k.what IN ('close-window', 'reassign') AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = k.approval
            AND p.state = 'used' AND p.maker = k.actor AND p.act = CASE k.what WHEN 'reassign' THEN 'reassign-point' ELSE 'close-windows' END
            AND p.subject = k.place || COALESCE(' > ' || r.to_point, '') || ' ' || k.operation)",
        "SELECT 'halt ' || r.id || ': accepted without its approval' FROM reconciliation r
         WHERE r.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = r.approval AND p.state = 'used'
            AND p.act = 'new-sequence' AND p.maker = r.actor AND p.subject = 'halt ' || r.id)",
    ],
    is_beside: false,
    computed: None,
    planted: &[
        planted(TwoPersons, &["move"], "UPDATE move SET actor = 'lin' WHERE life = 'approval' AND to_state = 'given'"),
        planted(TwoPersons, &["approval"], "UPDATE approval SET approver = 'boss'"),
        planted(TwoPersons, &["approval"], "UPDATE approval SET maker = 'boss'"),
        planted(TwoPersons, &["approval"], "UPDATE approval SET approver = 'audit-1'"),
        planted(TwoPersons, &["approval"], "UPDATE approval SET state = 'given'"),
        planted(TwoPersons, &["move"], "DELETE FROM move WHERE life = 'approval' AND to_state = 'given'"),
        planted(TwoPersons, &["move"], "INSERT INTO move (at, life, scope, subject, from_state, to_state, count, actor, reason)
            SELECT at, life, scope, subject, from_state, to_state, count, actor, reason FROM move WHERE life = 'approval' AND to_state = 'used'"),
        planted(TwoPersons, &["act"], "UPDATE act SET approval = NULL"),
        planted(TwoPersons, &["act"], "UPDATE act SET operation = 'another'"),
        planted(TwoPersons, &["act"], "UPDATE act SET count = count + 1"),
        planted(TwoPersons, &["act"], "DELETE FROM act"),
        planted(TwoPersons, &["act"], "INSERT INTO act (at, actor, what, count, by_user) SELECT at, actor, 'reveal', 7, by_user FROM act"),
        planted(TwoPersons, &["act"], "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 21)
            INSERT INTO act (at, actor, what, count, by_user, alone) SELECT 0, u.name, 'reveal', 1, u.id, 1 FROM n, users u WHERE u.name = 'lin'"),
        planted(TwoPersons, &["case_act"], "INSERT INTO case_act (at, actor, desk_case, word, reason, by_user)
            SELECT 0, u.name, 1, 'close', m.sealed, u.id FROM users u, message m WHERE u.name = 'lin' AND m.id = (SELECT min(id) FROM message)"),
        planted(TwoPersons, &["pickup_act"], "INSERT INTO pickup_act (at, actor, what, operation, place, bank, points, shipments, cards, people, reason, by_user)
            SELECT 0, u.name, 'close-window', 'o', '11', '', 1, 0, 0, 0, m.sealed, u.id FROM users u, message m WHERE u.name = 'lin' AND m.id = (SELECT min(id) FROM message)"),
        planted(TwoPersons, &["users"], "UPDATE users SET role = 'auditor' WHERE name = 'wang'"),
        planted(TwoPersons, &["users"], "UPDATE users SET state = 'disabled' WHERE name = 'wang'"),
        planted(TwoPersons, &["reference_import"], "INSERT INTO reference_import (id, operation, kind, effective, at, actor, sha256, complete, confirmed, read, added, changed, ended, cards, deadlines, by_user)
            SELECT 1, 'o', 'points', '2026-01-05', 0, 'boss', 's', TRUE, FALSE, 1, 0, 0, 1, 0, 0, id FROM users WHERE name = 'boss'"),
        planted(TwoPersons, &["approval"], "UPDATE approval SET approver = maker").on_postgres().between(
            &["ALTER TABLE approval DROP CONSTRAINT approval_two_persons"],
            &["ALTER TABLE approval ADD CONSTRAINT approval_two_persons CHECK (approver <> maker)"],
        ),
    ],
};

/// What one person did alone, from the first act on that was counted. A day is one of UTC+8.
const ALONE: &str = "SELECT u.name || ': ' || sum(a.count) || ' messages in a day alone, ' || a.what FROM act a JOIN users u ON u.id = a.by_user
    WHERE a.what IN ('discard', 'reveal') AND a.approval IS NULL AND a.id >= (SELECT min(id) FROM act WHERE alone IS NOT NULL)
    GROUP BY u.name, a.what, (a.at + 28800000000) / 86400000000 HAVING sum(a.count) > 20";

/// Who may give what, as `core::domain::staff` says; the test below compares the two.
const MAY_GIVE: &str = "WITH may(act, role) AS (VALUES
        ('release-batch', 'operator'), ('release-batch', 'administrator'), ('cancel-batch', 'operator'), ('cancel-batch', 'administrator'),
        ('new-sequence', 'operator'), ('new-sequence', 'bank-it'), ('new-sequence', 'administrator'), ('destroy-plastic', 'administrator'),
        ('bulk-export', 'administrator'), ('bulk-discard', 'operator'), ('bulk-discard', 'administrator'), ('replace-table', 'administrator'),
        ('erase-person', 'administrator'), ('decide-case', 'administrator'), ('close-windows', 'administrator'), ('reassign-point', 'administrator'))
    SELECT 'approval ' || p.id || ': decided by somebody who may not' FROM approval p
    WHERE p.approver IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u JOIN may m ON m.role = u.role AND m.act = p.act WHERE u.name = p.approver)";

#[cfg(test)]
mod tests {
    use cardline_core::domain::staff::DualControl;

    use super::{ALONE, MAY_GIVE};
    use crate::limits::ALONE_A_DAY;

    #[test]
    fn the_law_of_four_eyes_knows_what_a_person_does_alone() {
        assert!(ALONE.ends_with(&format!("> {ALONE_A_DAY}")));
    }

    #[test]
    fn the_law_of_four_eyes_knows_who_may_give_what() {
        let pairs =
            DualControl::ALL.into_iter().flat_map(|action| action.approvers().iter().map(move |role| (action, *role)));
        let mut said = MAY_GIVE.to_owned();
        for (action, role) in pairs {
            let pair = format!("('{}', '{}')", action.code(), role.code());
            assert!(said.contains(&pair), "{pair}");
            said = said.replacen(&pair, "", 1);
        }
        assert!(!said.contains("('"), "the law allows more: {said}");
    }
}
