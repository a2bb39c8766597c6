-- A transfer whose credit was taken back again says so.
UPDATE payment_transfers SET state = 'reversed' WHERE state = 'credited' AND id IN
    (SELECT transfer FROM payment_credits WHERE direction = 'remove' AND state = 'credited');
