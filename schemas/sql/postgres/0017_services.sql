-- A user may be a program: the role `service`. Its verifier is the digest of a random credential.
ALTER TABLE users DROP CONSTRAINT users_role_check;
ALTER TABLE users ADD CONSTRAINT users_role_check CHECK (role IN ('operator', 'bank-it', 'administrator', 'auditor', 'service'));
