-- How many messages a person had opened or discarded alone on that day, with this act; none where a second person
-- gave it, and before this was counted.
ALTER TABLE act ADD COLUMN alone BIGINT;
-- What a person did, by day.
CREATE INDEX act_by_user ON act (by_user, at) WHERE by_user IS NOT NULL;
