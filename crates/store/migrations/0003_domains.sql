-- Registrar accounts as WHMCS's module settings named them last; their passwords are sealed in "secrets".
CREATE TABLE registrar_accounts (
    site TEXT NOT NULL,
    module TEXT NOT NULL,
    environment TEXT NOT NULL,
    login TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (site, module)
);

-- The last answer about an object of a registrar account. A change of ours raises the revision, so that a
-- reading begun before the change cannot overwrite what is known after it; body is empty until read again.
CREATE TABLE domain_snapshots (
    account TEXT NOT NULL,
    object TEXT NOT NULL,
    revision BIGINT NOT NULL,
    body TEXT,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (account, object)
);
