-- Each account batch takes the first cards of its stream: with the id the index gives just these, where it
-- gave all that wait, batch after batch.
DROP INDEX application_queue;
CREATE INDEX application_queue ON application (region, bank, lane, id) WHERE queue IS NOT NULL;
