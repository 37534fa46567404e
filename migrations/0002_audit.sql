-- The audit: every entry carries the hash of the one before it, and the database itself refuses to change one.
-- No foreign keys: an entry outlives the account it speaks of.

CREATE TABLE audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  action     TEXT NOT NULL,
  actor_id   INTEGER,
  via        TEXT NOT NULL,
  address    TEXT,
  account_id INTEGER,
  target     TEXT,
  detail     TEXT NOT NULL,
  hash       BLOB NOT NULL
) STRICT;

CREATE INDEX audit_of_account ON audit (account_id, id);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN
  SELECT RAISE (ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit BEGIN
  SELECT RAISE (ABORT, 'the audit is append-only');
END;
