-- What moved within the last two hours, by slices of five minutes (`at`: the begin of a slice, microseconds since 1970
-- UTC), carried on with the tally and cut off behind, so that nobody reads history to know what an hour brought.
CREATE TABLE recent_move (
    at         BIGINT NOT NULL,
    life       TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (at, life, from_state, to_state)
);
