-- A person's applications that are neither open nor have a live card: with the two indexes of those that are, all of a
-- person's are found without looking at everybody's.
CREATE INDEX application_ended ON application (person) WHERE NOT open AND NOT live;
