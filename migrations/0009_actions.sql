-- What is done to a message that is there: a reaction, another wording, its deletion for everybody. Kept until WhatsApp
-- has taken it, and afterwards for whoever could not read it. Within a chat it goes in one order with the messages: behind
-- all up to `after_id`, before all others.

CREATE TABLE actions (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  chat_id    INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  after_id   INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  state      INTEGER NOT NULL,
  wa_id      TEXT NOT NULL,
  target     TEXT NOT NULL,
  raw        BLOB NOT NULL,
  -- Of a reaction; null takes it back.
  emoji      TEXT,
  -- Of an edit: what the message says with it, and its own new form.
  content    TEXT,
  context    TEXT,
  edited     BLOB,
  fault      TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  sent_at    INTEGER
) STRICT;

CREATE UNIQUE INDEX actions_by_wa_id ON actions (session_id, wa_id);
CREATE INDEX actions_of_message ON actions (message_id, id);
CREATE INDEX actions_of_chat ON actions (chat_id, state, after_id);
CREATE INDEX actions_to_send ON actions (session_id, id) WHERE state = 0;

ALTER TABLE idempotency ADD COLUMN action_id INTEGER;

-- When it turned out that a message would not go out; of those that failed before, the journal knows.
ALTER TABLE messages ADD COLUMN failed_at INTEGER;

UPDATE messages SET failed_at = told.at
FROM (SELECT json_extract(data, '$.messageId') AS id, max(at) AS at FROM journal WHERE type = 'message.failed' GROUP BY 1) AS told
WHERE messages.id = told.id AND messages.state IN (2, 7);
