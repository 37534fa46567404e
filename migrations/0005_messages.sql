-- Messages: those that are to go out, each with the id it has on WhatsApp from before its first attempt, and with its
-- content as it is sent, for as long as somebody may ask for it again.

CREATE TABLE messages (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  chat       TEXT NOT NULL,
  wa_id      TEXT NOT NULL,
  from_me    INTEGER NOT NULL CHECK (from_me IN (0, 1)),
  text       TEXT,
  content    BLOB NOT NULL,
  state      INTEGER NOT NULL,
  fault      TEXT,
  created_at INTEGER NOT NULL,
  sent_at    INTEGER,
  UNIQUE (session_id, wa_id, from_me, chat)
) STRICT;

CREATE INDEX messages_to_send ON messages (session_id, id) WHERE state = 0;
CREATE INDEX messages_of_session ON messages (session_id, id);
