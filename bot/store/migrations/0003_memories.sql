CREATE TABLE memories (
    id       {position},
    text     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    scope    TEXT NOT NULL,
    trust    TEXT NOT NULL,
    status   TEXT NOT NULL,
    thread   TEXT NOT NULL,
    run      TEXT NOT NULL,
    person   TEXT NOT NULL,
    created  DOUBLE PRECISION NOT NULL,
    expires  DOUBLE PRECISION,
    used     INTEGER NOT NULL DEFAULT 0,
    score    INTEGER NOT NULL DEFAULT 0,
    replaces BIGINT NOT NULL DEFAULT 0,
    origin   TEXT NOT NULL UNIQUE,
    indexed  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX memories_of_scope ON memories (scope, status);
CREATE INDEX memories_to_index ON memories (status, indexed);
{memories_fulltext}

CREATE TABLE feedback (
    run    TEXT NOT NULL,
    person TEXT NOT NULL,
    good   INTEGER NOT NULL,
    at     DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (run, person)
) {clustered};
