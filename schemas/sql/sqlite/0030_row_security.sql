-- SQLite has no roles; this keeps the number.
SELECT 1;
