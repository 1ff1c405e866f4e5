-- The quarantine is found by what stands in it. Of all that was ever refused nearly everything was corrected since:
-- a rejected application is found by its own state, the rest by an index of what nobody has dealt with.
DROP INDEX message_held;
CREATE INDEX message_held ON message (id) WHERE act = 0 AND (outcome NOT IN ('accepted', 'rejected')
    OR outcome = 'rejected' AND (application_id IS NULL OR reason = 'APPLICATION-LAPSED'));
CREATE OR REPLACE VIEW held AS
SELECT m.id, m.outcome, m.reason, m.event_id, m.application_id, m.revision,
    CASE WHEN m.outcome = 'rejected' AND a.message = m.id THEN a.due_on ELSE m.due_on END AS due_on,
    CASE WHEN m.outcome = 'waiting' OR m.outcome = 'rejected' AND a.message = m.id THEN 'applicant' ELSE 'bureau operator' END AS owner,
    a.region, c.source, c.partition, f.position, c.at, a.bank
FROM message m
JOIN message f ON f.id = COALESCE(m.origin, m.id)
JOIN chunk c ON c.id = f.chunk
LEFT JOIN application a ON a.application_id = m.application_id
WHERE m.act = 0 AND m.outcome <> 'accepted' AND m.id IN (
        SELECT h.id FROM message h WHERE h.act = 0 AND (h.outcome NOT IN ('accepted', 'rejected')
            OR h.outcome = 'rejected' AND (h.application_id IS NULL OR h.reason = 'APPLICATION-LAPSED'))
        UNION ALL SELECT r.message FROM application r WHERE r.state IN ('returned', 'rejected'));

DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 150000 THEN
        EXECUTE 'ALTER VIEW held SET (security_invoker = on)';
    END IF;
END $$;
