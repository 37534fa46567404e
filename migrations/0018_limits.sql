-- What plans limit, counted so that it survives restarts: messages by the account's own day, requests and webhook events
-- by windows of time; and how much an account has used on each of its last days.

ALTER TABLE accounts ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';

-- The day that was counted last, from when to when; a part of one after the account has moved to another zone.
ALTER TABLE daily_sends ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE daily_sends ADD COLUMN begins_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_sends ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_sends ADD COLUMN is_part INTEGER NOT NULL DEFAULT 0 CHECK (is_part IN (0, 1));
UPDATE daily_sends SET begins_at = day * 86400000, ends_at = (day + 1) * 86400000;

-- `day` is a date, in days since 1970. The messages of the day under way are in daily_sends.
CREATE TABLE usage_days (
  account_id     INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  day            INTEGER NOT NULL,
  requests       INTEGER NOT NULL DEFAULT 0,
  webhook_events INTEGER NOT NULL DEFAULT 0,
  messages       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_days_by_day ON usage_days (day);

-- `name` is whose it is: an account's id, or an address. Until then it counts.
CREATE TABLE limit_windows (
  rule  TEXT NOT NULL,
  name  TEXT NOT NULL,
  count INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (rule, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX limit_windows_by_end ON limit_windows (until);
