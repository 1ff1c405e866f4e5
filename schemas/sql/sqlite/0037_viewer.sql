-- SQLite has no settings of a transaction: there the viewer is a temporary table. This keeps the number.
SELECT 1;
