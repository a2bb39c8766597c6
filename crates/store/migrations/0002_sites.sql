-- WHMCS installations. The API's secret, its access key and the modules' token are in "secrets".
CREATE TABLE sites (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    identifier TEXT NOT NULL,
    -- SHA-256 of the modules' token, hexadecimal
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
