-- Routes that an operator has pinned to one of their targets. Times are milliseconds of Unix time.
CREATE TABLE pin_in_force (
    route  TEXT    NOT NULL PRIMARY KEY COLLATE NOCASE,
    target TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    who    TEXT    NOT NULL,
    why    TEXT    NOT NULL,
    until  INTEGER NOT NULL
) STRICT;
