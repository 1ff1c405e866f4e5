//! Law 1, one place: a card is where its history says, and nowhere else.

use crate::books::law::Scene::Middle;
use crate::books::law::{Found, Law, planted};

pub const LAW: Law = Law {
    number: 1,
    name: "one place",
    sentence: "every accepted application is in exactly one state, and that equals the last row of its history",
    cases: "SELECT count(*) FROM touched_application",
    offending: &[
        "SELECT c.who || ': waits for an account batch and is in none' FROM touched_card c WHERE c.place = 'waiting_account' AND NOT c.queued",
        "SELECT c.who || ': queued, but not waiting' FROM touched_card c WHERE c.queued AND COALESCE(c.place, '') <> 'waiting_account'",
        "SELECT a.application_id || ': waits in a queue that is not its own' FROM touched_application t JOIN account_waiting w ON w.application = t.id
         JOIN application a ON a.id = t.id WHERE w.region <> a.region OR w.bank <> a.bank OR w.lane <> a.lane OR w.approved_on <> a.approved_on
            OR w.application_id <> a.application_id",
        "SELECT w.application_id || ': waits for an account batch, and is no application' FROM account_waiting w
         LEFT JOIN application a ON a.id = w.application WHERE a.id IS NULL",
    ],
    is_beside: false,
    computed: Some(|look| Box::pin(async { Ok(Found::offending(look.replayed().await?.place.clone())) })),
    planted: &[
        planted(
            Middle,
            &["application"],
            "UPDATE application SET state = 'refused' WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')",
        ),
        planted(
            Middle,
            &["application"],
            "UPDATE application SET place = 'recalled' WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')",
        ),
        planted(
            Middle,
            &["application"],
            "UPDATE application SET social = 'suspended' WHERE id = (SELECT min(id) FROM application WHERE social = 'active')",
        ),
        planted(
            Middle,
            &["application"],
            "UPDATE application SET financial = 'sealed' WHERE id = (SELECT min(id) FROM application WHERE financial = 'active')",
        ),
        planted(
            Middle,
            &["account_waiting"],
            "INSERT INTO account_waiting SELECT id, region, bank, lane, approved_on, application_id FROM application
                WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')",
        ),
        planted(
            Middle,
            &["application"],
            "UPDATE application SET place = 'waiting_account' WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')",
        ),
        planted(Middle, &["shipment"], "UPDATE shipment SET place = 'in_transit' WHERE place = 'on_shelf'"),
        planted(
            Middle,
            &["move"],
            "DELETE FROM move WHERE seq = (SELECT max(seq) FROM move WHERE life = 'social' AND scope = 'application')",
        ),
    ],
};
