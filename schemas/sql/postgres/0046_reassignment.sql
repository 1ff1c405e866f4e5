-- What is at a point, or would come there, handed on to another one, all of it in one act of a person.
CREATE TABLE reassignment (
    act        BIGINT PRIMARY KEY,
    from_point TEXT NOT NULL,
    to_point   TEXT NOT NULL,
    mac        BIGINT
);

ALTER TABLE approval DROP CONSTRAINT approval_act_check;
ALTER TABLE approval ADD CONSTRAINT approval_act_check
    CHECK (act IN ('release-batch', 'cancel-batch', 'new-sequence', 'destroy-plastic', 'bulk-export', 'bulk-discard', 'replace-table', 'erase-person', 'decide-case', 'close-windows', 'reassign-point'));
