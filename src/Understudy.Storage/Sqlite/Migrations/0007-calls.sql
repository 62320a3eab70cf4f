-- Records of calls that have ended, a thousand to a row, without content. Times are milliseconds of Unix time. `marks` stands
-- before `body`: looking for a call reads it without what spills over to other pages.
CREATE TABLE call_block (
    place    INTEGER PRIMARY KEY,
    begins   INTEGER NOT NULL,
    ends     INTEGER NOT NULL,
    calls    INTEGER NOT NULL,
    troubles INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    marks    BLOB    NOT NULL,
    body     BLOB    NOT NULL
) STRICT;

CREATE INDEX call_block_begins ON call_block (begins, bytes);
CREATE INDEX call_block_ends ON call_block (ends);
