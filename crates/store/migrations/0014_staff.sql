-- The people who work with the pages under /staff. role: viewer | reviewer | admin
CREATE TABLE staff_operators (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    role TEXT NOT NULL,
    disabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Who is logged in. Of the cookie's token only the SHA-256 is kept.
CREATE TABLE staff_sessions (
    token_hash TEXT PRIMARY KEY,
    operator TEXT NOT NULL,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX staff_sessions_operator ON staff_sessions (operator);

-- Append-only: who came and went, and who was refused. event: entered | refused | locked | left | left_everywhere |
-- password | added | disabled | enabled | role | removed
CREATE TABLE staff_events (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX staff_events_name ON staff_events (name, at);
CREATE INDEX staff_events_source ON staff_events (source, at);
