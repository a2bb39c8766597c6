-- A new balance is measured by the last one trusted, however many gaps stand between them.
CREATE INDEX payment_links_trusted ON payment_links (wallet, seq, rank, happened_at, id)
    WHERE standing IN ('good', 'loose', 'vouched');
-- A numbered message takes those without a number behind it that came later.
CREATE INDEX payment_links_unnumbered ON payment_links (wallet, happened_at, seq) WHERE rank = 1;
CREATE INDEX payment_links_gaps ON payment_links (wallet) WHERE standing = 'gap';
CREATE INDEX payment_links_seeds ON payment_links (wallet, happened_at) WHERE kind = 'seed';
CREATE INDEX payment_links_told ON payment_links (wallet, seq, rank, happened_at)
    WHERE standing = 'vouched' OR kind = 'enquiry';
