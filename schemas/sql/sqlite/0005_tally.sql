-- How many of each life stand in each state: sums over the sealed history, carried on from seal to seal
-- (row `tally` of `relay`), so that nobody counts cards to know how many there are.
CREATE TABLE tally (
    life  TEXT NOT NULL,
    state TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (life, state)
);
