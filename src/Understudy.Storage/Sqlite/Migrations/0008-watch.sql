-- What alarms and experiments remember over a restart: one row each, as JSON, always written whole. No content.
CREATE TABLE watch_memory (
    name TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;
