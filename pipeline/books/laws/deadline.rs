//! Law 10, deadline: nothing unfinished is without an owner or past its day.

use cardline_core::card_states;

use crate::books::law::Scene::{Middle, Quarantine};
use crate::books::law::{Law, planted};
use crate::route::distribution::mass_end::many_end;

pub const LAW: Law = Law {
    number: 10,
    name: "deadline",
    sentence: "everything unfinished has exactly one live deadline and an owner",
    cases: concat!(
        "SELECT (SELECT COALESCE(CAST(sum(c.cards) AS BIGINT), 0) FROM touched_card c WHERE c.place NOT IN (",
        card_states!(finished),
        "))
        + (SELECT count(*) FROM batch WHERE state <> 'answered' AND state <> 'cancelled') + (SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated'))"
    ),
    offending: &[
        concat!(
            "SELECT c.who || ': ' || c.place || ' past ' || c.due_on FROM touched_card c WHERE c.place IN ('waiting_account', ",
            card_states!(due_alone),
            ") AND (c.due_on < (SELECT today FROM law_day) OR c.owner IN ('', 'nobody'))"
        ),
        concat!(
            "SELECT c.who || ': collected and not activated, past ' || c.due_on FROM touched_card c WHERE ",
            card_states!(inactive),
            " AND (c.due_on < (SELECT today FROM law_day) OR c.owner IN ('', 'nobody'))"
        ),
        "SELECT c.who || ': ' || c.state || ' and past ' || c.due_on FROM touched_card c
         WHERE c.state IN ('returned', 'rejected') AND c.due_on < (SELECT today FROM law_day)",
        "SELECT b.number || ': ' || b.state || ' past ' || b.due_on FROM batch b WHERE b.state <> 'answered' AND b.state <> 'cancelled' AND b.due_on < (SELECT today FROM law_day)",
        "SELECT b.number || ': cards wait for production past ' || b.due_on FROM batch b
         WHERE b.to_produce > 0 AND b.due_on < (SELECT today FROM law_day)",
        "SELECT DISTINCT b.number || ': cards were made and not shipped, past ' || b.due_on FROM box x JOIN batch b ON b.id = x.batch
         JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application WHERE x.shipment IS NULL AND a.place IS NULL AND b.due_on < (SELECT today FROM law_day)",
        // While a person is asked whether many windows end rightly, their day is that of the case.
        concat!(
            "SELECT s.number || ': ' || s.place || ' past ' || s.due_on FROM shipment s WHERE NOT s.done AND s.due_on < (SELECT today FROM law_day)
                AND NOT (s.place = 'on_shelf' AND EXISTS (SELECT 1 FROM desk_case k WHERE k.state IN ('open', 'escalated') AND k.reason = '",
            many_end!(),
            "'))"
        ),
        "SELECT 'pickup act ' || k.id || ': what it moved or listed is not what it counted' FROM pickup_act k
         WHERE k.shipments <> (SELECT count(*) FROM pickup_act_shipment n WHERE n.act = k.id)
            OR (k.what IN ('list', 'reassign') AND k.cards <> (SELECT count(*) FROM pickup_list_card n WHERE n.act = k.id))",
        "SELECT 'pickup act ' || k.id || ': nobody knows which point took over' FROM pickup_act k
         WHERE k.what = 'reassign' AND NOT EXISTS (SELECT 1 FROM reassignment r WHERE r.act = k.id AND r.from_point = k.place)",
        "SELECT 'case ' || k.id || ': open past ' || k.due_on FROM desk_case k
         WHERE k.state IN ('open', 'escalated') AND k.due_on < (SELECT today FROM law_day)",
        "SELECT 'message ' || m.id || ': ' || m.outcome || ' past ' || m.due_on FROM message m
         WHERE m.due_on IS NOT NULL AND m.act = 0 AND m.due_on < (SELECT today FROM law_day)",
        "SELECT 'message ' || h.id || ': ' || h.outcome || ' without a day' FROM held h WHERE h.due_on IS NULL",
        "SELECT 'approval ' || p.id || ': ' || p.state || ' past ' || p.due_on FROM approval p
         WHERE p.state IN ('asked', 'given') AND p.due_on < (SELECT today FROM law_day)",
    ],
    is_beside: false,
    computed: None,
    planted: &[
        planted(Middle, &["application"], "UPDATE application SET due_on = '2026-01-01' WHERE place IN ('to_recycle', 'awaiting_return', 'with_unit')"),
        planted(Middle, &["application"], "UPDATE application SET owner = 'nobody' WHERE place IN ('to_recycle', 'awaiting_return', 'with_unit')"),
        planted(Middle, &["application"], "UPDATE application SET due_on = '2026-01-01' WHERE place = 'in_hand' AND (social = 'sealed' OR financial = 'sealed')"),
        planted(Middle, &["application"], "UPDATE application SET state = 'returned', due_on = '2026-01-01' WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')"),
        planted(Middle, &["batch"], "UPDATE batch SET due_on = '2026-01-01' WHERE state <> 'answered'"),
        planted(Middle, &["batch"], "UPDATE batch SET to_produce = 1, due_on = '2026-01-01' WHERE id = (SELECT min(id) FROM batch)"),
        planted(Middle, &["box", "batch"], "UPDATE box SET shipment = NULL WHERE id = (SELECT max(m.box) FROM made m JOIN card c ON c.id = m.application JOIN application a ON a.id = c.id WHERE a.place IS NULL)")
            .between(&["UPDATE batch SET due_on = '2026-01-01' WHERE state = 'answered'"], &[]),
        planted(Middle, &["shipment"], "UPDATE shipment SET due_on = '2026-01-01' WHERE NOT done"),
        planted(Middle, &["pickup_act"], "INSERT INTO pickup_act (at, actor, what, operation, place, bank, points, shipments, cards, people, reason)
            SELECT 0, 'lin', 'extend-window', 'o', '11', '', 1, 1, 1, 1, m.sealed FROM message m WHERE m.id = (SELECT min(id) FROM message)"),
        planted(Middle, &["pickup_act"], "INSERT INTO pickup_act (at, actor, what, operation, place, bank, points, shipments, cards, people, reason)
            SELECT 0, 'lin', 'reassign', 'o', '11', '', 1, 0, 0, 0, m.sealed FROM message m WHERE m.id = (SELECT min(id) FROM message)"),
        planted(Middle, &["desk_case"], "UPDATE desk_case SET state = 'open', due_on = '2026-01-01'"),
        planted(Middle, &["message"], "UPDATE message SET outcome = 'waiting', due_on = '2026-01-01' WHERE id = (SELECT max(id) FROM message)"),
        planted(Quarantine, &["message"], "UPDATE message SET outcome = 'conflicting', due_on = NULL WHERE act = 0 AND outcome = 'rejected'"),
    ],
};
