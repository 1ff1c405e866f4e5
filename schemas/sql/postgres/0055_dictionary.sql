-- From here on records are compressed with another dictionary, which workers of before do not have: they could open
-- none of the new ones. Those written until now open as they did.
UPDATE schema_floor SET migration = 55;
