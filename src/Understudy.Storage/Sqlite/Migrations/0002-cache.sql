-- Answers that may be given again. `body` is sealed where the policy has a cache key.
CREATE TABLE cache_entry (
    key    BLOB    NOT NULL PRIMARY KEY,
    client TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    body   BLOB    NOT NULL
) STRICT;

CREATE INDEX cache_entry_at ON cache_entry (at);
CREATE INDEX cache_entry_client ON cache_entry (client COLLATE NOCASE);
