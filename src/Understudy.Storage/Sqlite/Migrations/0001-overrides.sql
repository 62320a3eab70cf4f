-- The operator's orders in force, and everything that was ever ordered. Times are milliseconds of Unix time.
CREATE TABLE override_in_force (
    what  TEXT    NOT NULL PRIMARY KEY COLLATE NOCASE,
    kind  TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    who   TEXT    NOT NULL,
    why   TEXT    NOT NULL,
    until INTEGER
) STRICT;

CREATE TABLE operator_action (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    who    TEXT    NOT NULL,
    action TEXT    NOT NULL,
    what   TEXT    NOT NULL,
    why    TEXT    NOT NULL,
    until  INTEGER
) STRICT;

-- One row that a store in trouble is tried with.
CREATE TABLE pulse (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
