-- What a registrar said when it was asked about one extension alone: renewal, lock, grace and redemption.
CREATE TABLE zone_facts (
    account TEXT NOT NULL,
    tld TEXT NOT NULL,
    live BIGINT NOT NULL,
    -- JSON; empty when it does not know the extension
    body TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (account, tld)
);
