-- Calls with what was said in them, captured on purpose and redacted. Times are milliseconds of Unix time. `body` is sealed
-- where the policy has a cache key.
CREATE TABLE captured_call (
    place   INTEGER PRIMARY KEY,
    id      TEXT    NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    route   TEXT    NOT NULL,
    client  TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    bytes   INTEGER NOT NULL,
    body    BLOB    NOT NULL
) STRICT;

CREATE INDEX captured_call_at ON captured_call (at);
CREATE INDEX captured_call_client ON captured_call (client COLLATE NOCASE);
