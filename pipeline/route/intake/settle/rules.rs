//! What decides about a message that is not the first of its kind: whether it repeats, conflicts or comes
//! too early, and the rules that only the ledger can answer. Statements over the table `arriving`.

/// Repeats first, then conflicts, then the order of revisions (contract/messages.md). Messages
/// taken in again are not compared with those removed from quarantine; new messages are, or repeats would be accepted.
pub(crate) const IDENTITY: &[&str] = &[
    // Of a person who was erased nothing is stored again, whatever the message says.
    "UPDATE arriving SET outcome = 'repeated' WHERE outcome IN ('accepted', 'rejected') AND EXISTS (
        SELECT 1 FROM application a JOIN erased_card e ON e.application = a.id WHERE a.application_id = arriving.application_id)",
    "UPDATE arriving SET outcome = 'repeated' WHERE outcome IN ('accepted', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.event_id = arriving.event_id AND m.outcome IN ('accepted', 'rejected', 'waiting')
        AND m.digest = arriving.digest AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET outcome = 'repeated' WHERE outcome IN ('accepted', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.event_id = arriving.event_id AND m.outcome = 'conflicting'
        AND m.digest = arriving.digest AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET outcome = 'repeated' WHERE outcome IN ('accepted', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.application_id = arriving.application_id AND m.revision = arriving.revision
        AND m.outcome IN ('accepted', 'rejected', 'waiting') AND m.digest = arriving.digest AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET outcome = 'conflicting', reason = 'EVENT-CONFLICT' WHERE outcome IN ('accepted', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.event_id = arriving.event_id AND m.outcome IN ('accepted', 'rejected', 'waiting')
        AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET outcome = 'conflicting', reason = 'REVISION-CONFLICT' WHERE outcome IN ('accepted', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.application_id = arriving.application_id AND m.revision = arriving.revision
        AND m.outcome IN ('accepted', 'rejected', 'waiting') AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET present = a.id FROM application a WHERE a.application_id = arriving.application_id
     AND outcome IN ('accepted', 'rejected')",
    "UPDATE arriving SET outcome = 'waiting', reason = 'REVISION-GAP' WHERE outcome IN ('accepted', 'rejected')
        AND revision > 1 + COALESCE((SELECT a.revision FROM application a WHERE a.id = arriving.present), 0)
        AND NOT EXISTS (SELECT 1 FROM application a WHERE a.id = arriving.present AND a.state = 'lapsed')",
    // A correction after the lapse is no conflict: it is refused by a rule, and the applicant is told.
    "UPDATE arriving SET outcome = 'conflicting', reason = 'REVISION-NOT-OPEN' WHERE outcome IN ('accepted', 'rejected')
        AND present IS NOT NULL AND EXISTS (SELECT 1 FROM application a JOIN message m ON m.id = a.message WHERE a.id = arriving.present
            AND (a.revision > arriving.revision OR a.revision = arriving.revision AND (m.act = 0 OR a.state = 'lapsed')
                OR NOT (a.state IN ('rejected', 'returned', 'lapsed')
                    OR (a.state = 'accepted' AND COALESCE(a.place, '') = 'held' AND COALESCE(a.reason, '') LIKE 'PHOTO-%'))))",
    "UPDATE arriving SET person = (SELECT p.person FROM person_alias p WHERE p.key = arriving.person)
     WHERE person IS NOT NULL AND EXISTS (SELECT 1 FROM person_alias p WHERE p.key = arriving.person)",
    "UPDATE arriving SET previous = COALESCE(
        (SELECT p.application FROM production_row p WHERE p.card_number = arriving.previous_number),
        (SELECT a.id FROM application a WHERE a.old_number = arriving.previous_number))
     WHERE previous_number IS NOT NULL",
];

/// Rules that only the ledger can answer; each adds its finding to what the catalogue found. Where the
/// catalogue found the same already, the ledger is silent.
pub(crate) const LEDGER_RULES: &[&str] = &[
    "INSERT INTO arriving_finding SELECT position, 'APPLICATION-LAPSED', 'revision', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.present AND a.state = 'lapsed')",
    "INSERT INTO arriving_finding SELECT position, 'PERSON-OPEN-APPLICATION', 'holder.id_number', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND EXISTS (SELECT 1 FROM application a WHERE a.person = r.person AND a.open
        AND a.application_id <> r.application_id)",
    "INSERT INTO arriving_finding SELECT position, 'PERSON-LIVE-CARD', 'kind', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND kind = 'first_issue'
        AND EXISTS (SELECT 1 FROM application a WHERE a.person = r.person AND a.live)",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-UNKNOWN', 'previous_card.card_number', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND previous_number IS NOT NULL AND previous IS NULL",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-OTHER-PERSON', 'previous_card.card_number', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND previous_reason <> 'number_changed'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND a.person <> r.person)",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-NOT-LIVE', 'previous_card.card_number', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND NOT a.live)",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-NOT-LOST', 'previous_card.reason', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND previous_reason = 'lost'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND COALESCE(a.place, '') <> 'lost')",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-OTHER-BANK', 'bank', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND kind <> 'bank_change'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND a.bank <> r.bank)
        AND NOT EXISTS (SELECT 1 FROM arriving_finding f WHERE f.position = r.position AND f.rule = 'PREVIOUS-BANK')",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-SAME-BANK', 'bank', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND kind = 'bank_change'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND a.bank = r.bank)
        AND NOT EXISTS (SELECT 1 FROM arriving_finding f WHERE f.position = r.position AND f.rule = 'PREVIOUS-BANK-CHANGE')",
    "INSERT INTO arriving_finding SELECT position, 'RENEWAL-NOT-CHILD', 'previous_card.card_number', 'error' FROM arriving r
     WHERE outcome IN ('accepted', 'rejected') AND kind = 'adult_renewal'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND a.approved_on >= r.sixteen_on)",
];
