-- How many messages an account has given to be sent on its last day (UTC) of sending: what plans limit.

CREATE TABLE daily_sends (
  account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  day        INTEGER NOT NULL,
  messages   INTEGER NOT NULL
) STRICT;
