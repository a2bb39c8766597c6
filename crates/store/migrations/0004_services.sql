-- Suppliers' servers as WHMCS has them; the API token is in "secrets", scope server/{site}/{server id}.
CREATE TABLE service_servers (
    site TEXT NOT NULL,
    server_id BIGINT NOT NULL,
    base TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (site, server_id)
);

-- One row for each WHMCS service that was ever created through Wharf.
-- state: new | active | suspended | terminated
CREATE TABLE services (
    site TEXT NOT NULL,
    service_id BIGINT NOT NULL,
    -- grows when a terminated service is created again
    generation BIGINT NOT NULL,
    -- grows with every suspension, release and termination
    cycle BIGINT NOT NULL,
    connector TEXT NOT NULL,
    server_id BIGINT NOT NULL,
    authority TEXT NOT NULL,
    plan TEXT NOT NULL,
    domain TEXT NOT NULL,
    state TEXT NOT NULL,
    -- the supplier's id of its service, and what was picked of its resources, as JSON objects
    supplier_ref TEXT,
    service_facts TEXT,
    licence_facts TEXT,
    -- when the supplier was last heard of, epoch milliseconds
    seen_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (site, service_id)
);
CREATE INDEX services_supplier ON services (authority, supplier_ref);
