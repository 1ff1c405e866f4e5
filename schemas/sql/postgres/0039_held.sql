-- What stands in the quarantine, from the two places where it is found: what nobody has dealt with, by its index, and
-- the applications that their applicants must correct. Where a message came from is looked up only by who asks for it.
CREATE OR REPLACE VIEW held AS
SELECT m.id, m.outcome, m.reason, m.event_id, m.application_id, m.revision,
    CASE WHEN m.outcome = 'rejected' AND a.message = m.id THEN a.due_on ELSE m.due_on END AS due_on,
    CASE WHEN m.outcome = 'waiting' OR m.outcome = 'rejected' AND a.message = m.id THEN 'applicant' ELSE 'bureau operator' END AS owner,
    a.region, c.source, c.partition, f.position, c.at, a.bank
FROM message m
LEFT JOIN message f ON f.id = COALESCE(m.origin, m.id)
LEFT JOIN chunk c ON c.id = f.chunk
LEFT JOIN application a ON a.application_id = m.application_id
WHERE m.act = 0 AND (m.outcome NOT IN ('accepted', 'rejected')
    OR m.outcome = 'rejected' AND (m.application_id IS NULL OR m.reason = 'APPLICATION-LAPSED'))
UNION ALL
SELECT m.id, m.outcome, m.reason, m.event_id, m.application_id, m.revision, a.due_on, 'applicant' AS owner,
    a.region, c.source, c.partition, f.position, c.at, a.bank
FROM application a
JOIN message m ON m.id = a.message
LEFT JOIN message f ON f.id = COALESCE(m.origin, m.id)
LEFT JOIN chunk c ON c.id = f.chunk
WHERE a.state IN ('returned', 'rejected') AND m.act = 0 AND m.outcome = 'rejected' AND m.application_id IS NOT NULL
    AND COALESCE(m.reason, '') <> 'APPLICATION-LAPSED';

DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 150000 THEN
        EXECUTE 'ALTER VIEW held SET (security_invoker = on)';
    END IF;
END $$;
