-- The modules through which a site has called: only their failed actions are tried again.
CREATE TABLE site_modules (
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    module TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    PRIMARY KEY (site, kind, module)
);
