-- Services by connectors of any shape: what each step kept, by the step's name, as one JSON object.
ALTER TABLE services ADD COLUMN kept TEXT NOT NULL DEFAULT '{}';
-- what was chosen, and what texts know of the order, as JSON objects
ALTER TABLE services ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
ALTER TABLE services ADD COLUMN order_facts TEXT NOT NULL DEFAULT '{}';
-- when Wharf last changed its state, epoch milliseconds
ALTER TABLE services ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
-- why the last action is not done, and what the supplier says otherwise than Wharf; NULL when all is well
ALTER TABLE services ADD COLUMN trouble TEXT;
ALTER TABLE services ADD COLUMN drift TEXT;
-- what it used, as a JSON object, and when that was read
ALTER TABLE services ADD COLUMN usage TEXT;
ALTER TABLE services ADD COLUMN usage_at BIGINT NOT NULL DEFAULT 0;

UPDATE services SET
    kept = '{"service":' || COALESCE(service_facts, '{}') || ',"licence":' || COALESCE(licence_facts, '{}') || '}',
    options = '{"plan":"' || REPLACE(REPLACE(plan, '\', '\\'), '"', '\"') || '"}',
    changed_at = updated_at;

ALTER TABLE services DROP COLUMN service_facts;
ALTER TABLE services DROP COLUMN licence_facts;

ALTER TABLE service_servers ADD COLUMN username TEXT NOT NULL DEFAULT '';
ALTER TABLE service_servers ADD COLUMN connector TEXT NOT NULL DEFAULT '';

-- What went to suppliers for a service, secrets left out. "ending" is empty while no answer is known.
CREATE TABLE service_calls (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    service_id BIGINT NOT NULL,
    run TEXT NOT NULL,
    effect_key TEXT NOT NULL,
    action TEXT NOT NULL,
    step TEXT NOT NULL,
    at BIGINT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    request TEXT NOT NULL,
    -- 0: no answer
    status BIGINT NOT NULL,
    response TEXT NOT NULL,
    ending TEXT NOT NULL,
    milliseconds BIGINT NOT NULL
);
CREATE INDEX service_calls_service ON service_calls (site, service_id, id);
CREATE INDEX service_calls_effect ON service_calls (effect_key);
