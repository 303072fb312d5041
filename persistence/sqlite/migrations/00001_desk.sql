-- +goose Up

-- One row per fact about the database as a whole.
--   position   the highest position ever given to a log entry: positions rise for ever, whatever is trimmed
--   time_zone  the zone whose days day_counts counts
CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value ANY  NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
  id            TEXT    NOT NULL PRIMARY KEY,
  email_key     TEXT    NOT NULL UNIQUE,
  name_key      TEXT    NOT NULL, -- the name in lower case, for searching
  name          TEXT    NOT NULL,
  email         TEXT    NOT NULL,
  phone         TEXT    NOT NULL,
  role          TEXT    NOT NULL,
  active        INTEGER NOT NULL,
  rights        INTEGER NOT NULL,
  password_hash TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX users_role ON users (role, name, id, active);
CREATE INDEX users_name ON users (name_key);

CREATE TABLE revoked_tokens (
  token_id   TEXT    NOT NULL PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expires_at);

-- Times are milliseconds since 1970. n is created_at * 2^20 + a counter within the millisecond, so that the search
-- index, which knows nothing but n, can be read newest first. status is the place in booking.Statuses.
CREATE TABLE bookings (
  n              INTEGER PRIMARY KEY,
  id             TEXT    NOT NULL UNIQUE,
  code           TEXT    NOT NULL UNIQUE COLLATE NOCASE,
  owner          TEXT    NOT NULL,
  status         INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  preferred_at   INTEGER,
  version        INTEGER NOT NULL,
  revision       INTEGER NOT NULL,
  assignee       TEXT,
  assignee_name  TEXT,
  assignee_email TEXT,
  assignee_phone TEXT,
  brand_key      TEXT    NOT NULL, -- the brand in lower case, for filtering
  brand          TEXT    NOT NULL,
  model          TEXT    NOT NULL,
  customer_name  TEXT    NOT NULL,
  email          TEXT    NOT NULL,
  contact_number TEXT    NOT NULL,
  address        TEXT    NOT NULL,
  invoice_number TEXT    NOT NULL
) STRICT;

-- One index for each filter that stands alone, with or without a status, in each order: without a status a list merges
-- the ranges of the four statuses, which saves a second set of indexes to every write.
CREATE INDEX bookings_created            ON bookings (status, created_at, id);
CREATE INDEX bookings_updated            ON bookings (status, updated_at, id);
CREATE INDEX bookings_preferred          ON bookings (status, preferred_at, id);
CREATE INDEX bookings_owner_created      ON bookings (owner, status, created_at, id);
CREATE INDEX bookings_owner_updated      ON bookings (owner, status, updated_at, id);
CREATE INDEX bookings_owner_preferred    ON bookings (owner, status, preferred_at, id);
CREATE INDEX bookings_assignee_created   ON bookings (assignee, status, created_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX bookings_assignee_updated   ON bookings (assignee, status, updated_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX bookings_assignee_preferred ON bookings (assignee, status, preferred_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX bookings_brand_created      ON bookings (brand_key, status, created_at, id);
CREATE INDEX bookings_brand_updated      ON bookings (brand_key, status, updated_at, id);
CREATE INDEX bookings_brand_preferred    ON bookings (brand_key, status, preferred_at, id);
-- Who works for whom now, see OpenOwners and OpenAssignees. Statuses 0 and 1 are the open ones.
CREATE INDEX bookings_open_assignee ON bookings (assignee, owner) WHERE assignee IS NOT NULL AND status < 2;
CREATE INDEX bookings_open_owner    ON bookings (owner, assignee) WHERE assignee IS NOT NULL AND status < 2;

-- The timelines. read_by is a JSON array of booking.Receipt.
CREATE TABLE entries (
  booking         INTEGER NOT NULL REFERENCES bookings (n),
  seq             INTEGER NOT NULL,
  id              TEXT    NOT NULL,
  kind            TEXT    NOT NULL,
  message         TEXT    NOT NULL,
  status          TEXT    NOT NULL,
  old_status      TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  updated_by      TEXT    NOT NULL,
  updated_by_name TEXT    NOT NULL,
  read_by         TEXT    NOT NULL,
  client_id       TEXT    NOT NULL,
  PRIMARY KEY (booking, seq)
) STRICT, WITHOUT ROWID;

-- The beginnings of the words of a booking, each as a term of its own, so that a word that was only begun is found with
-- one look-up; see words.go.
CREATE VIRTUAL TABLE search USING fts5 (
  terms, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars ':'"
);

-- What is to be published. position is milliseconds * 2^20 + a counter. rooms is a JSON array.
CREATE TABLE log (
  position   INTEGER PRIMARY KEY,
  event_id   TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  booking_id TEXT NOT NULL,
  rooms      TEXT NOT NULL,
  payload    BLOB,
  revocation TEXT -- JSON of booking.Revocation
) STRICT;
CREATE TABLE audience (
  room     TEXT    NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (room, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications (
  user_id         TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  is_read         INTEGER NOT NULL,
  booking_id      TEXT    NOT NULL,
  code            TEXT    NOT NULL,
  brand           TEXT    NOT NULL,
  model           TEXT    NOT NULL,
  kind            TEXT    NOT NULL,
  message         TEXT    NOT NULL,
  status          TEXT    NOT NULL,
  old_status      TEXT    NOT NULL,
  updated_by      TEXT    NOT NULL,
  updated_by_name TEXT    NOT NULL,
  PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_user   ON notifications (user_id, at, id);
CREATE INDEX notifications_unread ON notifications (user_id, at, id) WHERE is_read = 0;
CREATE INDEX notifications_age    ON notifications (at);

CREATE TABLE idempotency_keys (
  user_id    TEXT    NOT NULL,
  key        TEXT    NOT NULL,
  booking_id TEXT    NOT NULL,
  body_hash  TEXT    NOT NULL,
  used_at    INTEGER NOT NULL,
  PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_age ON idempotency_keys (used_at);

-- Counters, so that statistics cost the same however many bookings there are. day is YYYY-MM-DD.
CREATE TABLE status_counts (
  status INTEGER PRIMARY KEY,
  count  INTEGER NOT NULL
) STRICT;
CREATE TABLE day_counts (
  day    TEXT    NOT NULL,
  status INTEGER NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (day, status)
) STRICT, WITHOUT ROWID;
CREATE TABLE brand_counts (
  brand TEXT    NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX brand_counts_top ON brand_counts (count DESC, brand);
CREATE TABLE model_counts (
  brand TEXT    NOT NULL,
  model TEXT    NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (brand, model)
) STRICT, WITHOUT ROWID;
CREATE INDEX model_counts_top ON model_counts (count DESC, brand, model);
