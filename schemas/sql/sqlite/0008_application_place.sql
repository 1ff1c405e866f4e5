-- Every application with what it came to, so that who needs both reads each table once. The place is that
-- of its card, if it has one.
CREATE VIEW application_place AS
SELECT a.id, a.application_id, a.state, a.social, a.financial, a.live, a.open, a.person, a.queue, a.due_on, a.owner, a.reason,
    a.old_number, a.chunk, a.account_batch,
    CASE
        WHEN a.place IS NOT NULL THEN a.place
        WHEN s.id IS NOT NULL THEN s.place
        WHEN m.application IS NOT NULL THEN 'produced'
        WHEN p.application IS NOT NULL THEN 'in_production'
        WHEN c.application IS NOT NULL THEN 'waiting_production'
        WHEN a.account_batch IS NOT NULL THEN 'in_account_batch'
        ELSE 'waiting_account'
    END AS card_place,
    -- Neither a rejected application has a card, nor one that ended before it was ever accepted.
    a.state <> 'rejected' AND NOT (a.state IN ('withdrawn', 'lapsed') AND a.social = 'sealed') AS has_card,
    c.answer, p.card_number, p.batch AS production_batch, m.box, b.shipment
FROM application a
LEFT JOIN account c ON c.application = a.id
LEFT JOIN production_row p ON p.application = a.id
LEFT JOIN made m ON m.application = a.id
LEFT JOIN box b ON b.id = m.box
LEFT JOIN shipment s ON s.id = b.shipment;

DROP VIEW card;
-- Where the plastic of every accepted application is.
CREATE VIEW card AS
SELECT id, application_id, card_place AS place, card_number, production_batch, box, shipment FROM application_place WHERE has_card;
