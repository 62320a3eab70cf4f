-- Work that was accepted for later. Times are milliseconds of Unix time; states are the numbers of DeferredState.
-- Requests and answers are apart from the rest, so that looking for the next piece reads no content; they are sealed
-- where the policy has a cache key. A request is deleted in the transaction that ends its piece.
CREATE TABLE deferred_work (
    place      INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    owner      TEXT    NOT NULL,
    state      INTEGER NOT NULL,
    lane       TEXT    NOT NULL,
    priority   INTEGER NOT NULL, -- the least goes first
    use_case   TEXT    NOT NULL,
    protocol   INTEGER NOT NULL,
    model      TEXT    NOT NULL,
    accepted   INTEGER NOT NULL,
    not_before INTEGER NOT NULL DEFAULT 0,
    deadline   INTEGER NOT NULL,
    keep       INTEGER NOT NULL,
    batch      TEXT,
    name       BLOB,             -- its maker's name for it in the batch; sealed as its request
    once       BLOB,
    tries      INTEGER NOT NULL DEFAULT 0,
    lease      INTEGER NOT NULL DEFAULT 0,
    bytes      INTEGER NOT NULL,
    finished   INTEGER,
    expires    INTEGER,
    tells      INTEGER NOT NULL,
    tell_at    INTEGER,
    tell_tries INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX deferred_next ON deferred_work (lane, priority, place) WHERE state = 0;
CREATE INDEX deferred_oldest ON deferred_work (accepted) WHERE state = 0;
CREATE INDEX deferred_deadline ON deferred_work (deadline) WHERE state IN (0, 1);
CREATE INDEX deferred_expires ON deferred_work (expires) WHERE expires IS NOT NULL;
CREATE INDEX deferred_tell ON deferred_work (tell_at) WHERE tell_at IS NOT NULL;
CREATE UNIQUE INDEX deferred_once ON deferred_work (once) WHERE once IS NOT NULL;
CREATE INDEX deferred_batch_part ON deferred_work (batch, state, place) WHERE batch IS NOT NULL;

CREATE TABLE deferred_request (
    place INTEGER PRIMARY KEY,
    body  BLOB NOT NULL
) STRICT;

CREATE TABLE deferred_answer (
    place INTEGER PRIMARY KEY,
    body  BLOB NOT NULL
) STRICT;

CREATE TABLE deferred_batch (
    place     INTEGER PRIMARY KEY,
    id        TEXT    NOT NULL UNIQUE,
    owner     TEXT    NOT NULL,
    made      INTEGER NOT NULL,
    deadline  INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    cancelled INTEGER,
    ended     INTEGER
) STRICT;

CREATE INDEX deferred_batch_owner ON deferred_batch (owner, place);
CREATE INDEX deferred_batch_until ON deferred_batch (until);
