-- What operators let a wallet take in, in a calendar day and month. 0: nothing is said.
ALTER TABLE payment_stores ADD COLUMN ceiling_wallet_day BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_stores ADD COLUMN ceiling_wallet_month BIGINT NOT NULL DEFAULT 0;
