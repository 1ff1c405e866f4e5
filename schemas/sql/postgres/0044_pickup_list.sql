-- The cards of a list that was made for a point, each under its line.
CREATE TABLE pickup_list_card (
    act         BIGINT NOT NULL,
    no          BIGINT NOT NULL,
    application BIGINT NOT NULL,
    mac         BIGINT,
    PRIMARY KEY (act, no)
);
CREATE INDEX pickup_list_card_application ON pickup_list_card (application);
