-- Requests that were begun, so that none is done twice.
CREATE TABLE commands (
    id     TEXT PRIMARY KEY,
    digest BLOB NOT NULL,      -- of the request as it came
    until  REAL NOT NULL,      -- how long it is remembered: seconds since 1970-01-01 UTC
    reply  BLOB                -- NULL until it is answered
) STRICT, WITHOUT ROWID;
