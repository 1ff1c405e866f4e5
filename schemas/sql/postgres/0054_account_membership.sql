-- What moves is narrow: who waits for an account batch, and who is in one. An account cut adds and takes out short rows,
-- and the wide row of a card that meets no trouble is written once.
DROP VIEW card;
DROP VIEW application_place;

-- One entry a waiting card, with what it is cut by; taken out when it is cut, withdrawn or put on hold.
CREATE TABLE account_waiting (
    application    BIGINT PRIMARY KEY,
    region         TEXT NOT NULL,
    bank           TEXT NOT NULL,
    lane           TEXT NOT NULL,
    approved_on    TEXT NOT NULL,
    application_id TEXT COLLATE "C" NOT NULL
);
-- What waits of a stream, those approved first before the others.
CREATE INDEX account_waiting_order ON account_waiting (region, bank, lane, approved_on, application_id);

-- Who is asked of a bank in which batch, and in which row; taken out when the bank is asked again.
CREATE TABLE account_row (
    batch       BIGINT NOT NULL,
    row         BIGINT NOT NULL,
    application BIGINT NOT NULL UNIQUE,
    PRIMARY KEY (batch, row)
);

INSERT INTO account_waiting (application, region, bank, lane, approved_on, application_id)
SELECT id, region, bank, lane, approved_on, application_id FROM application WHERE queue IS NOT NULL;
INSERT INTO account_row (batch, row, application)
SELECT account_batch, account_row, id FROM application WHERE account_batch IS NOT NULL;

DROP INDEX application_queue;
DROP INDEX application_account_batch;
ALTER TABLE application DROP COLUMN queue;
ALTER TABLE application DROP COLUMN account_batch;
ALTER TABLE application DROP COLUMN account_row;

-- Every application with what it came to, so that who needs both reads each table once. The place is that
-- of its card, if it has one.
CREATE VIEW application_place AS
SELECT a.id, a.application_id, a.state, a.social, a.financial, a.live, a.open, a.person, a.due_on, a.owner, a.reason,
    EXISTS (SELECT 1 FROM account_waiting w WHERE w.application = a.id) AS queued,
    a.old_number, a.chunk, g.batch AS account_batch,
    CASE
        WHEN a.place IS NOT NULL THEN a.place
        WHEN s.id IS NOT NULL THEN s.place
        WHEN m.application IS NOT NULL THEN 'produced'
        WHEN p.application IS NOT NULL THEN 'in_production'
        WHEN c.application IS NOT NULL THEN 'waiting_production'
        WHEN g.application IS NOT NULL THEN 'in_account_batch'
        ELSE 'waiting_account'
    END AS card_place,
    -- Neither a rejected application has a card, nor one that ended before it was ever accepted.
    a.state <> 'rejected' AND NOT (a.state IN ('withdrawn', 'lapsed') AND a.social = 'sealed') AS has_card,
    c.answer, p.card_number, p.batch AS production_batch, m.box, b.shipment
FROM application a
LEFT JOIN account_row g ON g.application = a.id
LEFT JOIN account c ON c.application = a.id
LEFT JOIN production_row p ON p.application = a.id
LEFT JOIN made m ON m.application = a.id
LEFT JOIN box b ON b.id = m.box
LEFT JOIN shipment s ON s.id = b.shipment;

-- Where the plastic of every accepted application is.
CREATE VIEW card AS
SELECT id, application_id, card_place AS place, card_number, production_batch, box, shipment FROM application_place WHERE has_card;

ALTER TABLE account_waiting ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON account_waiting USING (cardline_sees_bank(bank) AND cardline_sees_area(region));
ALTER TABLE account_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON account_row USING (EXISTS (SELECT 1 FROM application a WHERE a.id = account_row.application));
DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 150000 THEN
        EXECUTE 'ALTER VIEW card SET (security_invoker = on)';
        EXECUTE 'ALTER VIEW application_place SET (security_invoker = on)';
    END IF;
END $$;

-- Workers of before look for these columns.
UPDATE schema_floor SET migration = 54;
