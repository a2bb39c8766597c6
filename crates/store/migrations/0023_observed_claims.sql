-- A claim whose money a store only looked at has a state of its own.
UPDATE payment_claims SET state = 'observed', reason = NULL WHERE state = 'matched' AND reason = 'observed';
