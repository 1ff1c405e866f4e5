//! The laws as statements. What no single statement can say (replay, chain, secrets) is in
//! `replay.rs` and `secret.rs` and is added to the same law by `books.rs`.

use super::Law;

/// The catalogue, in order of number.
pub const LAWS: &[Law] = &[
    Law {
        no: 1,
        name: "one place",
        says: "every accepted application is in exactly one state, and that equals the last row of its history",
        cases: "SELECT count(*) FROM touched_application",
        offending: &[
            "SELECT c.application_id || ': waits for an account batch and is in none' FROM touched_card c WHERE c.place = 'waiting_account' AND NOT c.queued",
            "SELECT c.application_id || ': queued, but not waiting' FROM touched_card c WHERE c.queued AND COALESCE(c.place, '') <> 'waiting_account'",
        ],
    },
    Law {
        no: 2,
        name: "intake balance",
        says: "messages consumed = accepted + exact repeats + conflicts + rejected + quarantined, and each is kept; what was taken out of the quarantine later was taken in again or put aside, by an act",
        cases: "SELECT (SELECT count(*) FROM touched_chunk) + (SELECT count(*) FROM act WHERE what <> 'reveal')",
        offending: &[
            "SELECT 'chunk ' || c.id || ': the parts do not add up' FROM touched_chunk t JOIN chunk c ON c.id = t.id
             WHERE c.received <> c.accepted + c.rejected + c.repeated + c.conflicting + c.quarantined",
            "SELECT 'chunk ' || c.id || ': messages kept are not those counted' FROM touched_chunk t JOIN chunk c ON c.id = t.id
             LEFT JOIN (SELECT m.chunk, count(*) FILTER (WHERE m.outcome = 'accepted') AS accepted,
                    count(*) FILTER (WHERE m.outcome = 'rejected') AS rejected, count(*) FILTER (WHERE m.outcome = 'conflicting') AS conflicting,
                    count(*) FILTER (WHERE m.outcome IN ('quarantined', 'waiting')) AS quarantined
                FROM message m JOIN touched_chunk x ON x.id = m.chunk GROUP BY m.chunk) k ON k.chunk = c.id
             LEFT JOIN (SELECT v.chunk, count(*) AS moved FROM move v JOIN touched_chunk x ON x.id = v.chunk
                WHERE v.event_id IS NOT NULL GROUP BY v.chunk) e ON e.chunk = c.id
             WHERE c.accepted <> COALESCE(k.accepted, 0) + COALESCE(e.moved, 0) OR c.rejected <> COALESCE(k.rejected, 0)
                OR c.conflicting <> COALESCE(k.conflicting, 0) OR c.quarantined <> COALESCE(k.quarantined, 0)",
            "SELECT 'chunk ' || c.id || ': begins before its predecessor ended' FROM touched_chunk t JOIN chunk c ON c.id = t.id
             WHERE EXISTS (SELECT 1 FROM source_offset o WHERE o.topic = c.source)
                AND EXISTS (SELECT 1 FROM chunk p WHERE p.source = c.source AND p.partition = c.partition AND p.generation = c.generation
                    AND p.id < c.id AND p.next > c.first)",
            "SELECT o.topic || '/' || o.partition || ': the stored position is not where the last chunk ended' FROM source_offset o
             WHERE o.next <> COALESCE((SELECT max(c.next) FROM chunk c WHERE c.source = o.topic AND c.partition = o.partition
                AND c.generation = o.generation), o.next)",
            "SELECT 'act ' || a.id || ': ' || a.count || ' messages, but others are its members' FROM act a
             WHERE a.count <> (SELECT count(*) FROM act_member k WHERE k.act = a.id)",
            "SELECT 'message ' || m.id || ': taken out by an act that does not have it' FROM message m
             WHERE m.act <> 0 AND NOT EXISTS (SELECT 1 FROM act a JOIN act_member k ON k.act = a.id AND k.message = m.id
                WHERE a.id = m.act AND a.what <> 'reveal')",
            "SELECT 'act ' || a.id || ': messages taken out are not those taken in again' FROM act a
             LEFT JOIN (SELECT c.partition AS act, CAST(sum(c.received) AS BIGINT) AS received FROM chunk c
                WHERE c.source IN ('retry', 'gap') GROUP BY c.partition) t ON t.act = a.id
             WHERE a.what IN ('retry', 'repair', 'promote') AND COALESCE(t.received, 0) <> (SELECT count(*) FROM message m WHERE m.act = a.id AND m.act <> 0)",
            "SELECT 'act ' || a.id || ': discarded or withdrawn, and messages of it still stand' FROM act a
             WHERE a.what IN ('discard', 'withdraw') AND a.count <> (SELECT count(*) FROM message m WHERE m.act = a.id AND m.act <> 0)",
            "SELECT 'chunk ' || c.id || ': taken in again by no act' FROM touched_chunk t JOIN chunk c ON c.id = t.id
             WHERE c.source IN ('retry', 'gap') AND NOT EXISTS (SELECT 1 FROM act a WHERE a.id = c.partition AND a.what IN ('retry', 'repair', 'promote'))",
            "SELECT 'message ' || m.id || ': taken in again, but from nothing that was taken out' FROM touched_chunk t JOIN chunk c ON c.id = t.id
             JOIN message m ON m.chunk = c.id WHERE c.source IN ('retry', 'gap')
                AND NOT EXISTS (SELECT 1 FROM message o WHERE o.id = m.position AND o.act = c.partition AND COALESCE(o.origin, o.id) = m.origin)",
        ],
    },
    Law {
        no: 3,
        name: "batch balance",
        says: "cards in a batch = count in the sealed header = rows answered + rows outstanding",
        cases: "SELECT count(*) FROM touched_batch",
        offending: &[
            "SELECT b.number || ': header and file differ' FROM touched_batch t JOIN batch b ON b.id = t.id
             LEFT JOIN file f ON f.batch = b.id AND f.direction = 'out' WHERE f.id IS NULL OR f.rows <> b.cards",
            "SELECT b.number || ': members and header differ' FROM touched_batch t JOIN batch b ON b.id = t.id
             LEFT JOIN (SELECT a.account_batch AS id, count(*) AS cards FROM application a JOIN touched_batch x ON x.id = a.account_batch
                GROUP BY a.account_batch) m ON m.id = b.id
             LEFT JOIN (SELECT f.batch AS id, count(DISTINCT n.application) AS cards FROM file f JOIN touched_batch x ON x.id = f.batch
                JOIN answer n ON n.file = f.id AND n.outcome <> 'contradicted'
                JOIN application a ON a.id = n.application AND (a.account_batch IS NULL OR a.account_batch <> f.batch) GROUP BY f.batch) n ON n.id = b.id
             WHERE b.kind = 'account' AND b.state <> 'cancelled' AND b.cards <> COALESCE(m.cards, 0) + COALESCE(n.cards, 0)",
            "SELECT b.number || ': members and header differ' FROM touched_batch t JOIN batch b ON b.id = t.id
             WHERE b.kind = 'production' AND b.state <> 'cancelled' AND b.cards <> (SELECT count(*) FROM production_row p WHERE p.batch = b.id)",
            "SELECT b.number || ': members and header differ' FROM touched_batch t JOIN batch b ON b.id = t.id
             WHERE b.kind = 'recycling' AND b.state <> 'cancelled' AND b.cards <> (SELECT count(*) FROM recycling_row r WHERE r.batch = b.id)",
            "SELECT b.number || ': cancelled, and not all its cards are kept with it' FROM touched_batch t JOIN batch b ON b.id = t.id
             WHERE b.state = 'cancelled' AND (b.cards <> (SELECT count(*) FROM former_row r WHERE r.batch = b.id)
                OR EXISTS (SELECT 1 FROM application a WHERE a.account_batch = b.id) OR EXISTS (SELECT 1 FROM production_row p WHERE p.batch = b.id)
                OR EXISTS (SELECT 1 FROM recycling_row r WHERE r.batch = b.id))",
            "SELECT b.number || ': cancelled by no act' FROM touched_batch t JOIN batch b ON b.id = t.id
             WHERE b.state = 'cancelled' AND NOT EXISTS (SELECT 1 FROM batch_act k WHERE k.batch = b.id AND k.what IN ('cancel', 'split'))",
            "SELECT b.number || ': not cancelled, and cards have left it' FROM touched_batch t JOIN batch b ON b.id = t.id
             WHERE b.state <> 'cancelled' AND EXISTS (SELECT 1 FROM former_row r WHERE r.batch = b.id)",
            "SELECT b.number || ': answered rows are not those counted' FROM touched_batch t JOIN batch b ON b.id = t.id
             LEFT JOIN (SELECT a.account_batch AS id, count(*) AS cards FROM touched_batch x JOIN application a ON a.account_batch = x.id
                JOIN account c ON c.application = a.id JOIN file f ON f.id = c.answer AND f.batch = a.account_batch AND f.direction = 'in'
                GROUP BY a.account_batch) o ON o.id = b.id
             WHERE b.kind = 'account' AND b.answered <> COALESCE(o.cards, 0)
                + (SELECT count(*) FROM file f JOIN answer n ON n.file = f.id WHERE f.batch = b.id AND n.outcome <> 'contradicted')",
            "SELECT b.number || ': more answered than asked' FROM touched_batch t JOIN batch b ON b.id = t.id WHERE b.answered > b.cards",
            "SELECT b.number || ': answered, but rows are outstanding' FROM touched_batch t JOIN batch b ON b.id = t.id
             WHERE b.state = 'answered' AND b.answered <> b.cards",
        ],
    },
    Law {
        no: 4,
        name: "card balance",
        says: "ordered + authorised remakes = good + spoiled and destroyed + pulled + outstanding; no card identifier twice",
        cases: "SELECT count(*) FROM touched_batch t JOIN batch b ON b.id = t.id WHERE b.kind = 'production'",
        offending: &[
            "SELECT b.number || ': ordered and remade cards are not accounted for' FROM touched_batch t JOIN batch b ON b.id = t.id
             WHERE b.kind = 'production' AND b.cards + b.remakes <> b.good + b.spoiled + b.pulled + (b.cards - b.answered)",
            "SELECT b.number || ': good or spoiled cards are not those counted' FROM touched_batch t JOIN batch b ON b.id = t.id
             WHERE b.kind = 'production' AND (b.good <> (SELECT count(*) FROM production_row p JOIN made m ON m.application = p.application WHERE p.batch = b.id)
                OR b.spoiled <> (SELECT count(*) FROM spoilage s WHERE s.batch = b.id)
                OR b.remakes <> (SELECT count(*) FROM spoilage s WHERE s.batch = b.id AND s.remade))",
            "SELECT 'identifier of ' || min(p.card_number) || ' stands twice' FROM touched_application t JOIN made m ON m.application = t.id
             JOIN production_row p ON p.application = m.application GROUP BY m.identifier HAVING count(*) > 1",
        ],
    },
    Law {
        no: 5,
        name: "custody",
        says: "every good card has exactly one custodian, with no hole in time",
        cases: "SELECT count(*) FROM touched_application t JOIN made m ON m.application = t.id",
        offending: &[
            "SELECT p.card_number || ': made, and nobody has it (' || c.place || ')' FROM touched_application t JOIN made m ON m.application = t.id
             JOIN production_row p ON p.application = t.id JOIN card c ON c.id = t.id
             WHERE c.place NOT IN ('produced', 'in_transit', 'at_point', 'on_shelf', 'with_unit', 'in_hand', 'lost', 'awaiting_return', 'missing',
                'held', 'recalled', 'to_recycle', 'in_recycling', 'destroyed')",
            "SELECT c.application_id || ': not made, and somebody has it (' || c.place || ')' FROM touched_card c
             WHERE c.box IS NULL AND c.old_number IS NULL AND c.place IN ('produced', 'in_transit', 'at_point', 'on_shelf', 'with_unit',
                'in_hand', 'lost', 'awaiting_return', 'missing', 'recalled', 'to_recycle', 'in_recycling', 'destroyed')",
            "SELECT 'box ' || b.number || ': cards are not those counted' FROM box b JOIN touched_batch t ON t.id = b.batch
             WHERE b.cards <> (SELECT count(*) FROM made m WHERE m.box = b.id)",
            "SELECT 'shipment ' || s.number || ': boxes do not add up' FROM touched_shipment t JOIN shipment s ON s.id = t.id
             WHERE s.cards <> (SELECT COALESCE(CAST(sum(b.cards) AS BIGINT), 0) FROM box b WHERE b.shipment = s.id)",
            "SELECT 'box ' || b.number || ': lies with a shipment to another point' FROM touched_shipment t JOIN shipment s ON s.id = t.id
             JOIN box b ON b.shipment = s.id WHERE b.point <> s.point",
        ],
    },
    Law {
        no: 6,
        name: "one live card per person",
        says: "a person has at most one open application and one live card",
        cases: "SELECT count(*) FROM touched_card c WHERE c.live OR c.open",
        offending: &[
            "SELECT c.application_id || ': one of two live cards of one person, beside ' || a.application_id FROM touched_card c
             JOIN application a ON a.person = c.person AND a.live AND a.id <> c.id WHERE c.live",
            "SELECT c.application_id || ': one of two open applications of one person, beside ' || a.application_id FROM touched_card c
             JOIN application a ON a.person = c.person AND a.open AND a.id <> c.id WHERE c.open",
            "SELECT c.application_id || ': active, but another card is the live one' FROM touched_card c WHERE c.social = 'active' AND NOT c.live",
        ],
    },
    Law {
        no: 7,
        name: "account",
        says: "every opened account belongs to one card that is made or under way, or to a closing under way, or is closed",
        cases: "SELECT count(*) FROM touched_card c WHERE c.answer IS NOT NULL",
        offending: &[
            "SELECT c.application_id || ': an account without a card' FROM touched_card c WHERE c.answer IS NOT NULL AND c.financial <> 'closed'
                AND c.place IN ('no_plastic', 'waiting_account', 'in_account_batch', 'destroyed')",
            "SELECT c.application_id || ': a closed account under a card in use' FROM touched_card c
             WHERE c.answer IS NOT NULL AND c.financial = 'closed' AND c.place <> 'destroyed'",
            "SELECT c.application_id || ': ordered without an account' FROM touched_card c WHERE c.production_batch IS NOT NULL AND c.answer IS NULL",
        ],
    },
    Law {
        no: 8,
        name: "file",
        says: "sequence per stream contiguous; one digest for ever; every placed file is answered or has a live deadline",
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
             JOIN file f ON f.id = t.id JOIN batch b ON b.id = f.batch WHERE f.direction = 'out' AND (f.state = 'cancelled') <> (b.state = 'cancelled')",
            "SELECT p.card_number || ': a card number of a cancelled batch is used again' FROM touched_application t
             JOIN former_row r ON r.application = t.id JOIN production_row p ON p.card_number = r.card_number",
        ],
    },
    Law {
        no: 9,
        name: "answer",
        says: "no row has two different final answers outside an open conflict",
        cases: "SELECT (SELECT count(*) FROM touched_application t JOIN answer n ON n.application = t.id)
            + (SELECT count(*) FROM touched_card c WHERE c.answer IS NOT NULL)",
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
    },
    Law {
        no: 10,
        name: "deadline",
        says: "everything unfinished has exactly one live deadline and an owner",
        cases: "SELECT (SELECT count(*) FROM touched_card c WHERE c.place NOT IN ('in_hand', 'lost', 'destroyed', 'no_plastic'))
            + (SELECT count(*) FROM batch WHERE state <> 'answered' AND state <> 'cancelled') + (SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated'))",
        offending: &[
            "SELECT c.application_id || ': ' || c.place || ' past ' || c.due_on FROM touched_card c WHERE c.place IN ('waiting_account', 'held', 'missing', 'with_unit', 'awaiting_return', 'recalled',
                'to_recycle') AND (c.due_on < (SELECT today FROM law_day) OR c.owner IN ('', 'nobody'))",
            "SELECT c.application_id || ': ' || c.state || ' and past ' || c.due_on FROM touched_card c
             WHERE c.state IN ('returned', 'rejected') AND c.due_on < (SELECT today FROM law_day)",
            "SELECT b.number || ': ' || b.state || ' past ' || b.due_on FROM batch b WHERE b.state <> 'answered' AND b.state <> 'cancelled' AND b.due_on < (SELECT today FROM law_day)",
            "SELECT b.number || ': cards wait for production past ' || b.due_on FROM batch b
             WHERE b.to_produce > 0 AND b.due_on < (SELECT today FROM law_day)",
            "SELECT s.number || ': ' || s.place || ' past ' || s.due_on FROM shipment s WHERE NOT s.done AND s.due_on < (SELECT today FROM law_day)",
            "SELECT 'case ' || k.id || ': open past ' || k.due_on FROM desk_case k
             WHERE k.state IN ('open', 'escalated') AND k.due_on < (SELECT today FROM law_day)",
            "SELECT 'message ' || m.id || ': ' || m.outcome || ' past ' || m.due_on FROM message m
             WHERE m.due_on IS NOT NULL AND m.act = 0 AND m.due_on < (SELECT today FROM law_day)",
            "SELECT 'message ' || h.id || ': ' || h.outcome || ' without a day' FROM held h WHERE h.due_on IS NULL",
            "SELECT 'approval ' || p.id || ': ' || p.state || ' past ' || p.due_on FROM approval p
             WHERE p.state IN ('asked', 'given') AND p.due_on < (SELECT today FROM law_day)",
        ],
    },
    Law {
        no: 11,
        name: "transition",
        says: "replaying the history gives the current state; only edges of the table; the hash chain verifies",
        cases: "SELECT count(*) FROM new_move",
        offending: &[],
    },
    Law {
        no: 12,
        name: "secret",
        says: "no PIN, password or key anywhere; personal data only sealed",
        cases: "SELECT (SELECT count(*) FROM touched_application) + (SELECT count(*) FROM touched_file)",
        offending: &[],
    },
    Law {
        no: 13,
        name: "scope",
        says: "what a user was shown, exported, acted on or decided lay within that user's scope",
        cases: "SELECT (SELECT count(*) FROM act WHERE by_user IS NOT NULL) + (SELECT count(*) FROM reference_import WHERE by_user IS NOT NULL)
            + (SELECT count(*) FROM batch_act WHERE by_user IS NOT NULL) + (SELECT count(*) FROM approval)",
        offending: &[
            "SELECT 'act ' || a.id || ': ' || count(*) || ' messages outside the scope of ' || u.name FROM act a JOIN users u ON u.id = a.by_user
             JOIN act_member k ON k.act = a.id WHERE (u.bank <> '' AND u.bank <> COALESCE(k.bank, ''))
                OR substr(COALESCE(k.region, ''), 1, length(u.area)) <> u.area GROUP BY a.id, u.name",
            "SELECT 'act ' || a.id || ': its user is not its actor' FROM act a
             WHERE a.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = a.by_user AND u.name = a.actor)",
            "SELECT 'import ' || i.id || ': by somebody who does not see everything' FROM reference_import i
             WHERE i.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = i.by_user AND u.name = i.actor AND u.bank = '' AND u.area = '')",
            "SELECT 'approval ' || p.id || ': outside the scope of ' || u.name FROM approval p JOIN users u ON u.name IN (p.maker, p.approver)
             WHERE (u.bank <> '' AND u.bank <> p.bank) OR substr(p.area, 1, length(u.area)) <> u.area",
            // A stream names its bank, then its region where it has but one; a bureau's, the bureau before them.
            "SELECT 'batch act ' || k.id || ': ' || k.what || ' of ' || k.stream || ', outside the scope of ' || u.name
             FROM batch_act k JOIN users u ON u.id = k.by_user WHERE (u.bank <> '' OR u.area <> '')
                AND k.stream || '/' NOT LIKE CASE WHEN k.stream LIKE 'production/%' THEN '%/%/' ELSE '%/' END || CASE u.bank WHEN '' THEN '%' ELSE u.bank END || '/' || u.area || '%'",
            "SELECT 'batch act ' || k.id || ': ' || k.what || ' of ' || b.number || ', outside the scope of ' || u.name
             FROM batch_act k JOIN users u ON u.id = k.by_user JOIN batch b ON b.id = k.batch
             WHERE (u.bank <> '' AND u.bank <> b.bank) OR substr(b.region, 1, length(u.area)) <> u.area",
            // A run's own region is an area that holds its sections. A card's region may change after it, that of
            // its account batch does not.
            "SELECT DISTINCT 'batch act ' || k.id || ': ' || k.what || ' of ' || b.number || ', with cards outside the scope of ' || u.name
             FROM touched_batch t JOIN batch_act k ON k.batch = t.id JOIN users u ON u.id = k.by_user AND u.area <> '' JOIN batch b ON b.id = k.batch
             JOIN (SELECT batch, application FROM production_row
                UNION ALL SELECT batch, application FROM former_row WHERE card_number IS NOT NULL) r ON r.batch = b.id
             JOIN application a ON a.id = r.application JOIN batch q ON q.id = a.account_batch
             WHERE substr(q.region, 1, length(u.area)) <> u.area",
            "SELECT 'batch act ' || k.id || ': its user is not its actor' FROM batch_act k
             WHERE k.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = k.by_user AND u.name = k.actor)",
        ],
    },
    Law {
        no: 14,
        name: "four eyes",
        says: "what needs two persons was asked for by one, given by another who may, and carried out once",
        cases: "SELECT (SELECT count(*) FROM approval)
            + (SELECT count(*) FROM act WHERE by_user IS NOT NULL AND what IN ('discard', 'reveal') AND count > 1)
            + (SELECT count(*) FROM reference_import WHERE by_user IS NOT NULL AND complete AND ended > 0)
            + (SELECT count(*) FROM stream_act WHERE by_user IS NOT NULL) + (SELECT count(*) FROM reconciliation WHERE by_user IS NOT NULL)",
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
            "SELECT 'import ' || i.id || ': a table was replaced without its approval' FROM reference_import i
             WHERE i.by_user IS NOT NULL AND i.complete AND i.ended > 0
                AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = i.approval AND p.state = 'used' AND p.subject = i.operation
                    AND p.maker = i.actor AND p.act = 'replace-table')",
            // Release to printing is that of a production batch, to destruction that of a recycling batch.
            "SELECT 'batch act ' || k.id || ': ' || k.what || ' of ' || b.number || ' without its approval' FROM batch_act k JOIN batch b ON b.id = k.batch
             WHERE k.by_user IS NOT NULL AND (k.what = 'cancel' OR (k.what = 'release' AND b.kind IN ('production', 'recycling')))
                AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = k.approval AND p.state = 'used' AND p.subject = b.number
                    AND p.maker = k.actor
                    AND p.act = CASE WHEN k.what = 'release' AND b.kind = 'recycling' THEN 'destroy-plastic' ELSE k.what || '-batch' END)",
            "SELECT 'approval ' || p.id || ': used, and no batch was touched' FROM approval p WHERE p.state = 'used'
                AND p.act IN ('release-batch', 'cancel-batch', 'destroy-plastic') AND NOT EXISTS (SELECT 1 FROM batch_act k WHERE k.approval = p.id)",
            "SELECT 'approval ' || p.id || ': used, and nothing was done' FROM approval p WHERE p.state = 'used'
                AND ((p.act IN ('bulk-discard', 'bulk-export') AND NOT EXISTS (SELECT 1 FROM act a WHERE a.approval = p.id))
                    OR (p.act = 'replace-table' AND NOT EXISTS (SELECT 1 FROM reference_import i WHERE i.approval = p.id))
                    OR (p.act = 'new-sequence' AND NOT EXISTS (SELECT 1 FROM stream_act k WHERE k.approval = p.id)
                        AND NOT EXISTS (SELECT 1 FROM reconciliation r WHERE r.approval = p.id)))",
            "SELECT k.partner || ' ' || k.kind || ' ' || k.first || ' to ' || k.last || ': passed over without its approval' FROM stream_act k
             WHERE k.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = k.approval AND p.state = 'used'
                AND p.act = 'new-sequence' AND p.maker = k.actor AND p.subject = k.partner || ' ' || k.kind || ' ' || k.first || ' to ' || k.last)",
            "SELECT 'halt ' || r.id || ': accepted without its approval' FROM reconciliation r
             WHERE r.by_user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.id = r.approval AND p.state = 'used'
                AND p.act = 'new-sequence' AND p.maker = r.actor AND p.subject = 'halt ' || r.id)",
        ],
    },
];

/// Who may give what, as `core::domain::staff` says; a test holds the two together.
pub(crate) const MAY_GIVE: &str = "WITH may(act, role) AS (VALUES
        ('release-batch', 'operator'), ('release-batch', 'administrator'), ('cancel-batch', 'operator'), ('cancel-batch', 'administrator'),
        ('new-sequence', 'operator'), ('new-sequence', 'bank-it'), ('new-sequence', 'administrator'), ('destroy-plastic', 'administrator'),
        ('bulk-export', 'administrator'), ('bulk-discard', 'operator'), ('bulk-discard', 'administrator'), ('replace-table', 'administrator'))
    SELECT 'approval ' || p.id || ': decided by somebody who may not' FROM approval p
    WHERE p.approver IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u JOIN may m ON m.role = u.role AND m.act = p.act WHERE u.name = p.approver)";
