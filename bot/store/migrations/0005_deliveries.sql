CREATE TABLE deliveries (
    log_id     TEXT NOT NULL,
    part       TEXT NOT NULL,
    place      TEXT NOT NULL,
    key        TEXT NOT NULL,
    message_id TEXT NOT NULL DEFAULT '',
    digest     TEXT NOT NULL DEFAULT '',
    state      TEXT NOT NULL,
    at         DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (log_id, place, part)
) {clustered};
CREATE INDEX delivered_messages ON deliveries (place, message_id);

CREATE TABLE rendered (
    log_id TEXT NOT NULL,
    place  TEXT NOT NULL,
    seq    BIGINT NOT NULL,
    whole  INTEGER NOT NULL,
    PRIMARY KEY (log_id, place)
) {clustered};

CREATE TABLE watermarks (
    place TEXT PRIMARY KEY,
    mark  TEXT NOT NULL,
    at    DOUBLE PRECISION NOT NULL
) {clustered};
