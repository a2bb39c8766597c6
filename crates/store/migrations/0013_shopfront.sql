-- The nonces of signed claims, for as long as their time is believed: none is taken twice.
CREATE TABLE payment_nonces (
    store TEXT NOT NULL,
    nonce TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (store, nonce)
);
CREATE INDEX payment_nonces_at ON payment_nonces (at);
