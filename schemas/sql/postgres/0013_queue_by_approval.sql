-- Each account batch takes the cards approved first, so that none waits for ever behind others that came
-- before it: the index gives just these, in this order.
DROP INDEX application_queue;
CREATE INDEX application_queue ON application (region, bank, lane, approved_on, application_id) WHERE queue IS NOT NULL;
