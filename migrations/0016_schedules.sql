-- Schedules: what is to be said later, at one instant or by a cron pattern in a time zone, and every time that one ran.
-- `next_at` is null when nothing more is to come: a million that wait lie in an index that is asked for its first row only.

CREATE TABLE schedules (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  -- No foreign key: a schedule outlives its session, and says that it is gone.
  session_id    INTEGER NOT NULL,
  target        TEXT NOT NULL,
  -- JSON: what is said, its file by its name in `file`.
  said          TEXT NOT NULL,
  is_urgent     INTEGER NOT NULL CHECK (is_urgent IN (0, 1)),
  fails_offline INTEGER NOT NULL CHECK (fails_offline IN (0, 1)),
  expires_in_ms INTEGER,
  -- Something to fetch or to prepare: such ones go out a few at a time.
  has_file      INTEGER NOT NULL CHECK (has_file IN (0, 1)),
  file          TEXT,
  file_bytes    INTEGER,
  send_at       INTEGER,
  cron          TEXT,
  time_zone     TEXT,
  ends_at       INTEGER,
  max_runs      INTEGER,
  late_ms       INTEGER,
  state         INTEGER NOT NULL,
  fault         TEXT,
  next_at       INTEGER,
  due_at        INTEGER NOT NULL,
  runs          INTEGER NOT NULL,
  last_run_id   INTEGER,
  revision      INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  ended_at      INTEGER,
  CHECK ((send_at IS NULL) <> (cron IS NULL)),
  CHECK ((cron IS NULL) = (time_zone IS NULL))
) STRICT;

CREATE INDEX schedules_due ON schedules (has_file, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX schedules_of_account ON schedules (account_id, id);
CREATE INDEX schedules_of_account_by_state ON schedules (account_id, state, id);
CREATE INDEX schedules_of_account_by_time ON schedules (account_id, due_at);
CREATE INDEX schedules_of_account_by_state_and_time ON schedules (account_id, state, due_at);
CREATE INDEX schedules_of_session ON schedules (session_id, id);
CREATE INDEX schedules_of_session_by_time ON schedules (session_id, due_at);
CREATE INDEX schedules_of_session_by_state_and_time ON schedules (session_id, state, due_at);
CREATE INDEX schedules_to ON schedules (target) WHERE next_at IS NOT NULL;
CREATE INDEX schedules_ended ON schedules (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX schedules_by_file ON schedules (file) WHERE file IS NOT NULL;

CREATE TABLE schedule_runs (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule_id  INTEGER NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
  nominal_at   INTEGER NOT NULL,
  missed_up_to INTEGER,
  is_manual    INTEGER NOT NULL CHECK (is_manual IN (0, 1)),
  state        INTEGER NOT NULL,
  message_id   INTEGER,
  fault        TEXT,
  at           INTEGER NOT NULL,
  settled_at   INTEGER
) STRICT;

-- A clock that goes back brings no time twice.
CREATE UNIQUE INDEX schedule_runs_once ON schedule_runs (schedule_id, nominal_at) WHERE is_manual = 0;
CREATE INDEX schedule_runs_of_schedule ON schedule_runs (schedule_id, id);
CREATE UNIQUE INDEX schedule_runs_of_message ON schedule_runs (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX schedule_runs_by_age ON schedule_runs (at);

CREATE TRIGGER schedule_file_removed AFTER DELETE ON schedules WHEN OLD.file IS NOT NULL BEGIN
  INSERT OR IGNORE INTO doomed_files (path) VALUES (OLD.file);
END;
CREATE TRIGGER schedule_file_replaced AFTER UPDATE OF file ON schedules
WHEN OLD.file IS NOT NULL AND OLD.file IS NOT NEW.file BEGIN
  INSERT OR IGNORE INTO doomed_files (path) VALUES (OLD.file);
END;

ALTER TABLE idempotency ADD COLUMN schedule_id INTEGER;
