-- Campaigns: one message to many people, a few at a time and as far as each number may send. Whom a campaign is for waits
-- in a table of its own and enters the queue of messages when its turn has come. What is counted follows the states of
-- the rows by triggers, and those follow their messages: whatever settles a message settles its recipient with it.

CREATE TABLE campaigns (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id      INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name            TEXT,
  state           INTEGER NOT NULL,
  -- Why it stopped by itself; null where it did not.
  reason          TEXT,
  settings        TEXT NOT NULL,
  -- JSON: the names of what is known of each recipient, in the order of their `cells`.
  columns         TEXT NOT NULL,
  -- The upload of recipients that was begun last, and whether it has come to its end.
  upload          INTEGER NOT NULL DEFAULT 0,
  is_uploading    INTEGER NOT NULL DEFAULT 0 CHECK (is_uploading IN (0, 1)),
  duplicates      INTEGER NOT NULL DEFAULT 0,
  total           INTEGER NOT NULL DEFAULT 0,
  queued          INTEGER NOT NULL DEFAULT 0,
  sent            INTEGER NOT NULL DEFAULT 0,
  failed          INTEGER NOT NULL DEFAULT 0,
  skipped         INTEGER NOT NULL DEFAULT 0,
  -- As far as it had come when it was last set going: failures are judged, and its speed is told, from there.
  sent_before     INTEGER NOT NULL DEFAULT 0,
  failed_before   INTEGER NOT NULL DEFAULT 0,
  skipped_before  INTEGER NOT NULL DEFAULT 0,
  idempotency_key TEXT,
  fingerprint     BLOB,
  start_at        INTEGER,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  started_at      INTEGER,
  resumed_at      INTEGER,
  ended_at        INTEGER
) STRICT;

CREATE INDEX campaigns_of_account ON campaigns (account_id, id);
CREATE INDEX campaigns_running ON campaigns (id) WHERE state = 2;
CREATE INDEX campaigns_scheduled ON campaigns (start_at) WHERE state = 1;
CREATE INDEX campaigns_removed ON campaigns (id) WHERE state = 6;
CREATE UNIQUE INDEX campaigns_by_key ON campaigns (account_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- What is said (JSON, with places to be filled in) and its file, prepared once for all: apart from what changes with every
-- recipient.
CREATE TABLE campaign_messages (
  campaign_id INTEGER PRIMARY KEY REFERENCES campaigns (id) ON DELETE CASCADE,
  message     TEXT NOT NULL,
  file        TEXT
) STRICT;

CREATE INDEX campaign_messages_by_file ON campaign_messages (file) WHERE file IS NOT NULL;

-- Which numbers send it, in turn: when each may send the next, up to when WhatsApp had put a brake on it when the campaign
-- was set going, and where its file is on WhatsApp's hosts (JSON).
CREATE TABLE campaign_sessions (
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
  session_id  INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  place       INTEGER NOT NULL,
  next_at     INTEGER,
  brake_known INTEGER,
  uploaded    TEXT,
  uploaded_at INTEGER,
  PRIMARY KEY (campaign_id, session_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX campaigns_of_session ON campaign_sessions (session_id);

CREATE TABLE campaign_recipients (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
  target      TEXT NOT NULL,
  cells       TEXT,
  upload      INTEGER NOT NULL DEFAULT 0,
  state       INTEGER NOT NULL,
  message_id  INTEGER,
  session_id  INTEGER,
  fault       TEXT,
  settled_at  INTEGER
) STRICT;

-- Each once in a campaign, and found in all of them.
CREATE UNIQUE INDEX campaign_recipients_by_target ON campaign_recipients (target, campaign_id);
CREATE INDEX campaign_recipients_in_order ON campaign_recipients (campaign_id, id);
CREATE INDEX campaign_recipients_waiting ON campaign_recipients (campaign_id, id) WHERE state = 0;
CREATE INDEX campaign_recipients_other ON campaign_recipients (campaign_id, state, id) WHERE state IN (1, 3, 4);
CREATE UNIQUE INDEX campaign_recipients_by_message ON campaign_recipients (message_id) WHERE message_id IS NOT NULL;

CREATE TRIGGER campaign_recipient_added AFTER INSERT ON campaign_recipients BEGIN
  UPDATE campaigns SET total = total + 1, queued = queued + (NEW.state = 1), sent = sent + (NEW.state = 2),
    failed = failed + (NEW.state = 3), skipped = skipped + (NEW.state = 4) WHERE id = NEW.campaign_id;
END;
CREATE TRIGGER campaign_recipient_changed AFTER UPDATE OF state ON campaign_recipients WHEN OLD.state <> NEW.state BEGIN
  UPDATE campaigns SET queued = queued + (NEW.state = 1) - (OLD.state = 1), sent = sent + (NEW.state = 2) - (OLD.state = 2),
    failed = failed + (NEW.state = 3) - (OLD.state = 3), skipped = skipped + (NEW.state = 4) - (OLD.state = 4)
    WHERE id = NEW.campaign_id;
END;
CREATE TRIGGER campaign_recipient_removed AFTER DELETE ON campaign_recipients BEGIN
  UPDATE campaigns SET total = total - 1, queued = queued - (OLD.state = 1), sent = sent - (OLD.state = 2),
    failed = failed - (OLD.state = 3), skipped = skipped - (OLD.state = 4) WHERE id = OLD.campaign_id;
END;

-- 2 failed, 7 cancelled; anything else says that WhatsApp has it.
CREATE TRIGGER campaign_message_settled AFTER UPDATE OF state ON messages WHEN OLD.state = 0 AND NEW.state <> 0 BEGIN
  UPDATE campaign_recipients SET state = CASE NEW.state WHEN 2 THEN 3 WHEN 7 THEN 4 ELSE 2 END, fault = NEW.fault,
    settled_at = coalesce(NEW.sent_at, NEW.failed_at, NEW.created_at) WHERE message_id = NEW.id AND state = 1;
END;
CREATE TRIGGER campaign_message_removed AFTER DELETE ON messages WHEN OLD.state = 0 BEGIN
  UPDATE campaign_recipients SET state = 3, settled_at = OLD.created_at,
    fault = '{"code":"removed","sentence":"Its message was removed before it went out."}'
    WHERE message_id = OLD.id AND state = 1;
END;

CREATE TRIGGER campaign_file_removed AFTER DELETE ON campaign_messages WHEN OLD.file IS NOT NULL BEGIN
  INSERT OR IGNORE INTO doomed_files (path) VALUES (OLD.file);
END;
CREATE TRIGGER campaign_file_replaced AFTER UPDATE OF file ON campaign_messages
WHEN OLD.file IS NOT NULL AND OLD.file IS NOT NEW.file BEGIN
  INSERT OR IGNORE INTO doomed_files (path) VALUES (OLD.file);
END;

-- Whom an account's campaigns do not write to. A person has two addresses, and is found by either.
CREATE TABLE suppressions (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  phone       TEXT,
  lid         TEXT,
  source      INTEGER NOT NULL,
  note        TEXT,
  campaign_id INTEGER REFERENCES campaigns (id) ON DELETE SET NULL,
  created_at  INTEGER NOT NULL,
  CHECK (phone IS NOT NULL OR lid IS NOT NULL)
) STRICT;

CREATE INDEX suppressions_by_phone ON suppressions (account_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX suppressions_by_lid ON suppressions (account_id, lid) WHERE lid IS NOT NULL;
CREATE INDEX suppressions_of_account ON suppressions (account_id, id);
CREATE INDEX suppressions_of_campaign ON suppressions (campaign_id) WHERE campaign_id IS NOT NULL;
