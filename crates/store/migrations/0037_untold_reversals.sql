-- What was taken back before its receipt came is looked for with each receipt.
CREATE INDEX payment_reviews_untold ON payment_reviews (store) WHERE kind = 'reversal' AND transfer IS NULL;
