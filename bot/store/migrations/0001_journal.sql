CREATE TABLE events (
    position {position},
    log_id   TEXT NOT NULL,
    seq      BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    data     TEXT NOT NULL,
    at       BIGINT NOT NULL,
    hash     {bytes} NOT NULL,
    UNIQUE (log_id, seq)
);

CREATE TABLE runs (
    id        TEXT PRIMARY KEY,
    thread    TEXT NOT NULL,
    status    TEXT NOT NULL,
    requester TEXT NOT NULL,
    role      TEXT NOT NULL,
    model     TEXT NOT NULL,
    agent     TEXT NOT NULL,
    fresh     INTEGER NOT NULL,
    created   DOUBLE PRECISION NOT NULL,
    owner     TEXT,
    fence     BIGINT NOT NULL DEFAULT 0,
    lease     DOUBLE PRECISION NOT NULL DEFAULT 0,
    wake      BIGINT NOT NULL DEFAULT 0,
    wake_at   DOUBLE PRECISION,
    claims    INTEGER NOT NULL DEFAULT 0,
    head      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX runs_of_thread ON runs (thread, created);
CREATE UNIQUE INDEX one_active_run ON runs (thread) WHERE status IN ('ready', 'running', 'waiting');
CREATE INDEX runs_to_claim ON runs (status, lease) WHERE status IN ('ready', 'running', 'waiting');

CREATE TABLE inbox (
    place   TEXT NOT NULL,
    message TEXT NOT NULL,
    run     TEXT NOT NULL,
    sender  TEXT NOT NULL,
    PRIMARY KEY (place, message)
) {clustered};
CREATE INDEX inbox_of_sender ON inbox (sender, run);

CREATE TABLE threads (
    thread  TEXT PRIMARY KEY,
    title   TEXT NOT NULL,
    updated DOUBLE PRECISION NOT NULL
) {clustered};

CREATE TABLE approvals (
    id           TEXT PRIMARY KEY,
    run          TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    call_id      TEXT NOT NULL,
    status       TEXT NOT NULL,
    requester    TEXT NOT NULL,
    editor       TEXT NOT NULL,
    may_have_run INTEGER NOT NULL,
    expires      DOUBLE PRECISION NOT NULL,
    decided      DOUBLE PRECISION,
    decided_by   TEXT NOT NULL DEFAULT ''
) {clustered};
CREATE INDEX approvals_of_run ON approvals (run);
CREATE INDEX open_approvals ON approvals (status, expires) WHERE status IN ('pending', 'approved');

CREATE TABLE grants (
    thread TEXT NOT NULL,
    shape  TEXT NOT NULL,
    given  TEXT NOT NULL,
    until  DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (thread, shape)
) {clustered};

CREATE TABLE locks (
    name  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until DOUBLE PRECISION NOT NULL,
    due   DOUBLE PRECISION NOT NULL
) {clustered};

CREATE TABLE anchors (
    id       BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    heads    TEXT NOT NULL,
    previous {bytes} NOT NULL,
    hash     {bytes} NOT NULL,
    position BIGINT NOT NULL
);
