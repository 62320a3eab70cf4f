-- What accounts have spent in their running windows. Money is billionths of a dollar; times are milliseconds of Unix time.
CREATE TABLE spent (
    kind       INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    span       INTEGER NOT NULL,
    begun      INTEGER NOT NULL,
    spent      INTEGER NOT NULL,
    wasted     INTEGER NOT NULL,
    of_retries INTEGER NOT NULL,
    unpriced   INTEGER NOT NULL,
    PRIMARY KEY (kind, name, span)
) STRICT, WITHOUT ROWID;
