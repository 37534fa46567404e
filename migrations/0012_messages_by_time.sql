-- A session's messages by when they were said: lists of them had to be sorted whole. Everything that a list may be narrowed
-- to and that never changes is at hand in it, so that only what is shown is read.

DROP INDEX messages_of_session;
CREATE INDEX messages_of_session ON messages (session_id, said_at DESC, id DESC, from_me, kind);

-- Few ever fail or are cancelled, and whoever looks for them would have to go through all the others.
CREATE INDEX messages_failed ON messages (session_id, said_at DESC, id DESC) WHERE state = 2;
CREATE INDEX messages_cancelled ON messages (session_id, said_at DESC, id DESC) WHERE state = 7;
