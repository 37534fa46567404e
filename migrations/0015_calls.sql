-- Calls that rang here, each once however often WhatsApp tells of it. `answered_at` is when another device of the number
-- took it: nobody speaks here. `rejected_at` is when this session rejected it, because it is set so.

CREATE TABLE calls (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  session_id  INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  wa_id       TEXT NOT NULL,
  contact_id  INTEGER NOT NULL REFERENCES contacts (id),
  is_video    INTEGER NOT NULL CHECK (is_video IN (0, 1)),
  is_group    INTEGER NOT NULL CHECK (is_group IN (0, 1)),
  group_jid   TEXT,
  outcome     INTEGER,
  started_at  INTEGER NOT NULL,
  answered_at INTEGER,
  rejected_at INTEGER,
  ended_at    INTEGER,
  created_at  INTEGER NOT NULL,
  UNIQUE (session_id, wa_id)
) STRICT;

CREATE INDEX calls_of_account ON calls (account_id, id);
CREATE INDEX calls_of_session ON calls (session_id, id);
CREATE INDEX calls_of_contact ON calls (contact_id);
CREATE INDEX calls_by_start ON calls (started_at);

-- Whose presence somebody asked to be told of, in which chats: asked for again with every connection.
ALTER TABLE chats ADD COLUMN watched_at INTEGER;
CREATE INDEX chats_watched ON chats (session_id) WHERE watched_at IS NOT NULL;

-- What was only true for a moment is not kept as long as the rest.
CREATE INDEX journal_of_presence ON journal (id) WHERE type = 'presence.updated';
