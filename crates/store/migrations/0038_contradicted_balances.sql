-- Each new balance looks whether one that the balances after it contradicted fits now.
CREATE INDEX payment_reviews_contradicted ON payment_reviews (store) WHERE reason = 'balance_contradicted';
