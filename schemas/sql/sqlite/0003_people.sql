-- Who works with the system, what waits for a second person, and who saw what.

-- Somebody who works with the system. The name is chosen, never a person's own; role and scope never
-- change. An empty bank or area is every one. `verifier` is argon2id of what they know, which it does not
-- tell. `tries` are wrong ones in a row; no further one counts before `wait_until`.
CREATE TABLE users (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL CHECK (role IN ('operator', 'bank-it', 'administrator', 'auditor')),
    bank       TEXT NOT NULL DEFAULT '',
    area       TEXT NOT NULL DEFAULT '',
    state      TEXT NOT NULL,
    verifier   TEXT NOT NULL,
    set_by     TEXT NOT NULL,
    set_at     BIGINT NOT NULL,
    tries      BIGINT NOT NULL DEFAULT 0,
    wait_until BIGINT NOT NULL DEFAULT 0,
    made_by    BIGINT NOT NULL DEFAULT 0
);
-- One user is made by nobody: the first.
CREATE UNIQUE INDEX users_first ON users (made_by) WHERE made_by = 0;

-- Who is logged in, by the digest of the token they hold.
CREATE TABLE session (
    token   BLOB PRIMARY KEY,
    user_id BIGINT NOT NULL,
    until   BIGINT NOT NULL
);
-- A user's sessions end together.
CREATE INDEX session_of_user ON session (user_id);

-- What one person asks for and a second one gives. `digest` is of exactly what will be done: a changed
-- request is another one. `subject` names it in the open, `request` and the maker's reason are sealed.
CREATE TABLE approval (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    act      TEXT NOT NULL CHECK (act IN ('release-batch', 'cancel-batch', 'new-sequence', 'destroy-plastic', 'bulk-export', 'bulk-discard', 'replace-table')),
    subject  TEXT NOT NULL,
    digest   TEXT NOT NULL,
    request  BLOB NOT NULL,
    count    BIGINT NOT NULL,
    bank     TEXT NOT NULL DEFAULT '',
    area     TEXT NOT NULL DEFAULT '',
    reason   BLOB NOT NULL,
    maker    TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    due_on   TEXT NOT NULL,
    state    TEXT NOT NULL,
    approver TEXT,
    CONSTRAINT approval_two_persons CHECK (approver <> maker),
    CONSTRAINT approval_decided CHECK (state NOT IN ('given', 'used', 'refused') OR approver IS NOT NULL)
);
-- The same is asked for once at a time, by whoever asks first.
CREATE UNIQUE INDEX approval_open ON approval (digest) WHERE state IN ('asked', 'given');
-- Those that wait are few, and lapse by their day.
CREATE INDEX approval_due ON approval (due_on) WHERE state IN ('asked', 'given');

-- Which user acted (NULL: before there were users, or the ledger itself), and the approval it took.
ALTER TABLE act ADD COLUMN by_user BIGINT;
ALTER TABLE act ADD COLUMN approval BIGINT;
-- Where the message belonged when it was shown or acted on.
ALTER TABLE act_member ADD COLUMN bank TEXT;
ALTER TABLE act_member ADD COLUMN region TEXT;
ALTER TABLE reference_import ADD COLUMN by_user BIGINT;
ALTER TABLE reference_import ADD COLUMN approval BIGINT;
-- An approval is used once.
CREATE UNIQUE INDEX act_approval ON act (approval) WHERE approval IS NOT NULL;
CREATE UNIQUE INDEX reference_import_approval ON reference_import (approval) WHERE approval IS NOT NULL;
