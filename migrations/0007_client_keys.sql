-- Client keys: API keys that belong to one session, and go with it. They can be shown again, and so are also kept sealed.

ALTER TABLE api_keys ADD COLUMN session_id INTEGER REFERENCES sessions (id) ON DELETE CASCADE;
ALTER TABLE api_keys ADD COLUMN sealed BLOB;

CREATE INDEX api_keys_of_session ON api_keys (session_id, id) WHERE session_id IS NOT NULL;
