-- What has no number belongs behind the last number before it.
CREATE INDEX payment_links_numbered ON payment_links (wallet, seq, happened_at) WHERE rank = 0;
