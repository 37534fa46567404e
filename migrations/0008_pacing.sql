-- Pacing that outlives a restart: what WhatsApp has forbidden for a while, whom a number was the first to write to, and
-- what may go out in spite of a session's own rules.

CREATE TABLE brakes (
  session_id INTEGER PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
  cold_until INTEGER,
  all_until  INTEGER,
  pauses     INTEGER NOT NULL
) STRICT;

ALTER TABLE messages ADD COLUMN is_urgent INTEGER NOT NULL DEFAULT 0;

-- `reached_at`: when somebody who had never written was written to for the first time. `was_heard`: somebody else wrote
-- here once, if only in a message that is kept no longer.
ALTER TABLE chats ADD COLUMN reached_at INTEGER;
ALTER TABLE chats ADD COLUMN was_heard INTEGER NOT NULL DEFAULT 0;

CREATE INDEX chats_reached ON chats (session_id, reached_at) WHERE reached_at IS NOT NULL;

CREATE TRIGGER message_from_others_removed AFTER DELETE ON messages WHEN OLD.from_me = 0 BEGIN
  UPDATE chats SET was_heard = 1 WHERE id = OLD.chat_id AND was_heard = 0;
END;
CREATE TRIGGER own_message_removed AFTER DELETE ON messages WHEN OLD.from_me = 1 AND OLD.state NOT IN (0, 2, 7) BEGIN
  UPDATE chats SET reached_at = OLD.said_at WHERE id = OLD.chat_id AND reached_at IS NULL;
END;
