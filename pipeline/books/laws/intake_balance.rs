//! Law 2, intake balance: every message that was read is counted once and kept; what left the quarantine went somewhere.

use crate::books::law::Scene::{Middle, Quarantine};
use crate::books::law::{Law, planted};

pub const LAW: Law = Law {
    number: 2,
    name: "intake balance",
    sentence: "messages consumed = accepted + exact repeats + conflicts + rejected + quarantined, and each is kept; what was taken out of the quarantine later was taken in again or put aside, by an act",
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
        "SELECT 'message ' || m.id || ': taken out by an operation that does not have it' FROM message m
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
    is_beside: true,
    computed: None,
    planted: &[
        planted(Middle, &["chunk"], "UPDATE chunk SET received = received + 1 WHERE id = (SELECT min(id) FROM chunk)"),
        planted(Middle, &["chunk"], "UPDATE chunk SET received = received + 1, rejected = rejected + 1 WHERE id = (SELECT max(id) FROM chunk)"),
        planted(Middle, &["chunk"], "UPDATE chunk SET accepted = accepted - 1, repeated = repeated + 1 WHERE id = (SELECT max(id) FROM chunk WHERE accepted > 0)"),
        planted(Middle, &["message"], "DELETE FROM message WHERE id = (SELECT min(id) FROM message)"),
        planted(Middle, &["message"], "UPDATE message SET outcome = 'rejected' WHERE id = (SELECT min(id) FROM message WHERE outcome = 'accepted')"),
        planted(Middle, &["move"], "DELETE FROM move WHERE seq = (SELECT max(seq) FROM move WHERE event_id IS NOT NULL)"),
        planted(Middle, &["chunk"], "UPDATE chunk SET first = first - 1 WHERE id = (SELECT max(id) FROM chunk WHERE first > 0)"),
        planted(Middle, &["chunk"], "UPDATE chunk SET next = next + 1 WHERE id = (SELECT max(id) FROM chunk)"),
        planted(Middle, &["source_offset"], "UPDATE source_offset SET next = next + 1"),
        planted(Middle, &["chunk", "message"], "DELETE FROM chunk WHERE id = (SELECT max(id) FROM chunk)"),
        planted(Quarantine, &["act"], "UPDATE act SET count = count + 1 WHERE what = 'repair'"),
        planted(Quarantine, &["act"], "DELETE FROM act WHERE what = 'repair'"),
        planted(Quarantine, &["act"], "DELETE FROM act WHERE what = 'discard'"),
        planted(Quarantine, &["act_member"], "DELETE FROM act_member WHERE message = (SELECT min(message) FROM act_member)"),
        planted(Quarantine, &["act"], "UPDATE act SET what = 'reveal' WHERE what = 'discard'"),
        planted(Quarantine, &["message"], "UPDATE message SET act = 0, event_id = NULL, revision = NULL WHERE id = (SELECT min(message) FROM act_member)"),
        planted(Quarantine, &["message"], "UPDATE message SET act = 0 WHERE act = (SELECT id FROM act WHERE what = 'discard')"),
        planted(Quarantine, &["message"], "UPDATE message SET act = 0 WHERE act = (SELECT id FROM act WHERE what = 'withdraw')"),
        planted(Quarantine, &["message"], "UPDATE message SET act = 999 WHERE act = 0 AND outcome = 'rejected'"),
        planted(Quarantine, &["message"], "UPDATE message SET origin = NULL WHERE origin IS NOT NULL"),
        planted(Quarantine, &["message"], "DELETE FROM message WHERE id = (SELECT max(id) FROM message WHERE origin IS NOT NULL)"),
        planted(Quarantine, &["message"], "UPDATE message SET outcome = 'accepted' WHERE act = (SELECT id FROM act WHERE what = 'discard')"),
        planted(Quarantine, &["chunk"], "UPDATE chunk SET received = received + 1, accepted = accepted + 1 WHERE source = 'retry'"),
        planted(Quarantine, &["chunk"], "UPDATE chunk SET partition = 999 WHERE source = 'retry'"),
    ],
};
