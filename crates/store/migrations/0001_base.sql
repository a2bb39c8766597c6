-- Effects: changes to the outside world, written down before they are made.
-- state: waiting | performing | unknown | retry | done | refused | held
CREATE TABLE effects (
    id TEXT PRIMARY KEY,
    effect_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    input TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    settles BIGINT NOT NULL,
    result TEXT,
    reason TEXT,
    detail TEXT,
    node TEXT,
    lease_until BIGINT NOT NULL,
    called_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX effects_due ON effects (state, due_at);
CREATE INDEX effects_subject ON effects (subject, created_at);

-- The effect that has a subject to itself. It keeps it until it has ended, unknown outcomes included.
CREATE TABLE effect_subjects (
    subject TEXT PRIMARY KEY,
    effect_id TEXT NOT NULL
);

CREATE TABLE effect_events (
    id TEXT PRIMARY KEY,
    effect_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX effect_events_effect ON effect_events (effect_id, id);

-- Jobs: work of our own, done later or elsewhere. state: ready | running | done | failed
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    dedupe_key TEXT UNIQUE,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    node TEXT,
    lease_until BIGINT NOT NULL,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX jobs_ready ON jobs (state, run_at);

-- Secrets, sealed with the key file; "scope" and "name" are the associated data.
CREATE TABLE secrets (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (scope, name)
);
