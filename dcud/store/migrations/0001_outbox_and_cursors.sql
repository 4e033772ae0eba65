-- Messages that wait for the broker. AUTOINCREMENT: a row_id is never given twice, so order is order of storing.
CREATE TABLE outbox (
    row_id     INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    stored_at  REAL NOT NULL,     -- seconds since 1970-01-01 UTC
    size       INTEGER NOT NULL,  -- octets that the row counts for against the limit
    topic      TEXT NOT NULL,
    payload    BLOB NOT NULL
) STRICT;

-- How far each profile of each meter has been read.
CREATE TABLE cursors (
    meter    TEXT NOT NULL,
    key      TEXT NOT NULL,
    position TEXT NOT NULL,
    moved_at REAL NOT NULL,       -- seconds since 1970-01-01 UTC
    PRIMARY KEY (meter, key)
) STRICT, WITHOUT ROWID;

-- What the outbox had to drop since this database began.
CREATE TABLE drops (
    reason   TEXT PRIMARY KEY,
    messages INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
