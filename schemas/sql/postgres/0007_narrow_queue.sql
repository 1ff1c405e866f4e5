-- The queue of accounts is read by stream and sorted at the cut. Without the application id the index is
-- a third as large, and a new application costs a third less to write.
DROP INDEX application_queue;
CREATE INDEX application_queue ON application (region, bank, lane) WHERE queue IS NOT NULL;
