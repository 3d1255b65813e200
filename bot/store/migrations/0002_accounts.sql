CREATE TABLE users (
    name        TEXT PRIMARY KEY,
    password    TEXT NOT NULL,
    role        TEXT NOT NULL,
    created     DOUBLE PRECISION NOT NULL,
    valid_after DOUBLE PRECISION NOT NULL DEFAULT 0
) {clustered};

CREATE TABLE api_keys (
    id      TEXT PRIMARY KEY,
    owner   TEXT NOT NULL,
    secret  TEXT NOT NULL,
    role    TEXT NOT NULL,
    label   TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    expires DOUBLE PRECISION,
    used    DOUBLE PRECISION
) {clustered};

CREATE TABLE refresh_tokens (
    hash        TEXT PRIMARY KEY,
    family      TEXT NOT NULL,
    owner       TEXT NOT NULL,
    created     DOUBLE PRECISION NOT NULL,
    expires     DOUBLE PRECISION NOT NULL,
    replaced_by TEXT,
    replaced    DOUBLE PRECISION,
    revoked     INTEGER NOT NULL DEFAULT 0
) {clustered};
CREATE INDEX refresh_tokens_of_owner ON refresh_tokens (owner);
