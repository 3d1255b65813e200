CREATE TABLE signals (
    fingerprint TEXT PRIMARY KEY,
    data        TEXT NOT NULL
) {clustered};

CREATE TABLE incidents (
    id          TEXT PRIMARY KEY,
    log         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    host        TEXT NOT NULL,
    opened      DOUBLE PRECISION NOT NULL,
    closed      DOUBLE PRECISION,
    version     BIGINT NOT NULL,
    data        TEXT NOT NULL,
    quiet       INTEGER NOT NULL,
    noted       INTEGER NOT NULL DEFAULT 0
) {clustered};
CREATE UNIQUE INDEX one_open_incident ON incidents (fingerprint) WHERE closed IS NULL;
CREATE INDEX open_incidents ON incidents (quiet, opened) WHERE closed IS NULL;
CREATE INDEX incidents_to_note ON incidents (closed) WHERE closed IS NOT NULL AND noted = 0;

CREATE TABLE repairs (
    incident TEXT NOT NULL,
    number   BIGINT NOT NULL,
    time     DOUBLE PRECISION NOT NULL,
    open     INTEGER NOT NULL,
    data     TEXT NOT NULL,
    PRIMARY KEY (incident, number)
) {clustered};
CREATE INDEX recent_repairs ON repairs (time);
CREATE UNIQUE INDEX one_open_repair ON repairs (incident) WHERE open = 1;

CREATE TABLE silences (
    scope  TEXT PRIMARY KEY,
    until  DOUBLE PRECISION NOT NULL,
    given  TEXT NOT NULL,
    reason TEXT NOT NULL
) {clustered};

CREATE TABLE runbook_levels (
    runbook  TEXT PRIMARY KEY,
    version  TEXT NOT NULL,
    level    TEXT NOT NULL,
    verified INTEGER NOT NULL,
    given    TEXT NOT NULL
) {clustered};

CREATE TABLE healing (
    name  TEXT PRIMARY KEY,
    value DOUBLE PRECISION NOT NULL,
    text  TEXT NOT NULL
) {clustered};
