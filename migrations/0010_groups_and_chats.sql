-- Who decides in a group, for messages that only an admin may take back, and how the group calls its members. `admins` is
-- a list of {phone, lid, until}: those who are none any more stay with the time when they ceased to be, as what they did
-- before may be taken in after. Null where it is not for us to know.

CREATE TABLE groups (
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  jid        TEXT NOT NULL,
  members    INTEGER NOT NULL,
  admins     TEXT,
  known_at   INTEGER NOT NULL,
  PRIMARY KEY (session_id, jid)
) STRICT, WITHOUT ROWID;

-- How the phone keeps a chat. Muted for good is until the year 9999.
ALTER TABLE chats ADD COLUMN is_archived INTEGER NOT NULL DEFAULT 0 CHECK (is_archived IN (0, 1));
ALTER TABLE chats ADD COLUMN pinned_at INTEGER;
ALTER TABLE chats ADD COLUMN muted_until INTEGER;
