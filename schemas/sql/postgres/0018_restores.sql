-- Halts that were found because the database was restored: until one is accepted, with the list of users, only
-- administrators work. `sessions`: how many were ended then.
CREATE TABLE restore (
    halt     BIGINT PRIMARY KEY,
    sessions BIGINT NOT NULL
);
