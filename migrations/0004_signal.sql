-- What a session must remember to be who it is and to read what it gets: everything in one file with the messages, so
-- that a message and the ratchet that opened it are committed together. Secrets are sealed with the master key.

-- The newest generation and the one before it.
CREATE TABLE credentials (
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  generation INTEGER NOT NULL,
  value      BLOB NOT NULL,
  written_at INTEGER NOT NULL,
  PRIMARY KEY (session_id, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE ratchets (
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  address    TEXT NOT NULL,
  value      BLOB NOT NULL,
  PRIMARY KEY (session_id, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE sender_keys (
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  value      BLOB NOT NULL,
  PRIMARY KEY (session_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE identities (
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  address    TEXT NOT NULL,
  key        BLOB NOT NULL,
  PRIMARY KEY (session_id, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE lid_mappings (
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  phone      TEXT NOT NULL,
  lid        TEXT NOT NULL,
  PRIMARY KEY (session_id, phone)
) STRICT, WITHOUT ROWID;

CREATE INDEX lid_mappings_by_lid ON lid_mappings (session_id, lid);

CREATE TABLE pre_keys (
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  key_id     INTEGER NOT NULL,
  value      BLOB NOT NULL,
  PRIMARY KEY (session_id, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_lists (
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  user       TEXT NOT NULL,
  devices    TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (session_id, user)
) STRICT, WITHOUT ROWID;

-- Everything else that WhatsApp's client wants kept by kind and name: app-state keys and versions, privacy tokens,
-- who has which sender key.
CREATE TABLE signal_keys (
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  value      BLOB NOT NULL,
  PRIMARY KEY (session_id, kind, name)
) STRICT, WITHOUT ROWID;

-- Decrypted, and not necessarily taken in yet. The digest of its ciphertexts tells a redelivery from a new message.
CREATE TABLE inbox (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id  INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  digest      BLOB NOT NULL,
  stanza      BLOB NOT NULL,
  is_peer     INTEGER NOT NULL CHECK (is_peer IN (0, 1)),
  received_at INTEGER NOT NULL,
  taken_at    INTEGER,
  UNIQUE (session_id, digest)
) STRICT;

CREATE INDEX inbox_waiting ON inbox (session_id, id) WHERE taken_at IS NULL;
CREATE INDEX inbox_taken ON inbox (taken_at) WHERE taken_at IS NOT NULL;
