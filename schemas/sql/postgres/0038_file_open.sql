-- The files that wait for an answer or for a person, by the day that is due; and a partner's files, by id and time.
CREATE INDEX file_open ON file (state, due_on) WHERE state IN ('placed', 'held');
CREATE INDEX file_partner ON file (partner, id, at);
