-- The day from which the oldest card of a batch counts: of an account batch, its approval. A run of the bureau reads
-- account batches in this order, and no further than it must. Empty where it is not known, which is before every day.
ALTER TABLE batch ADD COLUMN oldest TEXT NOT NULL DEFAULT '';

UPDATE batch SET oldest = COALESCE((SELECT min(a.approved_on) FROM account_row g JOIN application a ON a.id = g.application
    WHERE g.batch = batch.id), '')
WHERE kind = 'account' AND (to_produce > 0 OR state NOT IN ('answered', 'cancelled'));
