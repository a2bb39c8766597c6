-- What a store's wallets hold; empty: its country's own money.
ALTER TABLE payment_stores ADD COLUMN currency TEXT NOT NULL DEFAULT '';
