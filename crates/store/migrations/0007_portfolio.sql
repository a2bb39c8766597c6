-- What a registrar account's list pages said last, one row a name and kind.
-- kind: domain | application | transfer (under way) | away (went to another registrar) | deleted (can be restored) |
-- arrived | refused (how the newest transfer to the account ended)
CREATE TABLE portfolio (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    -- the reading that saw it
    reading BIGINT NOT NULL,
    PRIMARY KEY (account, name, kind)
);

-- The newest reading of each account's lists.
CREATE TABLE portfolio_readings (
    account TEXT PRIMARY KEY,
    reading BIGINT NOT NULL,
    -- when it began, epoch milliseconds
    taken_at BIGINT NOT NULL,
    domains BIGINT NOT NULL
);
