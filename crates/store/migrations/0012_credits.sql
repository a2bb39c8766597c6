-- What each transfer became in WHMCS: one row for its credit, one for taking it away again. Amounts are minor
-- units of "currency", times epoch milliseconds.
-- direction: add | remove
-- way: add_credit | add_transaction | observed
-- state: credited | observed | blocked | review | judged (a person found that it is not booked: it is sent)
CREATE TABLE payment_credits (
    transfer TEXT NOT NULL,
    direction TEXT NOT NULL,
    store TEXT NOT NULL,
    site TEXT NOT NULL,
    wallet TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    client BIGINT NOT NULL,
    currency TEXT,
    amount BIGINT,
    token TEXT NOT NULL,
    way TEXT NOT NULL,
    state TEXT NOT NULL,
    whmcs_row BIGINT,
    balance BIGINT,
    note TEXT,
    ended_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (transfer, direction)
);
CREATE INDEX payment_credits_client ON payment_credits (site, client, state);
CREATE INDEX payment_credits_ended ON payment_credits (ended_at);

INSERT INTO payment_credits (transfer, direction, store, site, wallet, operator_id, client, currency, amount, token,
    way, state, ended_at, seen_at)
SELECT t.id, 'add', t.store, c.site, t.wallet, t.operator_id, t.client, t.currency, t.credit,
    'VodafoneCash payment - trans_id: ' || t.operator_id || ' [b:' || t.store || '/' || t.wallet || ']',
    'add_credit', 'credited', t.updated_at, 0
FROM payment_transfers t JOIN payment_claims c ON c.id = t.claim
WHERE t.state = 'credited' AND t.client IS NOT NULL;

-- Comparisons of our books with WHMCS's. "findings" is a JSON list.
CREATE TABLE payment_reconciliations (
    id TEXT PRIMARY KEY,
    store TEXT,
    since BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    clients BIGINT NOT NULL,
    credits BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    doubled BIGINT NOT NULL,
    differing BIGINT NOT NULL,
    unchecked BIGINT NOT NULL,
    trouble TEXT,
    findings TEXT NOT NULL
);
CREATE INDEX payment_reconciliations_time ON payment_reconciliations (started_at);
