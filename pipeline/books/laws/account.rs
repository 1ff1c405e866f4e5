//! Law 7, account: every account has its card, and every ordered card its account.

use crate::books::law::Scene::Middle;
use crate::books::law::{Law, planted};

pub const LAW: Law = Law {
    number: 7,
    name: "account",
    sentence: "every opened account belongs to one card that is made or under way, or to a closing under way, or is closed",
    cases: "SELECT COALESCE(CAST(sum(c.cards) AS BIGINT), 0) FROM touched_card c WHERE c.answer IS NOT NULL",
    offending: &[
        "SELECT c.who || ': an account without a card' FROM touched_card c WHERE c.answer IS NOT NULL AND c.financial <> 'closed'
            AND c.place IN ('no_plastic', 'waiting_account', 'in_account_batch', 'destroyed')",
        "SELECT c.who || ': a closed account under a card in use' FROM touched_card c
         WHERE c.answer IS NOT NULL AND c.financial = 'closed' AND c.place <> 'destroyed'",
        "SELECT c.who || ': its account is ' || c.financial || ', and no bank opened one' FROM touched_card c
         WHERE c.answer IS NULL AND NOT c.known_before AND c.financial <> 'sealed'",
        "SELECT c.who || ': ordered without an account' FROM touched_card c WHERE c.production_batch IS NOT NULL AND c.answer IS NULL",
    ],
    is_beside: false,
    computed: None,
    planted: &[
        planted(Middle, &["application"], "UPDATE application SET place = 'no_plastic' WHERE id = (SELECT max(application) FROM account)"),
        planted(Middle, &["application"], "UPDATE application SET financial = 'closed' WHERE id = (SELECT min(id) FROM application WHERE financial = 'active' AND place = 'in_hand')"),
        planted(Middle, &["account"], "DELETE FROM account WHERE application = (SELECT max(application) FROM production_row)"),
        planted(Middle, &["application"], "UPDATE application SET place = 'destroyed' WHERE id = (SELECT max(application) FROM account)"),
    ],
};
