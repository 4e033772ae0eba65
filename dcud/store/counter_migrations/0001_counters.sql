-- The next counter that may be reserved, by key and client system title. The keys themselves are never stored.
CREATE TABLE counters (
    fingerprint         TEXT NOT NULL,
    client_system_title BLOB NOT NULL,
    next                INTEGER NOT NULL,
    trusted             INTEGER NOT NULL,  -- 0: may have been used already; set anew before it is used
    reserved_at         REAL NOT NULL,     -- seconds since 1970-01-01 UTC
    PRIMARY KEY (fingerprint, client_system_title)
) STRICT, WITHOUT ROWID;

-- The least counter that is accepted from a meter; "which" tells its counters under one key apart.
CREATE TABLE floors (
    meter               TEXT NOT NULL,
    fingerprint         TEXT NOT NULL,
    server_system_title BLOB NOT NULL,
    which               TEXT NOT NULL,
    floor               INTEGER NOT NULL,
    PRIMARY KEY (meter, fingerprint, server_system_title, which)
) STRICT, WITHOUT ROWID;

-- One row: what tells this database, as it was used last, from every copy of it.
CREATE TABLE seal (
    only          INTEGER PRIMARY KEY CHECK (only = 1),
    salt          BLOB NOT NULL,  -- of the fingerprints
    digest        BLOB NOT NULL,  -- of all rows of "counters"
    marker        TEXT NOT NULL,  -- the marker file that belongs to it; empty before the first
    marker_before TEXT NOT NULL   -- the one in whose place that was put, or was about to be put
) STRICT;
