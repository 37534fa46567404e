-- People who are being forgotten, and how far it has come: what a crash interrupts goes on at the next start. Who they
-- are stands here only until nothing else does.

CREATE TABLE forgettings (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  contact_id  INTEGER NOT NULL UNIQUE,
  -- JSON: their numbers and LIDs, and the contacts that had been brought together in theirs.
  traces      TEXT NOT NULL,
  step        INTEGER NOT NULL,
  place       INTEGER NOT NULL,
  -- What comes later is not theirs any more: the newest rows there were.
  last_inbox_id   INTEGER NOT NULL,
  last_message_id INTEGER NOT NULL,
  last_journal_id INTEGER NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX reactions_of_contact ON reactions (contact_id);
CREATE INDEX votes_of_contact ON votes (contact_id);

-- The words of a message go with it, however it goes: with its session or account too.
CREATE TRIGGER message_words_removed AFTER DELETE ON messages WHEN OLD.text IS NOT NULL BEGIN
  DELETE FROM message_words WHERE rowid = OLD.id;
END;
DELETE FROM message_words WHERE rowid NOT IN (SELECT id FROM messages);

-- Files go by age, within their session and in all; so every file says whose it is, those that went out too.
UPDATE media SET session_id = (SELECT messages.session_id FROM messages WHERE messages.id = media.message_id)
WHERE session_id IS NULL;

CREATE INDEX media_by_age ON media (stored_at, message_id) WHERE state = 1;
CREATE INDEX media_of_session_by_age ON media (session_id, stored_at) WHERE state = 1;
