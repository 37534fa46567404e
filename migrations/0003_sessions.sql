-- Sessions: the WhatsApp numbers of an account. And the journal: every public event, numbered in the order it was
-- committed, in the transaction of the rows it speaks of.

CREATE TABLE sessions (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name         TEXT NOT NULL,
  label        TEXT,
  settings     TEXT NOT NULL,
  proxy        BLOB,              -- sealed: it may hold a password
  is_wanted    INTEGER NOT NULL CHECK (is_wanted IN (0, 1)),
  status       INTEGER NOT NULL,
  reason       TEXT,
  identity     TEXT,
  network      TEXT,
  lease        INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL,
  changed_at   INTEGER NOT NULL,
  linked_at    INTEGER,
  connected_at INTEGER,
  UNIQUE (account_id, name)
) STRICT;

CREATE INDEX sessions_of_account ON sessions (account_id, id);
CREATE INDEX sessions_wanted ON sessions (id) WHERE is_wanted = 1;

-- No foreign key to sessions: an event outlives the session it speaks of.
CREATE TABLE journal (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  session_id INTEGER,
  type       TEXT NOT NULL,
  at         INTEGER NOT NULL,
  data       TEXT NOT NULL
) STRICT;

CREATE INDEX journal_of_account ON journal (account_id, id);
