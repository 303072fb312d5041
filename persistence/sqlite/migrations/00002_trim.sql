-- +goose Up

-- The log keeps its newest entries. Two more facts in meta:
--   epoch    a random number that tells this log from every other one
--   trimmed  the highest position ever removed
INSERT INTO meta (name, value) VALUES ('epoch', random());

-- The highest position ever removed that was addressed to a room.
CREATE TABLE trimmed (
  room     TEXT    NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
