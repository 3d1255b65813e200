CREATE TABLE pictures (
    id         TEXT PRIMARY KEY,
    thread     TEXT NOT NULL,
    sender     TEXT NOT NULL,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size       BIGINT NOT NULL,
    created    DOUBLE PRECISION NOT NULL,
    data       {bytes} NOT NULL
);
CREATE INDEX pictures_sent ON pictures (sender, created, size);
