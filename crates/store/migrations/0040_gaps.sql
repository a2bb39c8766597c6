-- Few among many: customers who find no money are told whether messages are missing.
CREATE INDEX payment_links_gaps ON payment_links (store, happened_at) WHERE standing = 'gap';
