-- Who may use the gateway: accounts on plans, their API keys, their logins, and invitations for new ones.
-- Times are epoch milliseconds. States that are read often have partial indexes.

CREATE TABLE installation (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
  id                        INTEGER PRIMARY KEY AUTOINCREMENT,
  name                      TEXT NOT NULL COLLATE NOCASE UNIQUE,
  requests_per_minute       INTEGER,
  webhook_events_per_minute INTEGER,
  sessions                  INTEGER,
  messages_per_day          INTEGER,
  created_at                INTEGER NOT NULL
) STRICT;

-- AUTOINCREMENT: the id of something removed is never given to something else, which an old link may still name.
CREATE TABLE accounts (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  username      TEXT NOT NULL COLLATE NOCASE UNIQUE,
  email         TEXT COLLATE NOCASE UNIQUE,
  password_hash TEXT,
  role          INTEGER NOT NULL CHECK (role IN (0, 1)),
  plan_id       INTEGER NOT NULL REFERENCES plans (id),
  disabled_at   INTEGER,
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name         TEXT NOT NULL,
  prefix       TEXT NOT NULL,
  hash         BLOB NOT NULL UNIQUE,
  scopes       INTEGER NOT NULL,
  sessions     TEXT,
  addresses    TEXT,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  uses         INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX api_keys_of_account ON api_keys (account_id, id);

CREATE TABLE key_uses (
  key_id INTEGER NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  day    INTEGER NOT NULL,
  uses   INTEGER NOT NULL,
  PRIMARY KEY (key_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE logins (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  token_id     TEXT NOT NULL UNIQUE,
  created_at   INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  address      TEXT,
  user_agent   TEXT
) STRICT;

CREATE INDEX logins_of_account ON logins (account_id, id);
CREATE INDEX logins_by_expiry ON logins (expires_at);

CREATE TABLE invites (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  hash       BLOB NOT NULL UNIQUE,
  email      TEXT COLLATE NOCASE,
  role       INTEGER NOT NULL CHECK (role IN (0, 1)),
  plan_id    INTEGER NOT NULL REFERENCES plans (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  used_at    INTEGER,
  used_by    INTEGER REFERENCES accounts (id) ON DELETE SET NULL
) STRICT;
