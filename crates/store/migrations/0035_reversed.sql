-- A transfer whose credit was taken back again says so, and its claim too.
UPDATE payment_transfers SET state = 'reversed' WHERE state = 'credited' AND id IN
    (SELECT transfer FROM payment_credits WHERE direction = 'remove' AND state = 'credited');
UPDATE payment_claims SET state = 'reversed' WHERE state = 'credited' AND id IN
    (SELECT claim FROM payment_transfers WHERE state = 'reversed');
-- Few among many: what has not come to its end.
CREATE INDEX payment_credits_open ON payment_credits (transfer, direction) WHERE state NOT IN ('credited', 'observed');
