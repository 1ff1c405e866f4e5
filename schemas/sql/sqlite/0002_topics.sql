-- Positions belong to one topic of one cluster, not to a name; and what could not be read is told.

-- Which topic of which cluster a topic's positions are of. A topic made anew under the same name is
-- another one; whoever accepts it begins a generation. The newest counts. `sealed` is the reason.
CREATE TABLE source_topic (
    topic      TEXT NOT NULL,
    generation BIGINT NOT NULL,
    cluster    TEXT NOT NULL,
    topic_id   TEXT NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    sealed     BLOB,
    PRIMARY KEY (topic, generation)
);

-- Where a later generation began, and where the one before it had stopped (NULL: it had no such partition).
CREATE TABLE source_jump (
    topic      TEXT NOT NULL,
    generation BIGINT NOT NULL,
    partition  BIGINT NOT NULL,
    left_at    BIGINT,
    begins_at  BIGINT NOT NULL,
    PRIMARY KEY (topic, generation, partition)
);

ALTER TABLE source_offset ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
ALTER TABLE chunk ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;

-- Messages from Kafka that could not be read and are not yet told on card.dead-letters. A queue: few, and
-- gone once the broker has them.
CREATE TABLE dead_letter (
    message BIGINT PRIMARY KEY
);
