-- Named readers of an account's events, each with its own place in the journal: what it has not acknowledged is told again.

CREATE TABLE event_consumers (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id      INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name            TEXT NOT NULL,
  events          TEXT NOT NULL,      -- JSON: names and sets of events; none is all
  sessions        TEXT,               -- JSON: names of sessions; null is all
  position        INTEGER NOT NULL,   -- everything up to this number in the journal is acknowledged
  created_at      INTEGER NOT NULL,
  acknowledged_at INTEGER
) STRICT;

CREATE UNIQUE INDEX event_consumers_by_name ON event_consumers (account_id, name);
