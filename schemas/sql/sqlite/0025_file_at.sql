-- The purge looks only at files old enough to be due.
CREATE INDEX file_at ON file (at);
