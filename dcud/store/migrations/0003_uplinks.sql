-- A message waits for every broker that is to have it: one bit of `waiting` for each.
ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'reading';
ALTER TABLE outbox ADD COLUMN meter TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN waiting INTEGER NOT NULL DEFAULT 1;
UPDATE outbox SET kind = 'event' WHERE topic LIKE '%/event';
UPDATE outbox SET kind = 'notification' WHERE topic LIKE '%/notification';
UPDATE outbox SET meter = coalesce(
    CASE WHEN kind = 'reading' THEN json_extract(CAST(payload AS TEXT), '$.meter.id')
         ELSE json_extract(CAST(payload AS TEXT), '$.meter') END, '')
WHERE json_valid(CAST(payload AS TEXT));

CREATE TABLE uplinks (
    name TEXT PRIMARY KEY,
    bit  INTEGER NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- Messages that a broker refused again and again.
CREATE TABLE parked (
    uplink     TEXT NOT NULL,
    message_id TEXT NOT NULL,
    parked_at  REAL NOT NULL,  -- seconds since 1970-01-01 UTC
    kind       TEXT NOT NULL,
    meter      TEXT NOT NULL,
    topic      TEXT NOT NULL,
    payload    BLOB NOT NULL,
    PRIMARY KEY (uplink, message_id)
) STRICT, WITHOUT ROWID;
