-- What is at a point, or would come there, handed on to another one, all of it in one act of a person.
CREATE TABLE reassignment (
    act        INTEGER PRIMARY KEY,
    from_point TEXT NOT NULL,
    to_point   TEXT NOT NULL,
    mac        BIGINT
);

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''decide-case''', '''decide-case'', ''close-windows'', ''reassign-point''')
    WHERE type = 'table' AND name = 'approval';
PRAGMA writable_schema = RESET;
