-- What a store asks of money before it is credited, and the people who decide.

ALTER TABLE payment_stores ADD COLUMN country TEXT NOT NULL DEFAULT 'EG';
-- credit | observe
ALTER TABLE payment_stores ADD COLUMN mode TEXT NOT NULL DEFAULT 'credit';
-- add_credit | add_transaction, the latter with the name of a WHMCS gateway
ALTER TABLE payment_stores ADD COLUMN booking TEXT NOT NULL DEFAULT 'add_credit';
ALTER TABLE payment_stores ADD COLUMN booking_gateway TEXT NOT NULL DEFAULT '';
-- off | first_payment | above | always
ALTER TABLE payment_stores ADD COLUMN hold TEXT NOT NULL DEFAULT 'first_payment';
ALTER TABLE payment_stores ADD COLUMN hold_above BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_stores ADD COLUMN hold_days BIGINT NOT NULL DEFAULT 14;
-- Of the limits below, 0 is "no limit".
ALTER TABLE payment_stores ADD COLUMN second_person_above BIGINT NOT NULL DEFAULT 0;
-- off | prove
ALTER TABLE payment_stores ADD COLUMN phone_binding TEXT NOT NULL DEFAULT 'prove';
ALTER TABLE payment_stores ADD COLUMN phones_per_client BIGINT NOT NULL DEFAULT 2;
ALTER TABLE payment_stores ADD COLUMN clients_per_phone BIGINT NOT NULL DEFAULT 1;
ALTER TABLE payment_stores ADD COLUMN balance_check BIGINT NOT NULL DEFAULT 1;
ALTER TABLE payment_stores ADD COLUMN unseeded_above BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_stores ADD COLUMN ceiling_transfer BIGINT NOT NULL DEFAULT 6000000;
ALTER TABLE payment_stores ADD COLUMN ceiling_client_day BIGINT NOT NULL DEFAULT 6000000;
ALTER TABLE payment_stores ADD COLUMN ceiling_phone_day BIGINT NOT NULL DEFAULT 6000000;
ALTER TABLE payment_stores ADD COLUMN stale_hours BIGINT NOT NULL DEFAULT 48;
ALTER TABLE payment_stores ADD COLUMN unsigned_checks BIGINT NOT NULL DEFAULT 1;
-- Networks that may ask the claim check, blank between them; none is "all".
ALTER TABLE payment_stores ADD COLUMN check_sources TEXT NOT NULL DEFAULT '';
-- SHA-256 of the key that the claim check asks for.
ALTER TABLE payment_stores ADD COLUMN check_key_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE payment_stores ADD COLUMN misses_client BIGINT NOT NULL DEFAULT 5;
ALTER TABLE payment_stores ADD COLUMN misses_client_day BIGINT NOT NULL DEFAULT 20;
ALTER TABLE payment_stores ADD COLUMN misses_phone BIGINT NOT NULL DEFAULT 10;
ALTER TABLE payment_stores ADD COLUMN misses_source BIGINT NOT NULL DEFAULT 30;

-- What was read in a message, money or not.
ALTER TABLE payment_messages ADD COLUMN kind TEXT;
ALTER TABLE payment_messages ADD COLUMN amount BIGINT;
ALTER TABLE payment_messages ADD COLUMN fee BIGINT;
ALTER TABLE payment_messages ADD COLUMN phone TEXT;
ALTER TABLE payment_messages ADD COLUMN happened_at BIGINT;
CREATE INDEX payment_messages_store ON payment_messages (store, id);

-- By number, for whoever quotes it; by day, for the ceilings.
CREATE INDEX payment_transfers_number ON payment_transfers (store, operator_id);
CREATE INDEX payment_transfers_client ON payment_transfers (store, client, happened_at);
CREATE INDEX payment_transfers_state ON payment_transfers (state, updated_at);

-- Where a claim was asked from, for the limits; a new state: rejected.
ALTER TABLE payment_claims ADD COLUMN origin TEXT;
CREATE INDEX payment_claims_client ON payment_claims (site, client, created_at);
CREATE INDEX payment_claims_phone_time ON payment_claims (store, phone, created_at);
CREATE INDEX payment_claims_origin ON payment_claims (origin, created_at);
CREATE INDEX payment_claims_transfer ON payment_claims (transfer);
CREATE INDEX payment_claims_number ON payment_claims (store, operator_id, state);

-- What waits for a person. state: open | approved | rejected | released | expired
-- subject is transfer/… or message/…; first_* is who decided first, second_* who confirmed.
CREATE TABLE payment_reviews (
    id TEXT PRIMARY KEY,
    store TEXT NOT NULL,
    subject TEXT NOT NULL,
    transfer TEXT,
    message TEXT,
    claim TEXT,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    first_actor TEXT,
    first_at BIGINT,
    first_reason TEXT,
    second_actor TEXT,
    second_at BIGINT,
    second_reason TEXT
);
CREATE UNIQUE INDEX payment_reviews_open ON payment_reviews (subject, kind) WHERE state = 'open';
CREATE INDEX payment_reviews_subject ON payment_reviews (subject, state);
CREATE INDEX payment_reviews_state ON payment_reviews (state, opened_at);

-- Whose phone is whose. how: proved | approved | seen
CREATE TABLE payment_bindings (
    store TEXT NOT NULL,
    phone TEXT NOT NULL,
    site TEXT NOT NULL,
    client BIGINT NOT NULL,
    how TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (store, phone, site, client)
);
CREATE INDEX payment_bindings_client ON payment_bindings (store, site, client);

-- The balances that a wallet's messages print, in the order of its operator: (seq, rank, happened_at, id).
-- seq is the operator's number, or for a message without one that of the last numbered message before it
-- (rank 1). standing: good | gap | vouched | out
CREATE TABLE payment_links (
    id TEXT PRIMARY KEY,
    store TEXT NOT NULL,
    wallet TEXT NOT NULL,
    message TEXT,
    transfer TEXT,
    seq BIGINT NOT NULL,
    rank BIGINT NOT NULL,
    happened_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    fee BIGINT,
    balance BIGINT NOT NULL,
    standing TEXT NOT NULL,
    expected BIGINT
);
CREATE INDEX payment_links_order ON payment_links (wallet, seq, rank, happened_at, id);
CREATE INDEX payment_links_transfer ON payment_links (transfer);
