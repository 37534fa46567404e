-- Who wrote what to whom: contacts, chats, messages and their files. A person has two addresses on WhatsApp, a phone
-- number and a LID, and is one contact: what is learnt late brings two rows together.

CREATE TABLE contacts (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  phone         TEXT,
  lid           TEXT,
  username      TEXT,
  name          TEXT,
  push_name     TEXT,
  verified_name TEXT,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  CHECK (phone IS NOT NULL OR lid IS NOT NULL)
) STRICT;

CREATE UNIQUE INDEX contacts_by_phone ON contacts (account_id, phone) WHERE phone IS NOT NULL;
CREATE UNIQUE INDEX contacts_by_lid ON contacts (account_id, lid) WHERE lid IS NOT NULL;
CREATE INDEX contacts_of_account ON contacts (account_id, id);

-- With a person, by the contact; with a group, a channel or the statuses, by its JID.
CREATE TABLE chats (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id      INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  kind            INTEGER NOT NULL,
  contact_id      INTEGER REFERENCES contacts (id),
  jid             TEXT,
  name            TEXT,
  unread          INTEGER NOT NULL DEFAULT 0,
  last_message_id INTEGER,
  last_message_at INTEGER,
  created_at      INTEGER NOT NULL,
  CHECK ((contact_id IS NULL) <> (jid IS NULL))
) STRICT;

CREATE UNIQUE INDEX chats_by_contact ON chats (session_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE UNIQUE INDEX chats_by_jid ON chats (session_id, jid) WHERE jid IS NOT NULL;
CREATE INDEX chats_by_time ON chats (session_id, last_message_at DESC, id DESC);
CREATE INDEX chats_of_contact ON chats (contact_id) WHERE contact_id IS NOT NULL;

-- `raw` is WhatsApp's own form: what goes out, and what goes out again for somebody who could not read it.
CREATE TABLE messages (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id   INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  chat_id      INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  wa_id        TEXT NOT NULL,
  from_me      INTEGER NOT NULL CHECK (from_me IN (0, 1)),
  sender_id    INTEGER REFERENCES contacts (id),
  target       TEXT,
  kind         INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  text         TEXT,
  content      TEXT NOT NULL,
  context      TEXT,
  raw          BLOB,
  secret       BLOB,
  fault        TEXT,
  said_at      INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  sent_at      INTEGER,
  delivered_at INTEGER,
  read_at      INTEGER,
  played_at    INTEGER,
  edited_at    INTEGER,
  deleted_at   INTEGER,
  UNIQUE (session_id, wa_id, chat_id, from_me)
) STRICT;

CREATE INDEX messages_of_chat ON messages (chat_id, said_at DESC, id DESC);
CREATE INDEX messages_of_session ON messages (session_id, id);
CREATE INDEX messages_of_sender ON messages (sender_id) WHERE sender_id IS NOT NULL;
CREATE INDEX messages_to_send ON messages (session_id, id) WHERE state = 0;
CREATE INDEX messages_to_send_by_chat ON messages (chat_id, id) WHERE state = 0;
CREATE INDEX messages_from_others ON messages (chat_id) WHERE from_me = 0;

-- Who has got, read or heard it, one by one: in groups above all.
CREATE TABLE receipts (
  message_id   INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  contact_id   INTEGER NOT NULL REFERENCES contacts (id),
  delivered_at INTEGER,
  read_at      INTEGER,
  played_at    INTEGER,
  PRIMARY KEY (message_id, contact_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX receipts_of_contact ON receipts (contact_id);

-- One per person; 0 is oneself.
CREATE TABLE reactions (
  message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  contact_id INTEGER NOT NULL,
  emoji      TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (message_id, contact_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE votes (
  message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  contact_id INTEGER NOT NULL,
  options    TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (message_id, contact_id)
) STRICT, WITHOUT ROWID;

-- The file of a message: fetched on arrival, or made to be sent. Its locator is JSON, and session_id is set where there
-- is something to fetch. `next_at` is null for what nobody has asked for, and 0 for what somebody waits for.
CREATE TABLE media (
  message_id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
  session_id INTEGER,
  state      INTEGER NOT NULL,
  locator    TEXT,
  path       TEXT,
  bytes      INTEGER,
  attempts   INTEGER NOT NULL DEFAULT 0,
  next_at    INTEGER,
  asked_at   INTEGER,
  fault      TEXT,
  stored_at  INTEGER,
  -- Of one that goes out: since when WhatsApp's hosts have it.
  uploaded_at INTEGER
) STRICT;

CREATE INDEX media_to_fetch ON media (session_id, next_at, message_id) WHERE state = 0 AND next_at IS NOT NULL;
CREATE INDEX media_by_path ON media (path) WHERE path IS NOT NULL;

-- What somebody brought to be sent, until it is or its day is over.
CREATE TABLE uploads (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  path       TEXT NOT NULL,
  bytes      INTEGER NOT NULL,
  mime_type  TEXT NOT NULL,
  file_name  TEXT,
  sha256     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX uploads_of_account ON uploads (account_id);
CREATE INDEX uploads_by_end ON uploads (expires_at);
CREATE INDEX uploads_by_path ON uploads (path);

-- Files whose rows are gone, however they went: taken off the disk a few at a time.
CREATE TABLE doomed_files (
  path TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TRIGGER media_file_removed AFTER DELETE ON media WHEN OLD.path IS NOT NULL BEGIN
  INSERT OR IGNORE INTO doomed_files (path) VALUES (OLD.path);
END;
CREATE TRIGGER media_file_replaced AFTER UPDATE OF path ON media
WHEN OLD.path IS NOT NULL AND OLD.path IS NOT NEW.path BEGIN
  INSERT OR IGNORE INTO doomed_files (path) VALUES (OLD.path);
END;
CREATE TRIGGER upload_file_removed AFTER DELETE ON uploads BEGIN
  INSERT OR IGNORE INTO doomed_files (path) VALUES (OLD.path);
END;

-- The words of messages. Scripts without spaces are split into their characters before they get here (store/words.ts).
CREATE VIRTUAL TABLE message_words USING fts5 (
  words,
  content = '',
  contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2'
);

-- What a caller asked for once and may ask for again, without its being done twice.
CREATE TABLE idempotency (
  account_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  key         TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  message_id  INTEGER,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_age ON idempotency (created_at);
