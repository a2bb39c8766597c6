-- Applications for names that are not had at once, until somebody decides on them.
-- state: open | granted | refused
CREATE TABLE domain_applications (
    site TEXT NOT NULL,
    module TEXT NOT NULL,
    domain_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    application TEXT NOT NULL,
    class TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (site, module, application)
);
CREATE INDEX domain_applications_open ON domain_applications (state, created_at);
