-- How often a message was tried to be read in vain. Those that nobody has tried are read in the order in which they were stored.
ALTER TABLE payment_messages ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
