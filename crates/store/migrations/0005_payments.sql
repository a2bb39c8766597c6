-- Wallet payments. Amounts are minor units (piastres for EGP); times are epoch milliseconds.

-- "turn" is raised first in every transaction that matches: it puts those of one store in a row.
CREATE TABLE payment_stores (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    name TEXT NOT NULL,
    currency_label TEXT NOT NULL,
    quote_minutes BIGINT NOT NULL,
    claim_hours BIGINT NOT NULL,
    check_answers TEXT NOT NULL,
    repeat_success BIGINT NOT NULL,
    settle_after_seconds BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- EGP for one unit, as exact decimal text; the newest row not in the future is in force.
CREATE TABLE payment_rates (
    store TEXT NOT NULL,
    currency TEXT NOT NULL,
    since BIGINT NOT NULL,
    rate TEXT NOT NULL,
    PRIMARY KEY (store, currency, since)
);

CREATE TABLE payment_wallets (
    id TEXT PRIMARY KEY,
    store TEXT NOT NULL,
    operator TEXT NOT NULL,
    number TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX payment_wallets_store ON payment_wallets (store);

-- Phones that forward messages. The token of the intake address is kept as its SHA-256 only.
CREATE TABLE payment_devices (
    id TEXT PRIMARY KEY,
    store TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    format TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE payment_device_wallets (
    device TEXT NOT NULL,
    wallet TEXT NOT NULL,
    PRIMARY KEY (device, wallet)
);

-- Everything that devices delivered, as it came. state: new | read | ignored | unknown | review
CREATE TABLE payment_messages (
    id TEXT PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    store TEXT NOT NULL,
    device TEXT NOT NULL,
    sender TEXT NOT NULL,
    body TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    stored_at BIGINT NOT NULL,
    deliveries BIGINT NOT NULL,
    state TEXT NOT NULL,
    template TEXT,
    wallet TEXT,
    balance BIGINT,
    operator_id TEXT,
    reason TEXT
);
CREATE INDEX payment_messages_state ON payment_messages (state, stored_at);

-- Money that arrived. state: received | held | matched | credited | blocked | review
CREATE TABLE payment_transfers (
    id TEXT PRIMARY KEY,
    store TEXT NOT NULL,
    wallet TEXT NOT NULL,
    direction TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    message TEXT NOT NULL,
    amount BIGINT NOT NULL,
    phone TEXT,
    payer TEXT,
    balance BIGINT,
    happened_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    claim TEXT,
    client BIGINT,
    currency TEXT,
    rate TEXT,
    credit BIGINT,
    updated_at BIGINT NOT NULL,
    UNIQUE (store, wallet, direction, operator_id)
);
CREATE INDEX payment_transfers_phone ON payment_transfers (store, phone, state);

-- What a customer was offered for one invoice: the rate is locked until it expires. "problem" and what was
-- typed belong to the last refused claim, for the page that shows it.
CREATE TABLE payment_quotes (
    id TEXT PRIMARY KEY,
    store TEXT NOT NULL,
    wallet TEXT NOT NULL,
    site TEXT NOT NULL,
    client BIGINT NOT NULL,
    invoice BIGINT NOT NULL,
    currency TEXT NOT NULL,
    due BIGINT NOT NULL,
    rate TEXT NOT NULL,
    amount BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    problem TEXT,
    typed_phone TEXT,
    typed_transaction TEXT,
    problem_at BIGINT NOT NULL
);
CREATE INDEX payment_quotes_invoice ON payment_quotes (site, invoice, created_at);

-- A customer's statement "I sent this amount from this phone".
-- state: pending | matched | held | credited | replaced | expired
CREATE TABLE payment_claims (
    id TEXT PRIMARY KEY,
    claim_key TEXT NOT NULL UNIQUE,
    store TEXT NOT NULL,
    site TEXT NOT NULL,
    client BIGINT NOT NULL,
    invoice BIGINT,
    quote TEXT,
    source TEXT NOT NULL,
    phone TEXT NOT NULL,
    amount BIGINT NOT NULL,
    operator_id TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    transfer TEXT,
    credited BIGINT,
    currency TEXT,
    applied BIGINT,
    paid BIGINT NOT NULL,
    answered_true BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX payment_claims_phone ON payment_claims (store, phone, state);
CREATE INDEX payment_claims_invoice ON payment_claims (site, invoice, created_at);

-- Append-only: who decided what about money, and why.
CREATE TABLE payment_audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    store TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX payment_audit_subject ON payment_audit (subject, at);
