-- Outgoing webhooks: who is told of what, what each was told, and how every attempt went. Secrets are sealed with the
-- master key, bound to `cell`.

CREATE TABLE webhooks (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id      INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  cell            TEXT NOT NULL UNIQUE,
  url             TEXT NOT NULL,
  description     TEXT,
  format          INTEGER NOT NULL,
  -- JSON: names and sets of names; sessions' rows, and chats as they were written; null is all.
  events          TEXT NOT NULL,
  sessions        TEXT,
  chats           TEXT,
  headers         BLOB,
  secret          BLOB NOT NULL,
  previous_secret BLOB,
  previous_until  INTEGER,
  timeout_ms      INTEGER NOT NULL,
  is_ordered      INTEGER NOT NULL CHECK (is_ordered IN (0, 1)),
  -- JSON: the name of a schedule, or seconds.
  retry           TEXT NOT NULL,
  state           INTEGER NOT NULL,
  reason          TEXT,
  -- The journal's entry up to which there are deliveries.
  cursor          INTEGER NOT NULL,
  failing_since   INTEGER,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX webhooks_of_account ON webhooks (account_id, id);

-- What is told of an event in one format, for all that are told it: once, and the same bytes in every attempt. `lane` is
-- what is told in order: a chat, or with a minus a session.
CREATE TABLE delivery_bodies (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id   INTEGER NOT NULL,
  format     INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  lane       INTEGER NOT NULL,
  body       TEXT NOT NULL,
  at         INTEGER NOT NULL,
  UNIQUE (event_id, format)
) STRICT;

-- No foreign key to the journal: it may be kept for a shorter time.
CREATE TABLE deliveries (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  event_id   INTEGER NOT NULL,
  type       TEXT NOT NULL,
  event_at   INTEGER NOT NULL,
  format     INTEGER NOT NULL,
  lane       INTEGER NOT NULL,
  state      INTEGER NOT NULL,
  -- All there were, and those since it was last asked for: how far it is in its schedule.
  attempts   INTEGER NOT NULL,
  tries      INTEGER NOT NULL,
  next_at    INTEGER,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  UNIQUE (webhook_id, event_id)
) STRICT;

-- What may be attempted now, and apart from it what may be later: a million of those slow nobody down.
CREATE INDEX deliveries_ready ON deliveries (webhook_id, lane, event_id) WHERE state = 0;
CREATE INDEX deliveries_scheduled ON deliveries (next_at) WHERE state = 1;
CREATE INDEX deliveries_scheduled_in_lane ON deliveries (webhook_id, lane) WHERE state = 1;
CREATE INDEX deliveries_failed ON deliveries (webhook_id, event_id) WHERE state = 3;
CREATE INDEX deliveries_of_event ON deliveries (event_id);

CREATE TABLE delivery_attempts (
  delivery_id INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
  number      INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  status      INTEGER,
  fault       TEXT,
  headers     TEXT,
  body        BLOB,
  PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;
