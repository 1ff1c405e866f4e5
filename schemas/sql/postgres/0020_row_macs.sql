-- A keyed digest of each row that says who somebody is, what was decided or what was sent, so that a row changed
-- by SQL is named. Rows from before have none until the first worker with the keys has covered them.
ALTER TABLE application ADD COLUMN mac BIGINT;
ALTER TABLE message ADD COLUMN mac BIGINT;
ALTER TABLE account ADD COLUMN mac BIGINT;
ALTER TABLE production_row ADD COLUMN mac BIGINT;
ALTER TABLE answer ADD COLUMN mac BIGINT;
ALTER TABLE spoilage ADD COLUMN mac BIGINT;
ALTER TABLE box ADD COLUMN mac BIGINT;
ALTER TABLE shipment ADD COLUMN mac BIGINT;
ALTER TABLE desk_case ADD COLUMN mac BIGINT;
ALTER TABLE former_row ADD COLUMN mac BIGINT;
ALTER TABLE recycling_row ADD COLUMN mac BIGINT;
ALTER TABLE chunk ADD COLUMN mac BIGINT;
ALTER TABLE batch ADD COLUMN mac BIGINT;
ALTER TABLE file ADD COLUMN mac BIGINT;
ALTER TABLE users ADD COLUMN mac BIGINT;
ALTER TABLE approval ADD COLUMN mac BIGINT;
ALTER TABLE act ADD COLUMN mac BIGINT;
ALTER TABLE act_member ADD COLUMN mac BIGINT;
ALTER TABLE batch_act ADD COLUMN mac BIGINT;
ALTER TABLE stream_act ADD COLUMN mac BIGINT;
ALTER TABLE reconciliation ADD COLUMN mac BIGINT;
ALTER TABLE reference_import ADD COLUMN mac BIGINT;

-- Once, when a ledger's keys are first opened by a version that covers rows: the rows there were are covered as
-- they stand. Never again after that.
CREATE TABLE rows_covered (
    at   BIGINT PRIMARY KEY,
    rows BIGINT NOT NULL,
    mac  BIGINT NOT NULL
);

-- How many rows there are of what is only ever added (acts of persons, imports, the chain), each with a keyed
-- digest: a row that was deleted is missed. `last`: the digest the chain ends with.
CREATE TABLE row_count (
    name TEXT PRIMARY KEY,
    rows BIGINT NOT NULL,
    last TEXT NOT NULL,
    mac  BIGINT NOT NULL
);

-- A version that does not know this would write rows that are not covered, and open no record that is bound to its row.
UPDATE schema_floor SET migration = 20;
