-- Whether the operator printed when it happened; else the phone told.
ALTER TABLE payment_transfers ADD COLUMN dated BIGINT NOT NULL DEFAULT 1;
