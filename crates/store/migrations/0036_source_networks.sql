-- Who has an IPv6 network has all its addresses: tries are counted by the network.
ALTER TABLE payment_claims ADD COLUMN network TEXT;
UPDATE payment_claims SET network = origin WHERE origin NOT LIKE '%:%';
DROP INDEX payment_claims_origin;
CREATE INDEX payment_claims_network ON payment_claims (network, created_at);
