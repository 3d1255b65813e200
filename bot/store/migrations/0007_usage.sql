CREATE TABLE usage (
    day        TEXT NOT NULL,
    person     TEXT NOT NULL,
    run        TEXT NOT NULL,
    model      TEXT NOT NULL,
    prompt     BIGINT NOT NULL,
    completion BIGINT NOT NULL,
    steps      BIGINT NOT NULL,
    PRIMARY KEY (day, person, run, model)
) {clustered};
